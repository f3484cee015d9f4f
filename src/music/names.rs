//! Names of notes, keys and scale degrees, and their parsers.
//!
//! Parsers ignore case, read `♯` and `♭` as well as `#` and `b`, and allow blanks around each part.

use crate::music::key::{Key, Mode, PitchClassSet};

/// The degrees of the major scale, flattened between: the names of the semitones above a tonic.
pub const DEGREES: [&str; 12] = ["1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7"];

/// The name of a pitch class or of any pitch's class, such as "Eb", in its usual spelling.
#[must_use]
pub fn pitch_class(pitch: impl Into<i32>) -> &'static str {
    const NAMES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
    NAMES[pitch.into().rem_euclid(12) as usize]
}

/// The name of a MIDI key with its octave, such as "Eb2"; 60 is "C4", middle C.
#[must_use]
pub fn pitch(pitch: impl Into<i32>) -> String {
    let pitch = pitch.into();
    format!("{}{}", pitch_class(pitch), pitch.div_euclid(12) - 1)
}

/// The name of a key, such as "F# minor".
#[must_use]
pub fn key(key: Key) -> String {
    let mode = match key.mode {
        Mode::Major => "major",
        Mode::Minor => "minor",
    };
    format!("{} {mode}", pitch_class(key.tonic()))
}

/// The degrees of a set of notes, such as "1 2 b3 5".
#[must_use]
pub fn degrees(set: PitchClassSet) -> String {
    let held = (0..12).filter(|semitones| set.contains(*semitones));
    held.map(|semitones| DEGREES[usize::from(semitones)]).collect::<Vec<_>>().join(" ")
}

/// The pitch class, 0 to 11, of a name such as "C", "f#" or "E♭".
#[must_use]
pub fn parse_pitch_class(text: &str) -> Option<u8> {
    let (semitones, rest) = parse_note(text)?;
    rest.is_empty().then(|| semitones.rem_euclid(12) as u8)
}

/// The MIDI key of a name such as "C4" or "f#-1", or of a number. It may lie outside 0 to 127.
#[must_use]
pub fn parse_pitch(text: &str) -> Option<i32> {
    if let Ok(number) = text.trim().parse() {
        return Some(number);
    }
    let (semitones, octave) = parse_note(text)?;
    let octave: i32 = octave.parse().ok()?;
    octave.checked_add(1)?.checked_mul(12)?.checked_add(semitones)
}

/// The key of a name such as "C", "F#", "Am" or "Eb minor".
#[must_use]
pub fn parse_key(text: &str) -> Option<Key> {
    let (semitones, mode) = parse_note(text)?;
    let mode = match mode.to_ascii_lowercase().as_str() {
        "" | "major" => Mode::Major,
        "m" | "minor" => Mode::Minor,
        _ => return None,
    };
    Some(Key::new(semitones.rem_euclid(12) as u8, mode))
}

/// The pitch classes of names such as "C D, Eb G"; `None` when there is none or one is no name.
#[must_use]
pub fn parse_pitch_classes(text: &str) -> Option<PitchClassSet> {
    parse_set(text, parse_pitch_class)
}

/// The set of degrees such as "1 2 b3 #4 5"; `None` when there is none or one is no degree.
#[must_use]
pub fn parse_degrees(text: &str) -> Option<PitchClassSet> {
    parse_set(text, parse_degree)
}

fn parse_set(text: &str, parse: impl Fn(&str) -> Option<u8>) -> Option<PitchClassSet> {
    let words = text.split(|letter: char| letter.is_whitespace() || letter == ',');
    let members: Option<Vec<u8>> = words.filter(|word| !word.is_empty()).map(parse).collect();
    members.filter(|members| !members.is_empty()).map(|members| PitchClassSet::new(&members))
}

/// Semitones above the tonic, 0 to 11.
fn parse_degree(word: &str) -> Option<u8> {
    let (change, natural) = parse_accidentals(word);
    let above = match natural {
        "1" => 0,
        "2" => 2,
        "3" => 4,
        "4" => 5,
        "5" => 7,
        "6" => 9,
        "7" => 11,
        _ => return None,
    };
    Some((above + change).rem_euclid(12) as u8)
}

