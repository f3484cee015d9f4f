//! The interface of a baseline, and its evaluation.

use std::sync::Arc;

use crate::model::vocabulary::{N_DURATIONS, N_FAMILIES, N_PITCHES, N_SHIFTS, N_VELOCITIES};
use crate::training::baselines::target::{KnownParts, Target};
use crate::training::corpus::KeyedPiece;
use crate::training::losses::Losses;
use crate::training::threads::Threads;

/// Classes of each part: family, shift, pitch, duration, velocity. There is none for feel.
pub const N_CLASSES: [usize; 5] = [N_FAMILIES, N_SHIFTS, N_PITCHES, N_DURATIONS, N_VELOCITIES];

const SHIFT: usize = 1;
const PITCH: usize = 2;

/// Splits pieces into nine tenths to count and one tenth to fit on; returns their notes.
pub(super) fn divided(pieces: &[Arc<KeyedPiece>]) -> (Vec<Target<'_>>, Vec<Target<'_>>) {
    let is_held_out = |idx: usize| idx % 10 == 9 || (pieces.len() < 10 && idx + 1 == pieces.len() && idx > 0);
    let targets = |held_out: bool| {
        let asked = pieces.iter().enumerate().filter(move |(idx, _)| is_held_out(*idx) == held_out);
        asked.flat_map(|(_, piece)| Target::all(piece)).collect()
    };
    (targets(false), targets(true))
}

/// A model that predicts the next note from counts.
pub trait Baseline: Sync {
    /// The probability of each class of the next part, given the earlier parts of the note. They sum to one; the caller
    /// excludes impossible classes.
    fn distribution(&self, target: &Target<'_>, known: &KnownParts) -> Vec<f64>;
}

/// The probability of each possible class of the next part. Chords are written in rising pitch, so lower pitches are
/// impossible at the same onset, and with no pitch left the onset must advance.
#[must_use]
pub fn probabilities(baseline: &dyn Baseline, target: &Target<'_>, known: &KnownParts) -> Vec<f64> {
    let mut distribution = baseline.distribution(target, known);
    let n_impossible = match known.len() {
        SHIFT if target.lowest_in_chord(known.family()) >= N_PITCHES => 1,
        PITCH if known.shift() == 0 => target.lowest_in_chord(known.family()),
        _ => 0,
    };
    distribution[..n_impossible].fill(0.0);
    let total: f64 = distribution.iter().sum();
    for probability in &mut distribution {
        *probability /= total;
    }
    distribution
}

/// Sums of the loss in nats over whole pieces, by part, and their number of notes.
#[must_use]
pub fn evaluate(baseline: &dyn Baseline, pieces: &[Arc<KeyedPiece>], threads: &Threads) -> (Losses, usize) {
    let evaluate_piece = |piece: &Arc<KeyedPiece>| {
        let targets = Target::all(piece);
        let mut losses = Losses::default();
        for target in &targets {
            let parts = target.next();
            for (part, loss) in losses.iter_mut().enumerate().take(N_CLASSES.len()) {
                let probability = probabilities(baseline, target, &KnownParts::of(&parts, part))[parts[part]];
                *loss -= probability.ln();
            }
        }
        (losses, targets.len())
    };
    let results = threads.map(pieces, evaluate_piece);
    results.iter().fold((Losses::default(), 0), |(mut sums, n_notes), (losses, more)| {
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        (sums, n_notes + more)
    })
}
