//! Chords.

use std::fmt::{self, Display, Formatter};

use crate::music::key::PitchClassSet;
use crate::music::names;

/// A chord: a root, the tones above it, and the bass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    root: u8,
    bass: u8,
    tones: PitchClassSet,
}

/// The kinds of chords with a name, and their tones in semitones above the root. Of two that hold equally many
/// tones of a chord the earlier one names it.
pub(super) const KINDS: [(&str, PitchClassSet); 29] = [
    ("", PitchClassSet::new(&[0, 4, 7])),
    ("m", PitchClassSet::new(&[0, 3, 7])),
    ("7", PitchClassSet::new(&[0, 4, 7, 10])),
    ("m7", PitchClassSet::new(&[0, 3, 7, 10])),
    ("maj7", PitchClassSet::new(&[0, 4, 7, 11])),
    ("6", PitchClassSet::new(&[0, 4, 7, 9])),
    ("m6", PitchClassSet::new(&[0, 3, 7, 9])),
    ("dim", PitchClassSet::new(&[0, 3, 6])),
    ("aug", PitchClassSet::new(&[0, 4, 8])),
    ("m7b5", PitchClassSet::new(&[0, 3, 6, 10])),
    ("dim7", PitchClassSet::new(&[0, 3, 6, 9])),
    ("mMaj7", PitchClassSet::new(&[0, 3, 7, 11])),
    ("aug7", PitchClassSet::new(&[0, 4, 8, 10])),
    ("sus4", PitchClassSet::new(&[0, 5, 7])),
    ("sus2", PitchClassSet::new(&[0, 2, 7])),
    ("7sus4", PitchClassSet::new(&[0, 5, 7, 10])),
    ("9", PitchClassSet::new(&[0, 2, 4, 7, 10])),
    ("m9", PitchClassSet::new(&[0, 2, 3, 7, 10])),
    ("maj9", PitchClassSet::new(&[0, 2, 4, 7, 11])),
    ("6/9", PitchClassSet::new(&[0, 2, 4, 7, 9])),
    ("9sus4", PitchClassSet::new(&[0, 2, 5, 7, 10])),
    ("11", PitchClassSet::new(&[0, 2, 4, 5, 7, 10])),
    ("m11", PitchClassSet::new(&[0, 2, 3, 5, 7, 10])),
    ("13", PitchClassSet::new(&[0, 2, 4, 7, 9, 10])),
    ("m13", PitchClassSet::new(&[0, 2, 3, 7, 9, 10])),
    ("maj13", PitchClassSet::new(&[0, 2, 4, 7, 9, 11])),
    ("7b5", PitchClassSet::new(&[0, 4, 6, 10])),
    ("5", PitchClassSet::new(&[0, 7])),
    ("1", PitchClassSet::new(&[0])),
];

/// The first kinds have a third, and four tones at most.
const N_WITH_THIRD: usize = 13;

impl Chord {
    /// A chord on the pitch class `root` with these tones above it, over the pitch class `bass`; 0 is C, and 12
    /// is C again. The root is always a tone.
    #[must_use]
    pub fn new(root: u8, tones: PitchClassSet, bass: u8) -> Self {
        Self { root: root % 12, bass: bass % 12, tones: PitchClassSet::from_bits(tones.bits() | 1) }
    }

    /// The root's pitch class, 0 (C) to 11 (B).
    #[must_use]
    pub fn root(self) -> u8 {
        self.root
    }

    /// The pitch class of the lowest tone. It need not be a tone of the chord.
    #[must_use]
    pub fn bass(self) -> u8 {
        self.bass
    }

    /// The tones, in semitones above the root.
    #[must_use]
    pub fn tones(self) -> PitchClassSet {
        self.tones
    }

