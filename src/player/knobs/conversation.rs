//! What is done with notes that are played in.

/// What the composer does with the notes that come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Conversation {
    /// Ignores them and composes freely.
    #[default]
    Generate,
    /// Is silent while the user plays, and continues from the next bar on.
    Continue,
    /// Takes turns of some bars with the user.
    Trade,
    /// Plays along, from the next eighth on.
    Accompany,
}

impl Conversation {
    /// All of them, in the order of the knob. The order is part of the saved state: append only.
    pub const ALL: [Self; 4] = [Self::Generate, Self::Continue, Self::Trade, Self::Accompany];

    /// What the knob shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Generate => "Generate",
            Self::Continue => "Continue",
            Self::Trade => "Trade",
            Self::Accompany => "Accompany",
        }
    }
}
