//! Everything a host can automate.
//!
//! | Id | Name | Range | Default | Kind |
//! |---|---|---|---|---|
//! | `style` | Style | 1 to 16, the model's styles in its order | 1 | composing |
//! | `seed` | Seed | 0 to 9999 | 1 | composing |
//! | `temp` | Temperature | 0 to 2, step 0.01 | 1 | composing |
//! | `length` | Length | 1 to 64 bars | 8 | composing |
//! | `evolve` | Evolve | 0 to 100%, step 1% | 0% | composing |
//! | `tonic` | Key | C to B | C | composing |
//! | `scale` | Scale | [`Scale::ALL`] | Free (major) | composing |
//! | `octave` | Octave | −3 to 3 | 0 | performing |
//! | `vel` | Velocity | 0 to 200%, step 1% | 100% | performing |
//! | `gate` | Note length | 5 to 200%, step 1% | 100% | performing |
//! | `prev` | Preview sound | off, on | off | preview |
//! | `prevdb` | Preview level | −40 to 0 dB, step 0.5 dB | −12 dB | preview |
//! | `bypass` | Bypass | off, on | off | host |
//!
//! Ids are part of the saved state and never change. Ranges are part of automation: hosts store it
//! relative to the range.

use std::sync::Arc;

use nice_plug::prelude::*;

use crate::music::Scale;

/// How many styles the style parameter can reach; a model may have fewer.
pub(crate) const MAX_STYLES: usize = 16;

/// The parameters that the host sees.
#[derive(Params)]
pub struct Parameters {
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

impl Default for Parameters {
    fn default() -> Self {
        Self {
            style: whole_number("Style", 0, 0, MAX_STYLES as i32 - 1)
                .with_value_to_string(Arc::new(|style| (style + 1).to_string()))
                .with_string_to_value(Arc::new(|text| {
                    Some(text.trim().parse::<i32>().ok()?.saturating_sub(1))
                })),
            seed: whole_number("Seed", 1, 0, 9999),
            temperature: FloatParam::new("Temperature", 1.0, FloatRange::Linear { min: 0.0, max: 2.0 })
                .with_step_size(0.01),
            length: whole_number("Length", 8, 1, 64)
                .with_value_to_string(Arc::new(bars))
                .with_string_to_value(Arc::new(|text| leading_number(text)?.parse().ok())),
            evolve: percentage("Evolve", 0.0, 0.0, 1.0),
            tonic: whole_number("Key", 0, 0, 11)
                .with_value_to_string(Arc::new(|tonic| tonic_name(tonic).to_owned()))
                .with_string_to_value(Arc::new(tonic_from_name)),
            scale: whole_number("Scale", 0, 0, Scale::ALL.len() as i32 - 1)
                .with_value_to_string(Arc::new(|idx| scale(idx).name().to_owned()))
                .with_string_to_value(Arc::new(scale_from_name)),
            octave: whole_number("Octave", 0, -3, 3),
            velocity: percentage("Velocity", 1.0, 0.0, 2.0),
            note_length: percentage("Note length", 1.0, 0.05, 2.0),
            preview: BoolParam::new("Preview sound", false),
            preview_level: FloatParam::new(
                "Preview level",
                -12.0,
                FloatRange::Linear { min: -40.0, max: 0.0 },
            )
            .with_step_size(0.5)
            .with_unit(" dB"),
            bypass: BoolParam::new("Bypass", false).make_bypass(),
        }
    }
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

fn whole_number(name: &str, default: i32, min: i32, max: i32) -> IntParam {
    IntParam::new(name, default, IntRange::Linear { min, max }).with_string_to_value(Arc::new(move |text| {
        Some(text.trim().parse::<i32>().ok()?.clamp(min, max))
    }))
}

/// A factor that is shown in whole per cent.
fn percentage(name: &str, default: f32, min: f32, max: f32) -> FloatParam {
    FloatParam::new(name, default, FloatRange::Linear { min, max })
        .with_step_size(0.01)
        .with_unit("%")
        .with_value_to_string(Arc::new(|factor| format!("{:.0}", factor * 100.0)))
        .with_string_to_value(Arc::new(|text| {
            let percent: f32 = text.trim_end_matches('%').trim().parse().ok()?;
            percent.is_finite().then_some(percent / 100.0)
        }))
}
