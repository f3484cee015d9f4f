//! Mixing two styles.

use egui::Ui;

use crate::player::Knob;
use crate::plugin::editor::controls::{KnobSetter, SMALL, dial};
use crate::plugin::editor::pages::knobs::rows::control;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::View;
use crate::plugin::editor::view::state::{Page, UiState};

/// Draws the second style, how much of it there is, and the name of the model.
pub(crate) fn blend(ui: &mut Ui, state: &mut UiState, view: &View, setter: &mut KnobSetter<'_>) {
    let name_of = |knob| {
        let step = view.parameters.step(knob, view.parameters.position(knob));
        let styles = view.card.as_ref().map_or(&[][..], |card| &card.styles);
        styles.get(step).or(styles.last()).map_or("the style", String::as_str)
    };
    let blend = view.parameters.plain(Knob::Blend);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        dial(ui, setter, Knob::Blend, SMALL, 76.0);
        let width = (ui.available_width() / 2.0).min(190.0);
        control(ui, setter, view, Knob::SecondStyle, width);
    });
    let (first, second) = (name_of(Knob::Style), name_of(Knob::SecondStyle));
    let text = if first == second {
        format!("{first} twice is {first}. Choose another second style to mix in.")
    } else if blend <= 0.0 {
        format!("Only {first} plays. Turn Blend up to mix in {second}.")
    } else {
        format!("{:.0}% {first} and {:.0}% {second}.", 100.0 * (1.0 - blend), 100.0 * blend)
    };
    ui.label(theme::small(ui, text));
    let model = view.card.as_ref().map_or("No model", |card| &card.name);
    ui.horizontal(|ui| {
        ui.label(theme::small(ui, format!("Model: {model}")));
        if ui.small_button("Browse models").clicked() {
            state.page = Page::Models;
        }
    });
}
