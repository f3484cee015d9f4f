//! The chords that a bar is composed with.

use std::sync::Arc;

use crate::music::{Chord, Key, Meter, Note, Tick};

/// The chords around a bar: those of the bar before it, its own, and those of some bars to come. Empty where there is no
/// lane. Equal where the chords are, however the lane is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Harmony {
    chords: Arc<[(Tick, Option<Chord>)]>,
    /// The text of the lane.
    lane: Arc<str>,
}

impl PartialEq for Harmony {
    fn eq(&self, other: &Self) -> bool {
        self.chords == other.chords
    }
}

impl Harmony {
    /// How many bars after its own a bar sees, and how far at least: as far as a note can sound.
    pub(crate) const BARS_AHEAD: usize = 4;
    pub(crate) const AHEAD: Tick = Note::LONGEST;

    pub(crate) fn new(chords: Vec<(Tick, Option<Chord>)>, lane: &str) -> Self {
        Self { chords: chords.into(), lane: lane.into() }
    }

    /// The text of the lane that the chords are of; empty where there was none.
    pub(crate) fn lane(&self) -> &str {
        &self.lane
    }

    /// Chords from the bar line on, ascending, each until the next one. Those of the bar before are at negative places.
    pub(crate) fn chords(&self) -> &[(Tick, Option<Chord>)] {
        &self.chords
    }

    /// Those that begin up to a place after the bar line.
    pub(crate) fn until(&self, place: Tick) -> Self {
        Self { chords: self.chords.iter().filter(|(at, _)| *at <= place).copied().collect(), ..self.clone() }
    }

    /// The same at a song position and transposed, as the network is told it.
    pub(crate) fn told(&self, start: Tick, semitones: i8) -> Arc<[(Tick, Option<Chord>)]> {
        let moved = |(at, chord): &(Tick, Option<Chord>)| {
            (start + *at, chord.map(|chord| chord.transposed(semitones)))
        };
        self.chords.iter().map(moved).collect()
    }

    /// Whether the bar and the one after it, of this length each, have the chords of `other`, of which each is
    /// transposed by the semitones. Where no chord has begun there is none.
    pub(crate) fn is_like(&self, other: &Self, length: Tick, semitones: i8) -> bool {
        let near = |harmony: &Self, up: i8| -> Vec<(Tick, Option<Chord>)> {
            let mut chords: Vec<(Tick, Option<Chord>)> = Vec::new();
            for (at, chord) in
                harmony.chords().iter().filter(|(at, _)| (Tick::ZERO..length + length).contains(at))
            {
                let chord = chord.map(|chord| chord.transposed(up));
                if chords.last().and_then(|(_, last)| *last) != chord {
                    chords.push((*at, chord));
                }
            }
            chords
        };
        near(self, 0) == near(other, semitones)
    }
}

/// Where a bar is, as far as its chords depend on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BarPlace {
    pub(crate) bar_idx: usize,
    pub(crate) meter: Meter,
    pub(crate) key: Key,
}
