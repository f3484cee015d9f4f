//! "Train your own": three steps, and how the run is doing.

mod words;

mod curve;

mod run;

mod steps;

use egui::{RichText, ScrollArea, Ui};

use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::Forms;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::card_frame;
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
                run::show(ui, view, intents);
            });
            ui.add_space(4.0);
        }
        let is_running = view.training.state == State::Running;
        ui.add_enabled_ui(!is_running, |ui| {
            card_frame(ui).show(ui, |ui| {
                ui.set_width(ui.available_width());
                steps::show(ui, forms, view, intents);
            });
        });
    });
}
