//! Everything a host can automate: a parameter for each knob of [`player::knobs`](crate::player::knobs), and bypass.
//!
//! Ids and the order of the parameters never change; ranges are part of automation, which hosts store relative to the
//! range.

use std::collections::BTreeMap;
use std::sync::Arc;

use nice_plug::params::persist::{PersistentField, deserialize_field, serialize_field};
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

use crate::player::handover::{ComposerEnd, handover};
use crate::player::knobs::{Form, Kind};
use crate::player::{ComposingKnobs, Knob, PerformingKnobs};
use crate::plugin::preview::Auditions;
use crate::plugin::session::Session;
use crate::plugin::spread::{ProjectSpreadCentre, SPREAD};
use crate::plugin::window_size::WindowSize;

/// The parameters that the host sees, and what is saved with them.
pub struct Parameters {
    /// The composer and its take.
    pub session: Session,
    /// Music to try, for the preview sound. Not saved.
    pub auditions: Auditions,
    /// The size of the editor's window.
    pub window_size: WindowSize,
    /// Around which velocity velocity spread works in this project.
    spread_centre: ProjectSpreadCentre,
    /// One for each knob, by [`Knob::index`].
    knobs: Vec<Parameter>,
    /// Silences the plugin: the host's own bypass.
    pub bypass: BoolParam,
}

/// A parameter of any kind.
enum Parameter {
    Whole(IntParam),
    Fraction(FloatParam),
    Switch(BoolParam),
}

// SAFETY: the pointers lead to parameters that live as long as this object: they are in its vector, which is never
// changed after it is made, and in its fields.
#[allow(
    unsafe_code,
    reason = "the framework's trait is unsafe to implement, and its derive wants a field a knob"
)]
unsafe impl Params for Parameters {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let knobs = Knob::all().map(|knob| {
            let spec = knob.spec();
            (spec.id.to_owned(), self.parameter(knob).as_ptr(), spec.page.name().to_owned())
        });
        knobs.chain([("bypass".to_owned(), self.bypass.as_ptr(), String::new())]).collect()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        let project = self.session.map(serialize_field).map(|saved| ("project".to_owned(), saved));
        let window = self.window_size.map(serialize_field).map(|saved| ("window".to_owned(), saved));
        let spread = self.spread_centre.map(serialize_field).map(|saved| (SPREAD.to_owned(), saved));
        [project, window, spread].into_iter().flatten().collect()
    }

    fn deserialize_fields(&self, serialized: &BTreeMap<String, String>) {
        for (key, saved) in serialized {
            match key.as_str() {
                "project" => {
                    if let Ok(project) = deserialize_field(saved) {
                        self.session.set(project);
                    }
                }
                "window" => {
                    if let Ok(window_size) = deserialize_field(saved) {
                        self.window_size.set(window_size);
                    }
                }
                SPREAD => {
                    if let Ok(is_fixed) = deserialize_field(saved) {
                        self.spread_centre.set(is_fixed);
                    }
                }
                _ => {}
            }
        }
    }
}

impl Parameters {
    /// Parameters of a fresh instance.
    #[must_use]
    pub fn new(end: ComposerEnd) -> Self {
        let session = Session::new(end);
        let mut knobs: Vec<Knob> = Knob::all().collect();
        knobs.sort_by_key(|knob| knob.index());
        Self {
            knobs: knobs.into_iter().map(|knob| Parameter::new(knob, &session)).collect(),
            bypass: switch("Bypass", false).make_bypass(),
            window_size: WindowSize::default(),
            spread_centre: ProjectSpreadCentre::default(),
            session,
            auditions: Auditions::default(),
        }
    }

    /// The knobs that change what is composed.
    #[must_use]
    pub fn composing(&self) -> ComposingKnobs {
        ComposingKnobs::from_values(|knob| self.value(knob))
    }

