//! Undoing what the user did in the editor: turned knobs, presets, re-rolls, chords, models and edits of bars alike.
//!
//! The take has a history of edits of its own, which is saved with it. Here the edits only have their place in the order of
//! what was done; older ones are undone after everything that is known here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::composer::Opening;
use crate::player::Knob;
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::presets::{Preset, PresetId};

/// Turns of one knob within this time are one step.
const ONE_TURN: Duration = Duration::from_millis(800);

/// A preset as it was when it was loaded.
pub(crate) type LoadedPreset = (PresetId, Arc<Preset>);

/// One thing that has changed, with what it was before and after.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// A knob, by its positions, 0 to 1.
    Knob(Knob, f32, f32),
    /// The text of the chord lane of a take, by its slot.
    Chords(u8, String, String),
    /// The model.
    Model(ModelChoice, ModelChoice),
    /// What the music begins from.
    Opening(Option<Opening>, Option<Opening>),
    /// The preset that was loaded last, which is named in the title bar.
    Preset(Option<LoadedPreset>, Option<LoadedPreset>),
    /// An edit of the take, which is in the take's own history.
    Edit,
}

impl Change {
    fn is_change(&self) -> bool {
        match self {
            Self::Knob(_, before, after) => (before - after).abs() > 1e-6,
            Self::Chords(_, before, after) => before != after,
            Self::Model(before, after) => before != after,
            Self::Opening(before, after) => before != after,
            Self::Preset(before, after) => before != after,
            Self::Edit => true,
        }
    }

    /// The change the other way round.
    fn reversed(self) -> Self {
        match self {
            Self::Knob(knob, before, after) => Self::Knob(knob, after, before),
            Self::Chords(slot, before, after) => Self::Chords(slot, after, before),
            Self::Model(before, after) => Self::Model(after, before),
            Self::Opening(before, after) => Self::Opening(after, before),
            Self::Preset(before, after) => Self::Preset(after, before),
            Self::Edit => Self::Edit,
        }
    }
}

/// Everything that one click changed.
type Step = Vec<Change>;

/// What was done in the editor of one instance, to be undone and redone.
#[derive(Debug, Default)]
pub(crate) struct UndoHistory {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    /// What the present click has changed so far.
    pending: Step,
    /// When the last step was added: another turn of the same knob may join it.
    last: Option<Instant>,
}

impl UndoHistory {
    /// How many steps are kept.
    const MAX_STEPS: usize = 200;

    /// Adds to what the present click has changed.
    pub(crate) fn add(&mut self, changes: Step) {
        self.pending.extend(changes);
    }

    /// Makes one step of what has been added, if it has changed anything. What was undone before can no longer be redone.
    pub(crate) fn finish_step(&mut self, now: Instant) {
        let step: Step = std::mem::take(&mut self.pending).into_iter().filter(Change::is_change).collect();
        if step.is_empty() {
            return;
        }
        self.undone.clear();
        let is_soon = self.last.is_some_and(|last| now.duration_since(last) < ONE_TURN);
        self.last = Some(now);
        if is_soon
            && let [Change::Knob(knob, _, after)] = step[..]
            && let Some([Change::Knob(same, _, last)]) = self.done.back_mut().map(Vec::as_mut_slice)
            && *same == knob
        {
            *last = after;
            return;
        }
        if self.done.len() >= Self::MAX_STEPS {
            self.done.pop_front();
        }
        self.done.push_back(step);
    }

    /// How many steps can be undone, of which the take's own history has `n_edits`.
    pub(crate) fn n_undo(&self, n_edits: usize) -> usize {
        self.done.len() + n_edits.saturating_sub(n_edits_in(&self.done))
    }

    /// How many steps can be redone, of which the take's own history has `n_edits`.
    pub(crate) fn n_redo(&self, n_edits: usize) -> usize {
        if self.done.is_empty() {
            self.undone.len() + n_edits.saturating_sub(n_edits_in(&self.undone))
        } else {
            self.undone.len()
        }
    }

    /// Takes the last step, and returns the changes that undo it. Without one, there may be older edits of the take.
    pub(crate) fn undo(&mut self) -> Step {
        self.last = None;
        let step = self.done.pop_back().unwrap_or_else(|| vec![Change::Edit]);
        self.undone.push(step.clone());
        step.into_iter().rev().map(Change::reversed).collect()
    }

