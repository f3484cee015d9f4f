//! A switch, for a knob that is on or off.

use egui::accesskit::Role;
use egui::{Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::player::Knob;
use crate::plugin::editor::controls::parts::{SMALL, cell, name_below};
use crate::plugin::editor::controls::setter::KnobSetter;
use crate::plugin::editor::theme;
use crate::plugin::editor::widgets::focus_ring;

/// Draws a switch, over the knob's name.
pub(crate) fn switch(ui: &mut Ui, setter: &mut KnobSetter<'_>, knob: Knob, width: f32) {
    cell(ui, vec2(width, SMALL.height()), |ui| {
        let is_on = setter.is_on(knob);
        let palette = theme::palette(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(width - 4.0, SMALL.height()), Sense::click());
        if response.clicked() {
            setter.set(knob, if is_on { 0.0 } else { 1.0 });
        }
        let name = setter.parameters.name(knob);
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, name));
        let painter = ui.painter();
        let middle = rect.top() + SMALL.radius + 4.0;
        let track = Rect::from_center_size(pos2(rect.center().x, middle), vec2(36.0, 20.0));
        painter.rect(
            track,
            10.0,
            if is_on { palette.accent } else { palette.well },
            Stroke::new(1.0, if is_on { palette.accent } else { palette.line }),
            StrokeKind::Inside,
        );
        let x = if is_on { track.right() - 10.0 } else { track.left() + 10.0 };
        painter.circle_filled(pos2(x, middle), 7.0, if is_on { palette.on_accent } else { palette.dim });
        name_below(ui, rect, name, if is_on { "On" } else { "Off" });
        focus_ring(ui, &response, track.expand(3.0), 13.0);
        response.on_hover_text(knob.spec().hint);
    });
}
