//! "Train your own": three steps, and how the run goes.

use egui::{Button, ProgressBar, RichText, ScrollArea, TextEdit, Ui, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::Forms;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, card_frame};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::trainer::job::{Job, Size};
use crate::plugin::trainer::status::State;

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    ui.label(RichText::new("Train your own").size(theme::LARGE));
    let palette = theme::palette(ui);
    let text = "Continuo learns from MIDI files, on this computer. The music goes on meanwhile.";
    ui.label(RichText::new(text).size(theme::SMALL).color(palette.dim));
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if view.training.state != State::Idle {
            card_frame(ui).show(ui, |ui| {
                ui.set_width(ui.available_width());
                run(ui, view, intents);
            });
            ui.add_space(4.0);
        }
        let is_running = view.training.state == State::Running;
        ui.add_enabled_ui(!is_running, |ui| steps(ui, forms, view, intents));
    });
}

fn steps(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    card_frame(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        step(ui, "1", "A folder of MIDI files, the more alike the better; fifty pieces are a start.");
        field(ui, "Folder of MIDI files", "/home/you/midi", &mut forms.corpus);
        ui.add_space(6.0);
        step(ui, "2", "A name, and how long it may take on two cores.");
        ui.horizontal_wrapped(|ui| {
            let name = TextEdit::singleline(&mut forms.model).hint_text("My style").desired_width(150.0);
            let name = ui.add(name);
            name.widget_info(|| {
                egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, "Name of the model")
            });
            for (idx, size) in Size::ALL.into_iter().enumerate() {
                let label = capital(size.name());
                if widgets::chip(ui, &label, forms.size == idx, None)
                    .on_hover_text(size.description())
                    .clicked()
                {
                    forms.size = idx;
                }
            }
            let from = widgets::chip(ui, "Begin with the built-in model", forms.starts_from_default, None);
            if from.clicked() {
                forms.starts_from_default = !forms.starts_from_default;
            }
            from.on_hover_text(
                "Keeps what the built-in model knows and adds your style: good for few files.",
            );
        });
        ui.add_space(6.0);
        step(ui, "3", Size::ALL.get(forms.size).map_or("", |size| size.description()));
        begin(ui, forms, view, intents);
    });
}

fn step(ui: &mut Ui, number: &str, text: &str) {
    ui.horizontal(|ui| {
        let palette = theme::palette(ui);
        let (rect, _) = ui.allocate_exact_size(vec2(20.0, 20.0), egui::Sense::hover());
        ui.painter().circle_filled(rect.center(), 10.0, palette.accent);
        ui.painter().text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            number,
            theme::font(theme::SMALL),
            palette.on_accent,
        );
        ui.add(egui::Label::new(text).wrap());
    });
}

fn field(ui: &mut Ui, name: &str, hint: &str, text: &mut String) {
    let field = ui.add(TextEdit::singleline(text).hint_text(hint).desired_width(f32::INFINITY));
    field.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, name));
    field.on_hover_text(format!("{name}: type or paste its path"));
}

fn begin(ui: &mut Ui, forms: &mut Forms, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let Some(trainer) = &view.training.trainer else {
        let text = "The trainer was not found beside the plugin or in your PATH. It is the program continuo-trainer \
                    that comes with Continuo. Where is it?";
        ui.add(egui::Label::new(RichText::new(text).color(palette.alarm)).wrap());
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 90.0).max(120.0);
            let path = ui.add(TextEdit::singleline(&mut forms.trainer).desired_width(width));
            path.widget_info(|| {
                egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, "Path of the trainer")
            });
            if ui.button("Use this").clicked() {
                let mut settings = view.settings.clone();
                settings.trainer = Some(plain(&forms.trainer).into());
                intents.push(Intent::Set(settings));
            }
        });
        return;
    };
    ui.horizontal(|ui| {
        let folder = plain(&forms.corpus);
        let name = forms.model.trim().to_owned();
        let is_ready = !folder.is_empty() && !name.is_empty();
        let start = ui.add_enabled(is_ready, Button::new("Start training").min_size(vec2(120.0, 28.0)));
        if start.clicked() {
            intents.push(Intent::Train(Job {
                folder: folder.into(),
                name,
                size: Size::ALL.get(forms.size).copied().unwrap_or(Size::Sketch),
                starts_from_default: forms.starts_from_default,
            }));
        }
        let text = format!("with {}", trainer.display());
        ui.add(egui::Label::new(RichText::new(text).size(theme::SMALL).color(palette.dim)).truncate());
    });
}

/// How the run goes, and what can be done about it.
fn run(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let training = &view.training;
    let name = &training.name;
    ui.horizontal(|ui| {
        let (text, colour) = match &training.state {
            State::Idle => (String::new(), palette.text),
            State::Running => (format!("Training {name} …"), palette.text),
            State::Stopped(_) => (format!("{name} was stopped or cut off. It can go on."), palette.text),
            State::Finished(_) => (format!("{name} is trained."), palette.accent),
            State::Failed(words) => (format!("{name} was not trained: {words}"), palette.alarm),
        };
        ui.add(egui::Label::new(RichText::new(text).color(colour)).wrap());
    });
    if !matches!(training.state, State::Failed(_)) {
        ui.add(
            ProgressBar::new(training.progress).desired_height(14.0).fill(palette.accent).corner_radius(4.0),
        );
    }
    ui.horizontal(|ui| {
        let mut button = |text: &str, intent: Intent| {
            if ui.button(text).clicked() {
                intents.push(intent);
            }
        };
        match &training.state {
            State::Idle => {}
            State::Running => button("Stop", Intent::StopTraining),
            State::Stopped(model) => {
                button("Go on", Intent::ResumeTraining);
                if let Some(model) = model {
                    button("Play the best so far", Intent::Choose(ModelChoice::File(model.clone())));
                }
                button("Give up", Intent::DiscardTraining);
            }
            State::Finished(model) => {
                button("Play it", Intent::Choose(ModelChoice::File(model.clone())));
                button("Done", Intent::DiscardTraining);
            }
            State::Failed(_) => button("Done", Intent::DiscardTraining),
        }
    });
    if let Some(last) = training.lines.last() {
        let text = RichText::new(last).size(theme::SMALL).color(palette.dim);
        let line = ui.add(egui::Label::new(text).truncate());
        line.on_hover_text(training.lines.join("\n"));
    }
}

/// A path as it was pasted, without the quotes that file managers put around it.
fn plain(path: &str) -> String {
    path.trim().trim_matches(['"', '\'']).to_owned()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}
