//! Everything a host can automate.
//!
//! | Id | Name | Range | Default | Kind |
//! |---|---|---|---|---|
//! | `style` | Style | the model's styles in its order, at most 16 | the first | composing |
//! | `seed` | Seed | 0 to 9999 | 1 | composing |
//! | `temp` | Temperature | 0 to 2, step 0.01 | 1 | composing |
//! | `length` | Length | 1 to 64 bars | 8 | composing |
//! | `evolve` | Evolve | 0 to 100%, step 1% | 100% | composing |
//! | `tonic` | Key | C to B | C | composing |
//! | `scale` | Scale | [`Scale::ALL`], room for 32 | Free (major) | composing |
//! | `octave` | Octave | −3 to 3 | 0 | performing |
//! | `vel` | Velocity | 0 to 200%, step 1% | 100% | performing |
//! | `gate` | Note length | 5 to 200%, step 1% | 100% | performing |
//! | `prev` | Preview sound | off, on | off | preview |
//! | `prevdb` | Preview level | −40 to 0 dB, step 0.5 dB | −6 dB | preview |
//! | `bypass` | Bypass | off, on | off | host |
//!
//! Ids are part of the saved state and never change. Ranges are part of automation: hosts store it
//! relative to the range.

use std::sync::Arc;

use nice_plug::plugin::ParamValue;
use nice_plug::prelude::*;

use crate::music::Scale;
use crate::player::handover::ComposerEnd;
use crate::player::{ComposingKnobs, PerformingKnobs};
use crate::plugin::session::Session;

/// The parameters that the host sees, and what is saved with them.
#[derive(Params)]
pub struct Parameters {
    /// The composer and its take.
    #[persist = "project"]
    pub session: Session,
    /// Which of the model's styles, from 0. One that the model lacks means its last.
    #[id = "style"]
    pub style: IntParam,
    /// What all draws come from. Re-roll sets a new one.
    #[id = "seed"]
    pub seed: IntParam,
    /// How boldly to draw.
    #[id = "temp"]
    pub temperature: FloatParam,
    /// Phrase length in bars.
    #[id = "length"]
    pub length: IntParam,
    /// The chance, 0 to 1, that a bar is composed anew when the phrase comes round.
    #[id = "evolve"]
    pub evolve: FloatParam,
    /// Pitch class of the key, 0 is C.
    #[id = "tonic"]
    pub tonic: IntParam,
    /// Index into [`Scale::ALL`].
    #[id = "scale"]
    pub scale: IntParam,
    /// Octaves up.
    #[id = "octave"]
    pub octave: IntParam,
    /// Factor on velocities.
    #[id = "vel"]
    pub velocity: FloatParam,
    /// Factor on durations.
    #[id = "gate"]
    pub note_length: FloatParam,
    /// Whether the plugin sounds by itself.
    #[id = "prev"]
    pub preview: BoolParam,
    /// Level of the preview sound in decibels.
    #[id = "prevdb"]
    pub preview_level: FloatParam,
    /// Silences the plugin: the host's own bypass.
    #[id = "bypass"]
    pub bypass: BoolParam,
}

/// The lowest and highest value of each parameter that is a number.
const RANGES: [(&str, f32, f32); 11] = [
    ("style", 0.0, 15.0),
    ("seed", 0.0, MAX_SEED as f32),
    ("temp", 0.0, 2.0),
    ("length", 1.0, 64.0),
    ("evolve", 0.0, 1.0),
    ("tonic", 0.0, 11.0),
    // Wider than the list, so that scales can be added without moving automation.
    ("scale", 0.0, 31.0),
    ("octave", -3.0, 3.0),
    ("vel", 0.0, 2.0),
    ("gate", 0.05, 2.0),
    ("prevdb", -40.0, 0.0),
];

/// The highest seed.
pub(crate) const MAX_SEED: u32 = 9999;

