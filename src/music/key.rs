//! Keys and scales as sets of pitch classes.

/// Major or minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// The third above the tonic is major.
    #[default]
    Major,
    /// The third above the tonic is minor.
    Minor,
}

/// A tonic and a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Key {
    tonic: u8,
    /// Major or minor.
    pub mode: Mode,
}

impl Key {
    /// The key on the pitch class `tonic`; 0 is C, and 12 is C again.
    #[must_use]
    pub fn new(tonic: u8, mode: Mode) -> Self {
        Self { tonic: tonic % 12, mode }
    }

    /// The tonic's pitch class, 0 (C) to 11 (B).
    #[must_use]
    pub fn tonic(self) -> u8 {
        self.tonic
    }

    /// Semitones from C to the nearest tonic, −5 to 6: transposes music in C to this key.
    #[must_use]
    pub fn transposition(self) -> i8 {
        let tonic = self.tonic as i8;
        if tonic > 6 { tonic - 12 } else { tonic }
    }
}

/// A set of pitch classes, counted in semitones above the tonic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PitchClassSet(u16);

impl PitchClassSet {
    /// All twelve.
    pub const CHROMATIC: Self = Self(0xfff);

    /// The set of these semitones above the tonic, each taken modulo 12.
    #[must_use]
    pub const fn new(semitones: &[u8]) -> Self {
        let mut bits = 0;
        let mut idx = 0;
        while idx < semitones.len() {
            bits |= 1 << (semitones[idx] % 12);
            idx += 1;
        }
        Self(bits)
    }

    /// The set with these bits, the tonic's the lowest; bits beyond the twelfth are ignored.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0xfff)
    }

    /// One bit for each pitch class, the tonic's the lowest.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether a pitch class, in semitones above the tonic, is in the set.
    #[must_use]
    pub fn contains(self, semitones: u8) -> bool {
        self.0 >> (semitones % 12) & 1 == 1
    }

    /// The number of pitch classes.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The mode of its third; major when it has both thirds or neither.
    #[must_use]
    pub fn mode(self) -> Mode {
        if self.contains(3) && !self.contains(4) { Mode::Minor } else { Mode::Major }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// The scales a musician can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scale {
    /// No constraint, in a major context.
    #[default]
    FreeMajor,
    /// No constraint, in a minor context.
    FreeMinor,
    /// The major scale.
    Major,
    /// The natural minor scale.
    Minor,
    /// The minor scale with a raised seventh.
    HarmonicMinor,
    /// The minor scale with raised sixth and seventh, in both directions.
    MelodicMinor,
    /// Minor with a raised sixth.
    Dorian,
    /// Minor with a lowered second.
    Phrygian,
    /// Major with a raised fourth.
    Lydian,
    /// Major with a lowered seventh.
    Mixolydian,
    /// Minor with lowered second and fifth.
    Locrian,
    /// Five notes of the major scale.
    MajorPentatonic,
    /// Five notes of the minor scale.
    MinorPentatonic,
    /// The minor pentatonic with the flattened fifth.
    Blues,
    /// The major pentatonic with the flattened third.
    MajorBlues,
    /// Minor with lowered second and raised third and seventh.
    DoubleHarmonic,
    /// Whole tones only.
    WholeTone,
    /// Alternating whole tones and semitones.
    Diminished,
    /// The user's own notes; see [`Scale::pitch_classes_or`].
    User,
}

impl Scale {
    /// All of them, in the order of the knob. The order is part of the saved state: append only.
    pub const ALL: [Self; 19] = [
        Self::FreeMajor,
        Self::FreeMinor,
        Self::Major,
        Self::Minor,
        Self::HarmonicMinor,
        Self::MelodicMinor,
        Self::Dorian,
        Self::Phrygian,
        Self::Lydian,
        Self::Mixolydian,
        Self::Locrian,
        Self::MajorPentatonic,
        Self::MinorPentatonic,
        Self::Blues,
        Self::MajorBlues,
        Self::DoubleHarmonic,
        Self::WholeTone,
        Self::Diminished,
        Self::User,
    ];

    /// Its notes, in semitones above the tonic; `own_notes` for [`Scale::User`].
    #[must_use]
    pub fn pitch_classes_or(self, own_notes: PitchClassSet) -> PitchClassSet {
        if self == Self::User { own_notes } else { self.pitch_classes() }
    }

