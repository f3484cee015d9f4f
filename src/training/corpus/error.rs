//! Errors of reading a corpus.

use std::path::PathBuf;

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
    /// Too little music.
    #[error(
        "expected at least {MIN_NOTES} notes to train on, found {n_notes} in {n_files} MIDI files ({n_refused} of them unusable)"
    )]
    TooFewNotes {
        /// Notes to train on.
        n_notes: usize,
        /// Files found.
        n_files: usize,
        /// Files that could not be used.
        n_refused: usize,
    },
}