    /// The knobs that change how it is played.
    #[must_use]
    pub fn performing(&self) -> PerformingKnobs {
        let knobs = PerformingKnobs::from_values(|knob| self.value(knob));
        PerformingKnobs { spread_centre: self.spread_centre.get(), ..knobs }
    }

    /// The factor on the preview sound, 0 to 1; 0 when it is off.
    #[must_use]
    pub fn preview_gain(&self) -> f32 {
        if self.value(Knob::Preview) > 0.5 { self.audition_gain() } else { 0.0 }
    }

    /// The factor on what the preview sound plays while music is tried, also where it is off otherwise.
    #[must_use]
    pub fn audition_gain(&self) -> f32 {
        let decibels = self.value(Knob::PreviewLevel).clamp(-40.0, 0.0);
        10_f32.powf(decibels / 20.0)
    }

    /// Makes a saved state whole: every value comes into its range, since the framework takes them as they
    /// are, and what a project of an earlier version does not have comes to its default, since a host may
    /// load it into an instance that has other values. In such a project velocity spread works around 64.
    pub fn complete(state: &mut PluginState) {
        let (end, _player) = handover();
        let fresh = Self::new(end);
        for knob in Knob::all() {
            let Kind { min, max, .. } = knob.kind();
            let value = state.params.entry(knob.id().to_owned());
            match value.or_insert_with(|| fresh.default_value(knob)) {
                ParamValue::F32(value) => *value = value.clamp(min, max),
                ParamValue::I32(value) => *value = (*value).clamp(min as i32, max as i32),
                ParamValue::Bool(_) | ParamValue::String(_) => {}
            }
        }
        state.fields.entry(SPREAD.to_owned()).or_insert_with(|| "true".to_owned());
    }

    fn parameter(&self, knob: Knob) -> &Parameter {
        &self.knobs[knob.index()]
    }

    /// The position value that the host has set, modulation included.
    fn value(&self, knob: Knob) -> f32 {
        match self.parameter(knob) {
            Parameter::Whole(whole) => whole.value() as f32,
            Parameter::Fraction(fraction) => fraction.value(),
            Parameter::Switch(switch) => f32::from(u8::from(switch.value())),
        }
    }
}

/// A switch. The framework's own would take every text that it does not know for "off".
fn switch(name: &'static str, default: bool) -> BoolParam {
    let parse = |text: &str| match text.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    };
    BoolParam::new(name, default).with_string_to_value(Arc::new(parse))
}

impl Parameter {
    fn new(knob: Knob, session: &Session) -> Self {
        let spec = knob.spec();
        let (kind, name, default) = (spec.kind, spec.name, spec.default);
        let (min, max) = (kind.min as i32, kind.max as i32);
        if kind.form == Form::Switch {
            return Self::Switch(switch(name, default > 0.5));
        }
        if kind.has_fraction() {
            return Self::Fraction(
                FloatParam::new(name, default, FloatRange::Linear { min: kind.min, max: kind.max })
                    .with_step_size(kind.step)
                    .with_unit(kind.form.unit())
                    .with_value_to_string(Arc::new(move |value| kind.text(value)))
                    .with_string_to_value(Arc::new(move |text| kind.parse(text))),
            );
        }
        // Only the model knows the names of its styles.
        let names = (kind.form == Form::Style).then(|| session.clone());
        let (shown, typed) = (names.clone(), names);
        Self::Whole(
            IntParam::new(name, default as i32, IntRange::Linear { min, max })
                .with_value_to_string(Arc::new(move |value| {
                    let names = shown.as_ref().map(Session::styles).unwrap_or_default();
                    let name = usize::try_from(value).ok().and_then(|idx| names.get(idx).cloned());
                    name.unwrap_or_else(|| kind.text(value as f32))
                }))
                .with_string_to_value(Arc::new(move |text| {
                    let names = typed.as_ref().map(Session::styles).unwrap_or_default();
                    let named = names.iter().position(|name| name.eq_ignore_ascii_case(text.trim()));
                    named.map(|idx| idx as i32).or_else(|| kind.parse(text).map(|value| value as i32))
                })),
        )
    }