    /// The chord that sounding pitches make: the kind that has just these tones, on the lowest pitch if there is one, or
    /// else everything above the lowest. `None` for fewer than three pitch classes.
    #[must_use]
    pub fn of_pitches(pitches: &[u8]) -> Option<Self> {
        let bass = pitches.iter().min()? % 12;
        let above = |root: u8| {
            let bits = pitches.iter().fold(0, |bits, pitch| bits | 1 << ((pitch + 12 - root) % 12));
            PitchClassSet::from_bits(bits)
        };
        let from_bass = above(bass);
        let roots = (0..12).filter(|up| from_bass.contains(*up)).map(|up| (bass + up) % 12);
        let mut of_a_kind = roots.filter(|root| KINDS.iter().any(|(_, tones)| *tones == above(*root)));
        let root = of_a_kind.next().unwrap_or(bass);
        (from_bass.len() >= 3).then(|| Self::new(root, above(root), bass))
    }

    /// The chord that pitches make which sound one after the other: a triad, a sixth or a seventh chord with a third, and
    /// no tone beside it.
    #[must_use]
    pub fn of_arpeggio(pitches: &[u8]) -> Option<Self> {
        Self::of_pitches(pitches)
            .filter(|chord| KINDS[..N_WITH_THIRD].iter().any(|kind| kind.1 == chord.tones))
    }

    /// Root, bass and tones as a number below 2²⁰.
    #[must_use]
    pub fn code(self) -> u32 {
        u32::from(self.root) | u32::from(self.bass) << 4 | u32::from(self.tones.bits()) << 8
    }

    /// The chord of a [`Chord::code`]; `None` if it is none.
    #[must_use]
    pub fn of_code(code: u32) -> Option<Self> {
        let [root, bass] = [code & 15, code >> 4 & 15].map(|pitch_class| pitch_class as u8);
        let tones = PitchClassSet::from_bits((code >> 8 & 0xfff) as u16);
        Some(Self::new(root, tones, bass)).filter(|chord| root < 12 && bass < 12 && chord.code() == code)
    }

    /// Its tones and its bass as pitch classes.
    #[must_use]
    pub fn pitch_classes(self) -> PitchClassSet {
        let is_tone = |pitch_class: &u8| self.contains(*pitch_class);
        PitchClassSet::from_bits((0..12).filter(is_tone).fold(0, |bits, tone| bits | 1 << tone))
    }

    /// Whether a pitch class, or any pitch of it, is a tone of the chord; the bass counts as one.
    #[must_use]
    pub fn contains(self, pitch: u8) -> bool {
        pitch % 12 == self.bass || self.tones.contains((pitch % 12 + 12 - self.root) % 12)
    }

    /// Its third above the root: 3 minor, 4 major; `None` if it has neither. The minor third of a chord with both
    /// is a ninth.
    #[must_use]
    pub fn third(self) -> Option<u8> {
        [4, 3].into_iter().find(|third| self.tones.contains(*third))
    }

    /// The same chord some semitones higher.
    #[must_use]
    pub fn transposed(self, semitones: i8) -> Self {
        let moved = |pitch_class: u8| (i16::from(pitch_class) + i16::from(semitones)).rem_euclid(12) as u8;
        Self { root: moved(self.root), bass: moved(self.bass), ..self }
    }
}

