//! Output on the terminal.

use std::io::Write;

use anyhow::Context;

use crate::training::corpus::Report;

/// A number of things: `1 note`, `2 notes`.
pub(super) fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// How many files are performances, and in how many chords were found, with which certainty.
pub(super) fn performances_and_chords(report: &Report) -> String {
    let Report { n_performances, n_chords_found, certainty, .. } = *report;
    format!(
        "{} whose timing is learned; chords found in {} without written ones ({certainty}% of the notes are chord tones)",
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