    fn as_ptr(&self) -> ParamPtr {
        match self {
            Self::Whole(whole) => whole.as_ptr(),
            Self::Fraction(fraction) => fraction.as_ptr(),
            Self::Switch(switch) => switch.as_ptr(),
        }
    }
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
            .take_while(|name| !Kind::is_unused(name))
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

    /// The value that the knob would have at `position`, in its own unit.
    #[must_use]
    pub fn plain_at(&self, knob: Knob, position: f32) -> f32 {
        match self.parameter(knob) {
            Parameter::Whole(whole) => whole.preview_plain(position) as f32,
            Parameter::Fraction(fraction) => fraction.preview_plain(position),
            Parameter::Switch(switch) => f32::from(u8::from(switch.preview_plain(position))),
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

    /// The knob of a parameter of the framework's.
    #[cfg(feature = "standalone")]
    pub(crate) fn knob_of(&self, parameter: ParamPtr) -> Option<Knob> {
        Knob::all().find(|knob| self.parameter(*knob).as_ptr() == parameter)
    }

    /// Gives the knob a value in its own unit, exactly, as a host does that loads a project: the application is one.
    #[cfg(feature = "standalone")]
    #[allow(unsafe_code, reason = "the framework keeps setting to itself, and here is no host of its kind")]
    pub(crate) fn put_plain(&self, knob: Knob, plain: f32) {
        use nice_plug::params::InternalParamMut;
        // SAFETY: it stores an atomic number; no pointer is involved. It is unsafe so that only hosts call it.
        unsafe {
            match self.parameter(knob) {
                Parameter::Whole(whole) => whole._internal_set_plain_value(plain as i32),
                Parameter::Fraction(fraction) => fraction._internal_set_plain_value(plain),
                Parameter::Switch(switch) => switch._internal_set_plain_value(plain > 0.5),
            };
        }
    }

    /// Puts the knob somewhere, as a host would.
    #[cfg(any(test, feature = "standalone"))]
    #[allow(unsafe_code, reason = "the framework keeps setting to itself, and here is no host of its kind")]
    pub(crate) fn put(&self, knob: Knob, position: f32) {
        use nice_plug::params::InternalParamMut;
        on_parameter!(self, knob, parameter => {
            // SAFETY: it stores an atomic number; no pointer is involved. It is unsafe so that only hosts call it.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nice_plug::plugin::{ParamValue, PluginState};
    use nice_plug::prelude::{Param, Params};

    use crate::music::Family;
    use crate::player::Knob;
    use crate::player::handover::handover;
    use crate::player::{ComposingKnobs, PerformingKnobs, SpreadCentre};
    use crate::plugin::parameters::Parameters;

    fn parameters() -> Parameters {
        Parameters::new(handover().0)
    }

    #[test]
    fn fresh_parameters_are_the_engines_own_knobs() {
        assert_eq!(parameters().composing(), ComposingKnobs::default().rounded());
        assert_eq!(parameters().performing(), PerformingKnobs::default());
    }

    #[test]
    fn there_is_a_parameter_for_each_knob_in_order_and_bypass() {
        let ids: Vec<String> = parameters().param_map().into_iter().map(|(id, ..)| id).collect();
        let knobs = Knob::all().map(Knob::id).chain(["bypass"]);
        assert_eq!(ids, knobs.collect::<Vec<_>>());
    }

    #[test]
    fn every_position_survives_being_shown_and_typed() {
        let parameters = parameters();
        for knob in Knob::all() {
            for idx in 0..=1000 {
                let position = parameters.snapped(knob, idx as f32 / 1000.0);
                let text = parameters.text(knob, position);
                let back =
                    parameters.position_of_text(knob, &text).map(|back| parameters.snapped(knob, back));
                assert_eq!(back, Some(position), "{knob:?} at {position} shows {text:?}");
            }
        }
    }

    #[test]
    fn typed_texts_mean_what_a_musician_means() {
        let parameters = parameters();
        for (knob, typed, shown) in [
            (Knob::Tonic, "a#", "Bb"),
            (Knob::Tonic, "E♭", "Eb"),
            (Knob::Scale, "dorian", "Dorian"),
            (Knob::Length, "16", "16 bars"),
            (Knob::Length, "1 bar", "1 bar"),
            (Knob::Evolve, "25 %", "25%"),
            (Knob::Seed, "123456", "9999"),
            (Knob::Octave, "-2", "-2"),
            (Knob::Lowest, "c#2", "Db2"),
            (Knob::Highest, "60", "C4"),
            (Knob::OwnNotes, "5 1 #4", "1 b5 5"),
            (Knob::Polyphony, "any", "Any"),
            (Knob::Grid, "1/16t", "1/16T"),
            (Knob::Shortest, "any", "Any"),
            (Knob::Longest, "ANY", "Any"),
            (Knob::Conversation, "trade", "Trade"),
            (Knob::Strum, "-20 ms", "-20 ms"),
            (Knob::Slot, "d", "D"),
            (Knob::Plays(Family::DRUMS), "off", "Off"),
        ] {
            let position =
                parameters.position_of_text(knob, typed).map(|position| parameters.snapped(knob, position));
            assert_eq!(
                position.map(|position| parameters.text(knob, position)).as_deref(),
                Some(shown),
                "{typed}"
            );
        }
        assert_eq!(parameters.position_of_text(Knob::Tonic, "H"), None);
    }

    #[test]
    fn texts_that_mean_nothing_are_refused() {
        let parameters = parameters();
        for typed in ["NaN", "-nan", "inf", "-infinity", "1e999", "", " ", "?", "on off"] {
            for knob in Knob::all() {
                assert_eq!(parameters.position_of_text(knob, typed), None, "{knob:?} takes {typed:?}");
            }
            assert_eq!(parameters.bypass.string_to_normalized_value(typed), None, "bypass takes {typed:?}");
        }
    }

    #[test]
    fn spread_works_around_64_in_older_projects_and_around_the_bars_velocities_in_newer_ones() {
        let load = |fields: BTreeMap<String, String>| {
            let mut state = PluginState { version: String::new(), params: BTreeMap::new(), fields };
            Parameters::complete(&mut state);
            let loaded = parameters();
            loaded.deserialize_fields(&state.fields);
            loaded
        };
        let older = load(BTreeMap::new());
        assert_eq!(older.performing().spread_centre, SpreadCentre::Fixed);
        assert_eq!(load(older.serialize_fields()).performing().spread_centre, SpreadCentre::Fixed);
        let newer = load(parameters().serialize_fields());
        assert_eq!(newer.performing().spread_centre, SpreadCentre::Bar);
        // A host may load a newer project into the instance of an older one.
        older.deserialize_fields(&newer.serialize_fields());
        assert_eq!(older.performing().spread_centre, SpreadCentre::Bar);
    }

    #[test]
    fn saved_values_beyond_their_range_are_brought_back_and_missing_ones_filled_in() {
        let params = BTreeMap::from([
            ("temp".to_owned(), ParamValue::F32(1e9)),
            ("scale".to_owned(), ParamValue::I32(-3)),
            ("unheard-of".to_owned(), ParamValue::I32(5)),
        ]);
        let mut state = PluginState { version: String::new(), params, fields: BTreeMap::new() };
        Parameters::complete(&mut state);
        assert!(matches!(state.params["temp"], ParamValue::F32(value) if (value - 2.0).abs() < f32::EPSILON));
        assert!(matches!(state.params["scale"], ParamValue::I32(0)));
        assert!(matches!(state.params["dens"], ParamValue::F32(value) if (value - 1.0).abs() < f32::EPSILON));
        assert!(matches!(state.params["fam4"], ParamValue::Bool(true)));
        assert!(matches!(state.params["long"], ParamValue::I32(15)));
    }
}
