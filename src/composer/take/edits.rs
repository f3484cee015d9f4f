//! Changes of a take by hand, and undoing them.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::take::history::Change;
use crate::music::Bar;
use crate::player::ComposingKnobs;

/// A change of one bar by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Compose it again.
    ReRoll,
    /// Draw another rhythm for the same pitches.
    ReRollRhythm,
    /// Draw other pitches in the same rhythm.
    ReRollPitches,
    /// Keep it whatever knob is turned, and bring it back when the phrase comes round.
    Keep,
    /// Let it follow the knobs again.
    Release,
    /// Make it silent, and keep it so.
    Clear,
}

impl Take {
    /// Replaces a bar by one that was changed by hand. The bars after it stay as they are.
    ///
    /// Where the phrase has come round since and a bar has the notes of the one that was changed, it changes
    /// with it. All of it is one step to undo.
    pub(crate) fn edit(&mut self, bar_idx: usize, new: &ComposedBar) {
        let Some(old) = self.bars.get(bar_idx).cloned() else {
            return;
        };
        let length = usize::from(old.knobs.length.max(1));
        let mut changes = Vec::new();
        for (idx, here) in self.bars.iter().enumerate().skip(bar_idx).step_by(length) {
            if idx != bar_idx
                && (old.bar.notes.is_empty() || !here.has_notes_of(&old) || here.knobs.slot != old.knobs.slot)
            {
                break;
            }
            let moved = ComposedBar { knobs: here.knobs, ..new.moved_to(here.bar.start) };
            changes.push(Change { bar_idx: idx, old: Some(Arc::clone(here)), new: Arc::new(moved) });
        }
        self.make(changes);
    }

    /// Makes a bar stay whatever knob is turned, and come back when the phrase comes round.
    pub(crate) fn keep(&mut self, bar_idx: usize) {
        if let Some(here) = self.bars.get(bar_idx) {
            let kept = ComposedBar { is_kept: true, ..(**here).clone() };
            self.edit(bar_idx, &kept);
        }
    }

    /// Makes a bar silent, and keeps it.
    pub(crate) fn clear(&mut self, bar_idx: usize) {
        if let Some(here) = self.bars.get(bar_idx) {
            let silent = ComposedBar {
                bar: Arc::new(Bar { notes: Vec::new(), ..(*here.bar).clone() }),
                context: None,
                is_kept: true,
                sureness: Arc::default(),
                locked: Arc::default(),
                ..(**here).clone()
            };
            self.edit(bar_idx, &silent);
        }
    }

    /// Lets a kept bar, and its counterparts in the same take when the phrase comes round, follow the knobs again.
    pub(crate) fn release(&mut self, bar_idx: usize) {
        let Some(old) = self.bars.get(bar_idx).cloned() else {
            return;
        };
        let length = usize::from(old.knobs.length.max(1));
        let mut changes = Vec::new();
        for (idx, here) in self.bars.iter().enumerate().skip(bar_idx % length).step_by(length) {
            if here.is_kept && here.knobs.slot == old.knobs.slot {
                let new = ComposedBar { is_kept: false, locked: Arc::default(), ..(**here).clone() };
                let new = Arc::new(new);
                changes.push(Change { bar_idx: idx, old: Some(Arc::clone(here)), new });
            }
        }
        self.make(changes);
    }

    /// Copies one take over another, with its chord lane, as far as bars have been composed: one step to undo.
    pub(crate) fn copy(&mut self, from: u8, to: u8) {
        if from != to {
            self.set_lane(to, self.lane(from).cloned());
            self.copy_bars(from, to, 0..self.n_bars());
        }
    }

