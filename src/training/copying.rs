//! What a model may not copy: the passages of its training pieces, and how many notes of them in a row are the style.

use std::ops::RangeInclusive;

use crate::model::Passages;
use crate::training::corpus::{Corpus, Part};

/// Fewer notes in a row are nobody's: scales, cadences, beats; more are somebody's.
const NOBODYS: RangeInclusive<usize> = 16..=32;

/// The passages of the training pieces, and for each style how many notes in a row pieces that were held out share with
/// them, on average. A beat is nobody's: for styles that are mostly drums there is no such number.
#[must_use]
pub fn passages(corpus: &Corpus) -> (Passages, Vec<Option<usize>>) {
    let passages = Passages::of(corpus.pieces(Part::Train).map(|piece| piece.piece.notes.clone()));
    let is_beat = |style: usize| {
        let (mut n_drums, mut n_notes) = (0, 0);
        for piece in corpus.pieces_in(Part::Train, style) {
            n_drums += piece.piece.notes.iter().filter(|note| note.family.is_drums()).count();
            n_notes += piece.piece.notes.len();
        }
        2 * n_drums > n_notes
    };
    let shared = |style: usize| {
        if is_beat(style) {
            return None;
        }
        let held_out = corpus.pieces_in(Part::Valid, style);
        let shared: Vec<usize> = held_out.map(|piece| passages.longest_shared(&piece.piece.notes)).collect();
        let mean = shared.iter().sum::<usize>() / shared.len().max(1);
        Some(mean.clamp(*NOBODYS.start(), *NOBODYS.end()))
    };
    let shared = (0..corpus.styles.len()).map(shared).collect();
    (passages, shared)
}
