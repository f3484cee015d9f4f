//! Finding a port or device by words in its name.

use crate::plugin::standalone::error::StandaloneError;

/// The place of the name that is `words`, or else of the first that contains them, whatever their case.
///
/// # Errors
/// If there is none: lists what there is.
pub(super) fn find(what: &'static str, words: &str, names: &[String]) -> Result<usize, StandaloneError> {
    let contains = |name: &String| name.to_lowercase().contains(&words.to_lowercase());
    let exact = names.iter().position(|name| name == words);
    exact.or_else(|| names.iter().position(contains)).ok_or_else(|| StandaloneError::NotFound {
        what,
        words: words.to_owned(),
        found: names.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use crate::plugin::standalone::ports::find;

    #[test]
    fn a_port_is_found_by_words_in_its_name_and_the_exact_name_comes_first() {
        let names = ["Synth 2", "Synth", "Drum Machine:in"].map(str::to_owned);
        assert_eq!(find("a port", "synth", &names).ok(), Some(0));
        assert_eq!(find("a port", "Synth", &names).ok(), Some(1));
        assert_eq!(find("a port", "machine", &names).ok(), Some(2));
        let error = find("a MIDI output", "organ", &names).unwrap_err().to_string();
        assert_eq!(
            error,
            "expected a MIDI output with \"organ\" in its name, found Synth 2, Synth, Drum Machine:in"
        );
        let error = find("a MIDI output", "organ", &[]).unwrap_err().to_string();
        assert_eq!(error, "expected a MIDI output with \"organ\" in its name, found none");
    }
}
