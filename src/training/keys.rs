//! The keys that each instrument plays in the pieces, for the card of a model.

use crate::model::{Card, InstrumentKeys};
use crate::music::Family;
use crate::training::corpus::{Corpus, Part};

/// The keys of each instrument in each style of the corpus; `before` is the card of the model that training went on
/// from.
///
/// Empty for a style that was learned before by a model whose card does not say.
#[must_use]
pub fn keys(corpus: &Corpus, before: Option<&Card>) -> Vec<Vec<InstrumentKeys>> {
    let keys = |style: usize| {
        let mut keys = [0_u128; Family::COUNT];
        if let Some(before) = before.filter(|before| style < before.styles.len()) {
            let listed = before.keys.get(style).filter(|listed| !listed.is_empty());
            let Some(listed) = listed else { return Vec::new() };
            for instrument in listed.iter().filter(|instrument| instrument.family < Family::COUNT) {
                keys[instrument.family] |= instrument.keys();
            }
        }
        for part in [Part::Train, Part::Valid] {
            for piece in corpus.pieces_in(part, style) {
                for note in &piece.piece.notes {
                    keys[note.family.index()] |= 1 << (note.pitch & 127);
                }
            }
        }
        let played = Family::all().zip(keys).filter(|(_, keys)| *keys != 0);
        played.map(|(family, keys)| InstrumentKeys::of(family, keys)).collect()
    };
    (0..corpus.styles.len()).map(keys).collect()
}
