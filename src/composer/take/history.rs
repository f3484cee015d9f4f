//! Edits, to be undone and redone.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;

/// A bar that was changed by hand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) bar_idx: usize,
    /// None where a take was copied over one that had no such bar yet.
    pub(crate) old: Option<Arc<ComposedBar>>,
    pub(crate) new: Arc<ComposedBar>,
}

/// Everything that one edit changed.
pub(crate) type Step = Arc<[Change]>;

/// The edits of a take, the newest last. Saved with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct History {
    pub(crate) done: VecDeque<Step>,
    pub(crate) undone: VecDeque<Step>,
}

impl History {
    /// How many edits are kept.
    pub(crate) const MAX_STEPS: usize = 100;

    /// Adds an edit. What was undone before can no longer be redone.
    pub(crate) fn push(&mut self, step: Step) {
        self.undone.clear();
        if self.done.len() >= Self::MAX_STEPS {
            self.done.pop_front();
        }
        self.done.push_back(step);
    }

    /// Takes back the last edit, and returns it.
    pub(crate) fn undo(&mut self) -> Option<Step> {
        let step = self.done.pop_back()?;
        self.undone.push_back(Arc::clone(&step));
        Some(step)
    }

    /// Takes the last undone edit, and returns it.
    pub(crate) fn redo(&mut self) -> Option<Step> {
        let step = self.undone.pop_back()?;
        self.done.push_back(Arc::clone(&step));
        Some(step)
    }
}
