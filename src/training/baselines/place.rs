//! Where a note is to follow: what was played before it, and what was played there a bar before.

use crate::model::vocabulary::{duration_class, shift_class, shifted, velocity_class};
use crate::music::{Note, Tick};
use crate::training::corpus::KeyedPiece;

/// The parts of a note that have been said so far, in the order family, shift, pitch, duration, velocity.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    parts: [usize; 5],
    n_parts: usize,
}

impl Said {
    /// The first `n_parts` of the parts of a note.
    #[must_use]
    pub fn of(parts: &[usize; 5], n_parts: usize) -> Self {
        let mut said = Self { parts: [0; 5], n_parts: n_parts.min(5) };
        said.parts[..said.n_parts].copy_from_slice(&parts[..said.n_parts]);
        said
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n_parts
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_parts == 0
    }

    /// Those said.
    #[must_use]
    pub fn parts(&self) -> &[usize] {
        &self.parts[..self.n_parts]
    }

    /// The family, if it was said.
    #[must_use]
    pub fn family(&self) -> usize {
        self.parts[0]
    }

    /// The shift, if it was said.
    #[must_use]
    pub fn shift(&self) -> usize {
        self.parts[1]
    }
}

/// A note of a piece that is to be foretold.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    piece: &'a KeyedPiece,
    /// Of the note to be foretold; the ones before it are known.
    idx: usize,
}

impl<'a> Place<'a> {
    /// Every note of a piece.
    #[must_use]
    pub fn all(piece: &'a KeyedPiece) -> Vec<Self> {
        (0..piece.piece.notes.len()).map(|idx| Self { piece, idx }).collect()
    }

    fn known(&self) -> &'a [Note] {
        &self.piece.piece.notes[..self.idx]
    }

    /// The parts of the note that does follow.
    #[must_use]
    pub fn next(&self) -> [usize; 5] {
        self.parts_of(self.idx)
    }

    /// The parts of the note this many notes back, 1 for the last; nothing before the first.
    #[must_use]
    pub fn back(&self, n_notes: usize) -> Option<[usize; 5]> {
        Some(self.parts_of(self.idx.checked_sub(n_notes)?))
    }

    fn parts_of(&self, idx: usize) -> [usize; 5] {
        let notes = &self.piece.piece.notes;
        let before = idx.checked_sub(1).map_or_else(|| self.beginning(), |idx| notes[idx].onset);
        let note = &notes[idx];
        [
            note.family.index(),
            shift_class(before, note.onset),
            usize::from(note.pitch.min(127)),
            duration_class(note.duration),
            velocity_class(note.velocity),
        ]
    }

    /// The bar line that the first shift counts from.
    fn beginning(&self) -> Tick {
        self.piece.piece.bar_at(Tick::ZERO).0
    }

    /// The onset that the next shift counts from.
    #[must_use]
    pub fn last_onset(&self) -> Tick {
        self.known().last().map_or_else(|| self.beginning(), |note| note.onset)
    }

    /// Where the note falls, as far as that has been said: at its shift, or at the last onset.
    #[must_use]
    pub fn target(&self, said: &Said) -> Tick {
        if said.len() < 2 { self.last_onset() } else { shifted(self.last_onset(), said.shift()) }
    }

    /// Ticks since the bar line at or before `tick`, and the length of that bar.
    #[must_use]
    pub fn in_bar(&self, tick: Tick) -> (i64, i64) {
        let (start, meter) = self.piece.piece.bar_at(tick);
        ((tick - start).0, meter.bar_length().0)
    }

    /// The lowest pitch that a note of `family` may have at the last onset, so that chords are written in
    /// one order only; 128 if there is none.
    #[must_use]
    pub fn lowest_in_chord(&self, family: usize) -> usize {
        let last = self.known().last();
        last.map_or(0, |last| usize::from(last.pitch) + usize::from(family <= last.family.index()))
    }

    /// What followed a bar ago: the family of the note and its shift.
    #[must_use]
    pub fn followed_a_bar_ago(&self) -> Option<(usize, usize)> {
        let last = self.last_onset();
        let then = last - Tick(self.in_bar(last).1);
        let rank = self.known().len() - self.begin_of(last);
        let chord = self.begin_of(then)..self.begin_of(then + Tick(1));
        let next = if chord.len() > rank { chord.start + rank } else { chord.end };
        // Only what lies in an earlier bar: the last chord is no memory of one.
        let note = self.known().get(next).filter(|note| note.onset < last)?;
        Some((note.family.index(), shift_class(then, note.onset)))
    }

    /// The pitch, duration and velocity of the note at the same place a bar before the one to be foretold:
    /// of the same rank in its chord.
    #[must_use]
    pub fn counterpart(&self, said: &Said) -> Option<[usize; 3]> {
        let target = self.target(said);
        let then = target - Tick(self.in_bar(target).1);
        let rank = self.known().len() - self.begin_of(target);
        let chord = self.begin_of(then)..self.begin_of(then + Tick(1));
        let note = self.known().get(chord.start + rank).filter(|_| rank < chord.len())?;
        Some([usize::from(note.pitch.min(127)), duration_class(note.duration), velocity_class(note.velocity)])
    }

    /// How many known notes lie before `tick`.
    fn begin_of(&self, tick: Tick) -> usize {
        self.known().partition_point(|note| note.onset < tick)
    }
}
