//! Chord progressions as musicians type them: `Am7 | F | C/E G | %`, `ii7 | V7 | I`.

use crate::music::chord::Chord;
use crate::music::common_progressions::{COMMON_PROGRESSIONS, CommonProgression};
use crate::music::key::{Key, Mode, PitchClassSet};
use crate::music::meter::Meter;
use crate::music::names::{parse_accidentals, parse_note};
use crate::music::time::Tick;

/// A progression that comes round: bars, each with its chords evenly spread over its beats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progression {
    text: String,
    bars: Vec<Vec<Symbol>>,
}

/// What stands in a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    /// A chord by its name.
    Absolute(Chord),
    /// A chord by its degree, relative to a major or a minor key on C.
    Degree([Chord; 2]),
    /// `N.C.`: no chord.
    None,
}

/// A text that makes no sense as a progression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: expected {expected}, found {found:?}", at + 1)]
pub struct InvalidProgression {
    /// The character where it stops making sense, from 0.
    pub at: usize,
    expected: &'static str,
    found: String,
}

const CHORD: &str = "a chord such as Am7, C/E or V7, N.C. for none, or % for the bar before";

impl Progression {
    /// The most bars of a progression.
    pub(super) const MOST_BARS: usize = 256;

    /// Reads a progression. Bars stand between `|`; chords in a bar share it evenly; `%` repeats the bar before, and
    /// `N.C.` is no chord. A chord has a name, such as `F#m7b5` or `C/E`, or a degree, such as `ii7` or `bVII`; small
    /// numerals are minor. In a minor key `III`, `VI` and `VII` are those of the natural minor scale, `bIII`, `bVI` and
    /// `bVII` the same, and sharps raise them. A bar without a chord goes on with the chord before. The name of one of
    /// the [`COMMON_PROGRESSIONS`] stands for its text.
    ///
    /// # Errors
    /// Where it stops making sense.
    pub fn parse(text: &str) -> Result<Self, InvalidProgression> {
        let is_named = |common: &&CommonProgression| common.name.eq_ignore_ascii_case(text.trim());
        let text = COMMON_PROGRESSIONS.iter().find(is_named).map_or(text, |common| common.text);
        let mut bars: Vec<Vec<Symbol>> = Vec::new();
        let mut at = 0;
        let n_parts = text.split('|').count();
        for (idx, bar) in text.split('|').enumerate() {
            let mut symbols = Vec::new();
            for (begin, word) in words(bar) {
                let error = |within: usize| InvalidProgression {
                    at: at + bar[..begin].chars().count() + within,
                    expected: CHORD,
                    found: word.chars().skip(within).take(20).collect(),
                };
                if word == "%" {
                    let before = bars.last().filter(|_| symbols.is_empty()).ok_or_else(|| error(0))?;
                    symbols.clone_from(before);
                } else {
                    symbols.push(symbol(word).map_err(error)?);
                }
            }
            at += bar.chars().count() + 1;
            // `| C | F |` has no bar before its first line and after its last.
            let is_outside = symbols.is_empty() && (idx == 0 || idx + 1 == n_parts);
            if is_outside {
                continue;
            }
            if symbols.is_empty() {
                symbols.extend(bars.last().and_then(|before| before.last()));
            }
            bars.push(symbols);
            if bars.len() > Self::MOST_BARS {
                return Err(InvalidProgression { at, expected: "at most 256 bars", found: String::new() });
            }
        }
        if bars.iter().all(Vec::is_empty) {
            return Err(InvalidProgression {
                at: 0,
                expected: CHORD,
                found: text.chars().take(20).collect(),
            });
        }
        Ok(Self { text: text.to_owned(), bars })
    }

    /// The text that it was read from, or that of the common progression which that names.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many bars it has, at least 1.
    #[must_use]
    pub fn n_bars(&self) -> usize {
        self.bars.len()
    }

