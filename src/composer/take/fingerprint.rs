//! Fingerprints: what a bar was composed from, as 64 bits.

use crate::music::{Feel, Note, mix64};

/// A hash of a sequence of numbers: equal sequences have equal fingerprints, different ones hardly ever.
///
/// Takes are saved with those of bars that wait to come back, and of bars before which something has changed. If how it
/// is computed changed, these bars would no longer come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of nothing.
    pub(crate) const EMPTY: Self = Self(0x9e37_79b9_7f4a_7c15);

    /// Matches no bar.
    pub(crate) const LOST: Self = Self(0);

    /// The number that it is saved as.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// The fingerprint that was saved as this number.
    pub(crate) fn of_bits(bits: u64) -> Self {
        Self(bits)
    }

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

#[cfg(test)]
mod tests {
    use crate::composer::take::fingerprint::Fingerprint;
    use crate::music::{Family, Feel, Note, Tick};

    #[test]
    fn fingerprints_are_computed_as_in_the_takes_that_hold_them() {
        let note = |feel| Note {
            onset: Tick(12),
            duration: Tick(24),
            pitch: 60,
            velocity: 80,
            family: Family::DRUMS,
            feel,
        };
        let print = Fingerprint::EMPTY.with(-7).with_notes(&[note(None), note(Some(Feel::new(3)))]);
        assert_eq!(print.bits(), 3_786_599_674_869_145_998);
        assert_eq!(Fingerprint::of_bits(print.bits()), print);
    }
}
