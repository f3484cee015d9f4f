//! "Train your own": three steps, and how the run is doing.

use egui::{Align2, Button, Label, ProgressBar, RichText, ScrollArea, Sense, Ui, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::Forms;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, card_frame, text_field};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::trainer::job::{Job, Size};
use crate::plugin::trainer::status::State;

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    ui.label(RichText::new("Train your own").size(theme::LARGE));
    let text = "Continuo learns from MIDI files, on this computer. The music continues meanwhile.";
    ui.label(theme::small(ui, text));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if view.training.state != State::Idle {
            card_frame(ui).show(ui, |ui| {
                ui.set_width(ui.available_width());
                run(ui, view, intents);
            });
            ui.add_space(4.0);
        }
        let is_running = view.training.state == State::Running;
        ui.add_enabled_ui(!is_running, |ui| {
            card_frame(ui).show(ui, |ui| {
                ui.set_width(ui.available_width());
                steps(ui, forms, view, intents);
            });
        });
    });
}

fn steps(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    step(ui, "1", "A folder of MIDI files. The more alike they are, the better; fifty pieces are a start.");
    let name = "Folder of MIDI files";
    text_field(ui, name, &mut forms.corpus, "/home/you/midi", f32::INFINITY)
        .on_hover_text(format!("{name}: type or paste its path"));
    learn(ui, forms, view, intents);
    ui.add_space(6.0);
    step(ui, "2", "A name, and how long it may take on two cores.");
    ui.horizontal_wrapped(|ui| settings(ui, forms));
    ui.add_space(6.0);
    step(ui, "3", forms.size.description());
    match &view.training.trainer {
        Some(trainer) => {
            ui.horizontal(|ui| {
                start_button(ui, forms, intents);
                let text = theme::small(ui, format!("with {}", trainer.display()));
                ui.add(Label::new(text).truncate());
            });
        }
        None => trainer_path(ui, forms, view, intents),
    }
}

/// Draws the button that learns what was played in.
fn learn(ui: &mut Ui, forms: &Forms, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal(|ui| {
        let n_notes = view.roll.input.len();
        let is_ready = n_notes > 0 && view.training.trainer.is_some();
        let learn = ui.add_enabled(is_ready, Button::new("Learn what I played"));
        let text = format!("Or the {n_notes} notes that you have played in: a minute or so.");
        ui.add(Label::new(theme::small(ui, text)).wrap());
        if learn.clicked() {
            let name = forms.model.trim();
            let name = if name.is_empty() { "My playing" } else { name };
            intents.push(Intent::LearnPlayed(name.to_owned()));
        }
    });
}

/// Draws the number and the text of a step.
fn step(ui: &mut Ui, number: &str, text: &str) {
    ui.horizontal(|ui| {
        let palette = theme::palette(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 10.0, palette.accent);
        let font = theme::font(theme::SMALL);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, number, font, palette.on_accent);
        ui.add(Label::new(text).wrap());
    });
}

/// Draws the name of the model, the size, and whether to start from the built-in model.
fn settings(ui: &mut Ui, forms: &mut Forms) {
    text_field(ui, "Name of the model", &mut forms.model, "My style", 150.0);
    for size in Size::ALL {
        let chip = widgets::chip(ui, &capitalised(size.name()), forms.size == size, None);
        if chip.on_hover_text(size.description()).clicked() {
            forms.size = size;
        }
    }
    let from = widgets::chip(ui, "Start from the built-in model", forms.starts_from_default, None);
    if from.clicked() {
        forms.starts_from_default = !forms.starts_from_default;
    }
    from.on_hover_text(
        "Keeps what the built-in model knows and adds your style. Good if you have few files.",
    );
}

fn start_button(ui: &mut Ui, forms: &Forms, intents: &mut Vec<Intent>) {
    let folder = without_quotes(&forms.corpus);
    let name = forms.model.trim().to_owned();
    let is_ready = !folder.is_empty() && !name.is_empty();
    if ui.add_enabled(is_ready, Button::new("Start training").min_size(vec2(120.0, 28.0))).clicked() {
        let (folder, size, starts_from_default) = (folder.into(), forms.size, forms.starts_from_default);
        intents.push(Intent::Train(Job { folder, name, size, starts_from_default }));
    }
}

/// Asks for the path of a trainer that was not found.
fn trainer_path(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    let text = "The trainer was not found beside the plugin or in your PATH. It is the program continuo-trainer \
                that comes with Continuo. Where is it?";
    ui.add(Label::new(RichText::new(text).color(theme::palette(ui).alarm)).wrap());
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 90.0).max(120.0);
        text_field(ui, "Path of the trainer", &mut forms.trainer, "", width);
        if ui.button("Use this").clicked() {
            let mut settings = view.settings.clone();
            settings.trainer = Some(without_quotes(&forms.trainer).into());
            intents.push(Intent::Set(settings));
        }
    });
}

/// Draws how the run is doing, and what can be done about it.
fn run(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let training = &view.training;
    let name = &training.name;
    ui.horizontal(|ui| {
        let (text, colour) = match &training.state {
            State::Idle => (String::new(), palette.text),
            State::Running => (format!("Training {name} …"), palette.text),
            State::Stopped(_) => (format!("{name} was interrupted. You can continue it."), palette.text),
            State::Finished(_) => (format!("{name} is trained."), palette.accent),
            State::Failed(reason) => (format!("Training {name} failed: {reason}"), palette.alarm),
        };
        ui.add(Label::new(RichText::new(text).color(colour)).wrap());
    });
    if !matches!(training.state, State::Failed(_)) {
        let bar = ProgressBar::new(training.progress).desired_height(14.0);
        ui.add(bar.fill(palette.accent).corner_radius(4.0));
    }
    ui.horizontal(|ui| run_buttons(ui, &training.state, intents));
    if let Some(last) = training.lines.last() {
        let line = ui.add(Label::new(theme::small(ui, last)).truncate());
        line.on_hover_text(training.lines.join("\n"));
    }
}

fn run_buttons(ui: &mut Ui, state: &State, intents: &mut Vec<Intent>) {
    let mut button = |text: &str, intent: Intent| {
        if ui.button(text).clicked() {
            intents.push(intent);
        }
    };
    match state {
        State::Idle => {}
        State::Running => button("Stop", Intent::StopTraining),
        State::Stopped(model) => {
            button("Continue", Intent::ResumeTraining);
            if let Some(model) = model {
                button("Play the best so far", Intent::Choose(ModelChoice::File(model.clone())));
            }
            button("Discard", Intent::DiscardTraining);
        }
        State::Finished(model) => {
            button("Play it", Intent::Choose(ModelChoice::File(model.clone())));
            button("Done", Intent::DiscardTraining);
        }
        State::Failed(_) => button("Done", Intent::DiscardTraining),
    }
}

/// A path without the quotes that file managers put around it.
fn without_quotes(path: &str) -> String {
    path.trim().trim_matches(['"', '\'']).to_owned()
}

/// A word with its first letter in upper case.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}
