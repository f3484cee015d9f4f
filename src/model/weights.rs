//! The weights file and what is known about the model in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::music::{Meter, Mode, Note};

/// What a model says about itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Card {
    /// Short name, such as "Continuo Default".
    pub name: String,
    /// One paragraph for the player.
    pub description: String,
    /// The styles, in the order of the style knob.
    pub styles: Vec<String>,
    /// What it was trained on and who is to be credited, one line each.
    pub credits: Vec<String>,
    /// Licence of the weights.
    pub licence: String,
    /// Validation loss in nats a note, by style, in the order of `styles`; empty when not measured.
    pub nats_per_note: Vec<f32>,
}

/// A short passage of the training data that a piece can start from, moved to a tonic of C.
#[derive(Debug, Clone, PartialEq)]
pub struct Primer {
    /// Index into [`Card::styles`].
    pub style: usize,
    /// Major or minor.
    pub mode: Mode,
    /// The meter of all its bars.
    pub meter: Meter,
    /// How many bars it is long.
    pub n_bars: u32,
    /// Its notes; the first bar begins at tick zero.
    pub notes: Vec<Note>,
}

/// A trained network with its card and primers. Immutable; share it in an [`Arc`].
#[derive(Debug)]
pub struct Model {
    card: Card,
    primers: Vec<Primer>,
    hash: String,
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file could not be read.
    #[error("could not read the model file {path}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Model {
    /// The model that ships inside the plugin.
    ///
    /// # Errors
    /// Never for a released build; the embedded file is checked by a test.
    pub fn embedded() -> Result<Arc<Self>, ModelError> {
        todo!()
    }

    /// Reads a weights file, or hands out the copy that another instance of this process already has.
    ///
    /// # Errors
    /// If the file cannot be read or is not a weights file of a version known here.
    pub fn load(_path: &Path) -> Result<Arc<Self>, ModelError> {
        todo!()
    }

    /// Reads a weights file from memory.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, ModelError> {
        todo!()
    }

    /// A small untrained network with random weights, for tests and benchmarks.
    #[must_use]
    pub fn random(_n_styles: usize, _seed: u64) -> Self {
        todo!()
    }

    /// What it says about itself.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Passages of its training data that a piece can start from.
    #[must_use]
    pub fn primers(&self) -> &[Primer] {
        &self.primers
    }

    /// SHA-256 of the weights file, in hexadecimal: what identifies a model in a saved project.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}
