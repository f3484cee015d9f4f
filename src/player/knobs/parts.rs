//! Which parts of the music an instance plays.

use crate::music::{Family, Line, Voice};

/// A part of the music, which can be muted or played alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// An instrument.
    Instrument(Family),
    /// A voice of every pitched instrument.
    Voice(Voice),
}

impl Part {
    /// How many parts there are.
    pub const COUNT: usize = Family::COUNT + Voice::ALL.len();

    /// All of them: the instruments, then the voices.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        Family::all().map(Self::Instrument).chain(Voice::ALL.into_iter().map(Self::Voice))
    }

    /// Its place among all, below [`Part::COUNT`].
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Instrument(family) => family.index(),
            Self::Voice(voice) => Family::COUNT + voice.index(),
        }
    }

    /// The part at this place.
    #[must_use]
    pub fn from_index(idx: usize) -> Option<Self> {
        let voice = || Voice::ALL.get(idx - Family::COUNT).copied();
        Family::from_index(idx).map(Self::Instrument).or_else(|| voice().map(Self::Voice))
    }

    /// The instrument's name, or that of the voice: "Voice 1" is the highest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Instrument(family) => family.name(),
            Self::Voice(Voice::First) => "Voice 1",
            Self::Voice(Voice::Second) => "Voice 2",
            Self::Voice(Voice::Third) => "Voice 3",
            Self::Voice(Voice::Fourth) => "Voice 4",
        }
    }

    /// Whether a line belongs to it.
    #[must_use]
    pub fn has(self, line: Line) -> bool {
        match self {
            Self::Instrument(family) => line.family == family,
            Self::Voice(voice) => line.voice == Some(voice),
        }
    }
}

/// A set of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PartSet(u32);

impl PartSet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// The set with `part` added.
    #[must_use]
    pub fn with(self, part: Part) -> Self {
        Self(self.0 | 1 << part.index())
    }

    /// Whether `part` is in the set.
    #[must_use]
    pub fn contains(self, part: Part) -> bool {
        self.0 >> part.index() & 1 == 1
    }

    /// Whether a line belongs to one of the parts.
    #[must_use]
    pub fn has(self, line: Line) -> bool {
        let is_voice_in = |voice| self.contains(Part::Voice(voice));
        self.contains(Part::Instrument(line.family)) || line.voice.is_some_and(is_voice_in)
    }
}

impl FromIterator<Part> for PartSet {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        parts.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::music::{Family, Line, Voice};
    use crate::player::knobs::parts::{Part, PartSet};

    #[test]
    fn every_part_has_a_place_and_a_name_of_its_own() {
        for (idx, part) in Part::all().enumerate() {
            assert_eq!((part.index(), Part::from_index(idx)), (idx, Some(part)));
        }
        let names: HashSet<&str> = Part::all().map(Part::name).collect();
        assert_eq!(names.len(), Part::COUNT);
        assert_eq!((Part::all().count(), Part::from_index(Part::COUNT)), (Part::COUNT, None));
    }

    #[test]
    fn a_line_belongs_to_its_instrument_and_to_its_voice() {
        let strings = Line { family: Family::STRINGS, voice: Some(Voice::Second) };
        let drums = Line { family: Family::DRUMS, voice: None };
        let holding = |line| Part::all().filter(|part| part.has(line)).collect::<Vec<_>>();
        assert_eq!(holding(strings), [Part::Instrument(Family::STRINGS), Part::Voice(Voice::Second)]);
        assert_eq!(holding(drums), [Part::Instrument(Family::DRUMS)]);
        for part in Part::all() {
            let alone = PartSet::EMPTY.with(part);
            assert_eq!((alone.has(strings), alone.has(drums)), (part.has(strings), part.has(drums)));
        }
    }
}
