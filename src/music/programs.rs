//! Which General MIDI program each note of a piece has.

use crate::music::note::{Family, Note};
use crate::music::time::Tick;

/// The programs of a piece's notes, where they are not their family's [typical one](Family::program).
///
/// A note itself holds its family only, since that is all that the network sees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Programs {
    /// From which onset and pitch on a family has which program, in this order: `(family, onset, pitch)`.
    changes: Vec<(Family, Tick, u8, u8)>,
}

impl Programs {
    /// The programs of these notes, each with its own, in any order.
    #[must_use]
    pub fn of(notes: impl IntoIterator<Item = (Note, u8)>) -> Self {
        let place = |(note, program): (Note, u8)| (note.family, note.onset, note.pitch, program);
        let mut all: Vec<_> = notes.into_iter().map(place).collect();
        all.sort_unstable();
        let mut last: Option<(Family, u8)> = None;
        all.retain(|(family, _, _, program)| {
            let before =
                last.filter(|(other, _)| other == family).map_or(family.program(), |(_, program)| program);
            last = Some((*family, *program));
            before != *program
        });
        Self { changes: all }
    }

    /// The program of the family's note with this onset and pitch. Later notes have that of the last one.
    #[must_use]
    pub fn at(&self, family: Family, onset: Tick, pitch: u8) -> u8 {
        let n_before =
            self.changes.partition_point(|(other, at, key, _)| (*other, *at, *key) <= (family, onset, pitch));
        let change = n_before.checked_sub(1).and_then(|idx| self.changes.get(idx));
        change.filter(|(other, ..)| *other == family).map_or(family.program(), |(.., program)| *program)
    }

    /// One program for each of these families.
    #[must_use]
    pub fn of_families(programs: impl IntoIterator<Item = (Family, u8)>) -> Self {
        let change = |(family, program): (Family, u8)| (family, Tick(i64::MIN), 0, program.min(127));
        let mut changes: Vec<_> = programs.into_iter().map(change).collect();
        changes.sort_unstable();
        changes.dedup_by_key(|(family, ..)| *family);
        changes.retain(|(family, .., program)| *program != family.program());
        Self { changes }
    }

    /// The last program of each family, where it is not the typical one.
    pub fn families(&self) -> impl Iterator<Item = (Family, u8)> {
        let next = self.changes.iter().skip(1).map(|(family, ..)| Some(*family)).chain([None]);
        let last = self.changes.iter().zip(next).filter(|((family, ..), next)| Some(*family) != *next);
        last.map(|((family, .., program), _)| (*family, *program))
            .filter(|(family, program)| *program != family.program())
    }

    /// The programs that are in force at the end, for music that goes on from there.
    #[must_use]
    pub fn last(&self) -> Self {
        Self::of_families(self.families())
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Family, Note, Programs, Tick};

    fn note(onset: i64, pitch: u8, family: Family) -> Note {
        Note { onset: Tick(onset), duration: Tick(6), pitch, velocity: 80, family, feel: None }
    }

    #[test]
    fn each_note_has_its_program_and_later_ones_the_last() {
        let (piano, strings) = (Family::PIANO, Family::STRINGS);
        let notes = [
            (note(0, 60, piano), 0),
            (note(0, 64, piano), 6),
            (note(6, 60, strings), 48),
            (note(12, 60, piano), 0),
            (note(12, 64, piano), 6),
        ];
        let programs = Programs::of(notes);
        for (note, program) in notes {
            assert_eq!(programs.at(note.family, note.onset, note.pitch), program, "{note:?}");
        }
        assert_eq!(programs.at(piano, Tick(999), 30), 6);
        assert_eq!(programs.at(Family::BASS, Tick(999), 30), Family::BASS.program());
        assert_eq!(programs.last().at(piano, Tick(-5), 0), 6);
        assert_eq!(programs.last().at(strings, Tick(0), 0), 48);
    }

    #[test]
    fn typical_programs_take_no_room() {
        let programs = Programs::of((0..9).map(|idx| (note(idx, 60, Family::BASS), Family::BASS.program())));
        assert_eq!(programs, Programs::default());
    }
}
