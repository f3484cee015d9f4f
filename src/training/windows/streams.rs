//! Endless streams of pieces, from which batches are cut.
//!
//! A stream is one piece after another. The next piece depends only on the seed, the stream's number and how many
//! pieces came before, so a few numbers are enough to restore a stream.

use std::sync::Arc;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::model::encoding::Encoding;
use crate::music::nth_random;
use crate::training::corpus::{Corpus, Part};
use crate::training::windows::reader::{Reader, Telling};
use crate::training::windows::window::Window;

/// The position of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamState {
    /// Pieces begun.
    pub n_begun: u64,
    /// Index of the next note in the last of them.
    pub next_note: u64,
}

/// What all streams of a run are cut from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The pieces.
    pub corpus: Arc<Corpus>,
    /// How they are encoded.
    pub encoding: Encoding,
    /// Seed of the order of the pieces, and of what is told of them.
    pub seed: u64,
    /// Streams in all.
    pub n_streams: usize,
}

/// Some of the streams of a batch.
pub struct Streams {
    deal: Deal,
    streams: Vec<Stream>,
}

struct Stream {
    number: u64,
    n_begun: u64,
    reader: Reader,
}

impl Streams {
    /// The streams with these numbers at the beginning of a run.
    ///
    /// Each begins at a random note of its first piece, so that pieces do not all end together.
    #[must_use]
    pub fn begin(source: &Source, numbers: std::ops::Range<usize>) -> Self {
        let mut deal = Deal::new(source);
        let seed = source.seed;
        let states: Vec<StreamState> = numbers
            .clone()
            .map(|number| {
                let n_notes = deal.piece(number as u64, 0).n_notes();
                let mut rng = Pcg64Mcg::seed_from_u64(nth_random(seed, number as u64));
                StreamState { n_begun: 1, next_note: rng.random_range(0..n_notes.max(1)) as u64 }
            })
            .collect();
        Self::resume(source, numbers, &states)
    }

    /// Restores streams from their [`state`](Self::state).
    #[must_use]
    pub fn resume(source: &Source, numbers: std::ops::Range<usize>, states: &[StreamState]) -> Self {
        let mut deal = Deal::new(source);
        let streams = numbers
            .zip(states)
            .map(|(number, state)| {
                let number = number as u64;
                let mut reader = deal.piece(number, state.n_begun.saturating_sub(1));
                reader.skip_to(state.next_note as usize);
                Stream { number, n_begun: state.n_begun, reader }
            })
            .collect();
        Self { deal, streams }
    }

    /// The position of each stream.
    #[must_use]
    pub fn state(&self) -> Vec<StreamState> {
        let state = |stream: &Stream| StreamState {
            n_begun: stream.n_begun,
            next_note: stream.reader.next_note() as u64,
        };
        self.streams.iter().map(state).collect()
    }

    /// Reads the next `n_steps` notes of each stream.
    pub fn next_window(&mut self, n_steps: usize, window: &mut Window) {
        let Self { deal, streams } = self;
        window.fill_with([n_steps, streams.len()], |stream_idx, position| {
            let stream = &mut streams[stream_idx];
            while !stream.reader.read_into(position) {
                stream.reader = deal.piece(stream.number, stream.n_begun);
                stream.n_begun += 1;
            }
        });
    }
}

/// Draws pieces from shuffled decks of as many cards as there are pieces. Each deck has a piece as often as its weight
/// asks for, to within one card.
struct Deal {
    source: Source,
    /// Cumulative weights of the pieces.
    cumulative: Vec<f64>,
    /// The last decks used, with their numbers: streams are seldom more than one deck apart.
    decks: Vec<(u64, Vec<u32>)>,
}

impl Deal {
    fn new(source: &Source) -> Self {
        let running_sum = |sum: &mut f64, weight: f64| {
            *sum += weight;
            Some(*sum)
        };
        let cumulative = source.corpus.weights().into_iter().scan(0.0, running_sum).collect();
        Self { source: source.clone(), cumulative, decks: Vec::new() }
    }

