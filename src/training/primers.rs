//! Primers: passages of the training data that a new piece can start from.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::model::Primer;
use crate::music::{Note, Tick};
use crate::training::corpus::{Corpus, KeyedPiece, Part};

/// Length of a passage.
const N_BARS: u32 = 4;
/// Most primers of one style and meter, once the style has [`ENOUGH`].
const MAX_OF_A_METER: usize = 10;
/// So many primers of a style are taken in any meter: with fewer, its music begins alike too often.
const ENOUGH: usize = 32;
/// Most pieces to look at.
const MAX_PIECES: usize = 20_000;
/// Most notes in a passage: a full dance floor has 60 in a bar.
const MAX_NOTES: usize = 320;

/// Chooses passages of four bars from random training pieces: 32 of each style, and up to ten in each meter.
///
/// Each begins at a multiple of four bars, has a note in every bar, and keeps one meter and one mode.
#[must_use]
pub fn choose_primers(corpus: &Corpus, seed: u64) -> Vec<Primer> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut shuffled: Vec<usize> = (0..corpus.n_pieces(Part::Train)).collect();
    shuffled.shuffle(&mut rng);
    let mut primers: Vec<Primer> = Vec::new();
    for idx in shuffled.into_iter().take(MAX_PIECES) {
        let piece = &*corpus.piece(Part::Train, idx);
        let (first_bar, meter) = piece.piece.bar_at(Tick::ZERO);
        let length = meter.bar_length().0 * i64::from(N_BARS);
        let n_passages = (piece.piece.end() - first_bar).0 / length;
        if n_passages < 2 {
            continue;
        }
        let start = first_bar + Tick(rng.random_range(0..n_passages - 1) * length);
        let Some(primer) = passage(piece, start) else { continue };
        let n_alike = primers.iter().filter(|p| p.style == primer.style && p.meter == primer.meter).count();
        let n_of_style = primers.iter().filter(|p| p.style == primer.style).count();
        if n_alike < MAX_OF_A_METER || n_of_style < ENOUGH {
            primers.push(primer);
        }
    }
    primers.sort_by_key(|primer| primer.style);
    primers
}

fn passage(piece: &KeyedPiece, start: Tick) -> Option<Primer> {
    let (_, meter) = piece.piece.bar_at(start);
    let bar_length = meter.bar_length();
    let end = start + Tick(bar_length.0 * i64::from(N_BARS));
    let has_one_meter = piece.piece.bar_at(end - Tick(1)) == (end - bar_length, meter)
        && piece.piece.bar_at(start) == (start, meter);
    let mode = piece.mode_at(start);
    let notes: Vec<Note> = piece
        .piece
        .notes
        .iter()
        .filter(|note| (start..end).contains(&note.onset))
        .map(|note| Note { onset: note.onset - start, ..*note })
        .collect();
    let is_full = (0..i64::from(N_BARS)).all(|bar| {
        let bar = Tick(bar * bar_length.0)..Tick((bar + 1) * bar_length.0);
        notes.iter().any(|note| bar.contains(&note.onset))
    });
    let is_usable = has_one_meter && is_full && mode == piece.mode_at(end - Tick(1));
    let primer = Primer { style: piece.style, mode, meter, n_bars: N_BARS, notes };
    (is_usable && primer.notes.len() <= MAX_NOTES && !primer.is_shifted()).then_some(primer)
}
