//! Playing together: the conversation, and a MIDI file to start from.

use std::path::PathBuf;

use egui::{Button, Key, Label, Ui, vec2};

use crate::files::typed_path;
use crate::player::{Conversation, Knob};
use crate::plugin::editor::controls::{KnobSetter, SMALL};
use crate::plugin::editor::pages::choose::choose_button;
use crate::plugin::editor::pages::knobs::rows::control;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Page, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, text_field};
use crate::plugin::picker::Wanted;

/// Draws the modes of conversation, their knobs, and the file to start from.
pub(crate) fn converse(ui: &mut Ui, state: &mut UiState, view: &View, setter: &mut KnobSetter<'_>) {
    let palette = theme::palette(ui);
    let chosen = setter.step(Knob::Conversation);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (step, mode) in Conversation::ALL.into_iter().enumerate() {
            let is_on = step == chosen;
            let dot = if is_on { Some(palette.incoming) } else { None };
            let chip = widgets::chip(ui, mode.name(), is_on, dot);
            if chip.clicked() && !is_on {
                setter.set_step(Knob::Conversation, step);
            }
            chip.on_hover_text(description(mode));
        }
    });
    let mode = Conversation::ALL.get(chosen).copied().unwrap_or_default();
    ui.horizontal(|ui| {
        control(ui, setter, view, Knob::Trade, 84.0);
        control(ui, setter, view, Knob::Instrument, 140.0);
        let width = ui.available_width();
        ui.allocate_ui(vec2(width, SMALL.height()), |ui| {
            ui.add(Label::new(theme::small(ui, description(mode))).wrap());
        });
    });
    midi_file(ui, state, view, setter);
}

fn description(mode: Conversation) -> &'static str {
    match mode {
        Conversation::Generate => "Composes by itself. What you play is ignored.",
        Conversation::Continue => "Listens while you play, and continues where you stop, from the next bar.",
        Conversation::Trade => "You have some bars, then it answers for as many.",
        Conversation::Accompany => "Plays along with you, from the next eighth.",
    }
}

/// Draws the path of a MIDI file, and what it can be used for.
fn midi_file(ui: &mut Ui, state: &mut UiState, view: &View, setter: &mut KnobSetter<'_>) {
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 230.0).max(80.0);
        let hint = "A MIDI file";
        let field = text_field(ui, "MIDI file", &mut state.forms.primer, hint, width);
        let path = typed_path(&state.forms.primer);
        let has_path = !path.as_os_str().is_empty();
        if has_path && field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            setter.intents.push(Intent::LoadPrimer(path.clone()));
        }
        choose_button(ui, Wanted::MidiFile, &state.forms.primer, view, setter.intents);
        ui.add_enabled_ui(has_path, |ui| ui.menu_button("Use it", |ui| uses(ui, path, state, view, setter)));
        let clear = ui.add_enabled(view.has_opening, Button::new("Clear"));
        if clear.on_hover_text("Begin from the model's own music again").clicked() {
            state.forms.primer.clear();
            setter.intents.push(Intent::ClearPrimer);
        }
    });
}

/// Draws the menu of what a MIDI file can be used for.
fn uses(ui: &mut Ui, path: PathBuf, state: &mut UiState, view: &View, setter: &mut KnobSetter<'_>) {
    let begin = ui.button("Begin from it").on_hover_text("The music goes on where the file ends");
    if begin.clicked() {
        setter.intents.push(Intent::LoadPrimer(path));
        return;
    }
    let chords = ui.button("Take its chords").on_hover_text("They become the chord lane of this take");
    if chords.clicked() {
        setter.intents.push(Intent::TakeChords(path, setter.step(Knob::Slot) as u8));
        return;
    }
    let learn = ui.add_enabled(view.training.trainer.is_some(), Button::new("Learn it"));
    if learn.on_hover_text("It becomes a style of a model of its own, in a minute or so").clicked() {
        setter.intents.push(Intent::LearnFile(path));
        state.page = Page::Train;
    }
}
