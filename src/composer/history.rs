//! What was done to single bars, to be undone and done again.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::composer::take::ComposedBar;

/// A bar that was changed by hand.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::composer) struct Change {
    pub(in crate::composer) bar_idx: usize,
    /// None where another take was laid over one that had no such bar yet.
    pub(in crate::composer) old: Option<Arc<ComposedBar>>,
    pub(in crate::composer) new: Arc<ComposedBar>,
}

/// What one edit changed.
pub(in crate::composer) type Step = Arc<[Change]>;

/// The edits of a take, the newest last. Saved with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::composer) struct History {
    pub(in crate::composer) done: VecDeque<Step>,
    pub(in crate::composer) undone: VecDeque<Step>,
}

impl History {
    /// How many edits are kept.
    pub(in crate::composer) const MAX_STEPS: usize = 100;

    /// Keeps an edit. What was undone before can no longer be done again.
    pub(in crate::composer) fn push(&mut self, step: Step) {
        self.undone.clear();
        if self.done.len() >= Self::MAX_STEPS {
            self.done.pop_front();
        }
        self.done.push_back(step);
    }

    /// The edit to undo now.
    pub(in crate::composer) fn undo(&mut self) -> Option<Step> {
        let step = self.done.pop_back()?;
        self.undone.push_back(Arc::clone(&step));
        Some(step)
    }

    /// The edit to do again now.
    pub(in crate::composer) fn redo(&mut self) -> Option<Step> {
        let step = self.undone.pop_back()?;
        self.done.push_back(Arc::clone(&step));
        Some(step)
    }
}