impl Parameters {
    /// Parameters of a fresh instance.
    #[must_use]
    pub fn new(end: ComposerEnd) -> Self {
        let session = Session::new(end);
        let composing = ComposingKnobs::default();
        let performing = PerformingKnobs::default();
        Self {
            style: style(i32::from(composing.style), &session),
            seed: whole_number("seed", "Seed", composing.seed as i32),
            temperature: fraction("temp", "Temperature", composing.temperature, 0.01),
            length: whole_number("length", "Length", i32::from(composing.length))
                .with_value_to_string(Arc::new(bars))
                .with_string_to_value(Arc::new(|text| leading_number(text)?.parse().ok())),
            evolve: percentage("evolve", "Evolve", composing.evolve),
            tonic: whole_number("tonic", "Key", i32::from(composing.tonic))
                .with_value_to_string(Arc::new(|tonic| tonic_name(tonic).to_owned()))
                .with_string_to_value(Arc::new(tonic_from_name)),
            scale: whole_number("scale", "Scale", 0)
                .with_value_to_string(Arc::new(|idx| scale(idx).name().to_owned()))
                .with_string_to_value(Arc::new(scale_from_name)),
            octave: whole_number("octave", "Octave", i32::from(performing.octave)),
            velocity: percentage("vel", "Velocity", performing.velocity),
            note_length: percentage("gate", "Note length", performing.note_length),
            preview: BoolParam::new("Preview sound", false),
            preview_level: fraction("prevdb", "Preview level", -6.0, 0.5).with_unit(" dB"),
            bypass: BoolParam::new("Bypass", false).make_bypass(),
            session,
        }
    }

    /// The knobs that change what is composed.
    #[must_use]
    pub fn composing(&self) -> ComposingKnobs {
        ComposingKnobs {
            style: self.style.value().clamp(0, i32::from(u8::MAX)) as u8,
            seed: self.seed.value().clamp(0, MAX_SEED as i32) as u32,
            temperature: self.temperature.value(),
            length: self.length.value().clamp(1, 64) as u8,
            evolve: self.evolve.value(),
            tonic: self.tonic.value().rem_euclid(12) as u8,
            scale: scale(self.scale.value()),
            ..ComposingKnobs::default()
        }
        .rounded()
    }

    /// The knobs that change how it is played.
    #[must_use]
    pub fn performing(&self) -> PerformingKnobs {
        PerformingKnobs {
            octave: self.octave.value().clamp(-3, 3) as i8,
            velocity: self.velocity.value().clamp(0.0, 2.0),
            note_length: self.note_length.value().clamp(0.05, 2.0),
            ..PerformingKnobs::default()
        }
    }

    /// The factor on the preview sound, 0 to 1; 0 when it is off.
    #[must_use]
    pub fn preview_gain(&self) -> f32 {
        let decibels = self.preview_level.value().clamp(-40.0, 0.0);
        if self.preview.value() {
            10_f32.powf(decibels / 20.0)
        } else {
            0.0
        }
    }

    /// Brings every saved value into its range: the framework takes them as they are.
    pub fn confine(state: &mut PluginState) {
        for (id, value) in &mut state.params {
            let Some((min, max)) = range(id) else { continue };
            match value {
                ParamValue::F32(value) => *value = value.clamp(min, max),
                ParamValue::I32(value) => *value = (*value).clamp(min as i32, max as i32),
                ParamValue::Bool(_) | ParamValue::String(_) => {}
            }
        }
    }
}

fn range(id: &str) -> Option<(f32, f32)> {
    RANGES
        .iter()
        .find(|(known, ..)| *known == id)
        .map(|(_, min, max)| (*min, *max))
}

/// The scale with this index, the nearest where there is none.
#[must_use]
pub(crate) fn scale(idx: i32) -> Scale {
    let idx = idx.clamp(0, Scale::ALL.len() as i32 - 1) as usize;
    Scale::ALL.get(idx).copied().unwrap_or_default()
}

/// What the key knob shows.
#[must_use]
pub(crate) fn tonic_name(tonic: i32) -> &'static str {
    const NAMES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
    NAMES[tonic.rem_euclid(12) as usize]
}

/// The pitch class of a note name such as "C", "f#" or "E♭".
fn tonic_from_name(text: &str) -> Option<i32> {
    let mut letters = text.trim().chars();
    let natural: i32 = match letters.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let accidental = match letters.as_str().trim() {
        "" => 0,
        "#" | "♯" => 1,
        "b" | "♭" => -1,
        _ => return None,
    };
    Some((natural + accidental).rem_euclid(12))
}

/// The style, shown by the name that the model gives it, or by its number where it gives none.
fn style(default: i32, session: &Session) -> IntParam {
    let (shown, typed) = (session.clone(), session.clone());
    whole_number("style", "Style", default)
        .with_value_to_string(Arc::new(move |style| {
            let names = shown.styles();
            let name = usize::try_from(style).ok().and_then(|idx| names.get(idx));
            name.cloned().unwrap_or_else(|| (style + 1).to_string())
        }))
        .with_string_to_value(Arc::new(move |text| {
            let wanted = text.trim();
            let named = typed
                .styles()
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted));
            let number = || wanted.parse::<i32>().ok().map(|number| number.saturating_sub(1));
            named.map(|idx| idx as i32).or_else(number)
        }))
}

