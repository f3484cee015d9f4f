//! The ring around the widget that has the keyboard focus.

use egui::{Rect, Response, Stroke, StrokeKind, Ui};

use crate::plugin::editor::theme;

/// Draws a ring around a widget that has the keyboard focus.
pub(crate) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: f32) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, theme::palette(ui).text);
        ui.painter().rect_stroke(rect, radius, stroke, StrokeKind::Outside);
    }
}
