//! How the next note is drawn: temperatures, truncation, and constraints.

use crate::music::{Family, FamilySet, Feel, Grid, Note, PitchClassSet, Tick};

/// How to draw from the network's distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Divides every logit: 1 is the network's own distribution, 0 always takes the likeliest class. 0 to 2.
    pub temperature: f32,
    /// Further factor on the temperature of onset shifts, durations and feel. 0 to 2.
    pub rhythm: f32,
    /// Further factor on the temperature of pitches. 0 to 2.
    pub pitch: f32,
    /// Further factor on the temperature of velocities. 0 to 2.
    pub velocity: f32,
    /// Draw from the likeliest values that together hold this probability. 0 to 1; 1 is off.
    pub nucleus: f32,
    /// Drop values less likely than this share of the likeliest. 0 to 1; 0 is off.
    pub min_p: f32,
    /// Further factor on `min_p` for onset shifts and durations. 0 to 10.
    pub min_p_of_rhythm: f32,
    /// How strongly repeated figures are made less likely. 0 (not at all) to 1.
    pub variety: f32,
    /// How much likelier each part of the next note becomes where it continues a repetition: a factor on the
    /// [`form`](crate::model::Card::form) of the style. 0 is the network's own distribution.
    pub form: f32,
    /// The same for drums: a factor on the [`drum_form`](crate::model::Card::drum_form) of the style.
    pub drum_form: f32,
    /// How much less likely a pitch becomes that lies a semitone from one that sounds: a factor on the
    /// [`consonance`](crate::model::Card::consonance) of the style. 0 is the network's own distribution.
    pub consonance: f32,
    /// How much less likely a pitch becomes that the instrument struck just before: a factor on the
    /// [`restrike`](crate::model::Card::restrike) of the style. 0 is the network's own distribution.
    pub restrike: f32,
    /// How much less likely an instrument becomes that has not played lately: a factor on the
    /// [`ensemble`](crate::model::Card::ensemble) of the style. 0 is the network's own distribution.
    pub ensemble: f32,
    /// Whether the [`corrections`](crate::model::Card::corrections) of the style count.
    pub is_corrected: bool,
}

impl Sampling {
    /// How a style is drawn at its best: all that its card says counts.
    #[must_use]
    pub fn as_tuned() -> Self {
        Self {
            form: 1.0,
            drum_form: 1.0,
            consonance: 1.0,
            restrike: 1.0,
            ensemble: 1.0,
            is_corrected: true,
            ..Self::default()
        }
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            rhythm: 1.0,
            pitch: 1.0,
            velocity: 1.0,
            nucleus: 1.0,
            min_p: 0.02,
            min_p_of_rhythm: 1.0,
            variety: 0.5,
            form: 0.0,
            drum_form: 0.0,
            consonance: 0.0,
            restrike: 0.0,
            ensemble: 0.0,
            is_corrected: false,
        }
    }
}

/// A style, or a blend of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StyleMix {
    /// Index into the model's styles; beyond the last it means the last.
    pub first: usize,
    /// The style blended in.
    pub second: usize,
    /// The share of the second in thousandths: 0 is the first alone, 1000 the second alone.
    pub thousandths: u16,
}

impl StyleMix {
    /// One style alone.
    #[must_use]
    pub fn of(style: usize) -> Self {
        Self { first: style, second: style, thousandths: 0 }
    }

    /// A blend of two styles; `blend` is the share of the second, 0 to 1.
    #[must_use]
    pub fn between(first: usize, second: usize, blend: f32) -> Self {
        Self { first, second, thousandths: (blend.clamp(0.0, 1.0) * 1000.0).round() as u16 }
    }

    /// The style with the larger share; the first when they are equal.
    #[must_use]
    pub fn main(self) -> usize {
        if self.thousandths > 500 { self.second } else { self.first }
    }

    /// The same limited to `n_styles`, and in the form of [`StyleMix::of`] where it is one style alone.
    #[must_use]
    pub(crate) fn within(self, n_styles: usize) -> Self {
        let last = n_styles.saturating_sub(1);
        let (first, second) = (self.first.min(last), self.second.min(last));
        match self.thousandths {
            0 => Self::of(first),
            1000.. => Self::of(second),
            _ if first == second => Self::of(first),
            thousandths => Self { first, second, thousandths },
        }
    }
}

/// Which notes may be drawn. All others are masked before the draw, so these are guarantees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constraints {
    /// Pitch classes above the tonic; drums are exempt.
    pub scale: PitchClassSet,
    /// Lowest pitch, inclusive, relative to a tonic of C; drums are exempt.
    pub lowest: u8,
    /// Highest pitch, inclusive, relative to a tonic of C; drums are exempt.
    pub highest: u8,
    /// How many notes may sound at once, drums not counted. At least 1.
    pub polyphony: u8,
    /// The instrument families that may play.
    pub families: FamilySet,
    /// Where notes may begin, counted from the bar line.
    pub grid: Grid,
    /// The shortest duration.
    pub shortest: Tick,
    /// The longest duration.
    pub longest: Tick,
    /// Notes end by this time, but are never shorter than the shortest duration.
    pub ends_by: Option<Tick>,
    /// How strictly notes on beats keep to the chords that the network is told, if it is told any: from 0 (as they
    /// come) to 1 (a guarantee).
    pub strictness: f32,
}

impl Default for Constraints {
    fn default() -> Self {
        Self {
            scale: PitchClassSet::CHROMATIC,
            lowest: 0,
            highest: 127,
            polyphony: 128,
            families: FamilySet::ALL,
            grid: Grid::Off,
            shortest: Tick(1),
            longest: Tick(i64::MAX),
            ends_by: None,
            strictness: 0.0,
        }
    }
}

/// Parts of the next note that are given; only the others are drawn.
///
/// [`Constraints`] apply to them too: when they exclude a given part, there is no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Given {
    /// The instrument family.
    pub family: Option<Family>,
    /// Where it begins.
    pub onset: Option<Tick>,
    /// Its pitch, around a tonic of C.
    pub pitch: Option<u8>,
    /// Its duration.
    pub duration: Option<Tick>,
    /// Its velocity.
    pub velocity: Option<u8>,
    /// Its feel.
    pub feel: Option<Feel>,
    /// It begins earlier than this.
    pub before: Option<Tick>,
    /// It begins no earlier than this.
    pub from: Option<Tick>,
}

/// A note that was drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// The note.
    pub note: Note,
    /// The sum of the log-probabilities, in nats, that family, onset, pitch and duration were drawn with, after
    /// temperature and constraints. Given parts add nothing. The same on every processor.
    pub log_probability: f32,
}
