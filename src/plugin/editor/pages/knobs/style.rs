//! Styles and presets.

use egui::{Button, ScrollArea, Ui};

use crate::player::Knob;
use crate::plugin::editor::controls::{KnobSetter, SMALL, dial};
use crate::plugin::editor::pages::knobs::rows::control;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Page, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::text_field;
use crate::plugin::presets;

/// Draws the styles, the presets, and the name of the model.
pub(crate) fn style(ui: &mut Ui, state: &mut UiState, view: &View, setter: &mut KnobSetter<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ((ui.available_width() - 84.0) / 2.0).min(170.0);
        control(ui, setter, view, Knob::Style, width);
        control(ui, setter, view, Knob::SecondStyle, width);
        dial(ui, setter, Knob::Blend, SMALL, 76.0);
    });
    ui.horizontal(|ui| {
        ui.menu_button("Presets", |ui| preset_menu(ui, view, setter.intents)).response.on_hover_text(
            "Knobs for a style or a role, and your own. A preset never changes composed bars.",
        );
        let width = (ui.available_width() - 70.0).min(190.0);
        text_field(ui, "Preset name", &mut state.forms.preset, "Name of your preset", width);
        let name = state.forms.preset.trim().to_owned();
        let keep = ui.add_enabled(!name.is_empty(), Button::new("Keep"));
        if keep.on_hover_text("Save the knobs under this name").clicked() {
            setter.intents.push(Intent::SavePreset(name));
            state.forms.preset.clear();
        }
    });
    let model = view.card.as_ref().map_or("No model", |card| &card.name);
    ui.horizontal(|ui| {
        ui.label(theme::small(ui, format!("Model: {model}")));
        if ui.small_button("Browse models").clicked() {
            state.page = Page::Models;
        }
    });
}

fn preset_menu(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    ui.set_min_width(160.0);
    for role in presets::Role::ALL {
        let mut entries = view.presets.iter().filter(|entry| entry.role == role).peekable();
        if entries.peek().is_none() {
            continue;
        }
        ui.menu_button(role.name(), |ui| {
            ScrollArea::vertical().max_height(280.0).show(ui, |ui| {
                for entry in entries {
                    if ui.button(&entry.name).clicked() {
                        intents.push(Intent::LoadPreset(entry.id.clone()));
                        ui.close();
                    }
                }
            });
        });
    }
    if ui.button("Refresh").clicked() {
        intents.push(Intent::ListPresets);
        ui.close();
    }
}