    /// The chords of the bar with this index at song positions, the progression coming round: its first is at `start`.
    /// Degrees are those of `key`.
    #[must_use]
    pub fn bar(&self, bar_idx: usize, start: Tick, meter: Meter, key: Key) -> Vec<(Tick, Option<Chord>)> {
        let symbols = &self.bars[bar_idx % self.bars.len()];
        let n_symbols = symbols.len().max(1) as i64;
        let chord = |symbol: &Symbol| match symbol {
            Symbol::Absolute(chord) => Some(*chord),
            Symbol::Degree(chords) => {
                let [major, minor] = *chords;
                let chord = if key.mode == Mode::Minor { minor } else { major };
                Some(chord.transposed(key.tonic() as i8))
            }
            Symbol::None => None,
        };
        (0..)
            .zip(symbols)
            .map(|(idx, symbol)| (start + place(idx, n_symbols, meter), chord(symbol)))
            .collect()
    }
}

/// Where one of so many words in a bar of this meter stands: on a metrical beat if there are enough of them, or else on a
/// quarter in simple meters and on a note of the denominator in compound ones, or else on any tick.
pub(super) fn place(idx: i64, n_words: i64, meter: Meter) -> Tick {
    let length = meter.bar_length().0;
    let division = Tick::PER_BEAT.min(4 * Tick::PER_BEAT / i64::from(meter.denominator()));
    let steps = [meter.beat().0, division];
    let step = steps.into_iter().find(|step| length >= n_words * step).unwrap_or(1);
    Tick(length * idx / n_words / step * step)
}

/// The words of a bar, each with the byte at which it begins.
fn words(bar: &str) -> impl Iterator<Item = (usize, &str)> {
    bar.split_whitespace().map(|word| (word.as_ptr() as usize - bar.as_ptr() as usize, word))
}

/// Reads a chord, or says after how many characters it stops making sense.
fn symbol(word: &str) -> Result<Symbol, usize> {
    if matches!(word.to_ascii_uppercase().as_str(), "N.C." | "NC" | "N") {
        return Ok(Symbol::None);
    }
    let after = |rest: &str| word.chars().count() - rest.chars().count();
    if let Some((root, rest)) = note(word) {
        let (tones, rest) = kind(rest, TRIAD).map_err(after)?;
        let bass = match rest.strip_prefix('/') {
            Some(bass) => match note(bass) {
                Some((bass, "")) => bass,
                Some((_, rest)) => return Err(after(rest)),
                None => return Err(after(bass)),
            },
            None if rest.is_empty() => root,
            None => return Err(after(rest)),
        };
        return Ok(Symbol::Absolute(Chord::new(root, tones, bass)));
    }
    let (change, numeral) = parse_accidentals(word);
    let (degree, is_minor, rest) = roman(numeral).ok_or(0_usize)?;
    let (tones, rest) = kind(rest, if is_minor { MINOR_TRIAD } else { TRIAD }).map_err(after)?;
    let bass = match rest.strip_prefix('/') {
        Some(bass) => {
            let (change, numeral) = parse_accidentals(bass);
            match roman(numeral) {
                Some((degree, _, "")) => Some((change, degree)),
                _ => return Err(after(bass)),
            }
        }
        None if rest.is_empty() => None,
        None => return Err(after(rest)),
    };
    let chord = |mode: Mode| {
        let pitch_class = |(change, degree): (i32, usize)| {
            // A flat lowers the degree of the major scale: bVI is the same chord in both modes.
            let scale = if mode == Mode::Minor && change >= 0 { MINOR_SCALE } else { MAJOR_SCALE };
            (scale[degree] + change).rem_euclid(12) as u8
        };
        let root = pitch_class((change, degree));
        Chord::new(root, tones, bass.map_or(root, pitch_class))
    };
    Ok(Symbol::Degree([Mode::Major, Mode::Minor].map(chord)))
}

/// The pitch class of the note name that a text begins with, a capital letter, and what follows it.
fn note(text: &str) -> Option<(u8, &str)> {
    let (semitones, rest) =
        parse_note(text).filter(|_| text.starts_with(|first: char| first.is_uppercase()))?;
    Some((semitones.rem_euclid(12) as u8, rest))
}

