//! Errors of reading a corpus.

use std::path::PathBuf;

use crate::training::corpus::split::Report;

/// Fewest notes to train on.
pub const MIN_NOTES: usize = 20;

/// A corpus that cannot be trained on.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A folder could not be listed.
    #[error("could not read the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A folder without MIDI files, for a style that has no other.
    #[error("expected MIDI files in {}, found none{}", path.display(), if *is_elsewhere { " that are not in another folder too" } else { "" })]
    NoFiles {
        /// The folder.
        path: PathBuf,
        /// Whether it has files that another folder has, too.
        is_elsewhere: bool,
    },
    /// Too little music.
    #[error("expected at least {MIN_NOTES} notes to train on, found {n_notes} in {}{}", files(report.n_files), reasons(report))]
    TooFewNotes {
        /// Notes to train on.
        n_notes: usize,
        /// What was found in the files.
        report: Box<Report>,
    },
}

fn files(n_files: usize) -> String {
    if n_files == 1 { "1 MIDI file".to_owned() } else { format!("{n_files} MIDI files") }
}

/// Most refused files that an error names.
const MAX_NAMED: usize = 10;

/// Why files could not be used, in one line.
fn reasons(report: &Report) -> String {
    let unused = report.unreadable.iter().chain(&report.refused);
    let mut words: Vec<String> =
        unused.clone().take(MAX_NAMED).map(|(path, reason)| format!("{path}: {reason}")).collect();
    let n_more = unused.count().saturating_sub(MAX_NAMED);
    if n_more > 0 {
        words.push(format!("and {n_more} more"));
    }
    if words.is_empty() { String::new() } else { format!(" ({})", words.join("; ")) }
}
