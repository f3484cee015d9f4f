//! What every baseline is, and how it is measured.

use std::sync::Arc;

use crate::model::vocabulary::{N_DURATIONS, N_FAMILIES, N_PITCHES, N_SHIFTS, N_VELOCITIES};
use crate::training::baselines::place::{Place, Said};
use crate::training::corpus::KeyedPiece;
use crate::training::losses::Losses;
use crate::training::threads::Threads;

/// How many classes each part has: family, shift, pitch, duration, velocity.
pub const N_CLASSES: [usize; 5] = [N_FAMILIES, N_SHIFTS, N_PITCHES, N_DURATIONS, N_VELOCITIES];

const SHIFT: usize = 1;
const PITCH: usize = 2;

/// The notes of nine pieces in ten, to count, and of the tenth, to fit on.
pub(super) fn divided(pieces: &[Arc<KeyedPiece>]) -> (Vec<Place<'_>>, Vec<Place<'_>>) {
    let is_held_out = |idx: usize| idx % 10 == 9 || (pieces.len() < 10 && idx + 1 == pieces.len() && idx > 0);
    let places = |held_out: bool| {
        let asked = pieces.iter().enumerate().filter(move |(idx, _)| is_held_out(*idx) == held_out);
        asked.flat_map(|(_, piece)| Place::all(piece)).collect()
    };
    (places(false), places(true))
}

/// A model of what follows, made by counting.
pub trait Baseline: Sync {
    /// The probability of each class of the next part, given the parts of the note already said. It sums
    /// to one; what cannot follow is left to the caller.
    fn distribution(&self, place: &Place<'_>, said: &Said) -> Vec<f64>;
}

/// The probability of each class of the next part, of those that can follow: chords rise in pitch, so below
/// the last pitch nothing follows at its onset, and where no pitch is left the onset moves on.
#[must_use]
pub fn probabilities(baseline: &dyn Baseline, place: &Place<'_>, said: &Said) -> Vec<f64> {
    let mut distribution = baseline.distribution(place, said);
    let n_closed = match said.len() {
        SHIFT if place.lowest_in_chord(said.family()) >= N_PITCHES => 1,
        PITCH if said.shift() == 0 => place.lowest_in_chord(said.family()),
        _ => 0,
    };
    distribution[..n_closed].fill(0.0);
    let total: f64 = distribution.iter().sum();
    for probability in &mut distribution {
        *probability /= total;
    }
    distribution
}

/// Sums of the loss in nats over whole pieces, by part, and how many notes they hold.
#[must_use]
pub fn evaluate(baseline: &dyn Baseline, pieces: &[Arc<KeyedPiece>], threads: &Threads) -> (Losses, usize) {
    let evaluate_piece = |piece: &Arc<KeyedPiece>| {
        let places = Place::all(piece);
        let mut losses = Losses::default();
        for place in &places {
            let parts = place.next();
            for (part, loss) in losses.iter_mut().enumerate() {
                let probability = probabilities(baseline, place, &Said::of(&parts, part))[parts[part]];
                *loss -= probability.ln();
            }
        }
        (losses, places.len())
    };
    let results = threads.map(pieces, evaluate_piece);
    results.iter().fold((Losses::default(), 0), |(mut sums, n_notes), (losses, more)| {
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        (sums, n_notes + more)
    })
}
