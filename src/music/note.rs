//! A note in score time, and instrument families.

use crate::music::feel::Feel;
use crate::music::time::Tick;

/// A note in score time.
///
/// Ordered by onset, then pitch, then family: the one order in which chords are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Note {
    /// Where it begins.
    pub onset: Tick,
    /// How long it sounds; at least one tick.
    pub duration: Tick,
    /// MIDI key, 0 to 127; 60 is middle C.
    pub pitch: u8,
    /// 1 to 127.
    pub velocity: u8,
    /// The instrument family.
    pub family: Family,
    /// How far from its onset it is performed; `None` in a score.
    pub feel: Option<Feel>,
}

impl Note {
    /// The longest duration of a composed note: four bars of 4/4.
    pub const LONGEST: Tick = Tick(16 * Tick::PER_BEAT);

    /// Where it ends.
    #[must_use]
    pub fn end(&self) -> Tick {
        self.onset + self.duration
    }
}

impl PartialOrd for Note {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Note {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let order = |n: &Self| (n.onset, n.pitch, n.family, n.duration, n.velocity, n.feel);
        order(self).cmp(&order(other))
    }
}

/// One of the 16 General MIDI instrument families, or drums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Family(u8);

impl Family {
    /// How many families there are.
    pub const COUNT: usize = 17;
    /// Pianos.
    pub const PIANO: Self = Self(0);
    /// Basses.
    pub const BASS: Self = Self(4);
    /// Strings.
    pub const STRINGS: Self = Self(5);
    /// Choirs and ensembles.
    pub const ENSEMBLE: Self = Self(6);
    /// Drums: MIDI channel 10. Its pitches are instruments, so no key or scale applies.
    pub const DRUMS: Self = Self(16);

    /// The family with this index, 0 to 16.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Self> {
        (index < Self::COUNT).then_some(Self(index as u8))
    }

    /// All families, by their index.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        (0..Self::COUNT).map(|index| Self(index as u8))
    }

    /// The family of a General MIDI program, 0 to 127, on any channel but the tenth.
    #[must_use]
    pub fn from_program(program: u8) -> Self {
        Self((program & 127) / 8)
    }

    /// 0 to 16.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// A typical General MIDI program of the family, 0 to 127; drums have none and give 0.
    #[must_use]
    pub fn program(self) -> u8 {
        // The first of each family, except where another is more typical.
        const PROGRAMS: [u8; Family::COUNT] =
            [0, 8, 19, 24, 33, 40, 52, 56, 66, 73, 80, 88, 96, 104, 112, 120, 0];
        PROGRAMS[self.index()]
    }

    /// Whether this is [`Family::DRUMS`].
    #[must_use]
    pub fn is_drums(self) -> bool {
        self == Self::DRUMS
    }

    /// The General MIDI name, such as "Strings".
    #[must_use]
    pub fn name(self) -> &'static str {
        const NAMES: [&str; Family::COUNT] = [
            "Piano",
            "Chromatic percussion",
            "Organ",
            "Guitar",
            "Bass",
            "Strings",
            "Ensemble",
            "Brass",
            "Reed",
            "Pipe",
            "Synth lead",
            "Synth pad",
            "Synth effects",
            "Ethnic",
            "Percussive",
            "Sound effects",
            "Drums",
        ];
        NAMES[self.index()]
    }
}

/// A set of families.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FamilySet(u32);

impl FamilySet {
    /// Every family.
    pub const ALL: Self = Self((1 << Family::COUNT) - 1);
    /// None.
    pub const EMPTY: Self = Self(0);

    /// The set with these bits, that of [`Family::PIANO`] the lowest; bits beyond the last are ignored.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// One bit for each family, that of [`Family::PIANO`] the lowest.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set with `family` added.
    #[must_use]
    pub fn with(self, family: Family) -> Self {
        Self(self.0 | 1 << family.index())
    }

    /// Whether `family` is in the set.
    #[must_use]
    pub fn contains(self, family: Family) -> bool {
        self.0 >> family.index() & 1 == 1
    }
}

impl FromIterator<Family> for FamilySet {
    fn from_iter<I: IntoIterator<Item = Family>>(families: I) -> Self {
        families.into_iter().fold(Self::EMPTY, Self::with)
    }
}
