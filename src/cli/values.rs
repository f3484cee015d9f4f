//! How the values of options are written: keys, scales, meters, numbers in a range.

use crate::music::{Family, Key, Meter, PitchClassSet, Scale, names};
use crate::player::Conversation;

/// A number from 0 to 1.
pub(super) fn share(text: &str) -> Result<f32, String> {
    number(text, 0.0, 1.0).map(|value| value as f32)
}

/// A number from 0 to 2.
pub(super) fn up_to_two(text: &str) -> Result<f32, String> {
    number(text, 0.0, 2.0).map(|value| value as f32)
}

/// A number from 0 to 10.
pub(super) fn up_to_ten(text: &str) -> Result<f32, String> {
    number(text, 0.0, 10.0).map(|value| value as f32)
}

/// Quarter notes a minute.
pub(super) fn tempo(text: &str) -> Result<f64, String> {
    number(text, 10.0, 1000.0)
}

fn number(text: &str, lowest: f64, highest: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (lowest..=highest).contains(&value) => Ok(value),
        _ => Err(format!("expected a number from {lowest} to {highest}")),
    }
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

/// A way of answering somebody who plays.
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
    use crate::music::{Family, Key, Mode, PitchClassSet, Scale};

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
        assert_eq!(values::notes("C D, Eb  g"), Ok(PitchClassSet::new(&[0, 2, 3, 7])));
        assert!(values::notes("C X").is_err());
        assert_eq!(values::key("Am"), Ok(Key::new(9, Mode::Minor)));
        assert!(values::key("H").is_err());
    }

    #[test]
    fn numbers_out_of_range_are_refused_in_words() {
        assert_eq!(values::up_to_two("2.5"), Err("expected a number from 0 to 2".to_owned()));
        assert!(
            values::share("NaN").is_err()
                && values::up_to_ten("nan").is_err()
                && values::meter("3/5").is_err()
                && values::meter("3").is_err()
        );
    }
}
