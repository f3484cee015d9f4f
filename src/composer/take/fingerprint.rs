//! Fingerprints: what a bar was composed from, as 64 bits.

use crate::music::{Feel, Note, mix64};

/// A hash of a sequence of numbers: equal sequences have equal fingerprints, different ones hardly ever.
///
/// In memory only. Saved takes hold none, so how it is computed may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of nothing.
    pub(crate) const EMPTY: Self = Self(0x9e37_79b9_7f4a_7c15);

    /// Matches no bar.
    pub(crate) const LOST: Self = Self(0);

    /// Adds a number.
    pub(crate) fn with(self, number: i64) -> Self {
        Self(mix64(self.0 ^ mix64(number as u64)))
    }

    /// Adds notes.
    pub(crate) fn with_notes(self, notes: &[Note]) -> Self {
        notes.iter().fold(self.with(notes.len() as i64), |print, note| {
            let [feel, pitch, velocity] = [Feel::code(note.feel), note.pitch, note.velocity].map(i64::from);
            let parts = feel << 24 | pitch << 16 | velocity << 8 | note.family.index() as i64;
            print.with(note.onset.0).with(note.duration.0).with(parts)
        })
    }
}
