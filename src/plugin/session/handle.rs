//! The session: the handle of one instance's composer, and the messages for the user.
//!
//! Guarded by a lock that the audio thread never takes; it speaks with the composer through
//! [`crate::player::handover`] alone.

use std::convert::Infallible;
use std::error::Error;
use std::ops::Range;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::Receiver;
use nice_plug::params::persist::PersistentField;
use serde_json::Value;

use crate::composer::{Composer, Edit, Idea, Opening, Picture, Status};
use crate::model::Model;
use crate::music::smf::{self, SmfError};
use crate::music::{Bar, Family, InvalidProgression, Note, Piece, Progression};
use crate::player::ComposingKnobs;
use crate::player::handover::{ComposerEnd, Playhead};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::saved::SavedProject;
use crate::plugin::session::messages::Messages;

/// One instance's composer and what is known about it. Clones are handles of the same.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Mutex<Inner>>,
    playhead: Arc<Playhead>,
}

struct Inner {
    /// The composer's end of the hand-over, until the composer starts.
    end: Option<ComposerEnd>,
    composer: Option<Composer>,
    /// The model that the user or the project asked for.
    chosen: ModelChoice,
    /// A project that was loaded before the composer started.
    waiting: Option<SavedProject>,
    /// How many projects have been loaded.
    n_loaded: u64,
    /// Whether the host has activated the plugin.
    is_activated: bool,
    messages: Messages,
}

impl Session {
    /// A session whose composer has not been started.
    #[must_use]
    pub fn new(end: ComposerEnd) -> Self {
        Self {
            playhead: Arc::clone(end.playhead()),
            inner: Arc::new(Mutex::new(Inner {
                end: Some(end),
                composer: None,
                chosen: ModelChoice::BuiltIn,
                waiting: None,
                n_loaded: 0,
                is_activated: false,
                messages: Messages::default(),
            })),
        }
    }

    /// The host activates the plugin: starts the composer unless it has been started before.
    pub fn start(&self) {
        let mut inner = self.lock();
        inner.is_activated = true;
        inner.start_composer();
    }

    /// Whether the host has activated the plugin.
    #[must_use]
    pub fn is_activated(&self) -> bool {
        self.lock().is_activated
    }

    /// Starts the composer before the host has activated the plugin: the user is about to change what it keeps.
    pub(crate) fn start_early(&self) {
        self.lock().start_composer();
    }

    /// Ends the composer and waits for it.
    pub fn stop(&self) {
        let composer = self.lock().composer.take();
        drop(composer);
    }

    /// Asks the composer for another model.
    pub fn choose(&self, choice: ModelChoice) {
        self.lock().choose(choice);
    }

    /// The model that was asked for, by the user or a project.
    #[must_use]
    pub fn chosen(&self) -> ModelChoice {
        let inner = self.lock();
        inner.waiting.as_ref().map_or_else(|| inner.chosen.clone(), choice_of)
    }

    /// The model that composes, if there is one.
    #[must_use]
    pub fn model(&self) -> Option<Arc<Model>> {
        self.lock().composer.as_ref()?.model()
    }

    /// The styles of the model that composes, in the order of the knob.
    #[must_use]
    pub fn styles(&self) -> Vec<String> {
        self.lock().status().styles
    }

    /// The music so far.
    #[must_use]
    pub fn picture(&self) -> Picture {
        self.lock().composer.as_ref().map(Composer::picture).unwrap_or_default()
    }

    /// Changes bars of the take, as one edit to undo. Returns whether there was anything to change.
    pub(crate) fn edit(&self, bars: Range<usize>, edit: Edit) -> bool {
        self.with_composer(|composer| {
            let can_edit = composer.can_edit(&bars, edit);
            if can_edit {
                composer.edit_bars(bars, edit);
            }
            can_edit
        })
    }

    /// Gives bars of the take, by their indices, other notes, and keeps them: one edit to undo. Returns whether there was
    /// anything to change.
    pub(crate) fn write_notes(&self, bars: &[(usize, Arc<Bar>)]) -> bool {
        self.with_composer(|composer| {
            let changes = composer.would_change(|take| take.write_notes(bars));
            if changes {
                composer.write_notes(bars.to_vec());
            }
            changes
        })
    }

    /// Locks a note of a bar, by its index, or unlocks it: one edit to undo. Returns whether there was anything to change.
    pub(crate) fn lock_note(&self, bar_idx: usize, note: Note, is_locked: bool) -> bool {
        self.with_composer(|composer| {
            let changes = composer.would_change(|take| take.lock_note(bar_idx, &note, is_locked));
            if changes {
                composer.lock_note(bar_idx, note, is_locked);
            }
            changes
        })
    }

    /// Takes the last edit back.
    pub fn undo(&self) {
        self.with_composer(Composer::undo);
    }

    /// Does the last edit again that was taken back.
    pub fn redo(&self) {
        self.with_composer(Composer::redo);
    }

