//! Times and counts in words.

/// A time that is known roughly.
pub(super) fn about(seconds: f64) -> String {
    let plural = |count: f64, what: &str| {
        let s = if count < 1.5 { "" } else { "s" };
        format!("{count:.0} {what}{s}")
    };
    match seconds {
        seconds if seconds < 55.0 => plural((seconds / 10.0).ceil().max(1.0) * 10.0, "second"),
        seconds if seconds < 55.0 * 60.0 => plural((seconds / 60.0).round().max(1.0), "minute"),
        seconds => plural((seconds / 3600.0).round().max(1.0), "hour"),
    }
}

/// A number of things, with commas between thousands: `1 note`, `12,345 notes`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let s = if count == 1 { "" } else { "s" };
    format!("{text} {what}{s}")
}

#[cfg(test)]
mod tests {
    use crate::plugin::editor::pages::train::words::{about, counted};

    #[test]
    fn times_are_rounded_to_what_matters() {
        for (seconds, words) in [
            (0.0, "10 seconds"),
            (34.0, "40 seconds"),
            (58.0, "1 minute"),
            (250.0, "4 minutes"),
            (3500.0, "1 hour"),
            (30_000.0, "8 hours"),
        ] {
            assert_eq!(about(seconds), words);
        }
    }

    #[test]
    fn counts_have_commas_between_thousands() {
        assert_eq!(counted(1, "note"), "1 note");
        assert_eq!(counted(999, "note"), "999 notes");
        assert_eq!(counted(1_234_567, "note"), "1,234,567 notes");
    }
}
