//! A note to predict, encoded for the network.

use crate::model::encoding::Parts;
use crate::model::network::N_HEADS;

/// One note to predict: what the network is told before, and what follows.
#[derive(Debug, Clone)]
pub struct Position {
    /// Whether a piece begins here, so that the hidden state is zero before it.
    pub is_beginning: bool,
    /// Rows of the embedding.
    pub step_rows: Vec<u32>,
    /// Rows of each head's table, given the parts before it.
    pub head_rows: [Vec<u32>; N_HEADS],
    /// Pitches below this cannot follow.
    pub lowest_pitch: usize,
    /// What follows.
    pub parts: Parts,
}

impl Position {
    /// What fills up a window: tells nothing, and nothing follows.
    #[must_use]
    pub fn padding() -> Self {
        Self {
            is_beginning: false,
            step_rows: Vec::new(),
            head_rows: Default::default(),
            lowest_pitch: 0,
            parts: Parts { family: 0, shift: 0, pitch: 0, duration: 0, velocity: 0 },
        }
    }
}
