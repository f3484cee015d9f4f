//! What the editor remembers of an instance while its window is closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::plugin::editor::window::undo::{LoadedPreset, UndoHistory};

/// What the editor remembers of an instance while its window is closed. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Remembered>>);

/// What is remembered. Not saved with the project.
#[derive(Default)]
pub(crate) struct Remembered {
    /// How many projects had been loaded into the instance when the rest was last used.
    pub(crate) n_loaded: u64,
    pub(crate) undo: UndoHistory,
    /// The preset that was loaded last.
    pub(crate) preset: Option<LoadedPreset>,
    /// How many points of the screen a point of the editor takes; 0 before the first window.
    pub(crate) zoom: f32,
}

impl Remembered {
    /// Forgets what belongs to another project than the one that was loaded last.
    pub(crate) fn follow_project(&mut self, n_loaded: u64) {
        if std::mem::replace(&mut self.n_loaded, n_loaded) != n_loaded {
            (self.undo, self.preset) = (UndoHistory::default(), None);
        }
    }
}

impl Memory {
    /// For a moment, on the window's thread alone.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
