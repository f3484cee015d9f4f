//! What the network is told of the music to come.

use std::sync::Arc;

use crate::music::{Chord, Tick};

/// What the network is told of the music to come: the chords, and where it ends.
///
/// It has learned to compose with and without either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Chords around a tonic of C at song positions, ascending, each until the next one; `None` where none is told.
    /// The network looks ahead to the next change, so they should reach as far ahead as is known.
    pub chords: Arc<[(Tick, Option<Chord>)]>,
    /// The bar line at which the music ends.
    pub end: Option<Tick>,
}

impl Default for Told {
    /// Nothing is told.
    fn default() -> Self {
        Self { chords: Arc::new([]), end: None }
    }
}

impl Told {
    /// The chord at `tick`.
    #[must_use]
    pub fn chord_at(&self, tick: Tick) -> Option<Chord> {
        let idx = self.chords.partition_point(|(at, _)| *at <= tick).checked_sub(1)?;
        self.chords.get(idx)?.1
    }

    /// Where the chord changes after `tick`, and to what.
    #[must_use]
    pub fn change_after(&self, tick: Tick) -> Option<(Tick, Option<Chord>)> {
        let now = self.chord_at(tick);
        let next = self.chords.partition_point(|(at, _)| *at <= tick);
        self.chords.iter().skip(next).find(|(_, chord)| *chord != now).copied()
    }
}
