//! What of a take has been heard, what of that goes into the history of ideas, and how it comes back.

use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::take::ideas::{Idea, Ideas};
use crate::music::{Progression, Tick};
use crate::player::Conversation;

impl Take {
    /// The song has moved over this range: the bars in it have been heard. Returns whether one had not been before.
    pub(crate) fn mark_heard(&mut self, from: Tick, until: Tick) -> bool {
        let first = self.bars.partition_point(|composed| composed.bar.end() <= from);
        let bars = self.bars.iter().enumerate().skip(first).take_while(|(_, c)| c.bar.start < until);
        let mut is_new = false;
        for (bar_idx, _) in bars {
            is_new |= self.heard.add(bar_idx);
        }
        is_new
    }

    /// A bar is about to be replaced by other music, of which nothing has been heard yet. If the old one was heard, it goes
    /// into the history.
    pub(in crate::composer::take) fn remember(&mut self, bar_idx: usize, new: &ComposedBar) {
        let Some(old) = self.bars.get(bar_idx).filter(|old| old.bar != new.bar).cloned() else {
            return;
        };
        // Another take is on the shelf, and an answer that follows what is played in is no other idea.
        let is_of_another_take = old.knobs.slot != new.knobs.slot;
        let is_answer = old.knobs == new.knobs && old.knobs.conversation != Conversation::Generate;
        if self.heard.remove(bar_idx) && !is_of_another_take && !is_answer {
            self.ideas.add(bar_idx, old, self.now);
        }
    }

    /// A bar has been removed. If it was heard, it goes into the history.
    pub(in crate::composer::take) fn remember_removed(&mut self, bar_idx: usize, old: &Arc<ComposedBar>) {
        if self.heard.remove(bar_idx) {
            self.ideas.add(bar_idx, Arc::clone(old), self.now);
        }
    }

    /// The history of ideas.
    pub(crate) fn ideas(&self) -> &Ideas {
        &self.ideas
    }

    /// Puts the bars of an idea back in their places, where they are fresh with its knobs, whatever model composes. What was
    /// heard there goes into the history in turn. Kept bars stay, and the idea stays in the history if it is not whole without
    /// them.
    ///
    /// Does nothing where the take does not reach that far.
    pub(crate) fn bring_back(&mut self, idea: &Idea, model: &str) {
        if self.start_of(idea.first_bar()).is_none() {
            return;
        }
        let is_kept = |take: &Self, bar_idx: &usize| {
            take.bars.get(*bar_idx).is_some_and(|here| here.is_kept && here.knobs.slot == idea.knobs.slot)
        };
        if !idea.bars.keys().any(|bar_idx| is_kept(self, bar_idx)) {
            self.ideas.remove(idea);
        }
        // Its bars are fresh with the chords that they were composed with.
        let lane = idea.lane();
        let is_there = self.lane(idea.knobs.slot).map_or("", Progression::text) == lane;
        if !is_there && let Ok(lane) = Progression::parse(lane) {
            self.set_lane(idea.knobs.slot, Some(lane));
        } else if lane.is_empty() {
            self.set_lane(idea.knobs.slot, None);
        }
        for (bar_idx, bar) in &idea.bars {
            let is_free = !is_kept(self, bar_idx);
            let Some(start) = self.start_of(*bar_idx).filter(|_| is_free) else { continue };
            let before = self.fingerprint_before(*bar_idx);
            self.put(*bar_idx, Arc::new(ComposedBar { before, ..bar.moved_to(start) }));
            self.heard.add(*bar_idx);
            if !self.accepts_model(&bar.model, model) {
                self.accept_model(&bar.model);
            }
        }
        self.is_ahead = false;
    }
}
