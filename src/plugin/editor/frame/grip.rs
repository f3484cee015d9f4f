//! The corner by which the window is resized, for hosts that offer none.

use egui::accesskit::Role;
use egui::{CursorIcon, Id, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::view::Intent;
use crate::plugin::window_size::WindowSize;

/// Width and height of the corner.
pub(crate) const GRIP: f32 = 14.0;

/// Draws the corner.
pub(crate) fn grip(ui: &Ui, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let window = ui.ctx().content_rect();
    let corner = Rect::from_min_max(window.max - Vec2::splat(GRIP), window.max);
    let id = Id::unique("continuo grip");
    let response = ui.interact(corner, id, Sense::drag()).on_hover_cursor(CursorIcon::ResizeNwSe);
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Resize"));
    if response.drag_started() {
        ui.data_mut(|data| data.insert_temp(id, window.size()));
    }
    if response.dragged()
        && let Some(at_start) = ui.data(|data| data.get_temp::<Vec2>(id))
        && let Some(moved) = response.total_drag_delta()
    {
        let size = (at_start + moved).max(vec2(WindowSize::SMALLEST.0, WindowSize::SMALLEST.1)).round();
        if size != window.size() {
            intents.push(Intent::Resize(size.x, size.y));
        }
    }
    let colour = if response.hovered() || response.dragged() { palette.text } else { palette.dim };
    for distance in [4.0, 8.0, 12.0] {
        let ends = [window.max - vec2(distance, 2.0), window.max - vec2(2.0, distance)];
        ui.painter().line_segment(ends, Stroke::new(1.0, colour));
    }
}
