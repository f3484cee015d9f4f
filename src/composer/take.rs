//! The take: the bars composed so far, with the knobs they were composed with.

use serde::{Deserialize, Serialize};

use crate::model::Primer;
use crate::music::Score;

/// The bars composed so far, from the origin of the song on.
#[derive(Debug, Clone, Default)]
pub struct Take {}

impl Take {
    /// An empty take that will start from `primer` instead of one of the model's own.
    #[must_use]
    pub fn starting_from(_primer: Primer) -> Self {
        Self {}
    }

    /// Its bars, to be played.
    #[must_use]
    pub fn score(&self) -> Score {
        Score::default()
    }
}

/// A take in a saved project.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SavedTake {
    version: u32,
}

/// Why a saved take cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It was saved by a later version.
    #[error("expected a take of version {} or older, found version {found}", 1)]
    TooNew {
        /// Its version.
        found: u32,
    },
}
