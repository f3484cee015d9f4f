//! Buttons beside egui's own.

use egui::accesskit::Role;
use egui::{Align2, Button, Response, RichText, Sense, Ui, Vec2, WidgetInfo, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::widgets::focus::focus_ring;

/// The main button.
pub(crate) fn main_button(ui: &mut Ui, name: &str, size: Vec2) -> Response {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let fill = if response.is_pointer_button_down_on() {
        theme::mix(palette.accent, palette.text, 0.25)
    } else if response.hovered() {
        theme::mix(palette.accent, palette.text, 0.12)
    } else {
        palette.accent
    };
    ui.painter().rect_filled(rect, 8.0, fill);
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        name,
        theme::font(theme::LARGE),
        palette.on_accent,
    );
    focus_ring(ui, &response, rect, 8.0);
    response
}

/// A button that stays pressed while it is on.
pub(crate) fn toggle_button(ui: &mut Ui, name: &str, is_on: bool, size: Vec2) -> Response {
    let text = RichText::new(name).size(theme::SMALL);
    let button = Button::selectable(is_on, text).frame_when_inactive(true);
    let response = ui.add_sized(size, button);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, name));
    response
}

/// A small button with a symbol, known to screen readers by its name.
pub(crate) fn small_button(ui: &mut Ui, name: &str, symbol: &str, is_enabled: bool) -> Response {
    let button = Button::new(RichText::new(symbol).size(theme::BODY)).min_size(vec2(26.0, 24.0));
    let button = ui.scope(|ui| {
        ui.spacing_mut().button_padding.x = 6.0;
        ui.add_enabled(is_enabled, button)
    });
    let response = button.inner;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, is_enabled, name));
    response
}
