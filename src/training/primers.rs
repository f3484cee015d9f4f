//! Primers: passages of the training data that a new piece can start from.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

use crate::model::Primer;
use crate::music::{Note, Tick, nth_random};
use crate::training::corpus::{Corpus, KeyedPiece, Part};

/// Bars of a passage: a phrase.
const PHRASE: i64 = 8;
/// Bars of a passage where there is no phrase to take.
const HALF_PHRASE: i64 = 4;
/// Most primers of one style and meter, once the style has [`ENOUGH`].
const MAX_OF_A_METER: usize = 12;
/// So many primers of a style are taken in any meter. The music of a style differs no more from piece to piece than what it
/// begins from.
const ENOUGH: usize = 72;
/// Most pieces to look at.
const MAX_PIECES: usize = 20_000;
/// Most passages of one piece.
const MAX_OF_A_PIECE: usize = 8;
/// Most notes in a passage: a phrase of a dance floor. Primers stay in memory, and the network hears one before the first bar.
const MAX_NOTES: usize = 400;

/// Chooses passages from random training pieces: 72 of each style, and up to 12 in each meter. Where there are fewer
/// pieces, up to eight passages of each.
///
/// Each has eight bars and ends where a phrase of eight bars does, so that what is composed after it begins with one; or else
/// four bars. It has a note in every bar, and keeps one meter and one mode. Something comes after it in the piece.
#[must_use]
pub fn choose_primers(corpus: &Corpus, seed: u64) -> Vec<Primer> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut shuffled: Vec<usize> = (0..corpus.n_pieces(Part::Train)).collect();
    shuffled.shuffle(&mut rng);
    shuffled.truncate(MAX_PIECES);
    let mut primers: Vec<Primer> = Vec::new();
    for turn in 0..MAX_OF_A_PIECE {
        // Pieces of styles that still need some are looked at again.
        shuffled.retain(|idx| {
            let piece = &*corpus.piece(Part::Train, *idx);
            let of_style = || primers.iter().filter(|primer| primer.style == piece.style);
            let has_enough = of_style().count() >= ENOUGH;
            let ends = ends(piece, nth_random(seed, *idx as u64));
            let Some(end) = ends.get(turn).filter(|_| turn == 0 || !has_enough) else { return false };
            if let Some(primer) = before(piece, *end)
                && (!has_enough
                    || of_style().filter(|other| other.meter == primer.meter).count() < MAX_OF_A_METER)
            {
                primers.push(primer);
            }
            !has_enough
        });
    }
    primers.sort_by_key(|primer| primer.style);
    primers
}

/// Where passages of a piece may end, in random order: first the ends of phrases, then the middles.
fn ends(piece: &KeyedPiece, seed: u64) -> Vec<Tick> {
    let (first_bar, meter) = piece.piece.first_whole_bar();
    let bar_length = meter.bar_length().0;
    let n_bars = (piece.piece.end() - first_bar).0 / bar_length;
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let open = (1..).map(|half| half * HALF_PHRASE).take_while(|end| *end + HALF_PHRASE <= n_bars);
    let (mut ends, mut middles): (Vec<i64>, Vec<i64>) = open.partition(|end| end % PHRASE == 0);
    ends.shuffle(&mut rng);
    middles.shuffle(&mut rng);
    ends.into_iter().chain(middles).map(|end| first_bar + Tick(end * bar_length)).collect()
}

/// The passage that ends there.
fn before(piece: &KeyedPiece, end: Tick) -> Option<Primer> {
    [PHRASE, HALF_PHRASE].into_iter().find_map(|n_bars| passage(piece, end, n_bars))
}

fn passage(piece: &KeyedPiece, end: Tick, n_bars: i64) -> Option<Primer> {
    let (_, meter) = piece.piece.bar_at(end - Tick(1));
    let bar_length = meter.bar_length();
    let start = end - Tick(bar_length.0 * n_bars);
    let bars: Vec<Tick> = (0..n_bars).map(|bar| start + Tick(bar * bar_length.0)).collect();
    let mode = piece.mode_at(start);
    let notes: Vec<Note> = piece
        .piece
        .notes
        .iter()
        .filter(|note| (start..end).contains(&note.onset))
        .map(|note| Note { onset: note.onset - start, ..*note })
        .collect();
    let is_full = |bar: &Tick| {
        let bar = (*bar - start)..(*bar - start + bar_length);
        notes.iter().any(|note| bar.contains(&note.onset))
    };
    let is_usable = bars.iter().all(|bar| piece.piece.bar_at(*bar) == (*bar, meter) && is_full(bar))
        && mode == piece.mode_at(end - Tick(1));
    let primer = Primer { style: piece.style, mode, meter, n_bars: n_bars as u32, notes };
    (start >= Tick::ZERO && is_usable && primer.notes.len() <= MAX_NOTES && !primer.is_shifted())
        .then_some(primer)
}

#[cfg(test)]
mod tests {
    use crate::music::{Family, Meter, Mode, Note, Piece, Tick};
    use crate::training::corpus::KeyedPiece;
    use crate::training::primers::{before, ends};

    const BAR: i64 = 96;

    /// Quarters, so many bars of them, after an upbeat of one quarter.
    fn piece(n_bars: i64) -> KeyedPiece {
        let note = |beat: i64| Note {
            onset: Tick(24 * beat),
            duration: Tick(24),
            pitch: 60 + (beat % 12) as u8,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        let notes = (3..4 + 4 * n_bars).map(note).collect();
        KeyedPiece {
            style: 0,
            modes: vec![(Tick(0), Mode::Major)],
            piece: Piece { notes, ..Piece::default() },
        }
    }

    #[test]
    fn what_is_composed_after_a_primer_begins_with_a_phrase() {
        let piece = piece(40);
        let found: Vec<i64> = ends(&piece, 1).iter().map(|end| (end.0 - BAR) / BAR).collect();
        let (mut phrases, mut middles) = (found[..4].to_vec(), found[4..].to_vec());
        assert_ne!(found, ends(&piece, 2).iter().map(|end| (end.0 - BAR) / BAR).collect::<Vec<_>>());
        phrases.sort_unstable();
        middles.sort_unstable();
        assert_eq!(
            phrases,
            [8, 16, 24, 32],
            "counted from the first bar after the upbeat; something comes after each"
        );
        assert_eq!(middles, [4, 12, 20, 28, 36]);
        let primer = before(&piece, Tick(17 * BAR)).unwrap();
        assert_eq!((primer.n_bars, primer.meter, primer.notes.len()), (8, Meter::COMMON, 32));
        assert_eq!((primer.notes[0].onset, primer.notes[0].pitch), (Tick(0), piece.piece.notes[33].pitch));
    }

    #[test]
    fn without_a_whole_phrase_half_of_one_is_taken() {
        let short = piece(9);
        assert_eq!(ends(&short, 1), [Tick(5 * BAR)], "there are no four bars after the eighth");
        assert_eq!(before(&short, Tick(5 * BAR)).unwrap().n_bars, 4);
        // A bar without a note in the first half of the phrase.
        let mut with_rest = piece(40);
        with_rest.piece.notes.retain(|note| note.onset < Tick(3 * BAR) || note.onset >= Tick(4 * BAR));
        assert_eq!(before(&with_rest, Tick(9 * BAR)).unwrap().n_bars, 4);
        assert_eq!(before(&with_rest, Tick(5 * BAR)), None);
    }
}
