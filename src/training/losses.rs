//! Sums of the loss by part of a note.

/// Sums over a window, in nats, of each part: family, shift, pitch, duration, velocity.
pub type Losses = [f64; 5];

/// The sums of several, in order.
pub(crate) fn add_up(losses: &[Losses]) -> Losses {
    losses.iter().fold(Losses::default(), |mut sums, losses| {
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        sums
    })
}
