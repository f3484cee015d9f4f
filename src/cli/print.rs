//! Output on the terminal.

use std::io::Write;

use anyhow::Context;

/// A number of things: `1 note`, `2 notes`.
pub(super) fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Prints a line. Unlike `println!`, it does not panic if the output is a closed pipe.
///
/// # Errors
/// If nothing can be printed.
pub(super) fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot print")
}
