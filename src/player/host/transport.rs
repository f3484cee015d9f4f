//! What a host reports about the song, one block at a time.

use crate::music::{Beats, Meter};

/// The host's transport at the first sample of a block.
///
/// What a host may leave out is optional: without a position the player counts on by itself, without a tempo it
/// assumes 120, without a meter 4/4, without a bar start it counts bars itself.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Transport {
    /// Whether the song moves.
    pub playing: bool,
    /// The song position in quarter notes; negative in a pre-roll.
    pub position: Option<Beats>,
    /// Quarter notes a minute.
    pub tempo: Option<f64>,
    /// The time signature.
    pub meter: Option<Meter>,
    /// The song position of the bar line at or before `position`.
    pub bar_start: Option<Beats>,
    /// Start and end of the loop, while the host loops.
    pub loop_range: Option<(Beats, Beats)>,
    /// Whether the host renders offline, so that the player may wait for the composer.
    pub offline: bool,
}

impl Transport {
    /// Positions beyond this many beats, some two months of music, are not credible.
    const FURTHEST: f64 = 1e7;

    /// The same without impossible values: every position is finite and small enough to calculate with.
    pub(crate) fn credible(self) -> Self {
        let is_credible = |position: &Beats| position.0.abs() < Self::FURTHEST;
        let is_loop = |(start, end): &(Beats, Beats)| is_credible(start) && is_credible(end) && start < end;
        Self {
            position: self.position.filter(is_credible),
            bar_start: self.bar_start.filter(is_credible),
            loop_range: self.loop_range.filter(is_loop),
            ..self
        }
    }
}

/// A block of audio to fill with events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// How many samples it is long; 0 is allowed and moves nothing.
    pub n_samples: u32,
    /// Samples a second.
    pub sample_rate: f64,
    /// The host's transport at its first sample.
    pub transport: Transport,
}

impl Block {
    /// Samples a second; 48,000 if the host reports an impossible rate.
    pub(crate) fn credible_rate(&self) -> f64 {
        let rate = Some(self.sample_rate).filter(|rate| (1000.0..=1e7).contains(rate));
        rate.unwrap_or(48_000.0)
    }
}
