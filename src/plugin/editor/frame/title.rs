//! The title bar: the pages, the takes, undo and redo, and saving.

use egui::{Align, Layout, Popup, ScrollArea, Ui};

use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Page, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, emblem};
use crate::plugin::midi_file::{Extent, Performance};

/// The names of the four takes.
const TAKES: [&str; 4] = ["A", "B", "C", "D"];

/// Draws the title bar.
pub(crate) fn title(ui: &mut Ui, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        emblem::name_plate(ui);
        ui.add_space(8.0);
        for (page, name) in Page::ALL {
            if widgets::tab(ui, name, state.page == page).clicked() {
                state.page = page;
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            save_menu(ui, intents);
            takes(ui, view, intents);
            history(ui, view, intents);
            let redo = widgets::small_button(ui, "Redo", "↪", view.roll.n_redo > 0);
            if redo.on_hover_text("Redo the last change of a bar (Ctrl+Shift+Z)").clicked() {
                intents.push(Intent::Redo);
            }
            let undo = widgets::small_button(ui, "Undo", "↩", view.roll.n_undo > 0);
            if undo.on_hover_text("Undo the last change of a bar (Ctrl+Z)").clicked() {
                intents.push(Intent::Undo);
            }
        });
    });
}

/// Draws the four takes, from right to left.
fn takes(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let mut setter = KnobSetter { parameters: &view.parameters, intents };
    let chosen = setter.step(Knob::Slot);
    ui.add_space(4.0);
    for (slot, name) in TAKES.into_iter().enumerate().rev() {
        let tab = widgets::tab(ui, name, slot == chosen);
        if tab.clicked() {
            setter.set_step(Knob::Slot, slot);
        }
        tab.context_menu(|ui| {
            for (from, other) in TAKES.into_iter().enumerate() {
                if from != slot && ui.button(format!("Copy take {other} here")).clicked() {
                    setter.intents.push(Intent::CopyTake(from as u8, slot as u8));
                    ui.close();
                }
            }
        });
        tab.on_hover_text(format!(
            "Take {name}: {} Right-click to copy another take here.",
            Knob::Slot.spec().hint
        ));
    }
    ui.add_space(4.0);
}

/// Draws the menu of what was heard and then replaced, the newest first.
fn history(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let button = widgets::small_button(ui, "History", "↺", !view.ideas.is_empty());
    let button = button
        .on_hover_text("Bring back what a re-roll, a knob, a style or a preset has replaced, with its knobs.")
        .on_disabled_hover_text("What you heard and then replaced will be here.");
    Popup::menu(&button).show(|ui| {
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for (idx, idea) in view.ideas.iter().enumerate().rev() {
                if ui.button(idea).clicked() {
                    intents.push(Intent::BringBack(idx));
                    ui.close();
                }
            }
        });
    });
}

fn save_menu(ui: &mut Ui, intents: &mut Vec<Intent>) {
    let menu = ui.menu_button("Save MIDI", |ui| {
        let mut items = |ui: &mut Ui, name: &str, performance: Performance| {
            ui.label(theme::small(ui, name));
            let extents = [
                (Extent::Phrase, "this phrase"),
                (Extent::LastBars(4), "the last 4 bars"),
                (Extent::LastBars(8), "the last 8 bars"),
                (Extent::LastBars(16), "the last 16 bars"),
                (Extent::Take, "the whole take"),
            ];
            for (extent, text) in extents {
                let text = format!("Save {text}, {}", name.to_lowercase());
                if ui.button(text).clicked() {
                    intents.push(Intent::SaveMidi(extent, performance));
                    ui.close();
                }
            }
        };
        items(ui, "As heard", Performance::AsHeard);
        ui.separator();
        items(ui, "As composed", Performance::AsComposed);
    });
    menu.response.on_hover_text("Writes a .mid file into the Continuo folder of your music folder.");
}