    /// Music that was heard and then replaced, the newest last.
    #[must_use]
    pub fn ideas(&self) -> Vec<Arc<Idea>> {
        self.lock().composer.as_ref().map(Composer::ideas).unwrap_or_default()
    }

    /// Puts the bars of an idea, by its index, back in their places. Returns the knobs that it was composed with, which the
    /// parameters are then to be set to; none if it cannot be brought back.
    #[must_use]
    pub fn bring_back(&self, idx: usize) -> Option<ComposingKnobs> {
        self.lock().composer.as_ref()?.bring_back(idx)
    }

    /// Copies one take over another, with its chord lane; slots 0 to 3. Returns whether there were bars to copy.
    pub(crate) fn copy_take(&self, from: u8, to: u8) -> bool {
        self.with_composer(|composer| {
            let changes = composer.would_change(|take| take.copy(from, to));
            composer.copy_take(from, to);
            changes
        })
    }

    /// Copies bars of one take over those of another; slots 0 to 3. Returns whether there were bars to copy.
    pub(crate) fn copy_bars(&self, from: u8, to: u8, bars: Range<usize>) -> bool {
        self.with_composer(|composer| {
            let changes = composer.would_change(|take| take.copy_bars(from, to, bars.clone()));
            if changes {
                composer.copy_bars(from, to, bars);
            }
            changes
        })
    }

    /// Changes the chord lane of one of the four takes (0 to 3); an empty text takes it away.
    ///
    /// # Errors
    /// Where the text stops making sense; then the lane stays.
    pub fn set_chords(&self, slot: u8, text: &str) -> Result<(), InvalidProgression> {
        let lane = if text.trim().is_empty() { None } else { Some(Progression::parse(text)?) };
        self.with_composer(|composer| composer.set_lane(slot, lane.clone()));
        Ok(())
    }

    /// What was played in, as a piece of an instrument.
    #[must_use]
    pub fn played_piece(&self, instrument: Family) -> Piece {
        self.lock().composer.as_ref().map(|composer| composer.played_piece(instrument)).unwrap_or_default()
    }

    /// The chords that were played in, as the text of a lane. Where there are none, a message says so.
    #[must_use]
    pub fn captured_chords(&self) -> Option<String> {
        let captured = self.lock().composer.as_ref().and_then(Composer::captured_chords);
        if captured.is_none() {
            let message = "no chords have been played in: play some while the song moves";
            self.add_message(message.to_owned());
        }
        captured
    }

    /// The text of the chord lane of one of the four takes (0 to 3); empty if there is none.
    #[must_use]
    pub fn chords(&self, slot: u8) -> String {
        let lane = self.lock().composer.as_ref().and_then(|composer| composer.lane(slot));
        lane.map_or(String::new(), |lane| lane.text().to_owned())
    }

    /// The music of a MIDI file. A file that cannot be read gives a message.
    #[must_use]
    pub fn read_piece(&self, path: &Path) -> Option<Piece> {
        match smf::load(path) {
            Ok(smf) => Some(smf.to_piece()),
            // These name the file themselves.
            Err(error @ (SmfError::Unreadable { .. } | SmfError::TooLarge { .. })) => {
                self.add_error(&error);
                None
            }
            Err(error) => {
                self.add_message(format!("{}: {error}", path.display()));
                None
            }
        }
    }

    /// The end of a MIDI file, for the music to start from. A file that cannot be used gives a message.
    #[must_use]
    pub fn read_opening(&self, path: &Path) -> Option<Opening> {
        let opening = Opening::of(&self.read_piece(path)?);
        if opening.is_none() {
            self.add_message(format!("{} holds no notes to start from", path.display()));
        }
        opening
    }

    /// What the music starts from; none if that is the model's own primers.
    #[must_use]
    pub fn opening(&self) -> Option<Opening> {
        self.lock().composer.as_ref()?.opening()
    }

    /// Whether the music starts from a MIDI file.
    #[must_use]
    pub fn has_opening(&self) -> bool {
        self.lock().composer.as_ref().is_some_and(Composer::has_opening)
    }

    /// Starts the music from there, or from the model's own primers.
    pub fn open_with(&self, opening: Option<&Opening>) {
        self.with_composer(|composer| composer.open_with(opening.cloned()));
    }

    /// Waits until the composer has done everything that it was asked, the loading of a model included. For tests.
    pub fn wait_until_idle(&self) {
        if let Some(composer) = &self.lock().composer {
            composer.wait_until_idle();
        }
    }

    /// Waits until the composer has done everything that it was asked, but no longer than `limit`. For the host's
    /// main thread.
    pub fn wait_until_idle_within(&self, limit: Duration) {
        if let Some(idle) = self.notify_when_idle() {
            // Nothing is ever sent here.
            let _ = idle.recv_timeout(limit);
        }
    }

    /// A channel that is disconnected when the composer has done everything that it was asked so far, the loading of a
    /// model included; none if there is no composer.
    pub(crate) fn notify_when_idle(&self) -> Option<Receiver<Infallible>> {
        self.lock().composer.as_ref().map(Composer::notify_when_idle)
    }