    /// Copies bars of one take over those of another, as far as they have been composed: one step to undo.
    pub(crate) fn copy_bars(&mut self, from: u8, to: u8, bars: Range<usize>) {
        if from == to {
            return;
        }
        let of_slot = |slot: u8, idx: usize, here: &Arc<ComposedBar>| {
            let on_shelf = || self.shelf.get(&(slot, idx)).filter(|bar| bar.has_place_of(here));
            (here.knobs.slot == slot).then_some(here).or_else(on_shelf).cloned()
        };
        let change = |(bar_idx, here): (usize, &Arc<ComposedBar>)| {
            let bar = of_slot(from, bar_idx, here)?;
            let new =
                Arc::new(ComposedBar { knobs: ComposingKnobs { slot: to, ..bar.knobs }, ..(*bar).clone() });
            Some(Change { bar_idx, old: of_slot(to, bar_idx, here), new })
        };
        let here = self.bars.iter().enumerate().skip(bars.start).take(bars.len());
        let changes = here.filter_map(change).collect();
        self.make(changes);
    }

    /// The edits from here up to [`Take::end_parts`] are one step to undo.
    pub(crate) fn begin_parts(&mut self) {
        self.history.begin_parts();
    }

    /// Each edit is a step of its own again.
    pub(crate) fn end_parts(&mut self) {
        self.history.end_parts();
    }

    /// Whether a bar can be changed as a part of an edit of several. Of a kept bar with locked notes the others can be
    /// drawn again.
    pub(crate) fn can_be_part(&self, bar_idx: usize, edit: Edit) -> bool {
        let is_right = |here: &Arc<ComposedBar>| match edit {
            Edit::Release => here.is_kept,
            Edit::ReRoll | Edit::ReRollRhythm | Edit::ReRollPitches => {
                !here.is_kept || here.locked_notes().next().is_some()
            }
            Edit::Keep | Edit::Clear => !here.is_kept,
        };
        self.bars.get(bar_idx).is_some_and(is_right) && !self.history.has_changed(bar_idx)
    }

    /// Whether a change by hand would be a step to undo: it changes nothing where there is nothing to change.
    pub(crate) fn would_change(&self, edit: impl FnOnce(&mut Self)) -> bool {
        let mut after = self.clone();
        after.end_parts();
        edit(&mut after);
        let last = |take: &Self| take.history.done.back().map(Arc::as_ptr);
        last(&after) != last(self)
    }

    /// Whether an edit would change any of these bars.
    pub(crate) fn can_edit(&self, bars: &Range<usize>, edit: Edit) -> bool {
        let mut take = self.clone();
        take.end_parts();
        bars.clone().take(Self::MAX_BARS).any(|bar_idx| take.can_be_part(bar_idx, edit))
    }

    /// Which of the four takes have bars.
    pub(crate) fn slots_with_bars(&self) -> [bool; 4] {
        let here = self.bars.iter().map(|bar| bar.knobs.slot);
        let mut slots = [false; 4];
        for slot in here.chain(self.shelf.keys().map(|(slot, _)| *slot)) {
            if let Some(has_bars) = slots.get_mut(usize::from(slot)) {
                *has_bars = true;
            }
        }
        slots
    }

    /// Makes changes, as one step to undo.
    fn make(&mut self, changes: Vec<Change>) {
        self.replace(changes.iter().map(|change| (change.bar_idx, &change.new)));
        if !changes.is_empty() {
            self.history.push(changes.into());
        }
    }

    /// Undoes the last edit, if there is one.
    pub(crate) fn undo(&mut self) {
        let Some(step) = self.history.undo() else { return };
        // Where a bar was changed twice, its last change is undone first.
        let undone = step.iter().rev();
        self.replace(undone.clone().filter_map(|change| Some((change.bar_idx, change.old.as_ref()?))));
        for change in undone.filter(|change| change.old.is_none()) {
            self.remove(change.bar_idx, change.new.knobs.slot);
        }
    }

    /// Does the last undone edit again, if there is one.
    pub(crate) fn redo(&mut self) {
        let Some(step) = self.history.redo() else { return };
        self.replace(step.iter().map(|change| (change.bar_idx, &change.new)));
    }

