//! The parameters as the editor turns them: all of one kind, normalised, with names and texts.

use nice_plug::prelude::*;

use crate::plugin::Parameters;

/// One parameter that the editor shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(
    missing_docs,
    reason = "each is the parameter of the same name, described there"
)]
pub enum Knob {
    Style,
    Seed,
    Temperature,
    Length,
    Evolve,
    Tonic,
    Scale,
    Octave,
    Velocity,
    NoteLength,
    Preview,
    PreviewLevel,
}

impl Knob {
    /// All of them, in the order of the parameters.
    pub const ALL: [Self; 12] = [
        Self::Style,
        Self::Seed,
        Self::Temperature,
        Self::Length,
        Self::Evolve,
        Self::Tonic,
        Self::Scale,
        Self::Octave,
        Self::Velocity,
        Self::NoteLength,
        Self::Preview,
        Self::PreviewLevel,
    ];
}

/// Calls a method of [`Param`] on whichever kind of parameter a knob stands for.
macro_rules! on_parameter {
    ($parameters:expr, $knob:expr, $parameter:ident => $call:expr) => {
        match $knob {
            Knob::Style => {
                let $parameter = &$parameters.style;
                $call
            }
            Knob::Seed => {
                let $parameter = &$parameters.seed;
                $call
            }
            Knob::Temperature => {
                let $parameter = &$parameters.temperature;
                $call
            }
            Knob::Length => {
                let $parameter = &$parameters.length;
                $call
            }
            Knob::Evolve => {
                let $parameter = &$parameters.evolve;
                $call
            }
            Knob::Tonic => {
                let $parameter = &$parameters.tonic;
                $call
            }
            Knob::Scale => {
                let $parameter = &$parameters.scale;
                $call
            }
            Knob::Octave => {
                let $parameter = &$parameters.octave;
                $call
            }
            Knob::Velocity => {
                let $parameter = &$parameters.velocity;
                $call
            }
            Knob::NoteLength => {
                let $parameter = &$parameters.note_length;
                $call
            }
            Knob::Preview => {
                let $parameter = &$parameters.preview;
                $call
            }
            Knob::PreviewLevel => {
                let $parameter = &$parameters.preview_level;
                $call
            }
        }
    };
}

impl Parameters {
    /// What the knob is called.
    #[must_use]
    pub fn name(&self, knob: Knob) -> &str {
        on_parameter!(self, knob, parameter => parameter.name())
    }

    /// Where the knob stands, 0 to 1, automation included, modulation not.
    #[must_use]
    pub fn position(&self, knob: Knob) -> f32 {
        on_parameter!(self, knob, parameter => parameter.unmodulated_normalized_value())
    }

    /// Where the knob stands in a fresh instance.
    #[must_use]
    pub fn default_position(&self, knob: Knob) -> f32 {
        on_parameter!(self, knob, parameter => parameter.default_normalized_value())
    }

    /// How many steps lie between the knob's ends; nothing for one that turns smoothly.
    #[must_use]
    pub fn n_steps(&self, knob: Knob) -> Option<usize> {
        on_parameter!(self, knob, parameter => parameter.step_count())
    }

    /// What the knob would show at `position`.
    #[must_use]
    pub fn text(&self, knob: Knob, position: f32) -> String {
        on_parameter!(self, knob, parameter => parameter.normalized_value_to_string(position, true))
    }

    /// The position that a typed text stands for, or nothing when it makes no sense.
    #[must_use]
    pub fn position_of_text(&self, knob: Knob, text: &str) -> Option<f32> {
        on_parameter!(self, knob, parameter => parameter.string_to_normalized_value(text))
    }

    /// The nearest position that the knob can stand at.
    #[must_use]
    pub fn snapped(&self, knob: Knob, position: f32) -> f32 {
        let position = position.clamp(0.0, 1.0);
        on_parameter!(self, knob, parameter => parameter.preview_normalized(parameter.preview_plain(position)))
    }

    /// The step that a knob with steps stands at in `position`, from 0.
    #[must_use]
    pub fn step(&self, knob: Knob, position: f32) -> usize {
        (position * self.n_steps(knob).unwrap_or(1) as f32).round() as usize
    }

    /// The position of a step.
    #[must_use]
    pub fn position_of_step(&self, knob: Knob, step: usize) -> f32 {
        step as f32 / self.n_steps(knob).unwrap_or(1).max(1) as f32
    }

    /// Tells the host that the user takes hold of the knob.
    pub fn begin(&self, setter: &ParamSetter<'_>, knob: Knob) {
        on_parameter!(self, knob, parameter => setter.begin_set_parameter(parameter));
    }

    /// Turns the knob, through the host.
    pub fn turn(&self, setter: &ParamSetter<'_>, knob: Knob, position: f32) {
        on_parameter!(self, knob, parameter => setter.set_parameter_normalized(parameter, position));
    }

    /// Tells the host that the user lets go of the knob.
    pub fn end(&self, setter: &ParamSetter<'_>, knob: Knob) {
        on_parameter!(self, knob, parameter => setter.end_set_parameter(parameter));
    }
}
