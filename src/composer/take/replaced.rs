//! Bars that others have replaced, to come back when the knobs that they belong to do.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;

/// The bars that were replaced last, with their indices, the newest last. Saved with the take, so that it goes on in a
/// fresh instance as in this one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replaced {
    bars: VecDeque<(usize, Arc<ComposedBar>)>,
}

impl Replaced {
    /// How many are kept.
    pub(crate) const MAX_BARS: usize = 256;

    /// Adds a bar. The oldest is dropped if there are too many.
    pub(crate) fn add(&mut self, bar_idx: usize, bar: Arc<ComposedBar>) {
        if self.bars.len() >= Self::MAX_BARS {
            self.bars.pop_front();
        }
        self.bars.push_back((bar_idx, bar));
    }

    /// The one that was replaced last of those that were at this index and fulfil a condition.
    pub(crate) fn newest(
        &self,
        bar_idx: usize,
        is_it: impl Fn(&ComposedBar) -> bool,
    ) -> Option<Arc<ComposedBar>> {
        let found = self.bars.iter().rev().find(|(idx, old)| *idx == bar_idx && is_it(old));
        found.map(|(_, old)| Arc::clone(old))
    }

    /// All of them, the newest last.
    pub(crate) fn bars(&self) -> impl ExactSizeIterator<Item = &(usize, Arc<ComposedBar>)> {
        self.bars.iter()
    }
}
