//! Why a corpus cannot be used.

use std::path::PathBuf;

/// Fewer notes than this in all are no style to learn.
pub const MIN_NOTES: usize = 20;

/// Why there is nothing to train on.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A folder could not be listed.
    #[error("could not read the folder {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Too little music.
    #[error(
        "expected at least {MIN_NOTES} notes to train on, found {n_notes} in {n_files} MIDI files ({n_refused} of them unusable)"
    )]
    TooFewNotes {
        /// Notes in all.
        n_notes: usize,
        /// Files found.
        n_files: usize,
        /// Files that could not be used.
        n_refused: usize,
    },
}
