//! A piece of training data.

use crate::music::{Mode, Piece, Tick};

/// A piece transposed to C, with its style and modes.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyedPiece {
    /// Index of its style.
    pub style: usize,
    /// The start and mode of each section, ascending; at least one.
    pub modes: Vec<(Tick, Mode)>,
    /// Its notes and bar lines.
    pub piece: Piece,
}

impl KeyedPiece {
    /// The mode at `tick`.
    #[must_use]
    pub fn mode_at(&self, tick: Tick) -> Mode {
        let section = self.modes.partition_point(|(start, _)| *start <= tick).saturating_sub(1);
        self.modes.get(section).map_or(Mode::Major, |(_, mode)| *mode)
    }
}