/// The semitones above C of the note that a text begins with, and the rest, both without blanks around.
pub(super) fn parse_note(text: &str) -> Option<(i32, &str)> {
    let mut letters = text.trim().chars();
    let natural = i32::from(natural(letters.next()?.to_ascii_uppercase())?);
    let (change, rest) = parse_accidentals(letters.as_str().trim_start());
    Some((natural + change, rest.trim_start()))
}

/// The semitones above C of a capital letter without an accidental.
pub(crate) fn natural(letter: char) -> Option<u8> {
    Some(match letter {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    })
}

/// The semitones of the sharps or flats that a text begins with, and the rest.
pub(super) fn parse_accidentals(text: &str) -> (i32, &str) {
    let signs = match text.chars().next() {
        Some('#' | '♯') => ['#', '♯'],
        _ => ['b', '♭'],
    };
    let rest = text.trim_start_matches(signs);
    let n_signs = text[..text.len() - rest.len()].chars().count() as i32;
    (if signs[0] == '#' { n_signs } else { -n_signs }, rest)
}

#[cfg(test)]
mod tests {
    use crate::music::{Key, Mode, PitchClassSet, names};

    #[test]
    fn every_midi_key_has_a_name_that_is_read_back() {
        assert_eq!([60, 21, 108, -1].map(names::pitch), ["C4", "A0", "C8", "B-2"]);
        for pitch in -12..140 {
            assert_eq!(names::parse_pitch(&names::pitch(pitch)), Some(pitch));
            assert_eq!(names::parse_pitch(&pitch.to_string()), Some(pitch));
        }
        for (name, pitch) in [("c4", 60), ("C#-1", 1), ("Cb4", 59), ("B#3", 60), ("e♭ 2", 39), ("Dbb4", 60)]
        {
            assert_eq!(names::parse_pitch(name), Some(pitch), "{name}");
        }
        for nonsense in ["", "H2", "C", "C4x", "4C", "C99999999999", "C#b4"] {
            assert_eq!(names::parse_pitch(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn every_key_has_a_name_that_is_read_back() {
        for key in (0..12).flat_map(|tonic| [Mode::Major, Mode::Minor].map(|mode| Key::new(tonic, mode))) {
            assert_eq!(names::parse_key(&names::key(key)), Some(key));
        }
        let expected = [
            ("C", 0, Mode::Major),
            ("f#", 6, Mode::Major),
            ("Bb", 10, Mode::Major),
            ("Am", 9, Mode::Minor),
            ("Cb", 11, Mode::Major),
            ("Eb minor", 3, Mode::Minor),
        ];
        for (text, tonic, mode) in expected {
            assert_eq!(names::parse_key(text), Some(Key::new(tonic, mode)), "{text}");
        }
        for nonsense in ["", "H", "Cx", "C4"] {
            assert_eq!(names::parse_key(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn every_set_of_notes_has_degrees_that_are_read_back() {
        assert_eq!(names::degrees(PitchClassSet::from_bits(0b1010_1011_0101)), "1 2 3 4 5 6 7");
        for set in (1..4096).map(PitchClassSet::from_bits) {
            assert_eq!(names::parse_degrees(&names::degrees(set)), Some(set));
        }
        assert_eq!(names::parse_degrees("1, #4, ♭7"), Some(PitchClassSet::new(&[0, 6, 10])));
        assert_eq!((names::parse_degrees(""), names::parse_degrees("1 9")), (None, None));
    }

    #[test]
    fn notes_are_read_by_their_names() {
        assert_eq!((names::parse_pitch_class("Cb"), names::parse_pitch_class("C4")), (Some(11), None));
        let set = PitchClassSet::new(&[0, 2, 3, 7]);
        assert_eq!(names::parse_pitch_classes("C D, Eb  g"), Some(set));
        assert_eq!(["", "C X", "Am"].map(names::parse_pitch_classes), [None; 3]);
    }
}
