//! The ring around the widget that has the keyboard focus.

use egui::{Rect, Response, Stroke, StrokeKind, Ui};

use crate::plugin::editor::theme;

/// Shows where the keyboard is.
pub(crate) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, round: f32) {
    if response.has_focus() {
        let stroke = Stroke::new(1.5, theme::palette(ui).text);
        ui.painter().rect_stroke(rect, round, stroke, StrokeKind::Outside);
    }
}