/// As a lead sheet has it: `Am7`, `C/E`, `G7(b9)`. Tones beyond those of a named kind stand in parentheses.
impl Display for Chord {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const ADDED: [&str; 12] = ["1", "b9", "9", "#9", "3", "11", "#11", "5", "b13", "13", "b7", "7"];
        let own = self.tones.bits();
        let is_part = |kind: &&(&str, PitchClassSet)| kind.1.bits() & own == kind.1.bits();
        // `max_by_key` takes the last of equals.
        let kind = KINDS.iter().rev().filter(is_part).max_by_key(|kind| kind.1.len());
        let (name, tones) = kind.copied().unwrap_or(("1", PitchClassSet::new(&[0])));
        write!(f, "{}{name}", names::pitch_class(self.root))?;
        let rest = PitchClassSet::from_bits(own & !tones.bits());
        let added: Vec<&str> =
            (0..12).filter(|tone| rest.contains(*tone)).map(|t| ADDED[usize::from(t)]).collect();
        if !added.is_empty() {
            write!(f, "({})", added.join(","))?;
        }
        if self.bass != self.root {
            write!(f, "/{}", names::pitch_class(self.bass))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::music::chord::KINDS;
    use crate::music::{Chord, PitchClassSet};

    #[test]
    fn a_chord_is_written_as_on_a_lead_sheet() {
        let chord = |root, tones: &[u8], bass| Chord::new(root, PitchClassSet::new(tones), bass).to_string();
        assert_eq!(chord(9, &[0, 3, 7, 10], 9), "Am7");
        assert_eq!(chord(0, &[0, 4, 7], 4), "C/E");
        assert_eq!(chord(7, &[0, 4, 7, 10, 1], 7), "G7(b9)");
        assert_eq!(chord(5, &[0, 4, 7, 11, 2, 6], 5), "Fmaj9(#11)");
        assert_eq!(chord(10, &[0, 5, 7], 10), "Bbsus4");
        assert_eq!(chord(2, &[0, 7], 2), "D5");
        assert_eq!(chord(3, &[], 3), "Eb1");
    }

    #[test]
    fn every_set_of_tones_has_a_name_of_its_own() {
        let names: std::collections::HashSet<String> = (0..1 << 11)
            .map(|bits| Chord::new(0, PitchClassSet::from_bits(bits << 1 | 1), 0).to_string())
            .collect();
        assert_eq!(names.len(), 1 << 11);
        for (name, tones) in KINDS {
            assert_eq!(Chord::new(0, tones, 0).to_string(), format!("C{name}"));
        }
    }

    #[test]
    fn held_keys_make_the_chord_that_a_musician_would_name() {
        let name = |pitches: &[u8]| Chord::of_pitches(pitches).map(|chord| chord.to_string());
        for (pitches, shown) in [
            (&[60, 64, 67][..], "C"),
            (&[64, 67, 72], "C/E"),
            (&[45, 60, 64, 67], "Am7"),
            (&[60, 64, 69], "Am/C"),
            (&[43, 59, 62, 65], "G7"),
            (&[127, 120, 124], "C"),
            (&[60, 61, 62], "C1(b9,9)"),
        ] {
            assert_eq!(name(pitches).as_deref(), Some(shown), "{pitches:?}");
        }
        assert_eq!((name(&[]), name(&[60, 67]), name(&[60, 72, 84])), (None, None, None));
    }

    #[test]
    fn a_chord_is_read_from_its_code_and_no_other_number_is_a_code() {
        let chord = Chord::new(9, PitchClassSet::new(&[0, 3, 7, 10]), 7);
        assert_eq!(Chord::of_code(chord.code()), Some(chord));
        for wrong in [0, 0x10c, 0x1c0, 0x200, 0x10_0100] {
            assert_eq!(Chord::of_code(wrong), None, "{wrong:x}");
        }
    }

    #[test]
    fn transposing_moves_root_and_bass_and_keeps_the_tones() {
        let chord = Chord::new(9, PitchClassSet::new(&[0, 3, 7]), 4);
        let moved = chord.transposed(-10);
        assert_eq!((moved.root(), moved.bass(), moved.tones()), (11, 6, chord.tones()));
        assert_eq!(moved.transposed(10), chord);
    }

    #[test]
    fn the_third_and_the_tones_are_those_of_the_chord() {
        let seventh_with_sharp_ninth = Chord::new(4, PitchClassSet::new(&[0, 3, 4, 7, 10]), 4);
        assert_eq!(seventh_with_sharp_ninth.third(), Some(4));
        assert_eq!(Chord::new(4, PitchClassSet::new(&[0, 5, 7]), 4).third(), None);
        let over_another_bass = Chord::new(0, PitchClassSet::new(&[0, 4, 7]), 2);
        let held: Vec<u8> = (60..72).filter(|pitch| over_another_bass.contains(*pitch)).collect();
        assert_eq!(held, [60, 62, 64, 67]);
    }
}
