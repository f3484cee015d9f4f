//! What the editor remembers of an instance while its window is closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::plugin::editor::window::undo::{LoadedPreset, UndoHistory};

/// What the editor remembers of an instance while its window is closed. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Remembered>>);

/// What is remembered. Not saved with the project.
#[derive(Default)]
pub(crate) struct Remembered {
    pub(crate) undo: UndoHistory,
    /// The preset that was loaded last.
    pub(crate) preset: Option<LoadedPreset>,
    /// How many points of the screen a point of the editor takes; 0 before the first window.
    pub(crate) zoom: f32,
}

impl Memory {
    /// For a moment, on the window's thread alone.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
