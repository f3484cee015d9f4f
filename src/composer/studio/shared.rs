//! What a composer's handle and the studio's thread share: commands one way, the picture the other.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::composer::take::bars::Take;
use crate::composer::take::edit::Edit;
use crate::composer::take::opening::Opening;
use crate::composer::take::picture::Picture;
use crate::model::Model;

/// What the main thread asks of the composer.
#[derive(Debug)]
pub(crate) enum Command {
    LoadModel(PathBuf),
    UseModel(Arc<Model>),
    SetTake {
        take: Take,
        edition: u64,
    },
    Edit(usize, Edit),
    Undo,
    Redo,
    CopyTake(u8, u8),
    Open(Option<Opening>),
    #[cfg(test)]
    Panic,
}

/// What the main thread may see. The audio thread never touches it.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// Counts the takes that were put in from outside. What the thread has composed for an earlier one
    /// is no longer shown.
    pub(crate) edition: u64,
    pub(crate) take: Take,
    pub(crate) picture: Picture,
    pub(crate) model: Option<Arc<Model>>,
    pub(crate) error: Option<String>,
}

pub(crate) fn lock(picture: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    // Every change of the picture is whole, so one left by a panic is as good as any.
    picture.lock().unwrap_or_else(PoisonError::into_inner)
}
