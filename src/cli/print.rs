//! Output on the terminal.

use std::io::Write;

use anyhow::Context;

/// Prints a line. Unlike `println!`, it does not panic if the output is a closed pipe.
///
/// # Errors
/// If nothing can be printed.
pub(super) fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot print")
}
