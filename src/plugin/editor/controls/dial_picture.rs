//! Painting a dial.

use egui::{Color32, Pos2, Rect, Response, Shape, Stroke, Ui, Vec2, vec2};

use crate::plugin::editor::controls::parts::DialSize;
use crate::plugin::editor::theme;
use crate::plugin::editor::widgets::focus_ring;

/// Where the arc begins, clockwise from three o'clock, and its length, in radians.
const BEGIN: f32 = 0.75 * std::f32::consts::PI;
const SWEEP: f32 = 1.5 * std::f32::consts::PI;

fn on_arc(centre: Pos2, radius: f32, position: f32) -> Pos2 {
    let (sin, cos) = (BEGIN + SWEEP * position).sin_cos();
    centre + radius * vec2(cos, sin)
}

fn arc(centre: Pos2, radius: f32, from: f32, to: f32, width: f32, colour: Color32) -> Shape {
    let n_points = 2 + ((to - from).abs() * radius) as usize;
    let points = (0..=n_points)
        .map(|idx| on_arc(centre, radius, from + (to - from) * idx as f32 / n_points as f32))
        .collect();
    Shape::line(points, Stroke::new(width, colour))
}

/// Paints a dial; the arc is filled from `start` to `position`.
pub(crate) fn paint(ui: &Ui, centre: Pos2, size: DialSize, response: &Response, position: f32, start: f32) {
    let palette = theme::palette(ui);
    let painter = ui.painter();
    let is_lit = response.hovered() || response.dragged();
    let width = if size.is_large { 5.0 } else { 3.5 };
    let radius = size.radius - width / 2.0;
    let face = radius - width;
    painter.circle_filled(centre, face, if is_lit { palette.lit } else { palette.raised });
    painter.add(arc(centre, radius, 0.0, 1.0, width, palette.well));
    painter.add(arc(centre, radius, start, position, width, palette.accent));
    if size.is_large {
        // The value is in the middle, so the pointer is a bead on the rim.
        painter.circle(on_arc(centre, radius, position), 5.0, palette.text, Stroke::new(2.0, palette.panel));
    } else {
        let pointer = [on_arc(centre, face * 0.3, position), on_arc(centre, face - 1.0, position)];
        painter.line_segment(pointer, Stroke::new(2.5, palette.text));
    }
    let outer = size.radius + 1.0;
    focus_ring(ui, response, Rect::from_center_size(centre, Vec2::splat(2.0 * outer)), outer);
}
