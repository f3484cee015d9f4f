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
    parts: Parts,
}

/// Whether edits are parts of one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Parts {
    /// Each is a step of its own.
    #[default]
    None,
    /// Those to come are one step.
    First,
    /// Those to come belong to the last step.
    Later,
}

impl History {
    /// How many edits are kept.
    pub(crate) const MAX_STEPS: usize = 100;

    /// Edits that were saved.
    pub(crate) fn restored(done: VecDeque<Step>, undone: VecDeque<Step>) -> Self {
        Self { done, undone, parts: Parts::None }
    }

    /// The edits from here up to [`History::end_parts`] are one step.
    pub(crate) fn begin_parts(&mut self) {
        self.parts = Parts::First;
    }

    /// Each edit is a step of its own again.
    pub(crate) fn end_parts(&mut self) {
        self.parts = Parts::None;
    }

    /// Whether a bar has been changed since [`History::begin_parts`].
    pub(crate) fn has_changed(&self, bar_idx: usize) -> bool {
        let last = self.done.back().filter(|_| self.parts == Parts::Later);
        last.is_some_and(|step| step.iter().any(|change| change.bar_idx == bar_idx))
    }

    /// Adds an edit. What was undone before can no longer be redone.
    pub(crate) fn push(&mut self, step: Step) {
        if self.parts == Parts::Later
            && let Some(last) = self.done.back_mut()
        {
            *last = last.iter().chain(step.iter()).cloned().collect();
            return;
        }
        if self.parts == Parts::First {
            self.parts = Parts::Later;
        }
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
