//! The knobs as the controls read and set them.

use crate::player::Knob;
use crate::plugin::editor::view::intent::Intent;
use crate::plugin::parameters::Parameters;

/// Reads knobs, and adds what the user does to them to the intents.
pub(crate) struct KnobSetter<'a> {
    pub(crate) parameters: &'a Parameters,
    pub(crate) intents: &'a mut Vec<Intent>,
}

impl KnobSetter<'_> {
    /// Sets a knob in one go.
    pub(crate) fn set(&mut self, knob: Knob, position: f32) {
        self.intents.extend([Intent::Begin(knob), Intent::Turn(knob, position), Intent::End(knob)]);
    }

    /// Sets a knob to one of its steps.
    pub(crate) fn set_step(&mut self, knob: Knob, step: usize) {
        self.set(knob, self.parameters.position_of_step(knob, step));
    }

    /// The step of a knob.
    pub(crate) fn step(&self, knob: Knob) -> usize {
        self.parameters.step(knob, self.parameters.position(knob))
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, knob: Knob) -> bool {
        self.parameters.position(knob) > 0.5
    }
}
