//! Short names for what a bar was composed from, and for chance that can be drawn again.

use crate::music::{Note, mix64};

/// Stands for a sequence of numbers: equal sequences have equal fingerprints, different ones hardly ever.
///
/// Lives in memory only; saved takes hold none, so that how it is computed may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// Of nothing.
    pub(crate) const EMPTY: Self = Self(0x9e37_79b9_7f4a_7c15);

    /// Of what nothing has.
    pub(crate) const LOST: Self = Self(0);

    /// Of the same and one number more.
    pub(crate) fn with(self, number: i64) -> Self {
        Self(mix64(self.0 ^ mix64(number as u64)))
    }

    /// Of the same and notes.
    pub(crate) fn with_notes(self, notes: &[Note]) -> Self {
        notes.iter().fold(self.with(notes.len() as i64), |print, note| {
            let parts =
                i64::from(note.pitch) << 16 | i64::from(note.velocity) << 8 | note.family.index() as i64;
            print.with(note.onset.0).with(note.duration.0).with(parts)
        })
    }
}

/// Sixty-four bits from these numbers that look like chance and are always the same.
pub(crate) fn chance(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0x6a09_e667_f3bc_c908, |hash, number| mix64(hash ^ mix64(*number)))
}

/// `chance` between 0 and 1, 1 excluded.
pub(crate) fn chance_unit(numbers: &[u64]) -> f32 {
    // The upper 24 bits are what an f32 holds exactly.
    (chance(numbers) >> 40) as f32 / (1u64 << 24) as f32
}
