//! What the guide and the welcome card have in common.

use egui::{RichText, Ui};

use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Page, Topic, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets;

/// The first steps, in a host or in the application.
pub(crate) fn steps(view: &View) -> [&'static str; 4] {
    let [sound, play] = if view.transport.is_some() { IN_THE_APPLICATION } else { IN_A_HOST };
    [sound, play, THEN[0], THEN[1]]
}

const IN_A_HOST: [&str; 2] = [
    "Turn the preview sound on, or route the notes to an instrument. ",
    "Press play in the host: it composes as the song moves. ",
];
const IN_THE_APPLICATION: [&str; 2] = [
    "Turn the preview sound on, or connect a synthesiser to the MIDI output. ",
    "Press Play above, or the space bar: it composes as the song moves. ",
];
const THEN: [&str; 2] = [
    "Press Re-roll until you like it; Previous goes back. Lock phrase keeps what you like. ",
    "The phrase comes round every 8 bars (Length); about 3 bars in 10 change then (Evolve). ",
];

/// Draws a button that turns the preview sound on, until it is on.
pub(crate) fn preview_button(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let mut setter = KnobSetter { parameters: &view.parameters, intents };
    if setter.is_on(Knob::Preview) {
        ui.label(RichText::new("The preview sound is on.").color(theme::palette(ui).dim));
    } else if ui.button("Turn the preview sound on").clicked() {
        setter.set(Knob::Preview, 1.0);
    }
}

/// Draws a chip for each host, which opens its page of the guide. The host that runs the plugin has a dot.
pub(crate) fn host_chips(ui: &mut Ui, state: &mut UiState, view: &View, hosts: &[(&'static str, String)]) {
    let dot = theme::palette(ui).accent;
    for (name, _) in hosts {
        let topic = Topic::Host(name);
        let dot = (view.host == Some(*name)).then_some(dot);
        let chip = widgets::chip(ui, name, state.topic == topic || dot.is_some(), dot);
        if chip.clicked() {
            state.page = Page::Guide;
            state.topic = topic;
        }
        chip.on_hover_text(format!("How to record the notes in {name}"));
    }
}
