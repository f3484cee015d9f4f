//! The log beside the weights: the problems of every file.

use std::fmt::Write as _;
use std::path::Path;

use crate::files::{self, Existing, Kind, WriteError};
use crate::training::corpus::Report;

/// What is done with a log that is there: a log of ours is replaced, and no other file.
pub(super) const EXISTING: Existing = Existing::Replace(LOG);
const LOG: Kind = Kind {
    name: "a log of Continuo",
    begins: |head| {
        // Logs had no first line once.
        let old = KINDS
            .iter()
            .any(|kind| head.strip_prefix(kind.as_bytes()).is_some_and(|rest| rest.starts_with(b"\t")));
        head.starts_with(FIRST_LINE.as_bytes()) || old
    },
};
const FIRST_LINE: &str = "# continuo-trainer: what was found in the files";
const KINDS: [&str; 5] = ["unreadable", "refused", "repaired", "duplicate", "near-duplicate"];

/// Writes the problems of every file.
pub(super) fn write_log(report: &Report, log: &Path) -> Result<(), WriteError> {
    let mut text = format!("{FIRST_LINE}\n");
    let lists =
        [&report.unreadable, &report.refused, &report.warnings, &report.duplicates, &report.near_duplicates];
    for (kind, lines) in KINDS.into_iter().zip(lists) {
        for (path, words) in lines {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{kind}\t{path}\t{words}");
        }
    }
    files::replace(log, LOG, text.as_bytes())
}