fn scale_from_name(text: &str) -> Option<i32> {
    let wanted = text.trim();
    let idx = Scale::ALL
        .iter()
        .position(|scale| scale.name().eq_ignore_ascii_case(wanted))?;
    Some(idx as i32)
}

fn bars(length: i32) -> String {
    if length == 1 {
        "1 bar".to_owned()
    } else {
        format!("{length} bars")
    }
}

/// The number that a text such as "8 bars" begins with.
fn leading_number(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

fn whole_number(id: &str, name: &str, default: i32) -> IntParam {
    let (min, max) = range(id).map_or((default, default + 1), |(min, max)| (min as i32, max as i32));
    IntParam::new(name, default, IntRange::Linear { min, max })
        .with_string_to_value(Arc::new(|text| text.trim().parse().ok()))
}

fn fraction(id: &str, name: &str, default: f32, step: f32) -> FloatParam {
    let (min, max) = range(id).unwrap_or((default, default + 1.0));
    FloatParam::new(name, default, FloatRange::Linear { min, max }).with_step_size(step)
}

/// A factor that is shown in whole per cent.
fn percentage(id: &str, name: &str, default: f32) -> FloatParam {
    fraction(id, name, default, 0.01)
        .with_unit("%")
        .with_value_to_string(Arc::new(|factor| format!("{:.0}", factor * 100.0)))
        .with_string_to_value(Arc::new(|text| {
            let percent: f32 = text.trim().trim_end_matches('%').trim().parse().ok()?;
            percent.is_finite().then_some(percent / 100.0)
        }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nice_plug::plugin::{ParamValue, PluginState};
    use nice_plug::prelude::Params;

    use crate::player::handover::handover;
    use crate::player::{ComposingKnobs, PerformingKnobs};
    use crate::plugin::knob::Knob;
    use crate::plugin::parameters::{Parameters, RANGES};

    fn parameters() -> Parameters {
        Parameters::new(handover().0)
    }

    #[test]
    fn fresh_parameters_are_the_engines_own_knobs() {
        assert_eq!(parameters().composing(), ComposingKnobs::default().rounded());
        assert_eq!(parameters().performing(), PerformingKnobs::default());
    }

    #[test]
    fn ids_never_change() {
        let ids: Vec<String> = parameters().param_map().into_iter().map(|(id, ..)| id).collect();
        let known = [
            "style", "seed", "temp", "length", "evolve", "tonic", "scale", "octave", "vel", "gate", "prev",
            "prevdb", "bypass",
        ];
        assert_eq!(ids, known);
        assert!(RANGES.iter().all(|(id, ..)| known.contains(id)));
    }

    #[test]
    fn every_position_survives_being_shown_and_typed() {
        let parameters = parameters();
        for knob in Knob::ALL {
            for idx in 0..=1000 {
                let position = parameters.snapped(knob, idx as f32 / 1000.0);
                let text = parameters.text(knob, position);
                let back = parameters
                    .position_of_text(knob, &text)
                    .map(|back| parameters.snapped(knob, back));
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
        ] {
            let position = parameters
                .position_of_text(knob, typed)
                .map(|position| parameters.snapped(knob, position));
            assert_eq!(
                position
                    .map(|position| parameters.text(knob, position))
                    .as_deref(),
                Some(shown),
                "{typed}"
            );
        }
        assert_eq!(parameters.position_of_text(Knob::Tonic, "H"), None);
        assert_eq!(parameters.position_of_text(Knob::Evolve, "NaN"), None);
    }

    #[test]
    fn saved_values_beyond_their_range_are_brought_back_into_it() {
        let params = BTreeMap::from([
            ("temp".to_owned(), ParamValue::F32(1e9)),
            ("scale".to_owned(), ParamValue::I32(-3)),
            ("unheard-of".to_owned(), ParamValue::I32(5)),
        ]);
        let mut state = PluginState {
            version: String::new(),
            params,
            fields: BTreeMap::new(),
        };
        Parameters::confine(&mut state);
        assert!(matches!(state.params["temp"], ParamValue::F32(value) if (value - 2.0).abs() < f32::EPSILON));
        assert!(matches!(state.params["scale"], ParamValue::I32(0)));
    }
}
