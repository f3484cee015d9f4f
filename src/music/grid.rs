//! Note values: the rhythm grid, and how short or long a note may be.

use crate::music::note::Note;
use crate::music::time::Tick;

/// Where notes may begin, counted from the bar line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Grid {
    /// Anywhere.
    #[default]
    Off,
    /// On quarters.
    Quarter,
    /// On eighths.
    Eighth,
    /// On sixteenths.
    Sixteenth,
    /// On thirty-seconds.
    ThirtySecond,
    /// Three to the half.
    QuarterTriplet,
    /// Three to the quarter.
    EighthTriplet,
    /// Six to the quarter.
    SixteenthTriplet,
    /// On dotted quarters.
    DottedQuarter,
    /// On dotted eighths.
    DottedEighth,
    /// On dotted sixteenths.
    DottedSixteenth,
}

impl Grid {
    /// All of them, in the order of the knob. The order is part of the saved state: append only.
    pub const ALL: [Self; 11] = [
        Self::Off,
        Self::Quarter,
        Self::Eighth,
        Self::Sixteenth,
        Self::ThirtySecond,
        Self::QuarterTriplet,
        Self::EighthTriplet,
        Self::SixteenthTriplet,
        Self::DottedQuarter,
        Self::DottedEighth,
        Self::DottedSixteenth,
    ];

    /// The distance between two lines of the grid; one tick when it is off.
    #[must_use]
    pub fn spacing(self) -> Tick {
        Tick(match self {
            Self::Off => 1,
            Self::Quarter => 24,
            Self::Eighth => 12,
            Self::Sixteenth => 6,
            Self::ThirtySecond => 3,
            Self::QuarterTriplet => 16,
            Self::EighthTriplet => 8,
            Self::SixteenthTriplet => 4,
            Self::DottedQuarter => 36,
            Self::DottedEighth => 18,
            Self::DottedSixteenth => 9,
        })
    }

    /// What the knob shows, such as `1/8T` for eighth triplets and `1/8.` for dotted eighths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::Quarter => "1/4",
            Self::Eighth => "1/8",
            Self::Sixteenth => "1/16",
            Self::ThirtySecond => "1/32",
            Self::QuarterTriplet => "1/4T",
            Self::EighthTriplet => "1/8T",
            Self::SixteenthTriplet => "1/16T",
            Self::DottedQuarter => "1/4.",
            Self::DottedEighth => "1/8.",
            Self::DottedSixteenth => "1/16.",
        }
    }
}

/// A duration to choose as the shortest or the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteValue {
    /// What the knob shows.
    pub name: &'static str,
    /// How long it is.
    pub ticks: Tick,
}

impl NoteValue {
    /// All of them, ascending. The order is part of the saved state. The first and the last are no limit.
    pub const ALL: [Self; 16] = [
        Self::new("Any", 1),
        Self::new("1/32", 3),
        Self::new("1/16T", 4),
        Self::new("1/16", 6),
        Self::new("1/8T", 8),
        Self::new("1/16.", 9),
        Self::new("1/8", 12),
        Self::new("1/4T", 16),
        Self::new("1/8.", 18),
        Self::new("1/4", 24),
        Self::new("1/4.", 36),
        Self::new("1/2", 48),
        Self::new("1/2.", 72),
        Self::new("1/1", 96),
        Self::new("2/1", 192),
        Self::new("Any", Note::LONGEST.0),
    ];

    const fn new(name: &'static str, ticks: i64) -> Self {
        Self { name, ticks: Tick(ticks) }
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Grid, Note, NoteValue, Tick};

    #[test]
    fn every_grid_but_the_dotted_ones_divides_a_bar() {
        let divides = |grid: &&Grid| 96 % grid.spacing().0 == 0;
        let not: Vec<&str> = Grid::ALL.iter().filter(|grid| !divides(grid)).map(|grid| grid.name()).collect();
        assert_eq!(not, ["1/4.", "1/8.", "1/16."], "dotted grids restart at each bar line");
    }

    #[test]
    fn note_values_ascend_and_the_ends_are_no_limit() {
        assert!(NoteValue::ALL.is_sorted_by_key(|value| value.ticks));
        assert_eq!((NoteValue::ALL[0].ticks, NoteValue::ALL[15].ticks), (Tick(1), Note::LONGEST));
    }
}
