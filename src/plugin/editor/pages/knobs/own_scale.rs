//! The user's own scale, as the keys of one octave.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::music::names;
use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::theme;

/// The twelve keys of one octave above the tonic: which of them the user's own scale has.
pub(crate) fn own_scale(ui: &mut Ui, setter: &mut KnobSetter<'_>) {
    let palette = theme::palette(ui);
    let width = ui.available_width().min(300.0);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 56.0), Sense::hover());
    let bits = setter.parameters.plain(Knob::OwnNotes) as u16;
    let label = "Own notes, used by the scale of that name";
    ui.painter().text(rect.left_top(), Align2::LEFT_TOP, label, theme::font(theme::SMALL), palette.dim);
    let keys = rect.with_min_y(rect.top() + 18.0);
    for (semitones, degree) in names::DEGREES.into_iter().enumerate() {
        let step = keys.width() / 12.0;
        let left = keys.left() + step * semitones as f32;
        let key = Rect::from_min_max(pos2(left, keys.top()), pos2(left + step - 2.0, keys.bottom()));
        let response = ui.interact(key, ui.scope_id().with(("own note", semitones)), Sense::click());
        let is_on = bits >> semitones & 1 == 1;
        response
            .widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, format!("Own note {degree}")));
        let is_black = matches!(semitones, 1 | 3 | 6 | 8 | 10);
        let fill = match (is_on, response.hovered()) {
            (true, _) => palette.accent,
            (false, true) => palette.lit,
            (false, false) => {
                if is_black {
                    palette.well
                } else {
                    palette.raised
                }
            }
        };
        let stroke = if response.has_focus() {
            Stroke::new(1.5, palette.text)
        } else {
            Stroke::new(1.0, palette.line)
        };
        ui.painter().rect(key, 4.0, fill, stroke, StrokeKind::Inside);
        let text = if is_on { palette.on_accent } else { palette.dim };
        ui.painter().text(key.center(), Align2::CENTER_CENTER, degree, theme::font(theme::SMALL), text);
        if response.clicked() {
            let changed = f32::from(bits ^ 1 << semitones);
            setter.set(Knob::OwnNotes, setter.parameters.position_of_plain(Knob::OwnNotes, changed));
        }
        response.on_hover_text(Knob::OwnNotes.spec().hint);
    }
}
