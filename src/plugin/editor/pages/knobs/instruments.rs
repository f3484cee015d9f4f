//! Which instruments are composed.

use egui::{Ui, vec2};

use crate::music::{Family, FamilySet};
use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::pages::knobs::idle;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::View;
use crate::plugin::editor::widgets;

/// Draws a chip for each instrument that the style has, and the others behind a button.
pub(crate) fn instruments(ui: &mut Ui, view: &View, setter: &mut KnobSetter<'_>) {
    let palette = theme::palette(ui);
    let own = idle::instruments(view);
    let id = ui.scope_id().with("others");
    let shows_all = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    let is_off = |setter: &KnobSetter<'_>| Family::all().any(|family| !setter.is_on(Knob::Plays(family)));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 5.0);
        for family in Family::all().filter(|family| shows_all || own.contains(*family)) {
            let knob = Knob::Plays(family);
            let is_on = setter.is_on(knob);
            let chip = widgets::chip(ui, family.name(), is_on, Some(palette.family(family)));
            if chip.clicked() {
                setter.set(knob, if is_on { 0.0 } else { 1.0 });
            }
            chip.on_hover_text(knob.spec().hint);
        }
        if own != FamilySet::ALL {
            let text = if shows_all { "Only those of this style" } else { "Other instruments" };
            if ui.small_button(text).clicked() {
                ui.data_mut(|data| data.insert_temp(id, !shows_all));
            }
        }
        if is_off(setter) && ui.small_button("All").clicked() {
            for family in Family::all() {
                if !setter.is_on(Knob::Plays(family)) {
                    setter.set(Knob::Plays(family), 1.0);
                }
            }
        }
    });
    let text = "Which instruments are composed. Bars are composed again with the next one; Parts mutes what is there.";
    ui.label(theme::small(ui, text));
}
