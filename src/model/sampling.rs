//! How the next note is drawn: temperatures, truncation, and what may not be drawn at all.

use crate::music::{Family, FamilySet, Grid, Note, PitchClassSet, Tick};

/// How boldly to draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Divides every logit; 1 is the network's own taste, 0 always takes the likeliest. 0 to 2.
    pub temperature: f32,
    /// Further factor on the temperature of onset shifts and durations. 0 to 2.
    pub rhythm: f32,
    /// Further factor on the temperature of pitches. 0 to 2.
    pub pitch: f32,
    /// Further factor on the temperature of velocities. 0 to 2.
    pub velocity: f32,
    /// Draw from the likeliest values that together hold this probability. 0 to 1; 1 is off.
    pub nucleus: f32,
    /// Drop values less likely than this share of the likeliest. 0 to 1; 0 is off.
    pub min_p: f32,
    /// How strongly figures that keep coming back are held off. 0 (free) to 1.
    pub variety: f32,
    /// How much likelier each part of the next note becomes where it carries on a repetition: a factor on what the
    /// model's card says of the style. 0 is the network's own taste.
    pub form: f32,
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
            variety: 0.5,
            form: 0.0,
        }
    }
}

/// A style, or something between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StyleMix {
    /// Index into the model's styles; beyond the last it means the last.
    pub first: usize,
    /// The style blended in.
    pub second: usize,
    /// How much of the second there is, in thousandths: 0 is the first alone, 1000 the second alone.
    pub thousandths: u16,
}

impl StyleMix {
    /// One style alone.
    #[must_use]
    pub fn of(style: usize) -> Self {
        Self { first: style, second: style, thousandths: 0 }
    }

    /// Two styles, and how much of the second there is, 0 to 1.
    #[must_use]
    pub fn between(first: usize, second: usize, blend: f32) -> Self {
        Self { first, second, thousandths: (blend.clamp(0.0, 1.0) * 1000.0).round() as u16 }
    }

    /// The style that there is more of; the first where they are equal.
    #[must_use]
    pub fn main(self) -> usize {
        if self.thousandths > 500 { self.second } else { self.first }
    }

    /// The same within a model of `n_styles`, and as one style alone wherever it is one.
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

/// What may be drawn. Everything else is masked before the draw, so these are guarantees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constraints {
    /// Pitch classes above the tonic; drums are exempt.
    pub scale: PitchClassSet,
    /// Lowest pitch, inclusive, relative to a tonic of C; drums are exempt.
    pub lowest: u8,
    /// Highest pitch, inclusive, relative to a tonic of C; drums are exempt.
    pub highest: u8,
    /// How many notes may sound at once, drums not counted. At least 1.
    pub polyphony: u8,
    /// Who may play.
    pub families: FamilySet,
    /// Where notes may begin, counted from the bar line.
    pub grid: Grid,
    /// No note is shorter.
    pub shortest: Tick,
    /// No note is longer.
    pub longest: Tick,
    /// No note sounds beyond this, unless it would have to be shorter than the shortest.
    pub ends_by: Option<Tick>,
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
        }
    }
}

/// Parts of the next note that are known: they are taken as they are, and only the rest is drawn.
///
/// [`Constraints`] hold for them too: where what is given may not be, there is no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Given {
    /// Who plays it.
    pub family: Option<Family>,
    /// Where it begins.
    pub onset: Option<Tick>,
    /// Its pitch, around a tonic of C.
    pub pitch: Option<u8>,
    /// How long it sounds.
    pub duration: Option<Tick>,
    /// How loud it is.
    pub velocity: Option<u8>,
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
    /// How likely its family, onset, pitch and duration were, as the sum of the natural logarithms of the
    /// probabilities they were drawn with, which is after temperature and constraints. What was given adds
    /// nothing. The same on every processor.
    pub log_probability: f32,
}
