//! The page of the guide.

use egui::{Label, RichText, ScrollArea, Ui, vec2};

use crate::plugin::editor::pages::guide::hosts::hosts;
use crate::plugin::editor::pages::guide::parts::{host_chips, preview_button, steps};
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Topic, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, card_frame};

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    let hosts = hosts();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for (topic, name) in [(Topic::Start, "First steps"), (Topic::Controls, "Mouse and keys")] {
            if widgets::chip(ui, name, state.topic == topic, None).clicked() {
                state.topic = topic;
            }
        }
        host_chips(ui, state, view, &hosts);
    });
    ui.add_space(4.0);
    card_frame(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.set_height(ui.available_height());
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| match state.topic {
            Topic::Start => first_steps(ui, view, intents),
            Topic::Controls => mouse_and_keys(ui),
            Topic::Host(name) => {
                let steps = hosts.iter().find(|(known, _)| *known == name).map_or("", |(_, steps)| steps);
                recording(ui, name, steps);
            }
        });
    });
}

fn recording(ui: &mut Ui, host: &str, steps: &str) {
    ui.label(RichText::new(format!("Recording in {host}")).size(theme::HEADING));
    sentences(ui, steps);
    ui.add_space(6.0);
    ui.label(
        "What it plays belongs to the project: it plays the same when the song comes round, so there is no need to \
         catch it in the act. Or save it as a .mid file with Save MIDI above.",
    );
}

/// Draws one line for each sentence, since they are steps.
fn sentences(ui: &mut Ui, text: &str) {
    for sentence in text.split_inclusive(". ") {
        ui.horizontal_top(|ui| {
            ui.label(RichText::new("•").color(theme::palette(ui).accent));
            ui.add(Label::new(sentence.trim()).wrap());
        });
    }
}

fn first_steps(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    ui.label(RichText::new("First steps").size(theme::HEADING));
    for line in steps(view) {
        sentences(ui, line);
    }
    ui.add_space(4.0);
    preview_button(ui, view, intents);
    ui.add_space(6.0);
    ui.label(
        "Temperature is how boldly it plays, Length how long the phrase is, and Evolve how much of it changes when it comes \
         round. Click a bar's number to compose it again, to keep it or to clear it. Dim bars may still change; bright ones \
         are settled.",
    );
}

fn mouse_and_keys(ui: &mut Ui) {
    ui.label(RichText::new("Mouse and keys").size(theme::HEADING));
    for line in [
        "Drag a knob up or to the right; hold Shift for fine steps. ",
        "The mouse wheel turns the knob under the pointer. ",
        "Double-click a knob to type a value, right-click for more; with Ctrl, a click sets its default. ",
        "Tab moves to the next knob, the arrow keys turn it, Enter types a value, Backspace resets it. ",
        "Ctrl+Z undoes what you did last, Ctrl+Shift+Z redoes it. ",
        "Drag over the numbers of bars to select several; K keeps them, Delete clears them, Escape selects none. ",
        "In the roll: drag or turn the wheel to scroll, Ctrl and the wheel to zoom; Follow returns to the song. ",
        "Drag a note, or its right edge; hold Alt to move it off the grid. Ctrl and dragging, or Alt and the wheel, change its velocity. ",
        "Double-click beside the notes to add one; Delete takes away the one that was clicked. ",
        "Click a chord to type another, click a part's name to mute it, Alt-click to hear it alone. ",
        "Right-click a take to copy another one into it. ",
    ] {
        sentences(ui, line);
    }
}
