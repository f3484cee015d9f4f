//! Reads chords in the syntax of Harte et al., "Symbolic Representation of Musical Chords" (ISMIR 2005).

use crate::music::chord::Chord;
use crate::music::key::PitchClassSet;
use crate::music::names::natural;

/// A text that is no chord in Harte's syntax.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a chord such as C:maj7 or A:min/b3, found {0:?}")]
pub struct InvalidChord(String);

/// Reads a chord such as `A:min7/b3` or `G:7(b9)`; `None` for `N` (no chord) and `X` (an unknown one).
///
/// # Errors
/// If it is not in Harte's syntax.
pub fn parse_harte(text: &str) -> Result<Option<Chord>, InvalidChord> {
    let text = text.trim();
    if matches!(text, "N" | "X") {
        return Ok(None);
    }
    chord(text).map(Some).ok_or_else(|| InvalidChord(text.chars().take(40).collect()))
}

fn chord(text: &str) -> Option<Chord> {
    let (text, bass) = text.split_once('/').map_or((text, None), |(chord, bass)| (chord, Some(bass)));
    let (root, kind) = text.split_once(':').map_or((text, None), |(root, kind)| (root, Some(kind)));
    let root = pitch_class(root)?;
    // A root alone is a major chord.
    let tones = kind.map_or(Some(0b1001_0001), tones)?;
    let bass = bass.map_or(Some(0), degree)?;
    Some(Chord::new(root, PitchClassSet::from_bits(tones), (root + bass) % 12))
}

/// The pitch class of a letter with any number of sharps or flats after it.
fn pitch_class(text: &str) -> Option<u8> {
    let mut rest = text.chars();
    altered(natural(rest.next()?)?, rest)
}

fn altered(natural: u8, accidentals: impl Iterator<Item = char>) -> Option<u8> {
    accidentals.into_iter().try_fold(natural, |semitones, accidental| match accidental {
        '#' => Some((semitones + 1) % 12),
        'b' => Some((semitones + 11) % 12),
        _ => None,
    })
}

/// Semitones above the root, less whole octaves, of a degree such as `b7`, `#11` or `13`.
fn degree(text: &str) -> Option<u8> {
    let number = text.trim_start_matches(['b', '#']);
    let accidentals = &text[..text.len() - number.len()];
    let natural = match number.parse::<u8>().ok()? {
        number @ 1..=13 => [0, 2, 4, 5, 7, 9, 11][usize::from((number - 1) % 7)],
        _ => return None,
    };
    altered(natural, accidentals.chars())
}

/// The tones of a kind such as `min7`, `sus4(b7,9)` or `(1,5)`, as bits.
fn tones(text: &str) -> Option<u16> {
    let (name, degrees) = match text.split_once('(') {
        Some((name, degrees)) => (name, Some(degrees.strip_suffix(')')?)),
        None => (text, None),
    };
    let named = shorthand(name)?;
    degrees.into_iter().flat_map(|degrees| degrees.split(',')).try_fold(named, |tones, text| {
        let text = text.trim();
        match text.strip_prefix('*') {
            Some(omitted) => Some(tones & !(1 << degree(omitted)?)),
            None => Some(tones | 1 << degree(text)?),
        }
    })
}

fn shorthand(name: &str) -> Option<u16> {
    let semitones: &[u8] = match name {
        "" | "1" => &[0],
        "5" => &[0, 7],
        "maj" => &[0, 4, 7],
        "min" => &[0, 3, 7],
        "dim" => &[0, 3, 6],
        "aug" => &[0, 4, 8],
        "sus2" => &[0, 2, 7],
        "sus4" => &[0, 5, 7],
        "maj6" | "6" => &[0, 4, 7, 9],
        "min6" => &[0, 3, 7, 9],
        "7" => &[0, 4, 7, 10],
        "maj7" => &[0, 4, 7, 11],
        "min7" => &[0, 3, 7, 10],
        "minmaj7" => &[0, 3, 7, 11],
        "dim7" => &[0, 3, 6, 9],
        "hdim7" => &[0, 3, 6, 10],
        "aug7" => &[0, 4, 8, 10],
        "9" => &[0, 2, 4, 7, 10],
        "maj9" => &[0, 2, 4, 7, 11],
        "min9" => &[0, 2, 3, 7, 10],
        "11" => &[0, 2, 4, 5, 7, 10],
        "maj11" => &[0, 2, 4, 5, 7, 11],
        "min11" => &[0, 2, 3, 5, 7, 10],
        "13" => &[0, 2, 4, 5, 7, 9, 10],
        "maj13" => &[0, 2, 4, 5, 7, 9, 11],
        "min13" => &[0, 2, 3, 5, 7, 9, 10],
        _ => return None,
    };
    Some(PitchClassSet::new(semitones).bits())
}

#[cfg(test)]
mod tests {
    use crate::music::{Chord, PitchClassSet, parse_harte};

    fn read(text: &str) -> (u8, Vec<u8>, u8) {
        let chord = parse_harte(text).unwrap().unwrap();
        let tones = (0..12).filter(|tone| chord.tones().contains(*tone)).collect();
        (chord.root(), tones, chord.bass())
    }

    #[test]
    fn chords_in_hartes_syntax_are_read() {
        assert_eq!(read("A:min7/b3"), (9, vec![0, 3, 7, 10], 0));
        assert_eq!(read("Bb"), (10, vec![0, 4, 7], 10));
        assert_eq!(read("C#:maj/9"), (1, vec![0, 4, 7], 3));
        assert_eq!(read("G:7(b9,#9,b13)"), (7, vec![0, 1, 3, 4, 7, 8, 10], 7));
        assert_eq!(read("F:sus4(b7,9)"), (5, vec![0, 2, 5, 7, 10], 5));
        assert_eq!(read("D:7(*5,b5)/5"), (2, vec![0, 4, 6, 10], 9));
        assert_eq!(read("Cbb:(1,5)"), (10, vec![0, 7], 10));
        assert_eq!(read("E:hdim7"), (4, vec![0, 3, 6, 10], 4));
        assert_eq!(read(" E:minmaj7 ").1, [0, 3, 7, 11]);
        assert_eq!((parse_harte("N"), parse_harte("X")), (Ok(None), Ok(None)));
    }

    #[test]
    fn what_is_no_chord_is_refused_with_what_was_found() {
        for text in
            ["", "H:maj", "C:foo", "C:7(b9", "C:7(x)", "C/0", "C/14", "C:maj/", "Am7", "C:7()", "c:maj", "é"]
        {
            let error = parse_harte(text).unwrap_err().to_string();
            assert!(error.ends_with(&format!("{text:?}")), "{error}");
        }
    }

    #[test]
    fn a_bass_that_is_no_chord_tone_stays_the_bass_alone() {
        let chord = parse_harte("C:maj/2").unwrap().unwrap();
        assert_eq!(chord, Chord::new(0, PitchClassSet::new(&[0, 4, 7]), 2));
    }
}
