//! The handle by which the plugin's main thread speaks to a composer.

use std::convert::Infallible;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::Thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::composer::studio::shared::{Command, Shown, lock};
use crate::composer::studio::status::Status;
use crate::composer::studio::thread;
use crate::composer::studio::worker::Worker;
use crate::composer::take::bars::Take;
use crate::composer::take::edits::Edit;
use crate::composer::take::ideas::Idea;
use crate::composer::take::opening::Opening;
use crate::composer::take::picture::Picture;
use crate::composer::take::saved::{SavedTake, TakeError};
use crate::model::Model;
use crate::music::{Bar, Family, Note, Piece, Progression};
use crate::player::ComposingKnobs;
use crate::player::handover::{ComposerEnd, Playhead};

/// The handle of a composer, which ends when the handle is dropped.
#[derive(Debug)]
pub struct Composer {
    commands: Sender<Command>,
    is_wanted: Arc<AtomicBool>,
    /// The thread it works on; none if that could not start.
    thread: Option<Thread>,
    /// Disconnected when it has ended.
    alive: Receiver<Infallible>,
    shown: Arc<Mutex<Shown>>,
    playhead: Arc<Playhead>,
}

impl Composer {
    /// Starts composing. If a saved take cannot be used, or not all of it, [`Status::error`] says why.
    #[must_use]
    pub fn spawn(end: ComposerEnd, model: Option<Arc<Model>>, take: Option<SavedTake>) -> Self {
        let restored = take.map_or(Ok((Take::default(), Vec::new())), |saved| saved.restore_with_damage());
        let (take, error) = match restored {
            Ok((take, damage)) => (take, TakeError::sum(&damage)),
            Err(error) => (Take::default(), Some(error.to_string())),
        };
        let shown = Shown { picture: Picture::of(&take), take, model, error, ..Shown::default() };
        let shown = Arc::new(Mutex::new(shown));
        let playhead = Arc::clone(end.playhead());
        let (commands, receiver) = unbounded();
        let (ended, alive) = bounded(0);
        let is_wanted = Arc::new(AtomicBool::new(true));
        let worker = Worker::new(end, receiver, Arc::clone(&shown), Arc::clone(&is_wanted), ended);
        let thread = thread::add(worker);
        if let Err(cause) = &thread {
            lock(&shown).error = Some(format!("the composer could not start: {cause}"));
        }
        Self { commands, is_wanted, thread: thread.ok(), alive, shown, playhead }
    }

    /// Loads a model in the background, as the user's choice: bars of other models become stale. If it cannot be
    /// loaded, [`Status::error`] says why and everything stays as it was.
    pub fn load_model(&self, path: PathBuf) {
        self.send(Command::LoadModel(path));
    }

    /// As [`Composer::load_model`], with a model that is in memory already.
    pub fn use_model(&self, model: Arc<Model>) {
        self.send(Command::UseModel(model));
    }

    /// Replaces the take by a saved one. Its bars stay whatever model is loaded, until the user chooses one; so
    /// when a project is loaded, call this after [`Composer::load_model`]. If a part of it is damaged,
    /// [`Status::error`] says which, and the rest is used.
    ///
    /// # Errors
    /// If the take is too long or too new; then the old one stays.
    pub fn set_take(&self, take: &SavedTake) -> Result<(), TakeError> {
        let (take, damage) = take.restore_with_damage()?;
        let mut shown = lock(&self.shown);
        if !damage.is_empty() {
            shown.error = TakeError::sum(&damage);
        }
        shown.edition += 1;
        shown.take = take.clone();
        shown.picture = Picture::of(&take);
        self.send(Command::SetTake { take: Box::new(take), edition: shown.edition });
        Ok(())
    }

    /// The take as it is to be saved with the project.
    #[must_use]
    pub fn saved_take(&self) -> SavedTake {
        let (take, model) = {
            let shown = lock(&self.shown);
            (shown.take.clone(), shown.model.clone())
        };
        SavedTake::of(&take, model.as_deref())
    }

    /// What the editor shows about the composer.
    #[must_use]
    pub fn status(&self) -> Status {
        let shown = lock(&self.shown);
        let card = shown.model.as_ref().map(|model| model.card());
        Status {
            model: card.map(|card| card.name.clone()),
            model_hash: shown.model.as_ref().map(|model| model.hash().to_owned()),
            styles: card.map(|card| card.styles.clone()).unwrap_or_default(),
            error: shown.error.clone(),
            n_late: self.playhead.n_late(),
            obstacle: shown.obstacle.clone(),
        }
    }