    /// Asks the composer for a change, and starts it if the host has not yet.
    fn with_composer<R: Default>(&self, ask: impl FnOnce(&Composer) -> R) -> R {
        let mut inner = self.lock();
        inner.start_composer();
        inner.composer.as_ref().map(ask).unwrap_or_default()
    }

    /// Where the song is.
    #[must_use]
    pub fn playhead(&self) -> &Arc<Playhead> {
        &self.playhead
    }

    /// The messages for the user that have not been dismissed, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        let inner = self.lock();
        inner.messages.all(inner.status())
    }

    /// Dismisses the messages.
    pub fn dismiss(&self) {
        let mut inner = self.lock();
        let status = inner.status();
        inner.messages.dismiss(status);
    }

    /// Adds an error with its causes to the messages.
    pub fn add_error(&self, error: &dyn Error) {
        self.lock().messages.add_error(error);
    }

    /// Adds a message for the user.
    pub fn add_message(&self, message: String) {
        self.lock().messages.add(message);
    }

    /// The session as it is saved with the project.
    #[must_use]
    pub fn saved(&self) -> SavedProject {
        let inner = self.lock();
        match (&inner.composer, &inner.waiting) {
            (Some(composer), _) => SavedProject::new(inner.chosen_file(), composer.saved_take()),
            (None, Some(waiting)) => waiting.clone(),
            (None, None) => SavedProject::default(),
        }
    }

    /// Loads a saved project. One that cannot be read gives a message and changes nothing.
    pub fn restore(&self, saved: Value) {
        let mut inner = self.lock();
        match SavedProject::read(saved) {
            Err(error) => inner.messages.add_error(&error),
            Ok(project) => {
                inner.n_loaded += 1;
                if inner.composer.is_some() {
                    inner.restore(&project);
                    self.playhead.mark_fresh();
                } else {
                    inner.waiting = Some(project);
                }
            }
        }
    }

    /// How many projects have been loaded into the instance so far.
    pub(crate) fn n_loaded(&self) -> u64 {
        self.lock().n_loaded
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Starts the composer, with the project that was loaded before if there is one. Does nothing if the composer was
    /// started before.
    fn start_composer(&mut self) {
        let Some(end) = self.end.take() else { return };
        let model = self.built_in_model();
        self.composer = Some(Composer::spawn(end, model, None));
        if let Some(project) = self.waiting.take() {
            self.restore(&project);
        }
    }

    fn built_in_model(&mut self) -> Option<Arc<Model>> {
        match catch_unwind(Model::embedded) {
            Ok(Ok(model)) => Some(model),
            Ok(Err(error)) => {
                self.messages.add_error(&error);
                None
            }
            Err(_) => {
                self.messages.add("the built-in model cannot be used".to_owned());
                None
            }
        }
    }

    fn choose(&mut self, choice: ModelChoice) {
        self.start_composer();
        let built_in = if choice == ModelChoice::BuiltIn { self.built_in_model() } else { None };
        if let Some(composer) = &self.composer {
            match (&choice, built_in) {
                (ModelChoice::File(path), _) => composer.load_model(path.clone()),
                (ModelChoice::BuiltIn, Some(model)) => composer.use_model(model),
                (ModelChoice::BuiltIn, None) => {}
            }
        }
        self.chosen = choice;
        self.messages.forget_dismissed_error();
    }

    fn restore(&mut self, project: &SavedProject) {
        let choice = choice_of(project);
        if choice != self.chosen {
            self.choose(choice);
        }
        let restored = self.composer.as_ref().map(|composer| composer.set_take(project.take()));
        if let Some(Err(error)) = restored {
            self.messages.add_error(&error);
        }
    }

    fn status(&self) -> Status {
        self.composer.as_ref().map(Composer::status).unwrap_or_default()
    }

    fn chosen_file(&self) -> Option<PathBuf> {
        match &self.chosen {
            ModelChoice::BuiltIn => None,
            ModelChoice::File(path) => Some(path.clone()),
        }
    }
}

/// The model of a project.
fn choice_of(project: &SavedProject) -> ModelChoice {
    project.model_file().map_or(ModelChoice::BuiltIn, ModelChoice::File)
}

/// How long saving waits for the composer to answer what has just been played, at most; usually it takes a millisecond.
const LONGEST_WAIT_TO_SAVE: Duration = Duration::from_millis(500);

/// The session is saved with the parameters. The framework calls this from the host's main thread, and
/// calls nothing else when a project is loaded while the plugin runs.
impl PersistentField<'_, Value> for Session {
    fn set(&self, saved: Value) {
        self.restore(saved);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Value) -> R,
    {
        // What has just been played in is part of it.
        self.wait_until_idle_within(LONGEST_WAIT_TO_SAVE);
        let saved = self.saved().into_json().unwrap_or_else(|error| {
            self.add_error(&error);
            Value::Null
        });
        f(&saved)
    }
}
