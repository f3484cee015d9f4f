//! An edit of several bars: one step to undo.

use std::ops::Range;

use crate::composer::take::bars::Take;
use crate::composer::take::edits::Edit;
use crate::composer::writing::following::following;
use crate::composer::writing::writer::{Writer, edit_bar_before};
use crate::model::block_on;

/// An edit of several bars, which are changed one after the other, so that other things can be done in between.
#[derive(Debug)]
pub(crate) struct RangeEdit {
    /// The bars that have not been changed yet.
    left: Range<usize>,
    edit: Edit,
    has_begun: bool,
}

impl RangeEdit {
    pub(crate) fn new(bars: Range<usize>, edit: Edit) -> Self {
        Self { left: bars, edit, has_begun: false }
    }

    /// Whether bars are to be kept that have not been composed.
    pub(crate) fn needs_bars(&self, take: &Take) -> bool {
        self.edit == Edit::Keep && !self.left.is_empty() && self.left.end.min(Take::MAX_BARS) > take.n_bars()
    }

    /// Changes the next bar, and returns whether there was one. Kept bars stay as they are, unless they are released.
    ///
    /// A bar that comes round in the range has changed with the one that it repeats, and stays so.
    pub(crate) async fn change_next(&mut self, take: &mut Take, writer: Option<&mut Writer>) -> bool {
        if !self.has_begun {
            take.begin_parts();
            self.has_begun = true;
        }
        let Some(bar_idx) = self.left.by_ref().find(|bar_idx| take.can_be_part(*bar_idx, self.edit)) else {
            take.end_parts();
            return false;
        };
        // What comes next in the range is composed again too: only the last bar has to lead into what stays.
        let following = if self.left.is_empty() { following(take, bar_idx) } else { Vec::new() };
        edit_bar_before(take, writer, bar_idx, self.edit, &following).await;
        true
    }
}

