//! Which parts are heard.

use egui::accesskit::Role;
use egui::{Ui, WidgetInfo, vec2};

use crate::player::{Knob, Part};
use crate::plugin::editor::controls::{KnobSetter, named_list};
use crate::plugin::editor::pages::knobs::idle;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::View;
use crate::plugin::editor::widgets;

/// Width of the list of parts.
const SOLO: f32 = 150.0;

/// Draws the part that is solo, and a chip for each part, lit if it is not muted.
///
/// Instruments that the style does not have are left out, unless they are muted.
pub(crate) fn parts(ui: &mut Ui, view: &View, setter: &mut KnobSetter<'_>) {
    let palette = theme::palette(ui);
    let own = idle::instruments(view);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        let names = setter.parameters.step_names(Knob::Solo);
        named_list(ui, setter, Knob::Solo, &names, SOLO);
        let is_on = setter.is_on(Knob::ChannelPerVoice);
        let chip = widgets::chip(ui, setter.parameters.name(Knob::ChannelPerVoice), is_on, None);
        if chip.clicked() {
            setter.set(Knob::ChannelPerVoice, if is_on { 0.0 } else { 1.0 });
        }
        chip.on_hover_text(Knob::ChannelPerVoice.spec().hint);
        ui.end_row();
        for part in Part::all() {
            let dot = if let Part::Instrument(family) = part { Some(palette.family(family)) } else { None };
            if let Part::Instrument(family) = part
                && !own.contains(family)
                && !setter.is_on(Knob::Mutes(part))
            {
                continue;
            }
            mute(ui, setter, part, dot);
        }
    });
}

/// Draws a part's chip, which mutes it. Its name for screen readers says so.
fn mute(ui: &mut Ui, setter: &mut KnobSetter<'_>, part: Part, dot: Option<egui::Color32>) {
    let knob = Knob::Mutes(part);
    let is_muted = setter.is_on(knob);
    let chip = widgets::chip(ui, part.name(), !is_muted, dot);
    let name = setter.parameters.name(knob);
    chip.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_muted, name));
    if chip.clicked() {
        setter.set(knob, if is_muted { 0.0 } else { 1.0 });
    }
    chip.on_hover_text(knob.spec().hint);
}
