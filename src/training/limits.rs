//! Limits for the card of a model, measured on held-out pieces: how many notes in a row may match a training piece, and
//! how many may have one pitch.

use std::ops::RangeInclusive;

use crate::model::{Card, Model, PASSAGE, Passages};
use crate::training::corpus::{Corpus, Part};
use crate::training::measures::{Passage, PassageIndex, measure};

/// Notes in a row that pieces share because of a common idiom, such as scales and cadences. Sharing more is copying.
const COMMON_IDIOM: RangeInclusive<usize> = 16..=32;
/// Most notes of training pieces to compare with in a style; they take some seconds.
const N_NOTES: usize = 1 << 22;
/// Most bars of a held-out piece to measure, so that long pieces do not count more than short ones.
const N_BARS: usize = 64;

/// Limits of one style, measured on its held-out pieces; `None` if there are none and nothing is known from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Notes in a row shared with the training pieces: the mean over held-out pieces within `COMMON_IDIOM`, but no
    /// more than the maximum. For styles that are mostly drums it is the maximum, since beats are common property.
    pub longest_shared: Option<usize>,
    /// The longest run of notes on one pitch by an instrument.
    pub longest_run: Option<usize>,
}

/// The passages of the training pieces, and the limits of each style. `before` is the model that training went on from: what it
/// learned is still in the weights, so its passages stay, and its limits where nothing is held out now.
#[must_use]
pub fn limits(corpus: &Corpus, before: Option<&Model>) -> (Passages, Vec<Limits>) {
    let learned = corpus.pieces(Part::Train).map(|piece| piece.piece.notes.clone());
    let passages = match before.and_then(Model::passages) {
        Some(passages) => passages.extended(learned),
        None => Passages::of(learned),
    };
    let limit_before = |of: fn(&Card) -> &Vec<Option<usize>>, style: usize| {
        before.and_then(|model| of(model.card()).get(style).copied().flatten())
    };
    let limits = |style: usize| {
        let (mut n_drums, mut n_notes) = (0, 0);
        let learned = corpus.pieces_in(Part::Train, style).take_while(|piece| {
            n_drums += piece.piece.notes.iter().filter(|note| note.family.is_drums()).count();
            n_notes += piece.piece.notes.len();
            n_notes <= N_NOTES
        });
        let learned: Vec<_> = learned.collect();
        let known = PassageIndex::new(learned.iter().map(|piece| piece.piece.notes.as_slice()));
        let is_beat = 2 * n_drums > n_notes;
        let held_out = corpus.pieces_in(Part::Valid, style);
        let held_out: Vec<Passage> = held_out.map(|piece| Passage::at_most(&piece.piece, N_BARS)).collect();
        let shared = known.shared(held_out.iter().map(|piece| piece.notes.as_slice()));
        let longest_shared = (!held_out.is_empty()).then(|| {
            let mean = (shared.mean() as usize).clamp(*COMMON_IDIOM.start(), *COMMON_IDIOM.end());
            // Shared passages shorter than this are not detected.
            if is_beat { shared.max() } else { mean.min(shared.max()) }.max(PASSAGE - 1)
        });
        let longest_run = held_out.iter().map(|piece| measure(piece).longest_run).max();
        Limits {
            longest_shared: longest_shared.or_else(|| limit_before(|card| &card.longest_shared, style)),
            longest_run: longest_run.or_else(|| limit_before(|card| &card.longest_run, style)),
        }
    };
    let limits = (0..corpus.styles.len()).map(limits).collect();
    (passages, limits)
}
