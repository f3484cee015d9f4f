//! Pacing by the wall clock.

use crate::hosts::host::Pace;

/// Paces a run of blocks by the wall clock.
pub(crate) struct Clock {
    pace: Pace,
    start: std::time::Instant,
    frames: u64,
    sample_rate: f64,
}

impl Clock {
    pub(crate) fn new(pace: Pace, sample_rate: f64) -> Self {
        Self { pace, start: std::time::Instant::now(), frames: 0, sample_rate }
    }

    /// Waits until the next block is due, and counts it.
    pub(crate) fn wait(&mut self, frames: u32) {
        if self.pace == Pace::RealTime {
            let due = std::time::Duration::from_secs_f64(self.frames as f64 / self.sample_rate);
            if let Some(left) = due.checked_sub(self.start.elapsed()) {
                std::thread::sleep(left);
            }
        }
        self.frames += u64::from(frames);
    }
}
