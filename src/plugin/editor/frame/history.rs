//! The history of ideas: what was heard and then replaced, each as a small roll.

use egui::accesskit::Role;
use egui::{Align2, Popup, Rect, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::view::{IdeaEntry, Intent, View};
use crate::plugin::editor::widgets::{paint_thumbnail, small_button};

/// The size of one idea, and of its roll.
const IDEA: egui::Vec2 = vec2(320.0, 52.0);
const ROLL: f32 = 170.0;

/// Draws the button that opens the history, the newest idea first.
pub(crate) fn history(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let button = small_button(ui, "History", "↺", !view.ideas.is_empty());
    let button = button
        .on_hover_text(
            "Bring back what a re-roll, a knob, a style or a preset has replaced, with its knobs and chords.",
        )
        .on_disabled_hover_text("What you heard and then replaced will be here.");
    Popup::menu(&button).show(|ui| {
        let height = (ui.ctx().content_rect().height() - 80.0).clamp(100.0, 420.0);
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (idx, idea) in view.ideas.iter().enumerate().rev() {
                if entry(ui, idea) {
                    intents.push(Intent::BringBack(idx));
                    ui.close();
                }
            }
        });
    });
}

/// Draws an idea; returns whether it was clicked.
fn entry(ui: &mut Ui, idea: &IdeaEntry) -> bool {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(IDEA, Sense::click());
    let name = format!("{}. {}", idea.name, idea.about);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, theme::ROUND, palette.lit);
    }
    let roll = Rect::from_min_size(rect.min + vec2(4.0, 4.0), vec2(ROLL, IDEA.y - 8.0));
    paint_thumbnail(ui, roll, &idea.notes, "No notes");
    let left = roll.right() + 8.0;
    let text = |y: f32, text: &str, size: f32, colour| {
        ui.painter().text(pos2(left, rect.top() + y), Align2::LEFT_CENTER, text, theme::font(size), colour);
    };
    text(18.0, &idea.name, theme::BODY, palette.text);
    text(36.0, &idea.about, theme::SMALL, palette.dim);
    response.clicked()
}