    /// The model that composes, for its card.
    #[must_use]
    pub fn model(&self) -> Option<Arc<Model>> {
        lock(&self.shown).model.clone()
    }

    /// The music so far, for the editor.
    #[must_use]
    pub fn picture(&self) -> Picture {
        lock(&self.shown).picture.clone()
    }

    /// Changes one bar of the take by hand. The bars after it stay as they are.
    pub fn edit(&self, bar_idx: usize, edit: Edit) {
        self.edit_bars(bar_idx..bar_idx + 1, edit);
    }

    /// Changes several bars of the take by hand, as one edit to undo. Kept ones stay as they are, unless they are released.
    /// Bars to keep that are missing at the end of the take are composed first.
    pub fn edit_bars(&self, bars: Range<usize>, edit: Edit) {
        self.send(Command::Edit(bars, edit));
    }

    /// Gives bars of the take, by their indices, other notes, and keeps them, as one edit to undo. The bars after them stay
    /// as they are.
    pub fn write_notes(&self, bars: Vec<(usize, Arc<Bar>)>) {
        self.send(Command::WriteNotes(bars));
    }

    /// Locks a note of a bar, by its index, or unlocks it, as one edit to undo. A bar with a locked note is kept; where it is
    /// composed again by hand the note stays.
    pub fn lock_note(&self, bar_idx: usize, note: Note, is_locked: bool) {
        self.send(Command::LockNote(bar_idx, note, is_locked));
    }

    /// Whether a change by hand would change the take as it is shown, and so be a step to undo.
    #[must_use]
    pub fn would_change(&self, edit: impl FnOnce(&mut Take)) -> bool {
        let take = lock(&self.shown).take.clone();
        take.would_change(edit)
    }

    /// Whether an edit would change any of these bars as they are shown. Composing bars again needs a model.
    #[must_use]
    pub fn can_edit(&self, bars: &Range<usize>, edit: Edit) -> bool {
        let shown = lock(&self.shown);
        let needs_model = matches!(edit, Edit::ReRoll | Edit::ReRollRhythm | Edit::ReRollPitches);
        (shown.model.is_some() || !needs_model) && shown.take.can_edit(bars, edit)
    }

    /// Undoes the last edit, if there is one.
    pub fn undo(&self) {
        self.send(Command::Undo);
    }

    /// Redoes the edit that was undone last, if there is one.
    pub fn redo(&self) {
        self.send(Command::Redo);
    }

    /// Music that was heard and then replaced, the newest last.
    #[must_use]
    pub fn ideas(&self) -> Vec<Arc<Idea>> {
        lock(&self.shown).take.ideas().iter().cloned().collect()
    }

    /// Puts the bars of an idea, by its index in [`Composer::ideas`], back in their places. Returns the knobs that it was
    /// composed with; once the player has these, the bars stay. What was heard in their places becomes an idea in turn.
    ///
    /// Returns none if there is no such idea, or if the take ends before it.
    #[must_use]
    pub fn bring_back(&self, idx: usize) -> Option<ComposingKnobs> {
        let idea = {
            let take = &lock(&self.shown).take;
            take.ideas().iter().nth(idx).filter(|idea| take.start_of(idea.first_bar()).is_some()).cloned()
        };
        let idea = idea?;
        self.send(Command::BringBack(Arc::clone(&idea)));
        Some(idea.knobs)
    }

    /// Copies one of the four takes (0 to 3) over another, as far as bars have been composed.
    pub fn copy_take(&self, from: u8, to: u8) {
        self.send(Command::CopyTake(from.min(3), to.min(3)));
    }

    /// Copies bars of one of the four takes (0 to 3) over those of another, as far as they have been composed.
    pub fn copy_bars(&self, from: u8, to: u8, bars: Range<usize>) {
        self.send(Command::CopyBars(from.min(3), to.min(3), bars));
    }

    /// Changes the chord lane of one of the four takes (0 to 3). Its bars are composed with the new chords from the next
    /// one on.
    pub fn set_lane(&self, slot: u8, lane: Option<Progression>) {
        self.send(Command::SetLane(slot.min(3), lane));
    }

    /// The chord lane of one of the four takes (0 to 3).
    #[must_use]
    pub fn lane(&self, slot: u8) -> Option<Progression> {
        lock(&self.shown).take.lane(slot).cloned()
    }

    /// What the music begins from; none if that is the model's own primers.
    #[must_use]
    pub fn opening(&self) -> Option<Opening> {
        lock(&self.shown).take.opening().cloned()
    }

