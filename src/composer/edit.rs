//! What a musician does to one bar of the take.

/// A change of one bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Composes it anew.
    ReRoll,
    /// Composes its rhythm anew and keeps its pitches.
    ReRollRhythm,
    /// Composes its pitches anew and keeps its rhythm.
    ReRollPitches,
    /// Locks it: it stays whatever the knobs say.
    Keep,
    /// Unlocks it.
    Release,
    /// Empties it.
    Clear,
}