/// A roman numeral: its degree from 0, whether it is small, and what follows it.
fn roman(text: &str) -> Option<(usize, bool, &str)> {
    // The longest come first.
    const NUMERALS: [(&str, usize); 7] =
        [("VII", 6), ("III", 2), ("VI", 5), ("IV", 3), ("II", 1), ("V", 4), ("I", 0)];
    NUMERALS.iter().find_map(|(numeral, degree)| {
        let small = numeral.to_ascii_lowercase();
        let rest = text.strip_prefix(numeral).map(|rest| (false, rest));
        let rest = rest.or_else(|| text.strip_prefix(&small).map(|rest| (true, rest)));
        rest.map(|(is_small, rest)| (*degree, is_small, rest))
    })
}

/// The degrees of the major and of the natural minor scale, in semitones above the tonic.
const MAJOR_SCALE: [i32; 7] = [0, 2, 4, 5, 7, 9, 11];
const MINOR_SCALE: [i32; 7] = [0, 2, 3, 5, 7, 8, 10];

const TRIAD: PitchClassSet = PitchClassSet::new(&[0, 4, 7]);
const MINOR_TRIAD: PitchClassSet = PitchClassSet::new(&[0, 3, 7]);

/// What a part of a chord's name does to its tones: what it takes away and what it adds, in semitones above the root.
/// Of two that a text begins with the earlier one counts.
const PARTS: [(&str, &[u8], &[u8]); 56] = [
    ("maj13", &[], &[2, 9, 11]),
    ("maj11", &[], &[2, 5, 11]),
    ("maj9", &[], &[2, 11]),
    ("maj7", &[], &[11]),
    ("ma7", &[], &[11]),
    ("Maj7", &[], &[11]),
    ("M7", &[], &[11]),
    ("M9", &[], &[2, 11]),
    ("Δ7", &[], &[11]),
    ("Δ", &[], &[11]),
    ("maj", &[], &[]),
    ("M", &[], &[]),
    ("min", &[4], &[3]),
    ("mi", &[4], &[3]),
    ("m", &[4], &[3]),
    ("-", &[4], &[3]),
    ("dim7", &[4, 7], &[3, 6, 9]),
    ("dim", &[4, 7], &[3, 6]),
    ("°7", &[4, 7], &[3, 6, 9]),
    ("°", &[4, 7], &[3, 6]),
    ("o7", &[4, 7], &[3, 6, 9]),
    ("o", &[4, 7], &[3, 6]),
    ("ø7", &[4, 7], &[3, 6, 10]),
    ("ø", &[4, 7], &[3, 6, 10]),
    ("aug", &[7], &[8]),
    ("+", &[7], &[8]),
    ("sus2", &[3, 4], &[2]),
    ("sus4", &[3, 4], &[5]),
    ("sus", &[3, 4], &[5]),
    ("add9", &[], &[2]),
    ("add2", &[], &[2]),
    ("add11", &[], &[5]),
    ("add4", &[], &[5]),
    ("add13", &[], &[9]),
    ("6/9", &[], &[2, 9]),
    ("69", &[], &[2, 9]),
    ("13", &[], &[2, 9, 10]),
    ("11", &[], &[2, 5, 10]),
    ("9", &[], &[2, 10]),
    ("7", &[], &[10]),
    ("6", &[], &[9]),
    ("5", &[3, 4], &[]),
    ("2", &[], &[2]),
    ("1", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], &[]),
    ("alt", &[7], &[1, 3, 8, 10]),
    ("b5", &[7], &[6]),
    ("#5", &[7], &[8]),
    ("b9", &[], &[1]),
    ("#9", &[], &[3]),
    ("#11", &[], &[6]),
    ("b13", &[], &[8]),
    ("no3", &[3, 4], &[]),
    ("no5", &[7], &[]),
    ("(", &[], &[]),
    (")", &[], &[]),
    (",", &[], &[]),
];

/// What stands for a single tone in parentheses, in semitones above the root: outside them `9` is a ninth chord, with its
/// seventh.
const ADDED: [(&str, u8); 7] = [("13", 9), ("11", 5), ("9", 2), ("7", 11), ("b7", 10), ("5", 7), ("3", 4)];