    /// Whether the music begins from other music than the model's own primers.
    #[must_use]
    pub fn has_opening(&self) -> bool {
        lock(&self.shown).take.opening().is_some()
    }

    /// What was played in, as a piece of an instrument.
    #[must_use]
    pub fn played_piece(&self, instrument: Family) -> Piece {
        let take = lock(&self.shown).take.clone();
        take.played_piece(instrument)
    }

    /// The chords that were played in, as the text of a lane; none if there are none.
    #[must_use]
    pub fn captured_chords(&self) -> Option<String> {
        let take = lock(&self.shown).take.clone();
        take.captured_chords()
    }

    /// Makes the music begin from the end of another piece, or from the model's own primers again.
    pub fn open_with(&self, opening: Option<Opening>) {
        self.send(Command::Open(opening));
    }

    /// Waits until the composer has done everything that it has been asked so far, and shows it.
    ///
    /// For tests and tools. Never on the audio thread.
    pub fn wait_until_idle(&self) {
        // Nothing is ever sent here.
        let _ = self.notify_when_idle().recv();
    }

    /// A channel that is disconnected when the composer has done everything that it has been asked so far, and
    /// shows it, or has ended.
    #[must_use]
    pub fn notify_when_idle(&self) -> Receiver<Infallible> {
        let (waiter, idle) = bounded(0);
        self.send(Command::NotifyWhenIdle(waiter));
        idle
    }

    fn send(&self, command: Command) {
        // A composer that could not start has left its reason in the status.
        let _ = self.commands.send(command);
        self.wake();
    }

    /// Ends the thread's pause between two polls.
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        self.is_wanted.store(false, Ordering::Relaxed);
        if self.thread.is_some() {
            self.wake();
            // The host may unload the plugin next, so all of it must have ended. Nothing is ever sent here.
            let _ = self.alive.recv();
            thread::remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::studio::handle::Composer;
    use crate::composer::studio::shared::Command;
    use crate::model::Model;
    use crate::music::{Beats, Meter, Score};
    use crate::player::handover::handover;
    use crate::player::{Block, ComposingKnobs, EventList, PerformingKnobs, Player, Transport};

    /// Plays a block in which the song stands still at its origin, and waits for the composer.
    fn stand(composer: &Composer, player: &mut Player) {
        let transport = Transport { position: Some(Beats(0.0)), ..Transport::default() };
        let block = Block { n_samples: 64, sample_rate: 48_000.0, transport };
        let knobs = (ComposingKnobs::default(), PerformingKnobs::default());
        player.process(&block, &knobs.0, &knobs.1, &[], &mut EventList::with_capacity(8));
        composer.wait_until_idle();
    }

    /// The notes of one bar, offline.
    fn n_ons(player: &mut Player) -> usize {
        let transport = Transport {
            playing: true,
            offline: true,
            position: Some(Beats(0.0)),
            meter: Some(Meter::COMMON),
            ..Transport::default()
        };
        let block = Block { n_samples: 200_000, sample_rate: 48_000.0, transport };
        let mut events = EventList::default();
        let knobs = (ComposingKnobs::default(), PerformingKnobs::default());
        player.process(&block, &knobs.0, &knobs.1, &[], &mut events);
        let n_events = events.as_slice().len();
        events.clear();
        player.silence(&mut events);
        n_events
    }

    #[test]
    fn a_panic_silences_the_instance_says_so_and_loses_nothing() {
        let (composer_end, player_end) = handover();
        let model = Arc::new(Model::random(2, 5));
        let composer = Composer::spawn(composer_end, Some(Arc::clone(&model)), None);
        let mut player = Player::new(player_end);
        stand(&composer, &mut player);
        assert!(composer.picture().score.bars.len() >= 3);
        assert!(n_ons(&mut player) > 0);
        composer.wait_until_idle();
        let (picture, saved) = (composer.picture(), composer.saved_take());
        composer.send(Command::Panic);
        composer.wait_until_idle();
        let error = composer.status().error.unwrap();
        assert!(error.ends_with("an internal error: asked to"), "{error}");
        assert_eq!(n_ons(&mut player), 0);
        assert_eq!(composer.picture(), picture);
        assert_eq!(composer.saved_take(), saved);
        // A model that is set from outside starts it again.
        composer.use_model(model);
        stand(&composer, &mut player);
        assert_eq!(composer.status().error, None);
        assert!(n_ons(&mut player) > 0);
        assert_ne!(*composer.picture().score, Score::default());
    }
}
