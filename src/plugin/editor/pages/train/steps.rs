//! The three steps: what to learn from, the name and the beginning, how long.

use std::path::{Path, PathBuf};

use egui::{Align2, Button, Label, RichText, Sense, Ui, vec2};

use crate::files::typed_path;
use crate::plugin::editor::pages::choose::choose_button;
use crate::plugin::editor::pages::train::words::{about, counted};
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::Forms;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, text_field};
use crate::plugin::picker::Wanted;
use crate::plugin::trainer::Survey;
use crate::plugin::trainer::job::{Job, Size};
use crate::run_events::CorpusFound;

/// Draws the steps.
pub(super) fn show(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    step(ui, "1", "A folder of MIDI files. The more alike they are, the better; fifty pieces are a start.");
    folder(ui, forms, view, intents);
    learn(ui, forms, view, intents);
    ui.add_space(6.0);
    step(ui, "2", "A name, and what to begin with.");
    ui.horizontal_wrapped(|ui| name_and_beginning(ui, forms));
    ui.add_space(6.0);
    step(ui, "3", forms.size.description());
    let survey = view.training.survey.as_ref().filter(|survey| is_of(survey, forms));
    ui.horizontal_wrapped(|ui| sizes(ui, forms, survey));
    if let Some(trainer) = &view.training.trainer {
        ui.horizontal(|ui| {
            start_button(ui, forms, intents);
            if let Some(given) = &view.settings.trainer {
                change_trainer_button(ui, forms, given);
            }
            let text = theme::small(ui, format!("with {}", trainer.display()));
            ui.add(Label::new(text).truncate());
        });
    }
    if view.training.trainer.is_none() || forms.changes_trainer {
        trainer_path(ui, forms, view, intents);
    }
}

/// Draws the folder, and what is in it.
fn folder(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    let name = "Folder of MIDI files";
    let mut is_being_typed = false;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 90.0).max(120.0);
        let field = text_field(ui, name, &mut forms.corpus, "~/midi", width);
        is_being_typed = field.has_focus();
        field.on_hover_text(format!("{name}: choose it, or type or paste its path"));
        choose_button(ui, Wanted::MidiFolder, &forms.corpus, view, intents);
    });
    let path = typed_path(&forms.corpus);
    let wanted = (path.clone(), forms.starts_from_default);
    if path.as_os_str().is_empty() {
        return;
    }
    let can_be_read = !is_being_typed && view.training.trainer.is_some();
    if can_be_read && forms.surveyed.as_ref() != Some(&wanted) {
        forms.surveyed = Some(wanted);
        intents.push(Intent::Survey(path, forms.starts_from_default));
    }
    if let Some(survey) = view.training.survey.as_ref().filter(|survey| is_of(survey, forms)) {
        found(ui, survey);
    }
}

/// Whether a survey is about what is to be learned now.
fn is_of(survey: &Survey, forms: &Forms) -> bool {
    survey.folder == typed_path(&forms.corpus) && survey.starts_from_default == forms.starts_from_default
}

/// Draws what was found in the folder.
fn found(ui: &mut Ui, survey: &Survey) {
    let palette = theme::palette(ui);
    let (text, colour) = match (&survey.error, &survey.corpus) {
        (Some(error), _) => (error.clone(), palette.alarm),
        (None, None) => ("Reading the files …".to_owned(), palette.dim),
        (None, Some(corpus)) => (summary(corpus), palette.text),
    };
    let label = ui.add(Label::new(RichText::new(text).size(theme::SMALL).color(colour)).wrap());
    let refused = survey.corpus.iter().flat_map(|corpus| &corpus.refused);
    let lines: Vec<String> = refused.map(|problem| format!("{}: {}", problem.file, problem.reason)).collect();
    if !lines.is_empty() {
        label.on_hover_text(lines.join("\n"));
    }
}