    /// The piece that a stream begins after `n_begun` others.
    fn piece(&mut self, stream: u64, n_begun: u64) -> Reader {
        let n_pieces = self.cumulative.len() as u64;
        let card = n_begun * self.source.n_streams as u64 + stream;
        let (number, place) = (card / n_pieces, (card % n_pieces) as usize);
        let idx = if let Some((_, deck)) = self.decks.iter().find(|(known, _)| *known == number) {
            deck[place]
        } else {
            let deck = self.deck(number);
            let idx = deck[place];
            self.decks.truncate(1);
            self.decks.insert(0, (number, deck));
            idx
        };
        let telling = Telling::Some(nth_random(self.source.seed ^ 0x7e11, card));
        Reader::new(self.source.corpus.piece(Part::Train, idx as usize), self.source.encoding, telling)
    }

    /// Draws a deck at equally spaced points over the cumulative weights from a random start, and shuffles it.
    fn deck(&self, number: u64) -> Vec<u32> {
        let mut rng = Pcg64Mcg::seed_from_u64(nth_random(self.source.seed ^ 0xdec4, number));
        let n_pieces = self.cumulative.len();
        let total = self.cumulative.last().copied().unwrap_or_default();
        let begin: f64 = rng.random();
        let mut idx = 0;
        let mut deck: Vec<u32> = (0..n_pieces)
            .map(|card| {
                let pointer = (card as f64 + begin) / n_pieces as f64 * total;
                while idx + 1 < n_pieces && self.cumulative[idx] <= pointer {
                    idx += 1;
                }
                idx as u32
            })
            .collect();
        deck.shuffle(&mut rng);
        deck
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use crate::model::encoding::Encoding;
    use crate::training::corpus::{Corpus, Part, StyleFolder};
    use crate::training::threads::Threads;
    use crate::training::windows::streams::{Deal, Source, Streams};
    use crate::training::windows::window::Window;

    fn corpus() -> Arc<Corpus> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/odd-midi");
        Arc::new(
            Corpus::read(&[StyleFolder { name: "Odd".into(), path }], &Threads::new(2).unwrap()).unwrap(),
        )
    }

    fn source(seed: u64, n_streams: usize) -> Source {
        Source { corpus: corpus(), encoding: Encoding::Third, seed, n_streams }
    }

    #[test]
    fn streams_restored_from_their_state_continue_with_the_same_notes() {
        let source = source(3, 8);
        let mut streams = Streams::begin(&source, 2..6);
        let (mut window, mut other) = (Window::default(), Window::default());
        for _ in 0..20 {
            let mut again = Streams::resume(&source, 2..6, &streams.state());
            streams.next_window(17, &mut window);
            again.next_window(17, &mut other);
            assert_eq!(window.parts, other.parts);
            assert_eq!(window.step_rows, other.step_rows);
            assert_eq!(window.beginnings, other.beginnings);
            assert_eq!(streams.state(), again.state());
        }
    }

    #[test]
    fn streams_split_over_more_lanes_are_the_same_streams() {
        let source = source(3, 6);
        let states = |numbers: std::ops::Range<usize>| {
            let mut streams = Streams::begin(&source, numbers);
            (0..10).for_each(|_| streams.next_window(31, &mut Window::default()));
            streams.state()
        };
        assert_eq!(states(0..6), [states(0..2), states(2..6)].concat());
    }

    #[test]
    fn every_deck_has_a_piece_as_often_as_its_weight_asks() {
        let source = source(1, 4);
        let mut deal = Deal::new(&source);
        let n_pieces = source.corpus.n_pieces(Part::Train);
        // The first piece weighs as much as all the others.
        let weight = |idx: usize| if idx == 0 { n_pieces as f64 - 1.0 } else { 1.0 };
        deal.cumulative = (0..n_pieces).map(|idx| (0..=idx).map(weight).sum()).collect();
        for number in 0..20 {
            let n_first = deal.deck(number).iter().filter(|idx| **idx == 0).count();
            assert!(n_first.abs_diff(n_pieces / 2) <= 1, "{n_first} of {n_pieces}");
        }
    }
}
