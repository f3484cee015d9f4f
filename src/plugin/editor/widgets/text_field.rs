//! A line of text to type.

use egui::accesskit::Role;
use egui::{Response, TextEdit, Ui, WidgetInfo};

/// Draws a text field, known to screen readers by its name.
pub(crate) fn text_field(ui: &mut Ui, name: &str, text: &mut String, hint: &str, width: f32) -> Response {
    let field = ui.add(
        TextEdit::singleline(text).hint_text(hint).desired_width(width).align(egui::Align2::LEFT_CENTER),
    );
    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
    field
}
