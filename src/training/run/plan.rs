//! The progress of a run, by notes or by time, and when it ends.

use std::time::{Duration, Instant};

use crate::training::config::TrainingConfig;
use crate::training::corpus::Corpus;
use crate::training::run::state::RunState;

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All epochs are done, or the time limit is reached.
    Finished,
    /// The validation loss stopped falling.
    NothingBetter,
    /// It was asked to stop; it can be resumed.
    Stopped,
    /// The loss or the weights grew beyond all bounds; it can be resumed, with a lower learning rate, from before that.
    Diverged,
}

/// The planned length of a run.
pub(super) struct Plan {
    n_wanted: u64,
    patience: usize,
    time_limit: Option<Duration>,
    /// When this part of the run began, and the notes and seconds of earlier parts.
    started: Instant,
    first_note: u64,
    seconds_before: f64,
}

impl Plan {
    pub(super) fn new(config: &TrainingConfig, corpus: &Corpus, run: &RunState) -> Self {
        Self {
            n_wanted: ((config.epochs * corpus.n_notes() as f64) as u64).max(1),
            patience: config.patience,
            time_limit: config.time_limit,
            started: Instant::now(),
            first_note: run.n_notes,
            seconds_before: run.seconds,
        }
    }

    /// Seconds spent, including earlier parts of the run.
    pub(super) fn seconds(&self) -> f64 {
        self.seconds_before + self.started.elapsed().as_secs_f64()
    }

    pub(super) fn done(&self, run: &RunState) -> f32 {
        let by_time = self.time_limit.map_or(0.0, |limit| run.seconds / limit.as_secs_f64());
        (run.n_notes as f64 / self.n_wanted as f64).max(by_time).min(1.0) as f32
    }

    pub(super) fn ending(&self, run: &RunState) -> Option<Ending> {
        if self.done(run) >= 1.0 {
            return Some(Ending::Finished);
        }
        run.is_stuck(self.patience).then_some(Ending::NothingBetter)
    }

    pub(super) fn notes_per_second(&self, run: &RunState) -> f64 {
        (run.n_notes - self.first_note) as f64 / self.started.elapsed().as_secs_f64().max(1e-9)
    }

    pub(super) fn left(&self, run: &RunState) -> Duration {
        let by_notes = self.n_wanted.saturating_sub(run.n_notes) as f64 / self.notes_per_second(run).max(1.0);
        let by_time = self.time_limit.map_or(f64::INFINITY, |limit| limit.as_secs_f64() - run.seconds);
        Duration::from_secs_f64(by_notes.min(by_time).clamp(0.0, 1e9))
    }
}
