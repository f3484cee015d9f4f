//! The loss on held-out pieces: whole pieces, with the hidden state carried from window to window.

use std::sync::Arc;

use crate::model::Position;
use crate::model::network::{N_PARTS, Network};
use crate::training::corpus::{Corpus, KeyedPiece, Part};
use crate::training::engines::fused::Worker;
use crate::training::losses::{Losses, add_up};
use crate::training::threads::Threads;
use crate::training::windows::{Reader, Telling, Window};

/// Pieces held in memory at a time.
const PIECES_AT_ONCE: usize = 512;
/// Pieces evaluated together.
const LANE_STREAMS: usize = 16;

/// Loss on the validation pieces in nats per note, by part: family, shift, pitch, duration, velocity, feel.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Mean over the styles, without velocity and feel: they are what a network overfits first, and players set
    /// them to taste.
    pub mean: f32,
    /// By style and part.
    pub by_style: Vec<[f32; N_PARTS]>,
    /// Whether it is the lowest so far.
    pub is_best: bool,
}

/// The loss on the validation pieces of each style, of which nothing is told: on about `limit` notes, or on all.
#[must_use]
pub fn validate(network: &Network, corpus: &Corpus, threads: &Threads, limit: Option<usize>) -> Validation {
    let by_style: Vec<[f32; N_PARTS]> = (0..corpus.styles.len())
        .map(|style| {
            let (mut sums, mut n_notes) = (Losses::default(), 0);
            let mut pieces = corpus.pieces_in(Part::Valid, style);
            // In groups, since all pieces of a large corpus may not fit into memory.
            while n_notes < limit.unwrap_or(usize::MAX) {
                let mut n_taken = n_notes;
                let is_within = |piece: &Arc<KeyedPiece>| {
                    let has_room = n_taken < limit.unwrap_or(usize::MAX);
                    n_taken += piece.piece.notes.len();
                    has_room
                };
                let some: Vec<Arc<KeyedPiece>> =
                    pieces.by_ref().take(PIECES_AT_ONCE).take_while(is_within).collect();
                if some.is_empty() {
                    break;
                }
                let (losses, n_evaluated) = evaluate(network, &some, Telling::Nothing, threads);
                sums = add_up(&[sums, losses]);
                n_notes += n_evaluated;
            }
            sums.map(|sum| if n_notes == 0 { 0.0 } else { (sum / n_notes as f64) as f32 })
        })
        .collect();
    Validation::new(by_style)
}

impl Validation {
    /// From losses by style and part; zero for a style without validation pieces.
    #[must_use]
    pub fn new(by_style: Vec<[f32; N_PARTS]>) -> Self {
        let measured: Vec<f32> =
            by_style.iter().map(|parts| parts[..4].iter().sum()).filter(|sum| *sum > 0.0).collect();
        let mean =
            if measured.is_empty() { 0.0 } else { measured.iter().sum::<f32>() / measured.len() as f32 };
        Self { mean, by_style, is_best: false }
    }
}

/// Sums of the loss over whole pieces, and their number of notes.
#[must_use]
pub fn evaluate(
    network: &Network,
    pieces: &[Arc<KeyedPiece>],
    telling: Telling,
    threads: &Threads,
) -> (Losses, usize) {
    const STEPS: usize = 256;
    let encoding = network.config.encoding;
    // Pieces of similar length together need little padding.
    let mut sorted = pieces.to_vec();
    sorted.sort_by_key(|piece| piece.piece.notes.len());
    let groups: Vec<&[Arc<KeyedPiece>]> = sorted.chunks(LANE_STREAMS).collect();
    let evaluate_group = |group: &[Arc<KeyedPiece>]| {
        let mut worker = Worker::new(network, 0.0, 0);
        let mut readers: Vec<Reader> =
            group.iter().map(|piece| Reader::new(Arc::clone(piece), encoding, telling)).collect();
        let mut window = Window::default();
        let (mut sums, mut n_notes) = (Losses::default(), 0);
        loop {
            let streams: Vec<Vec<Position>> = readers
                .iter_mut()
                .map(|reader| std::iter::from_fn(|| reader.next_position()).take(STEPS).collect())
                .collect();
            window.fill(&streams);
            if window.is_empty() {
                return (sums, n_notes);
            }
            sums = add_up(&[sums, worker.evaluate(network, &window)]);
            n_notes += window.n_notes();
        }
    };
    let results = threads.map(&groups, |group| evaluate_group(group));
    let losses: Vec<Losses> = results.iter().map(|(losses, _)| *losses).collect();
    (add_up(&losses), results.iter().map(|(_, n_notes)| n_notes).sum())
}
