//! Why a model cannot be loaded or saved.

use std::path::PathBuf;

/// Why a model could not be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file with this path cannot be used.
    #[error("cannot use the model {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The cause.
        source: Box<ModelError>,
    },
    /// The file could not be read.
    #[error("could not read the model file {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file ends before its header says it should.
    #[error("the model file is cut off: expected {expected} bytes, found {found}")]
    Truncated {
        /// The length that the header gives.
        expected: u64,
        /// The length of the file.
        found: u64,
    },
    /// The file is no weights file of ours.
    #[error("not a weights file of Continuo: {0}")]
    Foreign(String),
    /// The file was written by a newer version.
    #[error(
        "the model has format {found}, and this version of Continuo reads up to {known}; update Continuo"
    )]
    TooNew {
        /// The version of the file.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// The file is one of ours, but damaged or malicious.
    #[error("the model file is damaged: {0}")]
    Damaged(String),
    /// Numbers that a weights file cannot hold: infinite, or beyond the largest number of 16 bits.
    #[error("the weights have grown beyond all bounds and cannot be saved; train with a lower --lr")]
    Unbounded,
    /// The file could not be written.
    #[error("the model could not be saved")]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ModelError {
    pub(super) fn foreign(error: impl std::fmt::Display) -> Self {
        Self::Foreign(error.to_string())
    }

    pub(super) fn damaged(error: impl std::fmt::Display) -> Self {
        Self::Damaged(error.to_string())
    }

    pub(super) fn unwritable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unwritable(error.into())
    }
}
