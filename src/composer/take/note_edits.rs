//! Changes of single notes by hand.

use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::music::{Bar, Note, Tick};
use crate::player::Conversation;

impl Take {
    /// Replaces bars, by their indices, by ones with other notes, and keeps them: one step to undo. The bars after them stay
    /// as they are; where one comes round it changes with it.
    ///
    /// Notes that no bar can have are left out. A bar whose place or meter is another does not change.
    pub(crate) fn write_notes(&mut self, bars: &[(usize, Arc<Bar>)]) {
        self.begin_parts();
        for (bar_idx, bar) in bars {
            let here = self.bars().get(*bar_idx).cloned();
            let fits = |here: &Arc<ComposedBar>| (here.bar.start, here.bar.meter) == (bar.start, bar.meter);
            if let Some(here) = here.filter(fits) {
                self.edit(*bar_idx, &here.with_notes(&bar.notes));
            }
        }
        self.end_parts();
    }

    /// Locks a note of a bar, or unlocks it. A bar with a locked note is kept, and where it is composed again by hand the note
    /// stays.
    pub(crate) fn lock_note(&mut self, bar_idx: usize, note: &Note, is_locked: bool) {
        let Some(here) = self.bars().get(bar_idx).cloned() else { return };
        let was_locked = |other: &Note| here.locked_notes().any(|locked| locked == other);
        if here.bar.notes.contains(note) && was_locked(note) != is_locked {
            let locked =
                mask(&here.bar.notes, |other| if other == note { is_locked } else { was_locked(other) });
            self.edit(bar_idx, &ComposedBar { is_kept: true, locked, ..(*here).clone() });
        }
    }
}

impl ComposedBar {
    /// The bar, composed again in the place of `old`: with the locked notes of that one, which stay locked, and kept.
    pub(crate) fn around_locked_notes_of(&self, old: &Self) -> Self {
        let locked: Vec<Note> = old.locked_notes().copied().collect();
        let makes_room = |note: &&Note| {
            let is_in_way = |lock: &&Note| {
                (lock.family, lock.pitch) == (note.family, note.pitch)
                    && lock.onset < note.end()
                    && note.onset < lock.end()
            };
            !locked.iter().any(|lock| is_in_way(&lock))
        };
        let others = self.bar.notes.iter().filter(makes_room);
        let with_locked = self.with_notes(&others.chain(&locked).copied().collect::<Vec<_>>());
        Self { locked: mask(&with_locked.bar.notes, |note| locked.contains(note)), ..with_locked }
    }

    /// The bar with other notes, kept. The network is given what is played then, and what was played in.
    fn with_notes(&self, notes: &[Note]) -> Self {
        let bar = &self.bar;
        let is_possible = |note: &&Note| {
            (bar.start..bar.end()).contains(&note.onset)
                && (Tick(1)..=Note::LONGEST).contains(&note.duration)
                && note.pitch < 128
                && (1..128).contains(&note.velocity)
        };
        let mut notes: Vec<Note> = notes.iter().filter(is_possible).copied().collect();
        notes.sort_unstable();
        notes.truncate(Self::MAX_NOTES);
        let is_its_own = |note: &&Note| bar.notes.contains(note);
        let played: Vec<Note> = self.context().iter().filter(|note| !is_its_own(note)).copied().collect();
        // In a conversation these are the user's notes; otherwise density has left them out.
        let has_played = self.knobs.conversation != Conversation::Generate && !played.is_empty();
        let context = has_played.then(|| {
            let mut context = [&played[..], &notes].concat();
            context.sort_unstable();
            context.into()
        });
        let sureness = |note: &Note| {
            let idx = bar.notes.iter().position(|old| (old.onset, old.pitch) == (note.onset, note.pitch));
            idx.and_then(|idx| self.sureness.get(idx)).copied().unwrap_or(0.0)
        };
        let is_known = !self.sureness.is_empty();
        // A note that is made louder or longer stays locked; one that is moved is another.
        let is_locked = |note: &Note| {
            self.locked_notes()
                .any(|old| (old.onset, old.pitch, old.family) == (note.onset, note.pitch, note.family))
        };
        Self {
            sureness: notes.iter().filter(|_| is_known).map(sureness).collect(),
            locked: mask(&notes, is_locked),
            bar: Arc::new(Bar { start: bar.start, meter: bar.meter, notes }),
            context,
            is_kept: true,
            ..self.clone()
        }
    }
}

