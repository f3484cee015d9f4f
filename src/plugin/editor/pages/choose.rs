//! The button beside a path that opens the system's dialog.

use egui::accesskit::Role;
use egui::{Button, Ui, WidgetInfo};

use crate::files::typed_path;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::picker::Wanted;

/// Draws the button; `path` is what the field beside it holds, where the dialog begins.
pub(super) fn choose_button(ui: &mut Ui, wanted: Wanted, path: &str, view: &View, intents: &mut Vec<Intent>) {
    let is_enabled = !view.picked.is_open;
    let button = ui.add_enabled(is_enabled, Button::new("Choose …"));
    button
        .widget_info(|| WidgetInfo::labeled(Role::Button, is_enabled, format!("Choose {}", wanted.title())));
    if button.clicked() {
        intents.push(Intent::Pick(wanted, typed_path(path)));
    }
}
