//! Versions of the note encoding.

use serde::{Deserialize, Serialize};

use crate::model::encoding::rows::{duration, feel, pitch, shift, step, velocity};
use crate::model::vocabulary::{
    N_COARSE_VELOCITIES, N_VELOCITIES, coarse_velocity_class, coarse_velocity_of, velocity_class, velocity_of,
};

/// A version of the note encoding: which parts a note has, and which rows a network's tables.
///
/// A network stays in the encoding that it was made with. Weights of encoding 1 are read as those of 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum Encoding {
    /// Encoding 2: velocities in bins of eight; no chord, end or feel.
    Second,
    /// Encoding 3: all rows of encoding 2, with more behind them.
    #[default]
    Third,
}

impl Encoding {
    /// The encoding of the weights files written before they named one in their sizes.
    pub(crate) fn of_older_files() -> Self {
        Self::Second
    }

    /// Whether it needs no name in the sizes of a weights file.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) fn is_of_older_files(&self) -> bool {
        *self == Self::Second
    }

    /// Whether a network of it is told of the chords and the end to come.
    #[must_use]
    pub fn is_told(self) -> bool {
        self != Self::Second
    }

    /// 2 or 3.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Second => 2,
            Self::Third => 3,
        }
    }

    /// Rows of the table that feeds the LSTM, without one for each style, which follow.
    #[must_use]
    pub fn n_step_rows(self) -> usize {
        self.of([step::SECOND, step::THIRD])
    }

    /// Rows of each head's table: shift, pitch, duration, velocity, feel. No rows: there is no such head.
    #[must_use]
    pub const fn n_head_rows(self) -> [usize; 5] {
        match self {
            Self::Second => [shift::SECOND, pitch::SECOND, duration::SECOND, velocity::SECOND, feel::SECOND],
            Self::Third => [shift::THIRD, pitch::THIRD, duration::THIRD, velocity::THIRD, feel::THIRD],
        }
    }

    /// How many classes of velocity there are.
    #[must_use]
    pub const fn n_velocities(self) -> usize {
        match self {
            Self::Second => N_COARSE_VELOCITIES,
            Self::Third => N_VELOCITIES,
        }
    }

    /// The class of a MIDI velocity.
    #[must_use]
    pub fn velocity_class(self, velocity: u8) -> usize {
        self.of([coarse_velocity_class, velocity_class])(velocity)
    }

    /// The middle of a velocity class.
    #[must_use]
    pub fn velocity_of(self, class: usize) -> u8 {
        self.of([coarse_velocity_of, velocity_of])(class)
    }

    fn of<T: Copy>(self, [second, third]: [T; 2]) -> T {
        match self {
            Self::Second => second,
            Self::Third => third,
        }
    }
}

impl From<Encoding> for u32 {
    fn from(encoding: Encoding) -> Self {
        encoding.number()
    }
}

impl TryFrom<u32> for Encoding {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        [Self::Second, Self::Third]
            .into_iter()
            .find(|encoding| encoding.number() == number)
            .ok_or_else(|| format!("expected encoding 2 or 3, found {number}"))
    }
}
