//! The loss curve of a run, small.

use egui::accesskit::Role;
use egui::{Align2, Pos2, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::plugin::editor::theme;
use crate::plugin::trainer::CurvePoint;

const HEIGHT: f32 = 76.0;

/// Draws how the error has fallen so far; the width is the whole run. With fewer than two points there is nothing to draw.
pub(super) fn show(ui: &mut Ui, curve: &[CurvePoint]) {
    let (Some(first), Some(last), true) = (curve.first(), curve.last(), curve.len() > 1) else { return };
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let words =
        format!("Error on pieces that it does not learn from: {:.2}, then {:.2}", first.error, last.error);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    ui.painter().rect_filled(rect, 4.0, palette.well);
    let inner = rect.shrink2(vec2(6.0, 8.0));
    let lowest = curve.iter().map(|point| point.error).fold(f32::INFINITY, f32::min);
    let highest = curve.iter().map(|point| point.error).fold(f32::NEG_INFINITY, f32::max);
    let height = (highest - lowest).max(1e-3);
    let place = |point: &CurvePoint| {
        let y = inner.bottom() - (point.error - lowest) / height * inner.height();
        pos2(inner.left() + point.done * inner.width(), y)
    };
    let places: Vec<Pos2> = curve.iter().map(place).collect();
    if let Some(end) = places.last() {
        ui.painter().circle_filled(*end, 3.0, palette.accent);
    }
    ui.painter().add(Shape::line(places, Stroke::new(1.5, palette.accent)));
    let label = "Errors on pieces that it does not learn from: the lower, the better";
    let corner = rect.right_top() + vec2(-6.0, 4.0);
    ui.painter().text(corner, Align2::RIGHT_TOP, label, theme::font(theme::SMALL), palette.dim);
    response.on_hover_text(words);
}
