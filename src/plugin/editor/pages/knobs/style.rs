//! Styles and presets.

use egui::accesskit::Role;
use egui::{Button, RichText, ScrollArea, TextEdit, Ui, WidgetInfo};

use crate::player::Knob;
use crate::plugin::editor::controls::{KnobSetter, SMALL, dial};
use crate::plugin::editor::pages::knobs::rows::control;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Page, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::presets;

pub(crate) fn style(ui: &mut Ui, state: &mut UiState, view: &View, setter: &mut KnobSetter<'_>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ((ui.available_width() - 84.0) / 2.0).min(170.0);
        control(ui, setter, view, Knob::Style, width);
        control(ui, setter, view, Knob::SecondStyle, width);
        dial(ui, setter, Knob::Blend, SMALL, 76.0);
    });
    ui.horizontal(|ui| {
        ui.menu_button("Presets", |ui| preset_menu(ui, view, setter.intents)).response.on_hover_text(
            "Knobs for a style or a role, and your own. A preset never touches what was composed.",
        );
        let field = TextEdit::singleline(&mut state.forms.preset).hint_text("Name of a preset of yours");
        let field = ui.add(field.desired_width((ui.available_width() - 70.0).min(190.0)));
        field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Preset name"));
        let name = state.forms.preset.trim().to_owned();
        if ui
            .add_enabled(!name.is_empty(), Button::new("Keep"))
            .on_hover_text("Keep the knobs as they stand under this name")
            .clicked()
        {
            setter.intents.push(Intent::SavePreset(name));
            state.forms.preset.clear();
        }
    });
    let model = view.card.as_ref().map_or("No model", |card| &card.name);
    ui.horizontal(|ui| {
        ui.label(RichText::new(format!("Model: {model}")).size(theme::SMALL).color(palette.dim));
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
    if ui.button("Look for new ones").clicked() {
        intents.push(Intent::ListPresets);
        ui.close();
    }
}
