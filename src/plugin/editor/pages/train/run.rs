//! How the run is doing, and what can be done about it.

use egui::{Label, ProgressBar, RichText, Ui};

use crate::plugin::editor::pages::train::curve;
use crate::plugin::editor::pages::train::words::{about, counted};
use crate::plugin::editor::theme;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::trainer::status::{State, Status};
use crate::run_events::Assessment;

/// Draws how the run is doing.
pub(super) fn show(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let training = &view.training;
    let (text, colour) = match &training.state {
        State::Failed(_) => (headline(training), palette.alarm),
        State::Finished(_) => (headline(training), palette.accent),
        _ => (headline(training), palette.text),
    };
    ui.add(Label::new(RichText::new(text).color(colour)).wrap());
    if !matches!(training.state, State::Failed(_)) {
        let bar = ProgressBar::new(training.seen.progress()).desired_height(14.0);
        ui.add(bar.fill(palette.accent).corner_radius(4.0));
        curve::show(ui, &training.seen.curve);
    }
    if let Some(assessment) = training.seen.assessment.as_ref().filter(|_| is_complete(training)) {
        verdict(ui, assessment);
    }
    ui.horizontal_wrapped(|ui| buttons(ui, training, intents));
    details(ui, training);
}

fn is_complete(training: &Status) -> bool {
    matches!(training.state, State::Finished(_))
}

fn headline(training: &Status) -> String {
    let name = &training.name;
    match &training.state {
        State::Idle => String::new(),
        State::Running => format!("Training {name}: {}", doing(training)),
        State::Stopped(_) => format!("{name} was interrupted. You can continue it."),
        State::Finished(_) => format!("{name} is trained, and is among your models."),
        State::Failed(reason) => format!("Training {name} failed: {reason}"),
    }
}

/// What the trainer is doing.
fn doing(training: &Status) -> String {
    let seen = &training.seen;
    match (&seen.corpus, &seen.reached) {
        (None, _) => "reading the files …".to_owned(),
        (Some(_), None) => "beginning …".to_owned(),
        (Some(_), Some(reached)) if reached.done >= 1.0 => "composing samples for the report …".to_owned(),
        (Some(_), Some(reached)) => format!("{} left", about(reached.seconds_left)),
    }
}

/// Draws how good the model is.
fn verdict(ui: &mut Ui, assessment: &Assessment) {
    let text = format!("{}: {}", assessment.grade, assessment.sentence);
    ui.add(Label::new(RichText::new(text)).wrap());
}

/// Draws what numbers there are, for those who want them.
fn details(ui: &mut Ui, training: &Status) {
    let lines = numbers(training);
    if lines.is_empty() {
        return;
    }
    ui.collapsing(RichText::new("Details").size(theme::SMALL), |ui| {
        for line in lines {
            ui.add(Label::new(theme::small(ui, line)).wrap());
        }
    });
}

fn numbers(training: &Status) -> Vec<String> {
    let seen = &training.seen;
    let mut lines = Vec::new();
    for style in seen.corpus.iter().flat_map(|corpus| &corpus.styles) {
        let held_out = counted(style.n_held_out, "piece");
        let (pieces, notes) = (counted(style.n_pieces, "piece"), counted(style.n_notes, "note"));
        lines.push(format!("{}: {pieces} with {notes}, and {held_out} held out to measure on", style.name));
    }
    if let Some(reached) = &seen.reached {
        let notes = counted(reached.n_notes as usize, "note");
        let speed = counted(reached.notes_per_second as usize, "note");
        lines.push(format!("{notes} learned from, {speed} a second; error {:.3}", reached.training_error));
    }
    let measured = seen.assessment.as_ref().and_then(|assessment| assessment.held_out.as_ref());
    let so_far = seen.reached.as_ref().and_then(|reached| reached.held_out.as_ref());
    for style in measured.or(so_far).iter().flat_map(|held_out| &held_out.styles) {
        lines.push(format!("{}: error on held-out pieces {:.3} nats per note", style.name, style.error));
    }
    lines
}

fn buttons(ui: &mut Ui, training: &Status, intents: &mut Vec<Intent>) {
    let mut button = |text: &str, intent: Intent| {
        if ui.button(text).clicked() {
            intents.push(intent);
        }
    };
    match &training.state {
        State::Idle => {}
        State::Running => {
            if !training.seen.sample.is_empty() {
                button("Hear it so far", Intent::HearTraining);
            }
            button("Stop", Intent::StopTraining);
        }
        State::Stopped(model) => {
            button("Continue", Intent::ResumeTraining);
            if let Some(model) = model {
                button("Play the best so far", Intent::Choose(ModelChoice::File(model.clone())));
            }
            button("Discard", Intent::DiscardTraining);
        }
        State::Finished(model) => {
            button("Play it", Intent::Choose(ModelChoice::File(model.clone())));
            if let Some(report) = &training.seen.report {
                button("Open the report", Intent::OpenReport(report.clone()));
            }
            button("Done", Intent::DiscardTraining);
        }
        State::Failed(_) => button("Done", Intent::DiscardTraining),
    }
}
