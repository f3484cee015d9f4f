//! How far a style may go: how many notes of the training pieces in a row are the style, and how long real pieces stay on
//! one pitch.

use std::ops::RangeInclusive;

use crate::model::{PASSAGE, Passages};
use crate::training::corpus::{Corpus, Part};
use crate::training::measures::{Known, Passage, measure};

/// Fewer notes in a row are nobody's, scales and cadences; more are somebody's.
const NOBODYS: RangeInclusive<usize> = 16..=32;
/// Notes of training pieces that are looked at in a style; so many take some seconds.
const N_NOTES: usize = 1 << 22;
/// Bars of a piece that are looked at, so that long pieces count for no more than short ones.
const N_BARS: usize = 64;

/// What the pieces tell of one style that were held out; nothing where none was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many notes in a row they share with the training pieces: on average, or at the most where that is less than is
    /// anybody's. A beat is nobody's, so for styles that are mostly drums it is the most.
    pub longest_shared: Option<usize>,
    /// How many notes in a row an instrument stays on one pitch at the most.
    pub longest_run: Option<usize>,
}

/// The passages of the training pieces, and the limits of each style.
#[must_use]
pub fn limits(corpus: &Corpus) -> (Passages, Vec<Limits>) {
    let passages = Passages::of(corpus.pieces(Part::Train).map(|piece| piece.piece.notes.clone()));
    let limits = |style: usize| {
        let (mut n_drums, mut n_notes) = (0, 0);
        let learned = corpus.pieces_in(Part::Train, style).take_while(|piece| {
            n_drums += piece.piece.notes.iter().filter(|note| note.family.is_drums()).count();
            n_notes += piece.piece.notes.len();
            n_notes <= N_NOTES
        });
        let learned: Vec<_> = learned.collect();
        let known = Known::new(learned.iter().map(|piece| piece.piece.notes.as_slice()));
        let is_beat = 2 * n_drums > n_notes;
        let held_out = corpus.pieces_in(Part::Valid, style);
        let held_out: Vec<Passage> = held_out.map(|piece| Passage::at_most(&piece.piece, N_BARS)).collect();
        let shared = known.shared(held_out.iter().map(|piece| piece.notes.as_slice()));
        let longest_shared = (!held_out.is_empty()).then(|| {
            let mean = (shared.mean() as usize).clamp(*NOBODYS.start(), *NOBODYS.end());
            // A passage has more notes than one less; who shares none is held to that.
            if is_beat { shared.max() } else { mean.min(shared.max()) }.max(PASSAGE - 1)
        });
        Limits { longest_shared, longest_run: held_out.iter().map(|piece| measure(piece).longest_run).max() }
    };
    let limits = (0..corpus.styles.len()).map(limits).collect();
    (passages, limits)
}
