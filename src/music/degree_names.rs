//! Chords as degrees of a key.

use crate::music::chord::Chord;
use crate::music::key::{Key, Mode};
use crate::music::names;

const NUMERALS: [&str; 7] = ["I", "II", "III", "IV", "V", "VI", "VII"];

impl Chord {
    /// The chord as a degree of a key, such as `ii7`, `bVII` or `V/VII`: small where its third is minor. A
    /// [`Progression`](crate::music::Progression) reads it back as the same chord.
    #[must_use]
    pub fn degree(self, key: Key) -> String {
        let above = |pitch_class: u8| (pitch_class + 12 - key.tonic()) % 12;
        // The name on C says what kind of chord it is.
        let on_c = Self::new(0, self.tones(), 0).to_string();
        let kind = on_c.strip_prefix('C').unwrap_or(&on_c);
        let numeral = numeral(above(self.root()), key.mode);
        let is_minor_kind = kind.starts_with('m') && !kind.starts_with("maj");
        let is_diminished = kind.starts_with("dim");
        let (numeral, kind) = match (is_minor_kind, is_diminished) {
            (true, _) => (numeral.to_lowercase(), kind.trim_start_matches('m')),
            (false, true) => (numeral.to_lowercase(), kind),
            (false, false) => (numeral, kind),
        };
        if self.bass() == self.root() {
            return format!("{numeral}{kind}");
        }
        format!("{numeral}{kind}/{}", self::numeral(above(self.bass()), key.mode))
    }

    /// The chord as a degree of a key, or by its name if there is none.
    #[must_use]
    pub fn name_in(self, key: Option<Key>) -> String {
        key.map_or_else(|| self.to_string(), |key| self.degree(key))
    }
}

/// The numeral of a place above the tonic, in semitones, with an accidental where the key has no such degree.
fn numeral(above: u8, mode: Mode) -> String {
    let scale: [u8; 7] = if mode == Mode::Minor { [0, 2, 3, 5, 7, 8, 10] } else { [0, 2, 4, 5, 7, 9, 11] };
    let degree = |place: u8| scale.iter().position(|own| *own == place).and_then(|idx| NUMERALS.get(idx));
    // Lowered degrees are more usual than raised ones, but for the fourth and the minor key's leading note.
    let is_raised = above == 6 || mode == Mode::Minor && matches!(above, 9 | 11);
    let raised = degree(above.wrapping_sub(1)).map(|numeral| format!("#{numeral}"));
    let lowered = degree(above + 1).map(|numeral| format!("b{numeral}"));
    let own = degree(above).map(|numeral| (*numeral).to_owned());
    let other = if is_raised { raised.or(lowered) } else { lowered.or(raised) };
    own.or(other).unwrap_or_else(|| names::DEGREES[usize::from(above % 12)].to_owned())
}

#[cfg(test)]
mod tests {
    use crate::music::{Chord, Key, Meter, Mode, PitchClassSet, Progression, Tick, parse_harte};

    fn degree(chord: &str, key: Key) -> String {
        parse_harte(chord).unwrap().unwrap().degree(key)
    }

    #[test]
    fn degrees_are_written_as_musicians_do() {
        let c = Key::new(0, Mode::Major);
        let degrees = ["C:maj", "D:min7", "G:7", "F:maj7", "B:dim", "Bb:maj", "F#:hdim7", "C:maj/3"];
        let expected = ["I", "ii7", "V7", "IVmaj7", "viidim", "bVII", "#iv7b5", "I/III"];
        assert_eq!(degrees.map(|chord| degree(chord, c)), expected);
        let a = Key::new(9, Mode::Minor);
        let degrees = ["A:min", "F:maj", "C:maj", "G:maj", "E:7", "G#:dim7"];
        assert_eq!(degrees.map(|chord| degree(chord, a)), ["i", "VI", "III", "VII", "V7", "#viidim7"]);
    }

    #[test]
    fn every_chord_that_is_found_is_read_back_from_its_degree_and_its_name() {
        let kinds: [&[u8]; 11] = [
            &[0, 4, 7],
            &[0, 3, 7],
            &[0, 4, 7, 10],
            &[0, 3, 7, 10],
            &[0, 4, 7, 11],
            &[0, 3, 6],
            &[0, 3, 6, 10],
            &[0, 3, 6, 9],
            &[0, 4, 8],
            &[0, 5, 7],
            &[0, 5, 7, 10],
        ];
        let keys = (0..12).flat_map(|tonic| [Mode::Major, Mode::Minor].map(|mode| Key::new(tonic, mode)));
        for key in keys {
            for (root, tones) in (0..12).flat_map(|root| kinds.map(|tones| (root, tones))) {
                for bass in tones {
                    let chord = Chord::new(root, PitchClassSet::new(tones), root + bass);
                    for text in [chord.name_in(Some(key)), chord.name_in(None)] {
                        let read =
                            Progression::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
                        let read = read.bar(0, Tick(0), Meter::COMMON, key);
                        assert_eq!(read, [(Tick(0), Some(chord))], "{text} in {key:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_set_of_tones_is_read_back_from_its_name_and_its_degree() {
        let key = Key::new(9, Mode::Minor);
        for bits in 0..1 << 11 {
            let tones = PitchClassSet::from_bits(bits << 1 | 1);
            for chord in [Chord::new(0, tones, 0), Chord::new(10, tones, 3)] {
                for text in [chord.name_in(None), chord.name_in(Some(key))] {
                    let read = Progression::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
                    let read = read.bar(0, Tick(0), Meter::COMMON, key);
                    assert_eq!(read, [(Tick(0), Some(chord))], "{text}");
                }
            }
        }
    }
}
