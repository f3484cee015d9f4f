//! The style and the preset, in the title bar.

use egui::{Button, Key, Ui};

use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::view::state::Forms;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::chooser::{Choice, Chooser, Wanted, neighbour};
use crate::plugin::editor::widgets::{small_button, text_field};

/// From this width on there are arrows beside each list.
const WITH_ARROWS: f32 = 140.0;
/// Width of the two arrows.
const ARROWS: f32 = 48.0;

/// Draws the list of styles into this width.
pub(crate) fn styles(ui: &mut Ui, view: &View, width: f32, intents: &mut Vec<Intent>) {
    let names = view.card.as_ref().map_or(&[][..], |card| &card.styles);
    let favourites = &view.settings.favourite_styles;
    let choices: Vec<Choice<'_>> = names
        .iter()
        .map(|name| Choice { heading: "", name, is_favourite: favourites.contains(name) })
        .collect();
    let mut setter = KnobSetter { parameters: &view.parameters, intents };
    let chosen = setter.step(Knob::Style).min(names.len().saturating_sub(1));
    let chooser = Chooser {
        name: "Style",
        shown: names.get(chosen).map_or("No style", String::as_str),
        choices: &choices,
        chosen: Some(chosen),
    };
    let mut wanted = None;
    with_arrows(ui, &chooser, width, &mut wanted, Knob::Style.spec().hint, |_| {});
    match wanted {
        Some(Wanted::Choose(idx)) if idx != chosen => setter.set_step(Knob::Style, idx),
        Some(Wanted::Hear(idx)) => intents.push(Intent::HearStyle(idx)),
        Some(Wanted::Star(idx)) => {
            let mut settings = view.settings.clone();
            toggle(&mut settings.favourite_styles, names.get(idx));
            intents.push(Intent::Set(settings));
        }
        _ => {}
    }
}

/// Draws the list of presets into this width, with a field to save one.
pub(crate) fn presets(ui: &mut Ui, forms: &mut Forms, view: &View, width: f32, intents: &mut Vec<Intent>) {
    let favourites = &view.settings.favourite_presets;
    let entries = view.presets.iter();
    let choices: Vec<Choice<'_>> = entries
        .map(|entry| Choice {
            heading: entry.role.name(),
            name: &entry.name,
            is_favourite: favourites.contains(&entry.name),
        })
        .collect();
    let chosen = view.preset.map(|(idx, _)| idx);
    let name = chosen.and_then(|idx| view.presets.get(idx)).map(|entry| entry.name.as_str());
    let shown = match (name, view.preset) {
        (Some(name), Some((_, true))) => format!("{name} (changed)"),
        (Some(name), _) => name.to_owned(),
        (None, _) => "Preset".to_owned(),
    };
    let chooser = Chooser { name: "Preset", shown: &shown, choices: &choices, chosen };
    let hint = "Sets the knobs for a kind of music or a role in it, and yours. It never changes the key, the seed, vary, the \
                chords, the take, the parts, the channels, thru and the preview sound. Kept bars stay.";
    let mut wanted = None;
    with_arrows(ui, &chooser, width, &mut wanted, hint, |ui| save(ui, forms, intents));
    let id = |idx: usize| view.presets.get(idx).map(|entry| entry.id.clone());
    match wanted {
        Some(Wanted::Choose(idx)) => intents.extend(id(idx).map(Intent::LoadPreset)),
        Some(Wanted::Hear(idx)) => intents.extend(id(idx).map(Intent::HearPreset)),
        Some(Wanted::Star(idx)) => {
            let mut settings = view.settings.clone();
            toggle(&mut settings.favourite_presets, view.presets.get(idx).map(|entry| &entry.name));
            intents.push(Intent::Set(settings));
        }
        None => {}
    }
}

/// Draws a list between two arrows, where there is room for them.
fn with_arrows(
    ui: &mut Ui,
    chooser: &Chooser<'_>,
    width: f32,
    wanted: &mut Option<Wanted>,
    hint: &str,
    foot: impl FnOnce(&mut Ui),
) {
    ui.spacing_mut().item_spacing.x = 1.0;
    let has_arrows = width >= WITH_ARROWS;
    let arrow = |ui: &mut Ui, word: &str, symbol: &str, by: isize, wanted: &mut Option<Wanted>| {
        let name = format!("{word} {}", chooser.name.to_lowercase());
        let is_possible = chooser.choices.len() > 1;
        let button = small_button(ui, &name, symbol, is_possible);
        if button.on_hover_text(name).clicked() {
            let to = neighbour(chooser.chosen, chooser.choices.len(), by);
            *wanted = to.map(Wanted::Choose);
        }
    };
    if has_arrows {
        arrow(ui, "Previous", "‹", -1, wanted);
    }
    let list = if has_arrows { width - ARROWS } else { width };
    chooser.show(ui, list, wanted, foot).on_hover_text(hint);
    if has_arrows {
        arrow(ui, "Next", "›", 1, wanted);
    }
}

/// Draws the field for the name of the user's own preset.
fn save(ui: &mut Ui, forms: &mut Forms, intents: &mut Vec<Intent>) {
    ui.separator();
    ui.horizontal(|ui| {
        let width = ui.available_width() - 76.0;
        let field = text_field(ui, "Preset name", &mut forms.preset, "Name of your preset", width);
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let name = forms.preset.trim().to_owned();
        let save = ui.add_enabled(!name.is_empty(), Button::new("Save"));
        if (save.on_hover_text("Saves the knobs under this name").clicked() || is_entered) && !name.is_empty()
        {
            intents.push(Intent::SavePreset(name));
            forms.preset.clear();
            ui.close();
        }
    });
}

/// Makes a name a favourite, or no longer.
fn toggle(favourites: &mut Vec<String>, name: Option<&String>) {
    let Some(name) = name else { return };
    let n_before = favourites.len();
    favourites.retain(|favourite| favourite != name);
    if favourites.len() == n_before {
        favourites.push(name.clone());
    }
}
