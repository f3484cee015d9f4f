//! Sums of the loss by part of a note.

use crate::model::network::N_PARTS;

/// Sums of the loss in nats by part: family, shift, pitch, duration, velocity, feel.
pub type Losses = [f64; N_PARTS];

/// Adds several sums, in order.
pub(crate) fn add_up(losses: &[Losses]) -> Losses {
    losses.iter().fold(Losses::default(), |mut sums, losses| {
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        sums
    })
}
