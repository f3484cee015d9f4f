//! The frame around a block of text.

use egui::{Frame, Margin, Stroke, Ui};

use crate::plugin::editor::theme;

/// The frame around a block of text.
pub(crate) fn card_frame(ui: &Ui) -> Frame {
    let palette = theme::palette(ui);
    Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(8.0)
        .inner_margin(Margin::same(12))
}
