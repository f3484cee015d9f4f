//! The composer's thread.

use std::path::PathBuf;
use std::sync::Arc;

use crate::composer::{SavedTake, TakeError};
use crate::model::Model;
use crate::music::Score;
use crate::player::handover::ComposerEnd;

/// What the editor shows about the composer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// The name of the model that composes, if there is one.
    pub model: Option<String>,
    /// SHA-256 of its weights file, in hexadecimal.
    pub model_hash: Option<String>,
    /// Its styles, in the order of the style knob.
    pub styles: Vec<String>,
    /// What went wrong last, in words.
    pub error: Option<String>,
    /// How many bars began before they were composed.
    pub n_late: u32,
}

/// The handle of a composer's thread, which ends when the handle is dropped.
#[derive(Debug)]
pub struct Composer {}

impl Composer {
    /// Starts composing on a thread of its own.
    #[must_use]
    pub fn spawn(_end: ComposerEnd, _model: Option<Arc<Model>>, _take: Option<SavedTake>) -> Self {
        Self {}
    }

    /// Loads a model on the composer's thread, by the musician's choice: bars of other models become
    /// stale. If it cannot be loaded, [`Status::error`] says why and everything goes on as it was.
    pub fn load_model(&self, _path: PathBuf) {}

    /// Puts a saved take in the place of the one there is. Its bars stay whatever model is loaded, until
    /// the musician chooses one; so call this after [`Composer::load_model`] when a project is loaded.
    ///
    /// # Errors
    /// If the take is damaged or too new; then the old one stays.
    pub fn set_take(&self, _take: &SavedTake) -> Result<(), TakeError> {
        Ok(())
    }

    /// The take as it is to be saved with the project.
    #[must_use]
    pub fn saved_take(&self) -> SavedTake {
        SavedTake::default()
    }

    /// What the editor shows about the composer.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::default()
    }

    /// The model that composes, for its card.
    #[must_use]
    pub fn model(&self) -> Option<Arc<Model>> {
        None
    }

    /// The bars composed so far, for the editor's picture.
    #[must_use]
    pub fn picture(&self) -> Arc<Score> {
        Arc::default()
    }
}
