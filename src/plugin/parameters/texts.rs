//! Musicians' words for numbers, both ways.

use crate::music::{Scale, Tick};
use crate::plugin::parameters::build::ANY_POLYPHONY;

/// What a position is called that a list does not fill yet, before its number.
pub(super) const UNUSED: &str = "Unused ";

/// Whether a knob's text is that of such a position.
pub(crate) fn is_unused(text: &str) -> bool {
    text.starts_with(UNUSED)
}

/// What the key knob shows.
#[must_use]
pub(crate) fn tonic_name(tonic: i32) -> &'static str {
    const NAMES: [&str; 12] = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
    NAMES[tonic.rem_euclid(12) as usize]
}

/// The pitch class of a note name such as "C", "f#" or "E♭".
pub(super) fn tonic_from_name(text: &str) -> Option<i32> {
    let (semitones, rest) = note_letter(text.trim())?;
    rest.trim().is_empty().then_some(semitones.rem_euclid(12))
}

/// The semitones above C of the note name that a text begins with, −1 to 12, and what follows it.
fn note_letter(text: &str) -> Option<(i32, &str)> {
    let mut letters = text.chars();
    let natural = match letters.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = letters.as_str().trim_start();
    Some(match accidental(rest) {
        Some((change, rest)) => (natural + change, rest),
        None => (natural, rest),
    })
}

/// The sharp or flat that a text begins with, and what follows it.
fn accidental(text: &str) -> Option<(i32, &str)> {
    let mut letters = text.chars();
    let change = match letters.next()? {
        '#' | '♯' => 1,
        'b' | '♭' => -1,
        _ => return None,
    };
    Some((change, letters.as_str()))
}

/// The name of a MIDI key with its octave; 60 is C4, middle C.
pub(super) fn note_name(key: i32) -> String {
    format!("{}{}", tonic_name(key), key.div_euclid(12) - 1)
}

/// The MIDI key of a name such as "C4" or "f#-1", or of a number.
pub(super) fn note_from_name(text: &str) -> Option<i32> {
    if let Ok(number) = text.trim().parse() {
        return Some(number);
    }
    let (semitones, octave) = note_letter(text.trim())?;
    let octave: i32 = octave.trim().parse().ok()?;
    octave.checked_add(1)?.checked_mul(12)?.checked_add(semitones)
}

/// The degrees of the major scale that notes above the tonic are called by.
const DEGREES: [&str; 12] = ["1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7"];

/// The notes of a set above the tonic, by their degrees: "1 2 b3 5".
pub(super) fn degrees(bits: i32) -> String {
    let names = DEGREES.iter().enumerate();
    let held = names.filter(|(idx, _)| bits >> idx & 1 == 1).map(|(_, name)| *name);
    held.collect::<Vec<_>>().join(" ")
}

/// The set that degrees such as "1 2 b3 #4 5" name; nothing when there is none among them.
pub(super) fn degrees_from_text(text: &str) -> Option<i32> {
    let mut bits = 0;
    for word in text.split(|letter: char| letter.is_whitespace() || letter == ',') {
        if !word.is_empty() {
            bits |= 1 << degree(word)?;
        }
    }
    (bits != 0).then_some(bits)
}

/// Semitones above the tonic, 0 to 11.
fn degree(word: &str) -> Option<i32> {
    let (change, natural) = accidental(word).unwrap_or((0, word));
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
    Some((above + change).rem_euclid(12))
}

/// A number of bars.
pub(super) fn bars(length: i32) -> String {
    if length == 1 { "1 bar".to_owned() } else { format!("{length} bars") }
}

/// The number that a text such as "8 bars" begins with.
pub(super) fn leading_number(text: &str) -> Option<i32> {
    text.split_whitespace().next()?.parse().ok()
}

/// How many notes may sound at once.
pub(super) fn polyphony(n_notes: i32) -> String {
    if n_notes >= ANY_POLYPHONY { "Any".to_owned() } else { n_notes.to_string() }
}

/// The other way round.
pub(super) fn polyphony_from_text(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("any") { Some(ANY_POLYPHONY) } else { text.parse().ok() }
}

/// What the four takes are called.
pub(super) const SLOTS: [&str; 4] = ["A", "B", "C", "D"];

/// The scale with this index; [`Scale::FreeMajor`] where there is none yet.
#[must_use]
pub(crate) fn scale(idx: i32) -> Scale {
    let idx = usize::try_from(idx).ok();
    idx.and_then(|idx| Scale::ALL.get(idx)).copied().unwrap_or_default()
}

/// The note value with this index, the nearest where there is none.
pub(super) fn note_value(idx: i32) -> Tick {
    use crate::music::NoteValue;
    let last = NoteValue::ALL.len() - 1;
    NoteValue::ALL[usize::try_from(idx).unwrap_or(0).min(last)].ticks
}

#[cfg(test)]
mod tests {
    use crate::plugin::parameters::texts::{
        degrees, degrees_from_text, note_from_name, note_name, tonic_from_name,
    };

    #[test]
    fn every_key_has_a_name_that_can_be_typed() {
        assert_eq!((note_name(60), note_name(21), note_name(108)), ("C4".into(), "A0".into(), "C8".into()));
        for key in 0..128 {
            assert_eq!(note_from_name(&note_name(key)), Some(key));
            assert_eq!(note_from_name(&key.to_string()), Some(key));
        }
        for (name, key) in [("c4", 60), ("C#-1", 1), ("Cb4", 59), ("B#3", 60), ("e♭ 2", 39)] {
            assert_eq!(note_from_name(name), Some(key), "{name}");
        }
        for nonsense in ["", "H2", "C", "C4x", "4C", "C99999999999"] {
            assert_eq!(note_from_name(nonsense), None, "{nonsense}");
        }
        assert_eq!((tonic_from_name("Cb"), tonic_from_name("C4")), (Some(11), None));
    }

    #[test]
    fn every_set_of_notes_has_degrees_that_can_be_typed() {
        assert_eq!(degrees(0b1010_1011_0101), "1 2 3 4 5 6 7");
        assert!((1..4096).all(|bits| degrees_from_text(&degrees(bits)) == Some(bits)));
        assert_eq!(degrees_from_text("1, #4, ♭7"), Some(1 | 1 << 6 | 1 << 10));
        assert_eq!((degrees_from_text(""), degrees_from_text("1 9")), (None, None));
    }
}
