//! How the values of options are written: keys, scales, meters, numbers in a range.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use crate::music::{Family, Key, Meter, PitchClassSet, Progression, Scale, names};
use crate::player::{Conversation, Part};

/// Parses numbers of a range, such as `0.0..=1.0` or `1..=16`. What is not a number, or infinite, is in none.
pub(super) fn within<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: FromStr + PartialOrd + Display + Clone,
{
    move |text: &str| {
        let number = text.trim().parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("expected a number from {} to {}", range.start(), range.end()))
    }
}

/// A style and how many times as often it is heard, such as `Jigs=3`.
pub(super) fn emphasis(text: &str) -> Result<(String, f64), String> {
    let (style, factor) = text.rsplit_once('=').ok_or("expected a style and a number, such as Jigs=3")?;
    Ok((style.to_owned(), within(0.01..=100.0)(factor)?))
}

/// Number of threads.
pub(super) fn threads(text: &str) -> Result<usize, String> {
    within(1..=1024)(text)
}

/// A time, such as `90s`, `4m` or `1h30m`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time such as 90s, 4m or 1h30m".to_owned();
    let (mut seconds, mut number) = (0.0, String::new());
    for letter in text.trim().chars() {
        let unit = match letter {
            's' => 1.0,
            'm' => 60.0,
            'h' => 3600.0,
            _ => {
                number.push(letter);
                continue;
            }
        };
        seconds += unit * std::mem::take(&mut number).parse::<f64>().map_err(|_| wrong())?;
    }
    let is_usual = (1.0..=1e9).contains(&seconds) && number.is_empty();
    if is_usual { Ok(Duration::from_secs_f64(seconds)) } else { Err(wrong()) }
}

/// Quarter notes a minute.
pub(super) fn tempo(text: &str) -> Result<f64, String> {
    within(10.0..=1000.0)(text)
}

/// Such as `3/4`.
pub(super) fn meter(text: &str) -> Result<Meter, String> {
    let (numerator, denominator) = text.split_once('/').ok_or("expected a meter such as 3/4")?;
    let count = |text: &str| text.parse::<u32>().map_err(|_| "expected a meter such as 3/4".to_owned());
    Meter::new(count(numerator)?, count(denominator)?).map_err(|error| error.to_string())
}

/// A tonic, such as `C`, `F#` or `Bb`; with an `m` behind it, such as `Am`, a minor key.
pub(super) fn key(text: &str) -> Result<Key, String> {
    names::parse_key(text).ok_or_else(|| "expected a key such as C, F#, Bb or Am".to_owned())
}

/// Notes by their names, such as `C D Eb G`, with blanks or commas between.
pub(super) fn notes(text: &str) -> Result<PitchClassSet, String> {
    names::parse_pitch_classes(text).ok_or_else(|| "expected notes such as C D Eb G".to_owned())
}

/// An instrument family by its name or the beginning of it, such as `bass`.
pub(super) fn family(text: &str) -> Result<Family, String> {
    let all = || Family::all();
    let asked = plain(text);
    let exact = all().find(|family| plain(family.name()) == asked);
    let begins = || all().find(|family| !asked.is_empty() && plain(family.name()).starts_with(&asked));
    exact.or_else(begins).ok_or_else(|| {
        let names: Vec<String> = all().map(|family| plain(family.name())).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// A part of the music: an instrument as in [`family`], or a voice, such as `voice 1`.
pub(super) fn part(text: &str) -> Result<Part, String> {
    let named = Part::all().find(|part| plain(part.name()) == plain(text));
    named.map_or_else(|| family(text).map(Part::Instrument), Ok).map_err(|_| {
        let names: Vec<String> = Part::all().map(|part| plain(part.name())).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// A chord progression.
pub(super) fn progression(text: &str) -> Result<Progression, String> {
    Progression::parse(text).map_err(|error| error.to_string())
}

/// A way of answering the input.
pub(super) fn conversation(text: &str) -> Result<Conversation, String> {
    let mut answers = Conversation::ALL.into_iter().filter(|way| *way != Conversation::Generate);
    let found = answers.find(|way| plain(way.name()) == plain(text));
    found.ok_or_else(|| "expected continue, trade or accompany".to_owned())
}

/// The name of a scale in small letters, words joined by `-`: `free-major`, `harmonic-minor`.
pub(super) fn scale(text: &str) -> Result<Scale, String> {
    let found = Scale::ALL.into_iter().find(|scale| scale_id(*scale) == plain(text));
    found.ok_or_else(|| format!("expected one of {}", Scale::ALL.map(scale_id).join(", ")))
}

/// How a scale is written as an option.
pub(super) fn scale_id(scale: Scale) -> String {
    plain(scale.name())
}

/// `name` in small letters, its words joined by `-`: how names are compared.
pub(super) fn plain(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use crate::cli::values;
    use crate::music::{Family, Key, Mode, PitchClassSet, Scale, Voice};
    use crate::player::Part;

    #[test]
    fn a_number_is_read_in_its_range_and_nothing_else_is() {
        let share = values::within(0.0_f32..=1.0);
        assert_eq!(share("0.25"), Ok(0.25));
        for text in ["", "NaN", "nan", "inf", "-inf", "-0.1", "1.1", "1e30", "one"] {
            assert_eq!(share(text), Err("expected a number from 0 to 1".to_owned()), "{text}");
        }
        let count = values::within(1_usize..=16);
        assert_eq!(count("16"), Ok(16));
        for text in ["0", "17", "1.5", "-1", "99999999999999999999"] {
            assert_eq!(count(text), Err("expected a number from 1 to 16".to_owned()), "{text}");
        }
    }

    #[test]
    fn every_name_that_is_printed_is_read_again() {
        for scale in Scale::ALL {
            assert_eq!(values::scale(&values::scale_id(scale)), Ok(scale));
            assert_eq!(values::scale(scale.name()), Ok(scale));
        }
    }

    #[test]
    fn instruments_keys_and_notes_are_read_by_their_names() {
        for family in Family::all() {
            assert_eq!(values::family(family.name()), Ok(family));
        }
        assert_eq!(values::family("chrom"), Ok(Family::from_program(8)));
        assert!(values::family("kazoo").is_err());
        for part in Part::all() {
            assert_eq!(values::part(part.name()), Ok(part));
        }
        assert_eq!(values::part("voice-4"), Ok(Part::Voice(Voice::Fourth)));
        assert_eq!(values::part("chrom"), Ok(Part::Instrument(Family::from_program(8))));
        assert!(values::part("voice 5").is_err());
        assert_eq!(values::notes("C D, Eb  g"), Ok(PitchClassSet::new(&[0, 2, 3, 7])));
        assert!(values::notes("C X").is_err());
        assert_eq!(values::key("Am"), Ok(Key::new(9, Mode::Minor)));
        assert!(values::key("H").is_err());
    }

    #[test]
    fn tempos_and_meters_that_there_are_not_are_refused_in_words() {
        assert_eq!(values::tempo("0"), Err("expected a number from 10 to 1000".to_owned()));
        assert!(values::meter("3/5").is_err() && values::meter("3").is_err());
    }
}
