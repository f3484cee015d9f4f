//! What a composer's handle and the studio's thread share: commands one way, a picture the other.

use std::convert::Infallible;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;

use crate::composer::take::bars::Take;
use crate::composer::take::edits::Edit;
use crate::composer::take::ideas::Idea;
use crate::composer::take::opening::Opening;
use crate::composer::take::picture::Picture;
use crate::model::Model;
use crate::music::{Bar, Note, Progression};

/// What the main thread asks of a composer.
#[derive(Debug)]
pub(crate) enum Command {
    LoadModel(PathBuf),
    UseModel(Arc<Model>),
    SetTake {
        take: Box<Take>,
        edition: u64,
    },
    Edit(Range<usize>, Edit),
    WriteNotes(Vec<(usize, Arc<Bar>)>),
    LockNote(usize, Note, bool),
    Undo,
    Redo,
    CopyTake(u8, u8),
    CopyBars(u8, u8, Range<usize>),
    SetLane(u8, Option<Progression>),
    Open(Option<Opening>),
    BringBack(Arc<Idea>),
    /// Drop the sender when there is nothing left to do.
    NotifyWhenIdle(Sender<Infallible>),
    #[cfg(test)]
    Panic,
}

/// What the main thread may see of a composer. The audio thread never touches it.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// Counts the takes that were set from outside. What has been composed for an earlier one is no longer
    /// shown.
    pub(crate) edition: u64,
    pub(crate) take: Take,
    pub(crate) picture: Picture,
    pub(crate) model: Option<Arc<Model>>,
    pub(crate) error: Option<String>,
    pub(crate) obstacle: Option<String>,
}

/// Locks what is shown.
pub(crate) fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    // Nothing panics between two parts of a change, so what a panic leaves behind is consistent.
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}