    /// Removes a bar of a take. In the take that is playing, the bar becomes stale instead.
    fn remove(&mut self, bar_idx: usize, slot: u8) {
        Arc::make_mut(&mut self.shelf).remove(&(slot, bar_idx));
        if let Some(here) = self.bars.get_mut(bar_idx).filter(|here| here.knobs.slot == slot) {
            let stale = ComposedBar {
                model: Arc::default(),
                before: Fingerprint::LOST,
                is_kept: false,
                ..(**here).clone()
            };
            *here = Arc::new(stale);
        }
    }

    /// Replaces bars, by their indices, without making those after them stale: of several in one place the last counts. A
    /// bar that has moved since stays.
    fn replace<'a>(&mut self, new: impl Iterator<Item = (usize, &'a Arc<ComposedBar>)>) {
        let mut changed = BTreeMap::new();
        for (bar_idx, new) in new {
            let Some(here) = self.bars.get(bar_idx).filter(|here| here.has_place_of(new)) else { continue };
            if here.knobs.slot == new.knobs.slot {
                changed.insert(bar_idx, new);
            } else {
                Arc::make_mut(&mut self.shelf).insert((new.knobs.slot, bar_idx), Arc::clone(new));
            }
        }
        let ends = changed.first_key_value().zip(changed.last_key_value());
        let Some((first, last)) = ends.map(|((first, _), (last, _))| (*first, *last)) else { return };
        let is_stale = |idx: &usize| self.has_changed_before(*idx);
        let stale: HashSet<usize> = (first + 1..=last).filter(is_stale).collect();
        let first_stale = (last + 1..self.bars.len()).find(is_stale).unwrap_or(self.bars.len());
        for idx in first..first_stale {
            if let Some(new) = changed.get(&idx) {
                let new = ComposedBar { before: self.fingerprint_before(idx), ..(***new).clone() };
                if let Some(place) = self.bars.get_mut(idx) {
                    *place = Arc::new(new);
                }
            } else if !stale.contains(&idx) {
                self.mark_fresh(idx);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::take::bar::fingerprints_taken;
    use crate::composer::take::bars::Take;
    use crate::composer::writing::writer::{Writer, compose_bar, compose_until};
    use crate::model::Model;
    use crate::music::{Meter, Tick};
    use crate::player::ComposingKnobs;

    /// A bar that comes round so many times.
    fn rounds(n_bars: usize) -> (Take, Writer, ComposingKnobs) {
        let knobs = ComposingKnobs { length: 1, evolve: 0.0, ..ComposingKnobs::default() }.rounded();
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::new(Model::random(3, 7))));
        compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(96 * n_bars as i64));
        (take, writer, knobs)
    }

    #[test]
    fn an_edit_that_comes_round_takes_steps_in_proportion_to_the_length_of_the_song() {
        for n_bars in [100, 400] {
            let (mut take, writer, knobs) = rounds(n_bars);
            let edits: [fn(&mut Take); 4] =
                [|take| take.keep(0), Take::undo, Take::redo, |take| take.release(0)];
            for edit in edits {
                fingerprints_taken();
                edit(&mut take);
                let n_taken = fingerprints_taken();
                assert!(n_taken <= 4 * n_bars, "{n_taken} fingerprints of {n_bars} bars");
            }
            take.undo();
            assert!(take.bars().iter().all(|bar| bar.is_kept));
            assert!((0..n_bars).all(|idx| !take.is_stale(idx, &knobs, writer.hash())));
        }
    }

    #[test]
    fn bars_that_were_stale_before_an_edit_are_stale_after_it() {
        let (mut take, mut writer, knobs) = rounds(12);
        let turned = ComposingKnobs { seed: 99, ..knobs };
        // What follows the fifth bar belongs to another one.
        compose_bar(&mut take, &mut writer, &turned, Meter::COMMON, 4);
        let stale = |take: &Take| (0..12).filter(|idx| take.has_changed_before(*idx)).collect::<Vec<_>>();
        assert_eq!(stale(&take), [5]);
        let edits: [fn(&mut Take); 4] = [|take| take.clear(6), |take| take.clear(0), Take::undo, Take::redo];
        for edit in edits {
            edit(&mut take);
            assert_eq!(stale(&take), [5]);
        }
    }
}