/// Changes several bars of the take by hand, as one step to undo; the bars after them stay as they are. Composing bars
/// again needs a writer. Kept bars stay, unless they are released.
pub fn edit_bars(take: &mut Take, mut writer: Option<&mut Writer>, bars: Range<usize>, edit: Edit) {
    let mut range = RangeEdit::new(bars, edit);
    while block_on(range.change_next(take, writer.as_deref_mut())) {}
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::take::bars::Take;
    use crate::composer::take::edits::Edit;
    use crate::composer::take::saved::SavedTake;
    use crate::composer::writing::range_edit::edit_bars;
    use crate::composer::writing::writer::{Writer, compose_until};
    use crate::model::Model;
    use crate::music::{Meter, Note, Score, Tick};
    use crate::player::{ComposingKnobs, Conversation};

    /// Twelve bars; a phrase of four that comes round exactly.
    fn composed() -> (Take, Writer) {
        let knobs = ComposingKnobs { length: 4, evolve: 0.0, ..ComposingKnobs::default() };
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::new(Model::random(3, 7))));
        compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(12 * 96));
        (take, writer)
    }

    fn kept(take: &Take) -> Vec<usize> {
        (0..take.n_bars()).filter(|idx| take.bars()[*idx].is_kept).collect()
    }

    fn reopened(take: &Take) -> Take {
        SavedTake::of(take, None).restore().unwrap()
    }

    /// The bars that differ.
    fn changed(one: &Score, other: &Score) -> Vec<usize> {
        (0..one.bars.len()).filter(|idx| one.bars[*idx] != other.bars[*idx]).collect()
    }

    #[test]
    fn an_edit_of_several_bars_is_one_step_to_undo_also_after_reopening() {
        for edit in [Edit::ReRoll, Edit::ReRollPitches, Edit::Clear] {
            let (mut take, mut writer) = composed();
            let before = take.score();
            edit_bars(&mut take, Some(&mut writer), 1..3, edit);
            let after = take.score();
            let expected = [1, 2, 5, 6, 9, 10];
            assert_eq!(changed(&before, &after), expected, "{edit:?}: the phrase comes round");
            assert_eq!(take.history().done.len(), 1);
            let knobs = take.bars()[0].knobs;
            assert!((0..12).all(|idx| !take.is_stale(idx, &knobs, writer.hash())), "{edit:?}");
            let mut again = reopened(&take);
            assert_eq!(again.score(), after);
            again.undo();
            assert_eq!(again.score(), before, "{edit:?}");
            again.redo();
            assert_eq!(again.score(), after, "{edit:?}");
            take.undo();
            assert_eq!((take.score(), take.history().done.len()), (before, 0));
        }
    }

    #[test]
    fn bars_that_come_round_in_the_range_change_once() {
        let (mut take, mut writer) = composed();
        edit_bars(&mut take, Some(&mut writer), 0..12, Edit::ReRoll);
        let bars = take.bars();
        assert!(bars.iter().all(|bar| bar.n_rolls == 1));
        assert!((0..8).all(|idx| bars[idx + 4].has_notes_of(&bars[idx])), "it still comes round");
    }

    #[test]
    fn kept_bars_in_the_range_stay_and_are_released_together() {
        let (mut take, mut writer) = composed();
        edit_bars(&mut take, None, 2..3, Edit::Keep);
        assert_eq!(kept(&take), [2, 6, 10]);
        let before = take.score();
        edit_bars(&mut take, Some(&mut writer), 0..4, Edit::ReRoll);
        assert_eq!(changed(&before, &take.score()), [0, 1, 3, 4, 5, 7, 8, 9, 11]);
        edit_bars(&mut take, None, 0..4, Edit::Keep);
        assert_eq!(kept(&take), (0..12).collect::<Vec<_>>());
        edit_bars(&mut take, None, 0..4, Edit::Release);
        assert_eq!((kept(&take), take.history().done.len()), (Vec::new(), 4));
        take.undo();
        take.undo();
        assert_eq!(kept(&take), [2, 6, 10]);
    }

    #[test]
    fn where_nothing_changes_there_is_nothing_to_undo() {
        let (mut take, _) = composed();
        edit_bars(&mut take, None, 0..4, Edit::Release);
        edit_bars(&mut take, None, 50..60, Edit::Keep);
        assert_eq!(take.history().done.len(), 0);
        // The next edit is a step of its own.
        edit_bars(&mut take, None, 0..2, Edit::Keep);
        edit_bars(&mut take, None, 2..4, Edit::Keep);
        assert_eq!(take.history().done.len(), 2);
    }

    #[test]
    fn some_bars_are_copied_over_another_take() {
        let (mut take, mut writer) = composed();
        let a = take.score();
        let in_b = ComposingKnobs { slot: 1, ..take.bars()[0].knobs };
        compose_until(&mut take, &mut writer, &in_b, Meter::COMMON, Tick(12 * 96));
        let b = take.score();
        take.copy_bars(0, 1, 4..6);
        assert_eq!(changed(&b, &take.score()), [4, 5]);
        assert_eq!(changed(&a, &take.score()).iter().filter(|idx| (4..6).contains(*idx)).count(), 0);
        take.undo();
        assert_eq!(take.score(), b);
    }

    /// Locks every second note of a bar, and returns them.
    fn lock_some(take: &mut Take, bar_idx: usize) -> Vec<Note> {
        let notes: Vec<Note> = take.bars()[bar_idx].bar.notes.iter().step_by(2).copied().collect();
        for note in &notes {
            take.lock_note(bar_idx, note, true);
        }
        notes
    }

    #[test]
    fn a_bar_is_composed_again_around_its_locked_notes() {
        for (seed, density) in [(1, 1.0), (2, 0.5), (3, 1.6), (4, 1.0), (5, 1.0)] {
            let mut knobs = ComposingKnobs { length: 16, seed, density, ..ComposingKnobs::default() };
            if seed == 4 {
                knobs.tonic = 5;
            }
            if seed == 5 {
                knobs.conversation = Conversation::Accompany;
            }
            for edit in [Edit::ReRoll, Edit::ReRollRhythm, Edit::ReRollPitches] {
                let (mut take, mut writer) = (Take::default(), Writer::new(Arc::new(Model::random(3, 7))));
                compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(6 * 96));
                let bar_idx = (1..6).max_by_key(|idx| take.bars()[*idx].bar.notes.len()).unwrap();
                let locked = lock_some(&mut take, bar_idx);
                assert!(take.bars()[bar_idx].is_kept && !locked.is_empty(), "{seed}");
                let before = take.score();
                edit_bars(&mut take, Some(&mut writer), bar_idx..bar_idx + 1, edit);
                let after = take.score();
                assert_eq!(changed(&before, &after), [bar_idx], "{edit:?} {seed}");
                let here = &take.bars()[bar_idx];
                let stay: Vec<Note> = here.locked_notes().copied().collect();
                assert_eq!((&stay, here.is_kept), (&locked, true), "{edit:?} {seed}");
                assert!(here.bar.notes.is_sorted() && here.bar.notes.len() > locked.len(), "{edit:?} {seed}");
                let knobs = here.knobs;
                assert!((0..6).all(|idx| !take.is_stale(idx, &knobs, writer.hash())), "{edit:?} {seed}");
                let mut again = reopened(&take);
                assert_eq!(again.bars()[bar_idx].locked, here.locked);
                again.undo();
                assert_eq!(again.score(), before, "{edit:?} {seed}");
            }
        }
    }

    #[test]
    fn a_bar_without_locked_notes_stays_when_it_is_kept() {
        let (mut take, mut writer) = composed();
        for note in lock_some(&mut take, 1) {
            take.lock_note(1, &note, false);
        }
        let before = take.score();
        edit_bars(&mut take, Some(&mut writer), 1..2, Edit::ReRoll);
        assert_eq!((take.score(), kept(&take)), (before, vec![1, 5, 9]));
        // What follows the knobs again has no locks.
        lock_some(&mut take, 1);
        edit_bars(&mut take, None, 1..2, Edit::Release);
        assert!(take.bars().iter().all(|bar| bar.locked_notes().next().is_none()));
    }
}
