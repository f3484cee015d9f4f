//! Which keys each instrument plays in a style: those that it was trained on.

use crate::model::card::{Card, Primer};
use crate::model::instrument::{InstrumentKeys, range};
use crate::model::sampling::{Constraints, Given, StyleMix};
use crate::music::{Family, FamilySet, PitchClassSet};

/// The drums of General MIDI and its common extensions, for models whose card does not say what they play.
const COMMON_DRUMS: (u8, u8) = (27, 87);

/// The keys that each family plays, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys([u128; Family::COUNT]);

impl Keys {
    const NONE: Self = Self([0; Family::COUNT]);

    /// The keys of each style of a model, and last those of all its styles together.
    ///
    /// Where the card does not say, every instrument may play anywhere; but drums play in a style only if its
    /// primers have any, and only common keys and those of primers. Without primers nothing is known.
    pub(crate) fn of_styles(card: &Card, primers: &[Primer]) -> Vec<Self> {
        let drums = |primer: &Primer| -> u128 {
            let hits = primer.notes.iter().filter(|note| note.family.is_drums());
            hits.fold(0, |keys, note| keys | 1 << (note.pitch & 127))
        };
        let common = if primers.is_empty() { u128::MAX } else { range(COMMON_DRUMS.0, COMMON_DRUMS.1) };
        let common = primers.iter().fold(common, |keys, primer| keys | drums(primer));
        let unknown = |style: usize| {
            let mut of_style = primers.iter().filter(|primer| primer.style == style).peekable();
            let has_drums = of_style.peek().is_none() || of_style.any(|primer| drums(primer) != 0);
            let mut keys = [u128::MAX; Family::COUNT];
            keys[Family::DRUMS.index()] = if has_drums { common } else { 0 };
            Self(keys)
        };
        let known = |listed: &Vec<InstrumentKeys>| {
            listed.iter().fold(Self::NONE, |mut keys, instrument| {
                if let Some(of_family) = keys.0.get_mut(instrument.family) {
                    *of_family |= instrument.keys();
                }
                keys
            })
        };
        let listed = |style: usize| card.keys.get(style).filter(|listed| !listed.is_empty());
        let mut styles: Vec<Self> =
            (0..card.styles.len()).map(|style| listed(style).map_or_else(|| unknown(style), known)).collect();
        styles.push(styles.iter().fold(Self::NONE, |all, keys| all.with(*keys)));
        styles
    }

    /// The keys of the styles of a mix; `styles` is from [`Keys::of_styles`].
    ///
    /// Where the user wants only instruments that the style does not have, they play what they play in others.
    pub(crate) fn wanted(styles: &[Self], mix: StyleMix, wanted: FamilySet) -> Self {
        let [first, second] =
            [mix.first, mix.second].map(|style| styles.get(style).copied().unwrap_or(Self::NONE));
        let in_style = first.with(second).only(wanted);
        if in_style == Self::NONE {
            styles.last().copied().unwrap_or(Self::NONE).only(wanted)
        } else {
            in_style
        }
    }

    /// Those that scale, range and what is given leave; drums are exempt from scale and range.
    #[must_use]
    pub fn open(mut self, constraints: &Constraints, given: &Given) -> Self {
        let Constraints { scale, lowest, highest, .. } = *constraints;
        let allowed = of_pitch_classes(scale) & range(lowest, highest);
        let given = given.pitch.map_or(u128::MAX, |pitch| 1 << (pitch & 127));
        for (idx, keys) in self.0.iter_mut().enumerate() {
            *keys &= given & if idx == Family::DRUMS.index() { u128::MAX } else { allowed };
        }
        self
    }

    /// The keys of a family.
    #[must_use]
    pub fn of(&self, family: usize) -> u128 {
        self.0.get(family).copied().unwrap_or(0)
    }

    /// Whether no instrument plays any key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    fn with(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(keys, more)| *keys |= more);
        self
    }

    fn only(mut self, families: FamilySet) -> Self {
        for family in Family::all().filter(|family| !families.contains(*family)) {
            self.0[family.index()] = 0;
        }
        self
    }
}

/// The keys that have one of these pitch classes, one bit each.
pub(crate) fn of_pitch_classes(pitch_classes: PitchClassSet) -> u128 {
    let octave = u128::from(pitch_classes.bits());
    (0..128).step_by(12).fold(0, |keys, key| keys | octave << key)
}

#[cfg(test)]
mod tests {
    use crate::model::instrument::range;
    use crate::model::keys::Keys;
    use crate::model::{Card, Constraints, Given, InstrumentKeys, Primer, StyleMix};
    use crate::music::{Family, FamilySet, Meter, Mode, Note, PitchClassSet, Tick};

    fn primer(style: usize, family: Family, pitch: u8) -> Primer {
        let note = Note { onset: Tick(0), duration: Tick(6), pitch, velocity: 80, family, feel: None };
        Primer { style, mode: Mode::Major, meter: Meter::COMMON, n_bars: 1, notes: vec![note] }
    }

    #[test]
    fn an_instrument_plays_what_the_card_says_or_else_what_primers_say() {
        let styles = ["Chorales", "Beats", "New"].map(str::to_owned).to_vec();
        let keys = vec![Vec::new(), Vec::new(), vec![InstrumentKeys::of(Family::BASS, 1 << 30 | 1 << 50)]];
        let card = Card { styles, keys, ..Card::default() };
        let primers = [primer(0, Family::ENSEMBLE, 60), primer(1, Family::DRUMS, 99)];
        let of_styles = Keys::of_styles(&card, &primers);
        let keys = |style, families| Keys::wanted(&of_styles, StyleMix::of(style), families);
        let drums = Family::DRUMS.index();
        assert_eq!(keys(0, FamilySet::ALL).of(drums), 0, "no primer of the style has drums");
        assert_eq!(keys(0, FamilySet::ALL).of(0), u128::MAX);
        assert_eq!(keys(1, FamilySet::ALL).of(drums), range(27, 87) | 1 << 99);
        assert_eq!(keys(2, FamilySet::ALL).of(Family::BASS.index()), range(30, 50));
        assert_eq!(keys(2, FamilySet::ALL).of(0), 0);
        // Who wants drums alone in chorales gets those of the other styles.
        assert_eq!(keys(0, FamilySet::EMPTY.with(Family::DRUMS)).of(drums), range(27, 87) | 1 << 99);
        assert!(keys(0, FamilySet::EMPTY).is_empty());
    }

    #[test]
    fn scale_range_and_a_given_pitch_leave_open_keys() {
        let card = Card { styles: vec![String::new()], ..Card::default() };
        let all = Keys::of_styles(&card, &[])[0];
        let constraints = Constraints {
            scale: PitchClassSet::new(&[0, 7]),
            lowest: 60,
            highest: 72,
            ..Constraints::default()
        };
        let open = all.open(&constraints, &Given::default());
        assert_eq!(open.of(0), 1 << 60 | 1 << 67 | 1 << 72);
        assert_eq!(open.of(Family::DRUMS.index()), u128::MAX, "drums are exempt");
        let given = Given { pitch: Some(67), ..Given::default() };
        assert_eq!(all.open(&constraints, &given).of(0), 1 << 67);
        let none = Constraints { lowest: 127, highest: 0, ..constraints };
        assert_eq!(all.open(&none, &Given::default()).of(0), 0);
    }
}
