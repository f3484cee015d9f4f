//! A tab: one of several side by side.

use egui::accesskit::Role;
use egui::{Align2, Color32, Rect, Response, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::widgets::focus::focus_ring;

/// Draws one of several tabs.
pub(crate) fn tab(ui: &mut Ui, name: &str, is_chosen: bool) -> Response {
    let palette = theme::palette(ui);
    let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::font(theme::BODY), palette.text);
    let width = (galley.size().x + 14.0).max(24.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_chosen, name));
    let (fill, text) = match (is_chosen, response.hovered()) {
        (true, _) => (palette.lit, palette.text),
        (false, true) => (palette.raised, palette.text),
        (false, false) => (Color32::TRANSPARENT, palette.dim),
    };
    ui.painter().rect_filled(rect, theme::ROUND, fill);
    if is_chosen {
        let line = Rect::from_min_max(
            pos2(rect.left() + 6.0, rect.bottom() - 2.0),
            pos2(rect.right() - 6.0, rect.bottom()),
        );
        ui.painter().rect_filled(line, 1.0, palette.accent);
    }
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, name, theme::font(theme::BODY), text);
    focus_ring(ui, &response, rect, theme::ROUND);
    response
}
