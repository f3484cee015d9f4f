//! What a musician does to a single bar.

/// A change of one bar by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Compose it again.
    ReRoll,
    /// Another rhythm for the same pitches.
    ReRollRhythm,
    /// Other pitches in the same rhythm.
    ReRollPitches,
    /// It stays whatever knob is turned, and comes back when the phrase comes round.
    Keep,
    /// It follows the knobs again.
    Release,
    /// It is silent, and stays so.
    Clear,
}