/// The tones of a kind of chord, and what follows it: nothing, or the slash before a bass. Else, where it stops making
/// sense.
fn kind(whole: &str, triad: PitchClassSet) -> Result<(PitchClassSet, &str), &str> {
    let mut text = whole;
    let mut tones = triad.bits();
    let mut is_in_parentheses = false;
    while !text.is_empty() && !text.starts_with('/') {
        let read = &whole[..whole.len() - text.len()];
        if read.ends_with(|c: char| c.is_ascii_digit()) && text.starts_with(|c: char| c.is_ascii_digit()) {
            // `71` is no number of a chord, and neither 7 nor 1.
            return Err(text);
        }
        let mut added = ADDED.iter().filter(|_| is_in_parentheses);
        let added = added.find_map(|(name, tone)| Some((text.strip_prefix(name)?, *tone)));
        if let Some((rest, tone)) = added {
            tones |= 1 << tone;
            text = rest;
            continue;
        }
        let part = PARTS.iter().find_map(|(name, less, more)| Some((text.strip_prefix(name)?, less, more)));
        let (rest, less, more) = part.ok_or(text)?;
        tones &= !PitchClassSet::new(less).bits();
        tones |= PitchClassSet::new(more).bits();
        is_in_parentheses = text.starts_with('(') || is_in_parentheses && !text.starts_with(')');
        text = rest;
    }
    Ok((PitchClassSet::from_bits(tones), text))
}

#[cfg(test)]
mod tests {
    use crate::music::{Key, Meter, Mode, Progression, Tick};

    fn names(text: &str, meter: Meter, key: Key) -> Vec<Vec<String>> {
        let progression = Progression::parse(text).unwrap();
        let name = |(at, chord): (Tick, Option<_>)| {
            let chord = chord.map_or("none".to_owned(), |chord: crate::music::Chord| chord.to_string());
            if at == Tick::ZERO { chord } else { format!("{}:{chord}", at.0) }
        };
        let bar = |idx| progression.bar(idx, Tick::ZERO, meter, key).into_iter().map(name).collect();
        (0..progression.n_bars()).map(bar).collect()
    }

    fn in_c(text: &str) -> Vec<Vec<String>> {
        names(text, Meter::COMMON, Key::new(0, Mode::Major))
    }

    #[test]
    fn bars_repeats_and_rests_are_read() {
        assert_eq!(
            in_c("Am7 | F | C/E G | %"),
            [vec!["Am7"], vec!["F"], vec!["C/E", "48:G"], vec!["C/E", "48:G"]]
        );
        assert_eq!(in_c("| C | | N.C. |"), [["C"], ["C"], ["none"]]);
        assert_eq!(in_c("C F G"), [["C", "24:F", "48:G"]], "on beats");
        assert_eq!(names("C F", Meter::new(3, 4).unwrap(), Key::default()), [["C", "24:F"]]);
    }

    #[test]
    fn chords_stand_on_the_beats_of_the_meter() {
        let places = |text: &str, numerator, denominator| {
            let meter = Meter::new(numerator, denominator).unwrap();
            let bar = Progression::parse(text).unwrap().bar(0, Tick::ZERO, meter, Key::default());
            bar.into_iter().map(|(at, _)| at.0).collect::<Vec<_>>()
        };
        assert_eq!(places("C F", 6, 8), [0, 36]);
        assert_eq!(places("C F G", 9, 8), [0, 36, 72]);
        assert_eq!(places("C F G Am", 12, 8), [0, 36, 72, 108]);
        assert_eq!(places("C F G", 6, 8), [0, 24, 48], "more than there are beats: on eighths");
        assert_eq!(places("C F G Am", 9, 8), [0, 24, 48, 72]);
        assert_eq!(places("C F", 7, 8), [0, 36]);
        assert_eq!(places("C F", 12, 16), [0, 36]);
        assert_eq!(places("C F G", 2, 2), [0, 24, 48], "more than there are beats: on quarters");
        assert_eq!(places("C F", 3, 2), [0, 48]);
        assert_eq!(places("C F", 1, 4), [0, 12], "more than there are quarters");
    }

