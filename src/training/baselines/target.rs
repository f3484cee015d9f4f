//! A note to predict: the notes before it, and the note at the same place a bar earlier.

use crate::model::vocabulary::{duration_class, shift_class, shifted, velocity_class};
use crate::music::{Note, Tick};
use crate::training::corpus::KeyedPiece;

/// The known parts of a note, in the order family, shift, pitch, duration, velocity.
#[derive(Debug, Clone, Copy, Default)]
pub struct KnownParts {
    parts: [usize; 5],
    n_parts: usize,
}

impl KnownParts {
    /// The first `n_parts` of the parts of a note.
    #[must_use]
    pub fn of(parts: &[usize; 5], n_parts: usize) -> Self {
        let mut known = Self { parts: [0; 5], n_parts: n_parts.min(5) };
        known.parts[..known.n_parts].copy_from_slice(&parts[..known.n_parts]);
        known
    }

    /// Number of known parts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n_parts
    }

    /// Whether no part is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_parts == 0
    }

    /// The known parts.
    #[must_use]
    pub fn parts(&self) -> &[usize] {
        &self.parts[..self.n_parts]
    }

    /// The family, if known; otherwise 0.
    #[must_use]
    pub fn family(&self) -> usize {
        self.parts[0]
    }

    /// The shift, if known; otherwise 0.
    #[must_use]
    pub fn shift(&self) -> usize {
        self.parts[1]
    }
}

/// A note of a piece that is to be predicted.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    piece: &'a KeyedPiece,
    /// Index of the note.
    idx: usize,
}

impl<'a> Target<'a> {
    /// Every note of a piece.
    #[must_use]
    pub fn all(piece: &'a KeyedPiece) -> Vec<Self> {
        (0..piece.piece.notes.len()).map(|idx| Self { piece, idx }).collect()
    }

    fn earlier(&self) -> &'a [Note] {
        &self.piece.piece.notes[..self.idx]
    }

    /// The parts of the note.
    #[must_use]
    pub fn next(&self) -> [usize; 5] {
        self.parts_of(self.idx)
    }

    /// The parts of the note this many notes earlier, from 1.
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

    /// The bar line from which the first shift counts.
    fn beginning(&self) -> Tick {
        self.piece.piece.bar_at(Tick::ZERO).0
    }

    /// The onset from which the next shift counts.
    #[must_use]
    pub fn last_onset(&self) -> Tick {
        self.earlier().last().map_or_else(|| self.beginning(), |note| note.onset)
    }

    /// The onset of the note by its shift if known; otherwise the last onset.
    #[must_use]
    pub fn onset(&self, known: &KnownParts) -> Tick {
        if known.len() < 2 { self.last_onset() } else { shifted(self.last_onset(), known.shift()) }
    }

    /// Ticks since the bar line at or before `tick`, and the length of that bar.
    #[must_use]
    pub fn in_bar(&self, tick: Tick) -> (i64, i64) {
        let (start, meter) = self.piece.piece.bar_at(tick);
        ((tick - start).0, meter.bar_length().0)
    }

    /// The lowest pitch that a note of `family` may have at the last onset, since chords are written in one order;
    /// 128 if there is none.
    #[must_use]
    pub fn lowest_in_chord(&self, family: usize) -> usize {
        let last = self.earlier().last();
        last.map_or(0, |last| usize::from(last.pitch) + usize::from(family <= last.family.index()))
    }

    /// The family and shift of the note that followed a bar earlier.
    #[must_use]
    pub fn followed_a_bar_ago(&self) -> Option<(usize, usize)> {
        let last = self.last_onset();
        let then = last - Tick(self.in_bar(last).1);
        let rank = self.earlier().len() - self.begin_of(last);
        let chord = self.begin_of(then)..self.begin_of(then + Tick(1));
        let next = if chord.len() > rank { chord.start + rank } else { chord.end };
        // Not a note of the last chord itself.
        let note = self.earlier().get(next).filter(|note| note.onset < last)?;
        Some((note.family.index(), shift_class(then, note.onset)))
    }

    /// The pitch, duration and velocity of the note at the same place a bar earlier, with the same rank in its chord.
    #[must_use]
    pub fn counterpart(&self, known: &KnownParts) -> Option<[usize; 3]> {
        let onset = self.onset(known);
        let then = onset - Tick(self.in_bar(onset).1);
        let rank = self.earlier().len() - self.begin_of(onset);
        let chord = self.begin_of(then)..self.begin_of(then + Tick(1));
        let note = self.earlier().get(chord.start + rank).filter(|_| rank < chord.len())?;
        Some([usize::from(note.pitch.min(127)), duration_class(note.duration), velocity_class(note.velocity)])
    }

    /// Number of earlier notes with an onset before `tick`.
    fn begin_of(&self, tick: Tick) -> usize {
        self.earlier().partition_point(|note| note.onset < tick)
    }
}
