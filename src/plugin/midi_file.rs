//! Music out of the plugin: a Standard MIDI File among the user's own music.

/// How much of the take is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So many bars before the playhead.
    LastBars(u32),
    /// The phrase that the playhead is in.
    Phrase,
    /// All there is.
    Take,
}

/// As what it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Performance {
    /// With all performing knobs, swing and humanize among them.
    AsHeard,
    /// As it was composed.
    AsComposed,
}
