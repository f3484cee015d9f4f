//! How the next note is drawn: temperatures, truncation, and what may not be drawn at all.

use crate::music::{FamilySet, Grid, PitchClassSet, Tick};

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
        }
    }
}
