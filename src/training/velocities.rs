//! The velocities that the pieces have, for the card of a model.

use crate::model::Card;
use crate::music::Note;
use crate::training::corpus::{Corpus, Part};

/// The velocities of each style of the corpus, each with the number of its notes; `before` is the card of the model that
/// training went on from.
///
/// What an earlier card does not say of its styles stays unknown.
#[must_use]
pub fn velocities(corpus: &Corpus, before: Option<&Card>) -> Vec<Vec<(u8, u32)>> {
    let of_style = |style: usize| {
        if let Some(before) = before.filter(|before| style < before.styles.len()) {
            return before.velocities.get(style).cloned().unwrap_or_default();
        }
        let pieces: Vec<_> = corpus.pieces_in(Part::Train, style).collect();
        counted(pieces.iter().flat_map(|piece| &piece.piece.notes))
    };
    (0..corpus.styles.len()).map(of_style).collect()
}

/// The velocities of `notes`, ascending, each with the number of its notes.
#[must_use]
pub fn counted<'a>(notes: impl Iterator<Item = &'a Note>) -> Vec<(u8, u32)> {
    let mut counts = [0_u32; 128];
    for note in notes {
        counts[usize::from(note.velocity & 127)] += 1;
    }
    (0..).zip(counts).filter(|(_, n_notes)| *n_notes > 0).collect()
}
