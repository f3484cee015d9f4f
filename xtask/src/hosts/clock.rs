//! Pacing by the wall clock.

use std::time::{Duration, Instant};

use crate::hosts::host::Pace;
use crate::process::composing_threads;

/// Paces a run of blocks.
pub(crate) struct Clock {
    pace: Pace,
    start: Instant,
    /// How long composing threads had waited for a processor at the start.
    waited: Duration,
    frames: u64,
    sample_rate: f64,
}

impl Clock {
    pub(crate) fn new(pace: Pace, sample_rate: f64) -> Self {
        Self { pace, start: Instant::now(), waited: composing_threads().waiting, frames: 0, sample_rate }
    }

    /// Waits until the next block is due, and counts it.
    pub(crate) fn wait(&mut self, frames: u32) {
        let due = Duration::from_secs_f64(self.frames as f64 / self.sample_rate);
        while let Some(left) = due.checked_sub(self.elapsed()) {
            std::thread::sleep(left);
        }
        self.frames += u64::from(frames);
    }

    fn elapsed(&self) -> Duration {
        match self.pace {
            Pace::AsFastAsPossible => Duration::MAX,
            Pace::RealTime => self.start.elapsed(),
            Pace::RealTimeUndisturbed => {
                let waited = composing_threads().waiting.saturating_sub(self.waited);
                self.start.elapsed().saturating_sub(waited)
            }
        }
    }
}
