//! The user's own scale, as the keys of one octave.

use egui::accesskit::Role;
use egui::{Align2, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::music::names;
use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::theme;

/// Draws the twelve keys of the octave above the tonic, of which the user's own scale has those that are on.
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
        let name = format!("Own note {degree}");
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, &name));
        let is_black = matches!(semitones, 1 | 3 | 6 | 8 | 10);
        paint_key(ui, key, &response, is_on, is_black);
        let text = if is_on { palette.on_accent } else { palette.dim };
        ui.painter().text(key.center(), Align2::CENTER_CENTER, degree, theme::font(theme::SMALL), text);
        if response.clicked() {
            let changed = f32::from(bits ^ 1 << semitones);
            setter.set(Knob::OwnNotes, setter.parameters.position_of_plain(Knob::OwnNotes, changed));
        }
        response.on_hover_text(Knob::OwnNotes.spec().hint);
    }
}

fn paint_key(ui: &Ui, key: Rect, response: &Response, is_on: bool, is_black: bool) {
    let palette = theme::palette(ui);
    let fill = match (is_on, response.hovered(), is_black) {
        (true, ..) => palette.accent,
        (false, true, _) => palette.lit,
        (false, false, true) => palette.well,
        (false, false, false) => palette.raised,
    };
    let (width, colour) = if response.has_focus() { (1.5, palette.text) } else { (1.0, palette.line) };
    ui.painter().rect(key, 4.0, fill, Stroke::new(width, colour), StrokeKind::Inside);
}
