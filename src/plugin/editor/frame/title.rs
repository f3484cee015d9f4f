//! The title bar: the pages, style and preset, undo and history, the takes, and saving.

use egui::accesskit::Role;
use egui::{Align, Button, Layout, Popup, Ui, WidgetInfo};

use crate::player::Knob;
use crate::player::knobs::Form;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::frame::choosers;
use crate::plugin::editor::frame::history::history;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Page, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, emblem};
use crate::plugin::midi_file::{Extent, Performance};

/// From this width on the title bar has the product's name and a tab for each page.
const WIDE: f32 = 980.0;
/// Greatest width of a list, with its arrows.
const LIST: f32 = 200.0;

/// Draws the title bar.
pub(crate) fn title(ui: &mut Ui, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        if ui.available_width() >= WIDE - 20.0 {
            emblem::name_plate(ui);
            ui.add_space(4.0);
            for (page, name) in Page::ALL {
                if widgets::tab(ui, name, state.page == page).clicked() {
                    state.page = page;
                }
            }
        } else {
            emblem::plate(ui);
            pages(ui, state);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            save(ui, intents);
            takes(ui, view, intents);
            history(ui, view, intents);
            let redo = widgets::small_button(ui, "Redo", "↪", view.roll.n_redo > 0);
            if redo.on_hover_text("Redo (Ctrl+Shift+Z)").clicked() {
                intents.push(Intent::Redo);
            }
            let undo = widgets::small_button(ui, "Undo", "↩", view.roll.n_undo > 0);
            if undo
                .on_hover_text("Undo what you did last: a knob, a preset, a re-roll, chords, a bar (Ctrl+Z)")
                .clicked()
            {
                intents.push(Intent::Undo);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add_space(4.0);
                let width = ((ui.available_width() - 22.0) / 2.0).min(LIST);
                choosers::styles(ui, view, width, intents);
                ui.add_space(6.0);
                choosers::presets(ui, &mut state.forms, view, width, intents);
            });
        });
    });
}

/// Draws the menu of pages.
fn pages(ui: &mut Ui, state: &mut UiState) {
    let name = Page::ALL.into_iter().find(|(page, _)| *page == state.page).map_or("Play", |(_, name)| name);
    let menu = ui.menu_button(format!("{name} ▾"), |ui| {
        for (page, name) in Page::ALL {
            if ui.selectable_label(state.page == page, name).clicked() {
                state.page = page;
                ui.close();
            }
        }
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Page"));
}

/// Draws the four takes, from right to left.
fn takes(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let mut setter = KnobSetter { parameters: &view.parameters, intents };
    let chosen = setter.step(Knob::Slot);
    ui.add_space(4.0);
    for (slot, name) in Form::TAKES.into_iter().enumerate().rev() {
        let tab = widgets::tab(ui, name, slot == chosen);
        if tab.clicked() {
            setter.set_step(Knob::Slot, slot);
        }
        tab.context_menu(|ui| {
            for (from, other) in Form::TAKES.into_iter().enumerate() {
                let has_bars = view.roll.has_bars.get(from).is_some_and(|has_bars| *has_bars);
                let copy = Button::new(format!("Copy take {other} here"));
                if from != slot && ui.add_enabled(has_bars, copy).clicked() {
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

/// Draws the button that saves the phrase, and the menu of everything else that can be saved.
fn save(ui: &mut Ui, intents: &mut Vec<Intent>) {
    ui.spacing_mut().item_spacing.x = 1.0;
    let menu = widgets::small_button(ui, "More to save", "▾", true);
    Popup::menu(&menu).show(|ui| {
        save_items(ui, "As heard", Performance::AsHeard, intents);
        ui.separator();
        save_items(ui, "As composed", Performance::AsComposed, intents);
    });
    menu.on_hover_text("The last bars or the whole take, as heard or as composed");
    let button = ui.button("Save MIDI");
    let hint = "Saves this phrase as you hear it as a .mid file in the Continuo folder of your music folder, and puts it on \
                the clipboard: paste it into your DAW.";
    if button.on_hover_text(hint).clicked() {
        intents.push(Intent::SaveMidi(Extent::Phrase, Performance::AsHeard));
    }
    ui.spacing_mut().item_spacing.x = 4.0;
}

fn save_items(ui: &mut Ui, name: &str, performance: Performance, intents: &mut Vec<Intent>) {
    ui.label(theme::small(ui, name));
    let extents = [
        (Extent::Phrase, "this phrase"),
        (Extent::LastBars(4), "the last 4 bars"),
        (Extent::LastBars(8), "the last 8 bars"),
        (Extent::LastBars(16), "the last 16 bars"),
        (Extent::Take, "the whole take"),
    ];
    for (extent, text) in extents {
        if ui.button(format!("Save {text}, {}", name.to_lowercase())).clicked() {
            intents.push(Intent::SaveMidi(extent, performance));
            ui.close();
        }
    }
}
