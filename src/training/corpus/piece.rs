//! A piece as it is trained on.

use crate::music::{Mode, Piece, Tick};

/// A piece moved to a tonic of C, with what the network is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyedPiece {
    /// Index of its style.
    pub style: usize,
    /// Where each section begins, ascending, and whether it is major or minor; at least one.
    pub modes: Vec<(Tick, Mode)>,
    /// Its notes and bar lines.
    pub piece: Piece,
}

impl KeyedPiece {
    /// Major or minor at `tick`.
    #[must_use]
    pub fn mode_at(&self, tick: Tick) -> Mode {
        let section = self.modes.partition_point(|(start, _)| *start <= tick).saturating_sub(1);
        self.modes.get(section).map_or(Mode::Major, |(_, mode)| *mode)
    }
}
