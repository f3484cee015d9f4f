//! The parameters as the editor and presets turn them: all of one kind, normalised, with names and texts.

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

use crate::music::Family;
use crate::plugin::Parameters;
use crate::plugin::parameters::{Instruments, is_unused};

/// Declares [`Knob`]: for each its id, and where its parameter stands.
macro_rules! knobs {
    ($($before:ident $before_id:literal $before_kind:ident $before_group:ident $before_field:ident,)* ..
     $($after:ident $after_id:literal $after_kind:ident $after_group:ident $after_field:ident,)*) => {
        /// One parameter that the editor shows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each is the parameter with its id, described there")]
        pub enum Knob {
            $($before,)*
            /// Whether this instrument may play.
            Heard(Family),
            $($after,)*
        }

        impl Knob {
            /// All of them, in the order of the parameters.
            pub fn all() -> impl Iterator<Item = Self> {
                [$(Self::$before),*]
                    .into_iter()
                    .chain((0..).map_while(Family::from_index).map(Self::Heard))
                    .chain([$(Self::$after),*])
            }

            /// The parameter's id, which never changes.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$before => $before_id,)*
                    Self::Heard(family) => Instruments::IDS[family.index()],
                    $(Self::$after => $after_id,)*
                }
            }
        }

        impl Parameters {
            fn parameter(&self, knob: Knob) -> Parameter<'_> {
                match knob {
                    $(Knob::$before => Parameter::$before_kind(&self.$before_group.$before_field),)*
                    Knob::Heard(family) => Parameter::Switch(self.instruments.all()[family.index()]),
                    $(Knob::$after => Parameter::$after_kind(&self.$after_group.$after_field),)*
                }
            }
        }
    };
}

knobs! {
    Style "style" Whole compose style,
    SecondStyle "style2" Whole compose second_style,
    Blend "blend" Fraction compose blend,
    Seed "seed" Whole compose seed,
    Temperature "temp" Fraction compose temperature,
    Density "dens" Fraction compose density,
    Variety "variet" Fraction compose variety,
    Length "length" Whole compose length,
    Evolve "evolve" Fraction compose evolve,
    BestOf "bestof" Whole compose best_of,
    Nucleus "nucleu" Fraction compose nucleus,
    MinP "minp" Fraction compose min_p,
    Tonic "tonic" Whole pitch tonic,
    Scale "scale" Whole pitch scale,
    OwnNotes "pcs" Whole pitch own_notes,
    Lowest "low" Whole pitch lowest,
    Highest "high" Whole pitch highest,
    Polyphony "poly" Whole pitch polyphony,
    PitchTemperature "pitch" Fraction pitch temperature,
    VelocityTemperature "dynam" Fraction pitch velocity_temperature,
    Grid "grid" Whole rhythm grid,
    Shortest "short" Whole rhythm shortest,
    Longest "long" Whole rhythm longest,
    RhythmTemperature "rhythm" Fraction rhythm temperature,
    ..
    Octave "octave" Whole perform octave,
    Transpose "transp" Whole perform transpose,
    Velocity "vel" Fraction perform velocity,
    VelocitySpread "velspr" Fraction perform velocity_spread,
    NoteLength "gate" Fraction perform note_length,
    Swing "swing" Fraction perform swing,
    SwingGrid "swgrid" Whole perform swing_grid,
    HumanizeTiming "humtim" Fraction perform humanize_timing,
    HumanizeVelocity "humvel" Fraction perform humanize_velocity,
    Strum "strum" Fraction perform strum,
    Channel "chan" Whole perform channel,
    ChannelPerInstrument "chins" Switch perform channel_per_instrument,
    ChordFollow "follow" Switch perform chord_follow,
    Thru "thru" Switch perform thru,
    Conversation "mode" Whole converse mode,
    Trade "trade" Whole converse trade,
    Instrument "instr" Whole converse instrument,
    Slot "slot" Whole takes slot,
    Preview "prev" Switch sound preview,
    PreviewLevel "prevdb" Fraction sound preview_level,
}

impl Knob {
    /// The knob with this id.
    #[must_use]
    pub fn with_id(id: &str) -> Option<Self> {
        Self::all().find(|knob| knob.id() == id)
    }
}

/// A parameter of any kind.
enum Parameter<'a> {
    Whole(&'a IntParam),
    Fraction(&'a FloatParam),
    Switch(&'a BoolParam),
}

/// Calls a method of [`Param`] on whichever kind of parameter a knob stands for.
macro_rules! on_parameter {
    ($parameters:expr, $knob:expr, $parameter:ident => $call:expr) => {
        match $parameters.parameter($knob) {
            Parameter::Whole($parameter) => $call,
            Parameter::Fraction($parameter) => $call,
            Parameter::Switch($parameter) => $call,
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

    /// What each step of the knob shows, from the first; nothing for one that turns smoothly. Where a list
    /// leaves room for more, the names end with the list.
    #[must_use]
    pub fn step_names(&self, knob: Knob) -> Vec<String> {
        let n_steps = self.n_steps(knob).map_or(0, |n_steps| n_steps + 1);
        (0..n_steps)
            .map(|step| self.text(knob, self.position_of_step(knob, step)))
            .take_while(|name| !is_unused(name))
            .collect()
    }

    /// The knob's value as it is: a number in its own unit, 0 or 1 for a switch.
    #[must_use]
    pub fn plain(&self, knob: Knob) -> f32 {
        match self.parameter(knob) {
            Parameter::Whole(whole) => whole.unmodulated_plain_value() as f32,
            Parameter::Fraction(fraction) => fraction.unmodulated_plain_value(),
            Parameter::Switch(switch) => f32::from(u8::from(switch.unmodulated_plain_value())),
        }
    }

    /// The value in a fresh instance, as it is saved.
    pub(crate) fn default_value(&self, knob: Knob) -> ParamValue {
        match self.parameter(knob) {
            Parameter::Whole(whole) => ParamValue::I32(whole.default_plain_value()),
            Parameter::Fraction(fraction) => ParamValue::F32(fraction.default_plain_value()),
            Parameter::Switch(switch) => ParamValue::Bool(switch.default_plain_value()),
        }
    }

    /// The nearest position to such a value.
    #[must_use]
    pub fn position_of_plain(&self, knob: Knob, plain: f32) -> f32 {
        let position = match self.parameter(knob) {
            Parameter::Whole(whole) => whole.preview_normalized(plain.round() as i32),
            Parameter::Fraction(fraction) => fraction.preview_normalized(plain),
            Parameter::Switch(switch) => switch.preview_normalized(plain > 0.5),
        };
        self.snapped(knob, position)
    }

    /// Puts the knob on a page of remote controls.
    pub(crate) fn add_to(&self, page: &mut impl RemoteControlsPage, knob: Knob) {
        on_parameter!(self, knob, parameter => page.add_param(parameter));
    }

    /// Puts the knob somewhere, as a host would.
    #[cfg(test)]
    #[allow(unsafe_code, reason = "the framework keeps setting to itself; there is no host in these tests")]
    pub(crate) fn put(&self, knob: Knob, position: f32) {
        use nice_plug::params::InternalParamMut;
        on_parameter!(self, knob, parameter => {
            // SAFETY: nothing else uses these parameters meanwhile.
            unsafe { parameter._internal_set_normalized_value(position) };
        });
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
