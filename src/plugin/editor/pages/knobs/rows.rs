//! Knobs in rows.

use egui::{Ui, vec2};

use crate::player::Knob;
use crate::player::knobs::Form;
use crate::plugin::editor::controls::{KnobSetter, SMALL, dial, list, number, switch};
use crate::plugin::editor::pages::knobs::idle::why_idle;
use crate::plugin::editor::pages::knobs::key_and_scale::key_and_scale;
use crate::plugin::editor::view::View;

/// Draws knobs in rows, each with the control that suits it.
pub(crate) fn rows(ui: &mut Ui, setter: &mut KnobSetter<'_>, view: &View, rows: &[&[Knob]]) {
    ui.spacing_mut().item_spacing = vec2(0.0, 4.0);
    let whole = ui.available_width();
    for row in rows {
        let shares: f32 = row.iter().map(|knob| share(*knob)).sum();
        ui.horizontal(|ui| {
            for knob in *row {
                control(ui, setter, view, *knob, (whole * share(*knob) / shares).floor());
            }
        });
    }
}

/// A knob's share of a row's width: long names need room.
fn share(knob: Knob) -> f32 {
    match knob {
        Knob::Tonic => 2.2,
        _ => 1.0,
    }
}

/// Draws a knob with the control that suits its form (the key with the scale); disabled where it would change nothing.
pub(crate) fn control(ui: &mut Ui, setter: &mut KnobSetter<'_>, view: &View, knob: Knob, width: f32) {
    let Some(why) = why_idle(view, knob) else {
        suitable(ui, setter, view, knob, width);
        return;
    };
    let response = ui.scope(|ui| {
        ui.disable();
        suitable(ui, setter, view, knob, width);
    });
    response.response.on_hover_text(why);
}

fn suitable(ui: &mut Ui, setter: &mut KnobSetter<'_>, view: &View, knob: Knob, width: f32) {
    match knob.kind().form {
        _ if knob == Knob::Tonic => key_and_scale(ui, setter, width),
        _ if matches!(knob, Knob::Seed | Knob::Vary) => number(ui, setter, knob, width),
        Form::Style => {
            let styles = view.card.as_ref().map_or(&[][..], |card| &card.styles);
            list(ui, setter, knob, styles, width);
        }
        Form::Switch => switch(ui, setter, knob, width),
        form if form.is_list() || form == Form::PitchClass => {
            let names = setter.parameters.step_names(knob);
            list(ui, setter, knob, &names, width);
        }
        _ => dial(ui, setter, knob, SMALL, width),
    }
}