/// What is learned from a folder.
fn summary(corpus: &CorpusFound) -> String {
    let sum = |count: fn(&crate::run_events::StyleFound) -> usize| corpus.styles.iter().map(count).sum();
    let n_held_out: usize = sum(|style| style.n_held_out);
    let held_out = match n_held_out {
        0 => ". There are too few to hold some out, so the model is not graded.".to_owned(),
        _ => format!(", {n_held_out} to measure on."),
    };
    let other = |count: usize, words: &str| match count {
        0 => String::new(),
        _ => format!(" {} {words}.", counted(count, "file")),
    };
    format!(
        "{}: {} with {} to learn from{held_out}{}{}",
        counted(corpus.n_files, "file"),
        counted(sum(|style| style.n_pieces), "piece"),
        counted(sum(|style| style.n_notes), "note"),
        other(corpus.n_refused, "cannot be used"),
        other(corpus.n_duplicates, "left out: the same again"),
    )
}

/// Draws the button that learns what was played in.
fn learn(ui: &mut Ui, forms: &Forms, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal(|ui| {
        let n_notes = view.roll.n_played;
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

/// Draws the name of the model, and whether to begin with the built-in model.
fn name_and_beginning(ui: &mut Ui, forms: &mut Forms) {
    text_field(ui, "Name of the model", &mut forms.model, "My style", 150.0);
    ui.add_space(8.0);
    ui.label(theme::small(ui, "Begin with"));
    let choices = [
        ("Your music alone", false, "Knows your music and nothing else. Good if you have many files."),
        (
            "The built-in model",
            true,
            "Keeps what the built-in model knows and adds your style, the first of its list. Good if you have few files.",
        ),
    ];
    for (name, from_default, hint) in choices {
        let chip = widgets::chip(ui, name, forms.starts_from_default == from_default, None);
        if chip.on_hover_text(hint).clicked() {
            forms.starts_from_default = from_default;
        }
    }
}

/// Draws the choice of how long, with the times that were estimated.
fn sizes(ui: &mut Ui, forms: &mut Forms, survey: Option<&Survey>) {
    for size in Size::ALL {
        let chip = widgets::chip(ui, size.title(), forms.size == size, None);
        if chip.on_hover_text(size.description()).clicked() {
            forms.size = size;
        }
        let estimates = survey.iter().flat_map(|survey| &survey.estimates);
        let estimate = estimates.into_iter().find(|estimate| estimate.choice == size.name());
        if let Some(estimate) = estimate {
            ui.label(theme::small(ui, format!("{} at most", about(estimate.seconds))));
            ui.add_space(6.0);
        }
    }
}

fn start_button(ui: &mut Ui, forms: &Forms, intents: &mut Vec<Intent>) {
    let folder: PathBuf = typed_path(&forms.corpus);
    let name = forms.model.trim().to_owned();
    let is_ready = !folder.as_os_str().is_empty() && !name.is_empty();
    if ui.add_enabled(is_ready, Button::new("Start training").min_size(vec2(120.0, 28.0))).clicked() {
        let (size, starts_from_default) = (forms.size, forms.starts_from_default);
        intents.push(Intent::Train(Job { folder, name, size, starts_from_default }));
    }
}

/// Draws the button by which the path that the user gave can be changed.
fn change_trainer_button(ui: &mut Ui, forms: &mut Forms, given: &Path) {
    let button = ui.small_button("Change");
    if button.on_hover_text("Use the trainer in another place").clicked() {
        forms.changes_trainer = !forms.changes_trainer;
        forms.trainer = given.display().to_string();
    }
}

/// Asks for the path of a trainer that was not found, or that is to be another.
fn trainer_path(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    if view.training.trainer.is_some() {
        let text = "Where is the program continuo-trainer? Leave this empty to have it searched for.";
        ui.add(Label::new(theme::small(ui, text)).wrap());
    } else {
        let text = "The trainer was not found beside the plugin or in your PATH. It is the program continuo-trainer \
                    that comes with Continuo. Where is it?";
        ui.add(Label::new(RichText::new(text).color(theme::palette(ui).alarm)).wrap());
    }
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 180.0).max(120.0);
        text_field(ui, "Path of the trainer", &mut forms.trainer, "", width);
        choose_button(ui, Wanted::Trainer, &forms.trainer, view, intents);
        if ui.button("Use this").clicked() {
            let mut settings = view.settings.clone();
            settings.trainer = Some(typed_path(&forms.trainer)).filter(|path| !path.as_os_str().is_empty());
            forms.changes_trainer = false;
            intents.push(Intent::Set(settings));
        }
    });
}
