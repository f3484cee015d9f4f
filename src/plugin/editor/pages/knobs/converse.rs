//! Playing together: the conversation, and a MIDI file to start from.

use egui::{Button, Key, Label, Ui, vec2};

use crate::player::Conversation;
use crate::player::Knob;
use crate::plugin::editor::controls::{KnobSetter, SMALL};
use crate::plugin::editor::pages::knobs::rows::control;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::Forms;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, text_field};

/// Draws the modes of conversation, their knobs, and the file to start from.
pub(crate) fn converse(ui: &mut Ui, forms: &mut Forms, view: &View, setter: &mut KnobSetter<'_>) {
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
    primer(ui, forms, view, setter);
}

fn description(mode: Conversation) -> &'static str {
    match mode {
        Conversation::Generate => "Composes by itself. What you play is ignored.",
        Conversation::Continue => "Listens while you play, and continues where you stop, from the next bar.",
        Conversation::Trade => "You have some bars, then it answers for as many.",
        Conversation::Accompany => "Plays along with you, from the next beat.",
    }
}

fn primer(ui: &mut Ui, forms: &mut Forms, view: &View, setter: &mut KnobSetter<'_>) {
    ui.horizontal(|ui| {
        let hint = "A MIDI file to start from: type or paste its path";
        let width = (ui.available_width() - 150.0).max(80.0);
        let field = text_field(ui, "Primer file", &mut forms.primer, hint, width);
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let path = forms.primer.trim().trim_matches('"').to_owned();
        let start = ui.add_enabled(!path.is_empty(), Button::new("Start from"));
        if (start.clicked() || is_entered) && !path.is_empty() {
            setter.intents.push(Intent::LoadPrimer(path.into()));
        }
        let clear = ui.add_enabled(view.primer.is_some(), Button::new("Clear"));
        if clear.on_hover_text("Start from the model's own music again").clicked() {
            forms.primer.clear();
            setter.intents.push(Intent::ClearPrimer);
        }
    });
}