    /// Takes the step that was undone last, and returns its changes. Without one, the take may have edits to redo.
    pub(crate) fn redo(&mut self) -> Step {
        self.last = None;
        let step = self.undone.pop().unwrap_or_else(|| vec![Change::Edit]);
        self.done.push_back(step.clone());
        step
    }
}

fn n_edits_in<'a>(steps: impl IntoIterator<Item = &'a Step>) -> usize {
    steps.into_iter().flatten().filter(|change| **change == Change::Edit).count()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use crate::player::Knob;
    use crate::plugin::editor::window::undo::{Change, UndoHistory};
    use crate::presets::{Preset, PresetId};

    impl UndoHistory {
        /// Makes a step of changes.
        fn push(&mut self, changes: &[Change], now: Instant) {
            for change in changes {
                self.add(vec![change.clone()]);
            }
            self.finish_step(now);
        }
    }

    fn turn(before: f32, after: f32) -> Change {
        Change::Knob(Knob::Density, before, after)
    }

    #[test]
    fn steps_are_undone_in_reverse_and_redone_in_order() {
        let (mut history, start) = (UndoHistory::default(), Instant::now());
        let chords = Change::Chords(1, String::new(), "C | F".to_owned());
        history.push(&[turn(0.5, 0.7)], start);
        history.push(&[Change::Edit], start);
        history.push(&[turn(0.7, 0.2), chords], start);
        assert_eq!((history.n_undo(1), history.n_redo(0)), (3, 0));
        let undone = Change::Chords(1, "C | F".to_owned(), String::new());
        assert_eq!(history.undo(), [undone, turn(0.2, 0.7)]);
        assert_eq!(history.undo(), [Change::Edit]);
        assert_eq!((history.n_undo(0), history.n_redo(1)), (1, 2));
        assert_eq!(history.redo(), [Change::Edit]);
        assert_eq!(history.redo().first(), Some(&turn(0.7, 0.2)));
        history.undo();
        history.push(&[turn(0.7, 0.8)], start);
        assert_eq!(history.n_redo(1), 0, "what is done now replaces what was undone");
    }

    #[test]
    fn a_preset_is_undone_with_its_name_and_loading_it_twice_is_no_step() {
        let (mut history, start) = (UndoHistory::default(), Instant::now());
        let loaded = |idx: usize| {
            let preset = Preset { name: idx.to_string(), ..Preset::default() };
            Some((PresetId::Factory(idx), Arc::new(preset)))
        };
        history.push(&[turn(0.5, 0.7), Change::Preset(None, loaded(1))], start);
        history.push(&[Change::Preset(loaded(1), loaded(1))], start);
        assert_eq!(history.n_undo(0), 1);
        assert_eq!(history.undo(), [Change::Preset(loaded(1), None), turn(0.7, 0.5)]);
        assert_eq!(history.redo(), [turn(0.5, 0.7), Change::Preset(None, loaded(1))]);
    }

    #[test]
    fn turning_one_knob_by_notches_is_one_step_and_changing_nothing_is_none() {
        let (mut history, start) = (UndoHistory::default(), Instant::now());
        for notch in 0..5_u8 {
            let from = f32::from(notch) / 10.0;
            history.push(&[turn(from, from + 0.1)], start + Duration::from_millis(100 * u64::from(notch)));
        }
        history.push(&[turn(0.5, 0.5)], start);
        assert_eq!(history.n_undo(0), 1);
        assert_eq!(history.undo(), [turn(0.5, 0.0)]);
        history.push(&[turn(0.0, 0.1)], start);
        history.push(&[turn(0.1, 0.9)], start + Duration::from_secs(5));
        assert_eq!(history.n_undo(0), 2, "a later turn is another step");
    }

    #[test]
    fn edits_of_before_the_window_was_opened_are_undone_after_everything_else() {
        let (mut history, start) = (UndoHistory::default(), Instant::now());
        assert_eq!(history.n_undo(3), 3);
        history.push(&[turn(0.0, 1.0)], start);
        history.push(&[Change::Edit], start);
        assert_eq!(history.n_undo(4), 5);
        history.undo();
        history.undo();
        assert_eq!((history.n_undo(3), history.undo()), (3, vec![Change::Edit]));
        assert_eq!(history.n_redo(2), 3);
        assert_eq!([history.redo(), history.redo()], [vec![Change::Edit], vec![turn(0.0, 1.0)]]);
    }
}
