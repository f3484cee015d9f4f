//! Where phrases end.

/// Which phrases the composer brings to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Cadence {
    /// None: the music goes on.
    #[default]
    Off,
    /// Every phrase.
    Every,
    /// Every second phrase.
    EverySecond,
    /// Every fourth phrase.
    EveryFourth,
}

impl Cadence {
    /// All of them, in the order of the knob. The order is part of the saved state: append only.
    pub const ALL: [Self; 4] = [Self::Off, Self::Every, Self::EverySecond, Self::EveryFourth];

    /// What the knob shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "Off",
            Self::Every => "Every phrase",
            Self::EverySecond => "Every 2nd",
            Self::EveryFourth => "Every 4th",
        }
    }

    /// How many phrases there are from one end to the next, if there are ends.
    #[must_use]
    pub fn n_phrases(self) -> Option<usize> {
        match self {
            Self::Off => None,
            Self::Every => Some(1),
            Self::EverySecond => Some(2),
            Self::EveryFourth => Some(4),
        }
    }
}