    /// Its notes, in semitones above the tonic; all twelve for [`Scale::User`].
    #[must_use]
    pub fn pitch_classes(self) -> PitchClassSet {
        match self {
            Self::FreeMajor | Self::FreeMinor | Self::User => PitchClassSet::CHROMATIC,
            Self::Major => PitchClassSet::new(&[0, 2, 4, 5, 7, 9, 11]),
            Self::Minor => PitchClassSet::new(&[0, 2, 3, 5, 7, 8, 10]),
            Self::HarmonicMinor => PitchClassSet::new(&[0, 2, 3, 5, 7, 8, 11]),
            Self::MelodicMinor => PitchClassSet::new(&[0, 2, 3, 5, 7, 9, 11]),
            Self::Dorian => PitchClassSet::new(&[0, 2, 3, 5, 7, 9, 10]),
            Self::Phrygian => PitchClassSet::new(&[0, 1, 3, 5, 7, 8, 10]),
            Self::Lydian => PitchClassSet::new(&[0, 2, 4, 6, 7, 9, 11]),
            Self::Mixolydian => PitchClassSet::new(&[0, 2, 4, 5, 7, 9, 10]),
            Self::Locrian => PitchClassSet::new(&[0, 1, 3, 5, 6, 8, 10]),
            Self::MajorPentatonic => PitchClassSet::new(&[0, 2, 4, 7, 9]),
            Self::MinorPentatonic => PitchClassSet::new(&[0, 3, 5, 7, 10]),
            Self::Blues => PitchClassSet::new(&[0, 3, 5, 6, 7, 10]),
            Self::MajorBlues => PitchClassSet::new(&[0, 2, 3, 4, 7, 9]),
            Self::DoubleHarmonic => PitchClassSet::new(&[0, 1, 4, 5, 7, 8, 11]),
            Self::WholeTone => PitchClassSet::new(&[0, 2, 4, 6, 8, 10]),
            Self::Diminished => PitchClassSet::new(&[0, 2, 3, 5, 6, 8, 9, 11]),
        }
    }

    /// The mode given to the network: minor when the third above the tonic is minor. Major for [`Scale::User`];
    /// see [`PitchClassSet::mode`].
    #[must_use]
    pub fn mode(self) -> Mode {
        match self {
            Self::FreeMajor
            | Self::Major
            | Self::Lydian
            | Self::Mixolydian
            | Self::MajorPentatonic
            | Self::MajorBlues
            | Self::DoubleHarmonic
            | Self::WholeTone
            | Self::User => Mode::Major,
            _ => Mode::Minor,
        }
    }

    /// What the knob shows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FreeMajor => "Free (major)",
            Self::FreeMinor => "Free (minor)",
            Self::Major => "Major",
            Self::Minor => "Minor",
            Self::HarmonicMinor => "Harmonic minor",
            Self::MelodicMinor => "Melodic minor",
            Self::Dorian => "Dorian",
            Self::Phrygian => "Phrygian",
            Self::Lydian => "Lydian",
            Self::Mixolydian => "Mixolydian",
            Self::Locrian => "Locrian",
            Self::MajorPentatonic => "Major pentatonic",
            Self::MinorPentatonic => "Minor pentatonic",
            Self::Blues => "Blues",
            Self::MajorBlues => "Major blues",
            Self::DoubleHarmonic => "Double harmonic",
            Self::WholeTone => "Whole tone",
            Self::Diminished => "Diminished",
            Self::User => "Own notes",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Key, Mode, Scale};

    #[test]
    fn a_key_moves_music_by_at_most_a_tritone() {
        let moves: Vec<i8> = (0..12).map(|tonic| Key::new(tonic, Mode::Major).transposition()).collect();
        assert_eq!(moves, [0, 1, 2, 3, 4, 5, 6, -5, -4, -3, -2, -1]);
    }

    #[test]
    fn every_scale_holds_its_tonic_and_the_third_of_its_mode() {
        for scale in Scale::ALL {
            let third = if scale.mode() == Mode::Major { 4 } else { 3 };
            assert!(scale.pitch_classes().contains(0), "{}", scale.name());
            assert!(scale.pitch_classes().contains(third), "{}", scale.name());
        }
    }
}
