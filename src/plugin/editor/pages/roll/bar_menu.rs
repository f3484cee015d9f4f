//! The menu of a bar.

use egui::{Align, Button, Id, Layout, Popup, PopupCloseBehavior, PopupKind, Ui};

use crate::composer::Edit;
use crate::plugin::editor::pages::roll::bars::bar_number;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::camera::Camera;
use crate::plugin::editor::view::{Intent, View};

/// Draws the menu of the bar whose menu is open.
pub(crate) fn bar_menu(ui: &Ui, camera: &mut Camera, view: &View, intents: &mut Vec<Intent>) {
    let Some((bar_idx, at)) = camera.menu else { return };
    let Some(bar) = view.roll.score.bars.get(bar_idx) else {
        camera.menu = None;
        return;
    };
    let is_kept = view.roll.marks.get(bar_idx).is_some_and(|mark| mark.is_kept);
    let mut is_open = true;
    let id = Id::unique(("continuo bar menu", bar_idx));
    Popup::new(id, ui.ctx().clone(), at, ui.layer_id())
        .kind(PopupKind::Menu)
        .open_bool(&mut is_open)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .layout(Layout::top_down_justified(Align::Min))
        .show(|ui| {
            ui.set_min_width(150.0);
            ui.label(theme::small(ui, format!("Bar {}", bar_number(bar))));
            for (text, edit, is_enabled) in items(is_kept) {
                if ui.add_enabled(is_enabled, Button::new(text)).clicked() {
                    intents.push(Intent::Edit(bar_idx, edit));
                }
            }
        });
    if !is_open {
        camera.menu = None;
    }
}

/// The edits of a bar, with their names and whether they are possible.
fn items(is_kept: bool) -> [(&'static str, Edit, bool); 5] {
    let (keep, edit) = if is_kept { ("Release", Edit::Release) } else { ("Keep", Edit::Keep) };
    [
        ("Re-roll this bar", Edit::ReRoll, !is_kept),
        ("New rhythm only", Edit::ReRollRhythm, !is_kept),
        ("New pitches only", Edit::ReRollPitches, !is_kept),
        (keep, edit, true),
        ("Clear", Edit::Clear, !is_kept),
    ]
}
