//! A list to choose from, for a knob whose steps have names.

use egui::{ComboBox, Ui, vec2};

use crate::player::Knob;
use crate::plugin::editor::controls::parts::{SMALL, cell};
use crate::plugin::editor::controls::setter::KnobSetter;
use crate::plugin::editor::theme;

/// Largest width of a list.
const MAX_WIDTH: f32 = 160.0;

/// Draws a list to choose from, under the knob's name. The wheel does not change it. `names` are those of the knob's steps.
pub(crate) fn list(ui: &mut Ui, setter: &mut KnobSetter<'_>, knob: Knob, names: &[String], width: f32) {
    cell(ui, vec2(width, SMALL.height()), |ui| {
        ui.add_space(4.0);
        named_list(ui, setter, knob, names, (width - 8.0).min(MAX_WIDTH));
    });
}

/// Draws the knob's name and a list of this width, one after the other as the layout has it.
pub(crate) fn named_list(ui: &mut Ui, setter: &mut KnobSetter<'_>, knob: Knob, names: &[String], width: f32) {
    let name = setter.parameters.name(knob).to_owned();
    let label = ui.label(theme::small(ui, &name));
    let chosen = setter.step(knob).min(names.len().saturating_sub(1));
    let shown = names.get(chosen).map_or("–", String::as_str);
    let list = ui.allocate_ui(vec2(width, 24.0), |ui| {
        let list = ComboBox::from_id_salt(knob).width(width).truncate().selected_text(shown);
        list.show_ui(ui, |ui| {
            for (step, name) in names.iter().enumerate() {
                if ui.selectable_label(step == chosen, name).clicked() && step != chosen {
                    setter.set_step(knob, step);
                }
            }
        })
    });
    let list = list.inner.response.labelled_by(label.id);
    list.on_hover_text(knob.spec().hint);
}
