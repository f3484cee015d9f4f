//! A chip: a short text that is on or off.

use egui::accesskit::Role;
use egui::{Align2, Color32, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::widgets::focus::focus_ring;

/// Draws a chip as wide as its text, with a dot of this colour if there is one.
pub(crate) fn chip(ui: &mut Ui, name: &str, is_on: bool, dot: Option<Color32>) -> Response {
    let palette = theme::palette(ui);
    let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::font(theme::SMALL), palette.text);
    let space = if dot.is_some() { 14.0 } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 14.0 + space, 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, name));
    let (fill, text) = match (is_on, response.hovered()) {
        (true, _) => (palette.lit, palette.text),
        (false, true) => (palette.raised, palette.text),
        (false, false) => (palette.well, palette.dim),
    };
    let painter = ui.painter();
    painter.rect(rect, 11.0, fill, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    if let Some(colour) = dot {
        let centre = pos2(rect.left() + 12.0, rect.center().y);
        if is_on {
            painter.circle_filled(centre, 4.0, colour);
        } else {
            painter.circle_stroke(centre, 3.5, Stroke::new(1.0, palette.dim));
        }
    }
    painter.text(
        pos2(rect.left() + 7.0 + space, rect.center().y),
        Align2::LEFT_CENTER,
        name,
        theme::font(theme::SMALL),
        text,
    );
    focus_ring(ui, &response, rect, 11.0);
    response
}