/// Which notes are locked; empty if none is.
fn mask(notes: &[Note], is_locked: impl Fn(&Note) -> bool) -> Arc<[bool]> {
    let locked: Arc<[bool]> = notes.iter().map(is_locked).collect();
    if locked.contains(&true) { locked } else { Arc::default() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::take::bars::Take;
    use crate::composer::take::saved::SavedTake;
    use crate::composer::writing::writer::{Writer, compose_until};
    use crate::model::Model;
    use crate::music::{Bar, Meter, Note, Tick};
    use crate::player::{ComposingKnobs, Conversation};

    fn composed(knobs: &ComposingKnobs, n_bars: i64) -> (Take, Writer) {
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::new(Model::random(3, 7))));
        if knobs.conversation != Conversation::Generate {
            let note = |step: i64| Note { onset: Tick(24 * step), duration: Tick(20), pitch: 60, ..loud() };
            take.play_in(&[note(0), note(1), note(2)]);
        }
        compose_until(&mut take, &mut writer, knobs, Meter::COMMON, Tick(96 * n_bars));
        (take, writer)
    }

    fn loud() -> Note {
        Note {
            onset: Tick(0),
            duration: Tick(12),
            pitch: 72,
            velocity: 111,
            family: crate::music::Family::PIANO,
            feel: None,
        }
    }

    /// A bar with one more note, on its second beat.
    fn with_one_more(take: &Take, bar_idx: usize) -> (usize, Arc<Bar>) {
        let bar = &take.bars()[bar_idx].bar;
        let mut notes = bar.notes.clone();
        notes.push(Note { onset: bar.start + Tick(24), ..loud() });
        notes.sort();
        (bar_idx, Arc::new(Bar { notes, ..(**bar).clone() }))
    }

    /// What the network is given, what is played, and whether it is kept.
    fn state(take: &Take) -> Vec<(Vec<Note>, Vec<Note>, bool)> {
        let bar = |bar: &Arc<crate::composer::take::bar::ComposedBar>| {
            (bar.context().to_vec(), bar.bar.notes.clone(), bar.is_kept)
        };
        take.bars().iter().map(bar).collect()
    }

    #[test]
    fn notes_that_are_changed_are_kept_undone_and_reopened() {
        let knobs =
            ComposingKnobs { length: 4, evolve: 1.0, density: 0.6, ..ComposingKnobs::default() }.rounded();
        let (mut take, writer) = composed(&knobs, 8);
        let before = state(&take);
        let new = [with_one_more(&take, 2), with_one_more(&take, 3)];
        take.write_notes(&new);
        assert_eq!(take.history().done.len(), 1, "one step");
        for (bar_idx, bar) in &new {
            let here = &take.bars()[*bar_idx];
            assert_eq!((&here.bar, here.context(), here.is_kept), (bar, &bar.notes[..], true));
        }
        assert!((0..8).all(|idx| !take.is_stale(idx, &knobs, writer.hash())), "what follows stays");
        let mut again = SavedTake::of(&take, None).restore().unwrap();
        assert_eq!(state(&again), state(&take));
        assert!((0..8).all(|idx| !again.is_stale(idx, &knobs, writer.hash())));
        again.undo();
        assert_eq!(state(&again), before);
        again.redo();
        assert_eq!(state(&again), state(&take));
        take.undo();
        assert_eq!(state(&take), before);
    }

    #[test]
    fn a_note_is_changed_wherever_its_bar_comes_round() {
        let knobs = ComposingKnobs { length: 2, evolve: 0.0, ..ComposingKnobs::default() };
        let (mut take, _) = composed(&knobs, 8);
        let before = state(&take);
        // One bar of the phrase and the one that repeats it, both changed by hand.
        let mut other = with_one_more(&take, 3);
        Arc::make_mut(&mut other.1).notes.clear();
        take.write_notes(&[with_one_more(&take, 1), other]);
        let n_notes: Vec<usize> = take.bars().iter().map(|bar| bar.bar.notes.len()).collect();
        assert_eq!((n_notes[1], n_notes[3]), (before[1].1.len() + 1, 0));
        take.undo();
        assert_eq!(state(&take), before);
    }

    #[test]
    fn what_was_played_in_is_still_given_to_the_network() {
        let knobs =
            ComposingKnobs { conversation: Conversation::Continue, ..ComposingKnobs::default() }.rounded();
        let (mut take, _) = composed(&knobs, 4);
        let played: Vec<Note> = take.bars()[0].context().to_vec();
        assert!(played.len() >= 3);
        let new = with_one_more(&take, 0);
        take.write_notes(std::slice::from_ref(&new));
        let here = &take.bars()[0];
        assert_eq!(here.bar, new.1);
        assert!(played.iter().all(|note| here.context().contains(note)));
        assert_eq!(here.context().len(), played.len() + 1);
    }

    #[test]
    fn impossible_notes_and_bars_of_other_places_are_left_out() {
        let (mut take, _) = composed(&ComposingKnobs::default(), 2);
        let before = state(&take);
        let (_, bar) = with_one_more(&take, 0);
        take.write_notes(&[(1, Arc::clone(&bar)), (7, Arc::clone(&bar))]);
        assert_eq!((state(&take), take.history().done.len()), (before, 0));
        let wrong = [
            Note { onset: Tick(96), ..loud() },
            Note { duration: Tick(0), ..loud() },
            Note { duration: Note::LONGEST + Tick(1), ..loud() },
            Note { pitch: 128, ..loud() },
            Note { velocity: 0, ..loud() },
        ];
        let notes = [&wrong[..], &vec![loud(); 400]].concat();
        take.write_notes(&[(0, Arc::new(Bar { notes, ..(*bar).clone() }))]);
        let here = &take.bars()[0].bar.notes;
        assert_eq!(here.len(), 256);
        assert!(here.iter().all(|note| *note == loud()));
    }
}
