//! Which instruments may play.

use egui::{Ui, vec2};

use crate::music::Family;
use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::theme;
use crate::plugin::editor::widgets;

/// Draws a chip for each instrument.
pub(crate) fn instruments(ui: &mut Ui, setter: &mut KnobSetter<'_>) {
    let palette = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 5.0);
        for family in (0..).map_while(Family::from_index) {
            let knob = Knob::Plays(family);
            let is_on = setter.is_on(knob);
            let chip = widgets::chip(ui, family.name(), is_on, Some(palette.family(family)));
            if chip.clicked() {
                setter.set(knob, if is_on { 0.0 } else { 1.0 });
            }
            chip.on_hover_text(knob.spec().hint);
        }
        if ui.small_button("All").clicked() {
            for family in (0..).map_while(Family::from_index) {
                if !setter.is_on(Knob::Plays(family)) {
                    setter.set(Knob::Plays(family), 1.0);
                }
            }
        }
    });
}
