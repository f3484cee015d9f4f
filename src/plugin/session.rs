//! What the host's main thread, the editor and the saved state share about one instance: the handle of
//! its composer, and what to tell the user.
//!
//! Guarded by a lock that the audio thread never touches; it speaks with the composer through
//! [`crate::player::handover`] alone.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nice_plug::params::persist::PersistentField;
use serde_json::Value;

use crate::composer::{Composer, Edit, Opening, Picture, Status};
use crate::errors::with_causes;
use crate::model::{Card, Model};
use crate::music::smf::{self, SmfError};
use crate::player::handover::{ComposerEnd, Playhead};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::saved::SavedProject;

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
    /// What went wrong here, in words, oldest first.
    messages: Vec<String>,
    /// The composer's error and the number of late bars that the user has seen.
    seen: (Option<String>, u32),
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
                messages: Vec::new(),
                seen: (None, 0),
            })),
        }
    }

    /// Starts the composer, with the project that was loaded before if there is one. A composer that
    /// runs already goes on.
    pub fn start(&self) {
        let mut inner = self.lock();
        let Some(end) = inner.end.take() else { return };
        let model = inner.built_in_model();
        inner.composer = Some(Composer::spawn(end, model, None));
        if let Some(project) = inner.waiting.take() {
            inner.restore(&project);
        }
    }

    /// Ends the composer's thread and waits for it.
    pub fn stop(&self) {
        let composer = self.lock().composer.take();
        drop(composer);
    }

    /// Asks the composer for another model.
    pub fn choose(&self, choice: ModelChoice) {
        self.lock().choose(choice);
    }

    /// The model that was asked for.
    #[must_use]
    pub fn chosen(&self) -> ModelChoice {
        self.lock().chosen.clone()
    }

    /// The card of the model that composes, if there is one.
    #[must_use]
    pub fn card(&self) -> Option<Card> {
        let inner = self.lock();
        Some(inner.composer.as_ref()?.model()?.card().clone())
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

    /// Changes one bar of the take.
    pub fn edit(&self, bar_idx: usize, edit: Edit) {
        self.with_composer(|composer| composer.edit(bar_idx, edit));
    }

    /// Takes the last edit back.
    pub fn undo(&self) {
        self.with_composer(Composer::undo);
    }

    /// Does again what was taken back.
    pub fn redo(&self) {
        self.with_composer(Composer::redo);
    }

    /// Copies one take over another; slots 0 to 3.
    pub fn copy_take(&self, from: u8, to: u8) {
        self.with_composer(|composer| composer.copy_take(from, to));
    }

    /// Lets the music start from a MIDI file, and says whether it does; one that cannot be used is told and
    /// changes nothing.
    pub fn load_primer(&self, path: &Path) -> bool {
        let smf = match smf::load(path) {
            Ok(smf) => smf,
            // These name the file themselves.
            Err(error @ (SmfError::Unreadable { .. } | SmfError::TooLarge { .. })) => {
                self.complain(&error);
                return false;
            }
            Err(error) => {
                self.tell(format!("{}: {error}", path.display()));
                return false;
            }
        };
        let opening = Opening::of(&smf.to_piece());
        match &opening {
            Some(_) => self.with_composer(|composer| composer.open_with(opening.clone())),
            None => self.tell(format!("{} holds no notes to start from", path.display())),
        }
        opening.is_some()
    }

    /// Lets the music start from the model's own primers again.
    pub fn clear_primer(&self) {
        self.with_composer(|composer| composer.open_with(None));
    }

    fn with_composer(&self, ask: impl Fn(&Composer)) {
        if let Some(composer) = &self.lock().composer {
            ask(composer);
        }
    }

    /// Where the song is.
    #[must_use]
    pub fn playhead(&self) -> &Arc<Playhead> {
        &self.playhead
    }

    /// What the user should know and has not dismissed, oldest first.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        let inner = self.lock();
        let Status { error, n_late, .. } = inner.status();
        let mut messages = inner.messages.clone();
        if n_late > inner.seen.1 {
            let n_new = n_late - inner.seen.1;
            let bars = if n_new == 1 { "1 bar was".to_owned() } else { format!("{n_new} bars were") };
            messages.push(format!("{bars} not composed in time; the phrase was heard again instead"));
        }
        if error != inner.seen.0 {
            messages.extend(error);
        }
        messages
    }

    /// Forgets the messages there are.
    pub fn dismiss(&self) {
        let mut inner = self.lock();
        let Status { error, n_late, .. } = inner.status();
        inner.messages.clear();
        inner.seen = (error, n_late);
    }

    /// Keeps an error for the user, with what lies behind it.
    pub fn complain(&self, error: &dyn std::error::Error) {
        self.lock().complain(error);
    }

    /// Keeps a message for the user.
    pub fn tell(&self, message: String) {
        self.lock().messages.push(message);
    }

    /// What belongs into the saved project.
    #[must_use]
    pub fn saved(&self) -> SavedProject {
        let inner = self.lock();
        match (&inner.composer, &inner.waiting) {
            (Some(composer), _) => SavedProject::new(inner.file(), composer.saved_take()),
            (None, Some(waiting)) => waiting.clone(),
            (None, None) => SavedProject::default(),
        }
    }

    /// Puts a saved project in the place of what plays; one that cannot be read leaves it as it is and
    /// says so.
    pub fn restore(&self, saved: Value) {
        let mut inner = self.lock();
        match SavedProject::read(saved) {
            Err(error) => inner.complain(&error),
            Ok(project) if inner.composer.is_some() => inner.restore(&project),
            Ok(project) => inner.waiting = Some(project),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn built_in_model(&mut self) -> Option<Arc<Model>> {
        match catch_unwind(Model::embedded) {
            Ok(Ok(model)) => Some(model),
            Ok(Err(error)) => {
                self.complain(&error);
                None
            }
            Err(_) => {
                self.messages.push("the built-in model cannot be used".to_owned());
                None
            }
        }
    }

    fn choose(&mut self, choice: ModelChoice) {
        let built_in = if choice == ModelChoice::BuiltIn { self.built_in_model() } else { None };
        if let Some(composer) = &self.composer {
            match (&choice, built_in) {
                (ModelChoice::File(path), _) => composer.load_model(path.clone()),
                (ModelChoice::BuiltIn, Some(model)) => composer.use_model(model),
                (ModelChoice::BuiltIn, None) => {}
            }
        }
        self.chosen = choice;
        self.seen.0 = None;
    }

    fn restore(&mut self, project: &SavedProject) {
        let choice = project.model_file().map_or(ModelChoice::BuiltIn, ModelChoice::File);
        if choice != self.chosen {
            self.choose(choice);
        }
        let taken = self.composer.as_ref().map(|composer| composer.set_take(project.take()));
        if let Some(Err(error)) = taken {
            self.complain(&error);
        }
    }

    fn status(&self) -> Status {
        self.composer.as_ref().map(Composer::status).unwrap_or_default()
    }

    fn file(&self) -> Option<PathBuf> {
        match &self.chosen {
            ModelChoice::BuiltIn => None,
            ModelChoice::File(path) => Some(path.clone()),
        }
    }

    /// Keeps an error for the user, with what lies behind it.
    fn complain(&mut self, error: &dyn std::error::Error) {
        self.messages.push(with_causes(error));
    }
}

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
        f(&self.saved().into_json())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    use serde_json::json;

    use crate::music::{Piece, smf};
    use crate::player::Knob;
    use crate::player::handover::handover;
    use crate::plugin::models::choice::ModelChoice;
    use crate::plugin::parameters::Parameters;
    use crate::plugin::session::Session;

    fn session() -> Session {
        Session::new(handover().0)
    }

    #[test]
    fn a_state_that_cannot_be_read_is_told_and_changes_nothing() {
        let session = session();
        session.start();
        session.dismiss();
        let before = session.saved();
        session.restore(json!({ "version": 99 }));
        session.restore(json!([1, 2, 3]));
        let messages = session.messages();
        assert!(messages[0].contains("later version"), "{messages:?}");
        assert!(messages[1].contains("cannot be read"), "{messages:?}");
        assert_eq!(session.saved(), before);
        session.dismiss();
        assert!(session.messages().is_empty());
    }

    #[test]
    fn a_project_loaded_before_the_first_activation_is_not_lost() {
        let mut project = session().saved().into_json();
        project["model_file"] = json!("nowhere/Tango.safetensors");
        let session = session();
        session.restore(project.clone());
        assert_eq!(session.saved().into_json(), project, "saved again before it was started");
        session.start();
        let tango = PathBuf::from("nowhere/Tango.safetensors");
        assert_eq!(session.chosen(), ModelChoice::File(tango));
        // The file is not there; the project still says which one it was.
        assert_eq!(session.saved().into_json()["model_file"], project["model_file"]);
    }

    #[test]
    fn a_model_that_is_not_there_is_told_and_the_one_there_is_stays() {
        let session = session();
        session.start();
        let before = session.card();
        assert!(before.is_some(), "{:?}", session.messages());
        session.choose(ModelChoice::File(PathBuf::from("nowhere/Tango.safetensors")));
        let deadline = Instant::now() + Duration::from_mins(1);
        while session.messages().is_empty() && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let messages = session.messages();
        assert!(messages[0].contains("Tango.safetensors"), "{messages:?}");
        assert_eq!(session.card(), before);
        session.dismiss();
        assert!(session.messages().is_empty());
        session.choose(ModelChoice::BuiltIn);
        assert_eq!(session.card(), before);
    }

    #[test]
    fn the_style_knob_shows_the_names_that_the_model_gives() {
        let parameters = Parameters::new(handover().0);
        assert_eq!(parameters.text(Knob::Style, 0.0), "1");
        parameters.session.start();
        let names = parameters.session.styles();
        for (idx, name) in names.iter().enumerate() {
            let position = parameters.position_of_step(Knob::Style, idx);
            assert_eq!(&parameters.text(Knob::Style, position), name);
            assert_eq!(parameters.position_of_text(Knob::Style, name), Some(position));
        }
        let beyond = parameters.position_of_step(Knob::Style, 15);
        assert_eq!(
            parameters.position_of_text(Knob::Style, &parameters.text(Knob::Style, beyond)),
            Some(beyond)
        );
    }

    #[test]
    fn a_file_to_start_from_that_is_no_music_is_told_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let session = session();
        session.start();
        let (text, empty) = (folder.path().join("letter.mid"), folder.path().join("silence.mid"));
        std::fs::write(&text, "Dear Ada").unwrap();
        std::fs::write(&empty, smf::write(&Piece::default(), "Silence")).unwrap();
        for (path, told) in
            [(text, "expected the MThd header"), (empty, "holds no notes"), ("no.mid".into(), "no.mid")]
        {
            session.dismiss();
            assert!(!session.load_primer(&path));
            let messages = session.messages();
            assert!(messages[0].contains(told), "{messages:?}");
        }
    }

    #[test]
    fn a_stopped_session_answers_still() {
        let session = session();
        session.start();
        session.stop();
        session.choose(ModelChoice::BuiltIn);
        assert!(session.picture().score.bars.is_empty());
        assert!(session.card().is_none());
    }
}