    #[test]
    fn chords_have_the_names_that_musicians_write() {
        for (written, shown) in [
            ("F#m7b5", "F#m7b5"),
            ("Bbmaj7", "Bbmaj7"),
            ("Ebm", "Ebm"),
            ("Cdim7", "Cdim7"),
            ("C°", "Cdim"),
            ("Bø", "Bm7b5"),
            ("G7sus4", "G7sus4"),
            ("Gsus", "Gsus4"),
            ("Dm(maj7)", "DmMaj7"),
            ("C-7", "Cm7"),
            ("C6/9", "C6/9"),
            ("C69", "C6/9"),
            ("G7b9", "G7(b9)"),
            ("G7(b9)", "G7(b9)"),
            ("A+", "Aaug"),
            ("E5", "E5"),
            ("D/F#", "D/F#"),
            ("Am7/G", "Am7/G"),
            ("Cadd9", "C(9)"),
            ("G13", "G13"),
            ("CM7", "Cmaj7"),
            ("Cmaj7(13)", "Cmaj7(13)"),
            ("C(9)", "C(9)"),
            ("C9", "C9"),
            ("C7(b9,13)", "C7(b9,13)"),
            ("C7(#5)", "Caug7"),
            ("Dm(add11)", "Dm(11)"),
            ("C(9)7", "C9"),
        ] {
            assert_eq!(in_c(written), [[shown]], "{written}");
        }
    }

    #[test]
    fn degrees_are_those_of_the_key() {
        let key = |tonic, mode| Key::new(tonic, mode);
        let of = |text, key| names(text, Meter::COMMON, key).concat();
        assert_eq!(of("ii7 | V7 | I", key(0, Mode::Major)), ["Dm7", "G7", "C"]);
        assert_eq!(of("ii7 | V7 | Imaj7 | vi", key(5, Mode::Major)), ["Gm7", "C7", "Fmaj7", "Dm"]);
        assert_eq!(of("i | VI | III | VII", key(9, Mode::Minor)), ["Am", "F", "C", "G"]);
        assert_eq!(of("I | bVII | iio | I/III", key(2, Mode::Major)), ["D", "C", "Edim", "D/F#"]);
    }

    #[test]
    fn flat_degrees_are_the_same_chords_in_major_and_in_minor() {
        let of = |text, mode| names(text, Meter::COMMON, Key::new(0, mode)).concat();
        let flat = "bII | bIII | bV | bVI7 | bVII | I/bIII";
        for mode in [Mode::Major, Mode::Minor] {
            assert_eq!(of(flat, mode), ["Db", "Eb", "F#", "Ab7", "Bb", "C/Eb"], "{mode:?}");
        }
        assert_eq!(of("i | bVI | bIII | bVII", Mode::Minor), of("i | VI | III | VII", Mode::Minor));
        assert_eq!(of("#VI | #VII | #viio7 | #IV | V/#VII", Mode::Minor), ["A", "B", "Bdim7", "F#", "G/B"]);
        assert_eq!(of("Minor blues", Mode::Minor)[8..], ["Ab7", "G7", "Cm7", "G7"]);
    }

    #[test]
    fn what_makes_no_sense_is_named_with_its_place() {
        for (text, at) in [
            ("", 0),
            ("| |", 0),
            ("Am7 | H | C", 6),
            ("Am7 | Cx7", 7),
            ("C71", 2),
            ("C7(b913)", 5),
            ("C/", 2),
            ("C/Q", 2),
            ("%", 0),
            ("C | F %", 6),
            ("ünder | C", 0),
            ("♭ | C", 0),
            ("VIII", 3),
            ("I/W", 2),
        ] {
            let error = Progression::parse(text).unwrap_err();
            assert_eq!(error.at, at, "{text}: {error}");
        }
        let error = Progression::parse("Am7 | Cx7").unwrap_err().to_string();
        assert!(error.starts_with("at character 8: expected a chord such as Am7"), "{error}");
        assert!(Progression::parse(&"C|".repeat(300)).is_err());
    }
}
