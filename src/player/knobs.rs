//! What the musician turns: knobs that change what is composed, and knobs that change how it is played.

use crate::music::{Key, Scale};

/// Knobs that change what is composed, from the next bar on.
///
/// A bar belongs to the knobs it was composed with: it is stale when they stand elsewhere one beat
/// before it begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComposingKnobs {
    /// Index into the model's styles; beyond the last it means the last.
    pub style: u8,
    /// What all chance is drawn from.
    pub seed: u32,
    /// How boldly notes are drawn; 1 is the network's own taste, 0 always takes the likeliest. 0 to 2.
    pub temperature: f32,
    /// Further factor on the temperature of onsets and durations. 0 to 2.
    pub rhythm: f32,
    /// Further factor on the temperature of pitches. 0 to 2.
    pub pitch: f32,
    /// Further factor on the temperature of velocities. 0 to 2.
    pub velocity: f32,
    /// Draw from the likeliest values that together hold this probability. 0 to 1; 1 is off.
    pub nucleus: f32,
    /// Drop values less likely than this share of the likeliest. 0 to 1; 0 is off.
    pub min_p: f32,
    /// How strongly a pitch that keeps coming back is held off. 0 (off) to 1.
    pub repetition: f32,
    /// The phrase length in bars, 1 to 64.
    pub length: u8,
    /// What happens when the phrase comes round: 0 repeats it, 1 composes anew, in between each bar is
    /// new with this probability.
    pub evolve: f32,
    /// The tonic's pitch class, 0 (C) to 11 (B).
    pub tonic: u8,
    /// Which notes may be played above the tonic.
    pub scale: Scale,
    /// Lowest key that may sound, inclusive; drums are exempt.
    pub lowest: u8,
    /// Highest key that may sound, inclusive; drums are exempt.
    pub highest: u8,
    /// How many notes may sound at once, drums not counted. At least 1.
    pub polyphony: u8,
}

impl Default for ComposingKnobs {
    fn default() -> Self {
        Self {
            style: 0,
            seed: 1,
            temperature: 1.0,
            rhythm: 1.0,
            pitch: 1.0,
            velocity: 1.0,
            nucleus: 1.0,
            min_p: 0.02,
            repetition: 0.5,
            length: 8,
            evolve: 1.0,
            tonic: 0,
            scale: Scale::FreeMajor,
            lowest: 21,
            highest: 108,
            polyphony: 16,
        }
    }
}

impl ComposingKnobs {
    /// The key that the music is moved into.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::new(self.tonic, self.scale.mode())
    }

    /// The same knobs within their ranges, fractions rounded to thousandths.
    ///
    /// A host may hand a parameter back a hair beside where it was saved; two settings that round to
    /// the same are the same to the composer. What is not a number becomes the default.
    #[must_use]
    pub fn rounded(&self) -> Self {
        let default = Self::default();
        Self {
            temperature: round(self.temperature, 2.0, default.temperature),
            rhythm: round(self.rhythm, 2.0, default.rhythm),
            pitch: round(self.pitch, 2.0, default.pitch),
            velocity: round(self.velocity, 2.0, default.velocity),
            nucleus: round(self.nucleus, 1.0, default.nucleus),
            min_p: round(self.min_p, 1.0, default.min_p),
            repetition: round(self.repetition, 1.0, default.repetition),
            length: self.length.clamp(1, 64),
            evolve: round(self.evolve, 1.0, default.evolve),
            tonic: self.tonic % 12,
            lowest: self.lowest.min(self.highest).min(127),
            highest: self.highest.max(self.lowest).min(127),
            polyphony: self.polyphony.max(1),
            ..*self
        }
    }
}

/// `value` within 0 to `highest`, in thousandths.
fn round(value: f32, highest: f32, default: f32) -> f32 {
    if value.is_finite() {
        (value.clamp(0.0, highest) * 1000.0).round() / 1000.0
    } else {
        default
    }
}

/// Knobs that change how the music is played, at once. None of them changes what is composed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerformingKnobs {
    /// Octaves up; drums are exempt.
    pub octave: i8,
    /// Semitones up; drums are exempt.
    pub transpose: i8,
    /// Factor on every velocity.
    pub velocity: f32,
    /// Factor on every duration.
    pub note_length: f32,
    /// The MIDI channel, 0 to 15; drums are always on 9, which musicians call channel 10.
    pub channel: u8,
}

impl Default for PerformingKnobs {
    fn default() -> Self {
        Self {
            octave: 0,
            transpose: 0,
            velocity: 1.0,
            note_length: 1.0,
            channel: 0,
        }
    }
}
