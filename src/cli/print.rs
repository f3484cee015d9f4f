//! Output on the terminal.

use std::io::Write;

use anyhow::Context;

/// A number of things: `1 note`, `2 notes`.
pub(super) fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// How many files are performances, in how many chords were found, and with which certainty in percent.
pub(super) fn performances_and_chords(
    (n_performances, n_chords_found, certainty): (usize, usize, u32),
) -> String {
    format!(
        "{} whose timing is learned; chords found in {} ({certainty}% chord tones)",
        plural(n_performances, "performance"),
        plural(n_chords_found, "file")
    )
}

/// Prints a line. Unlike `println!`, it does not panic if the output is a closed pipe.
///
/// # Errors
/// If nothing can be printed.
pub(super) fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot print")
}

/// Prints a text as it is.
///
/// # Errors
/// If nothing can be printed.
pub(super) fn print_bytes(text: &[u8]) -> anyhow::Result<()> {
    std::io::stdout().lock().write_all(text).context("cannot print")
}
