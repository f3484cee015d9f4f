//! The composer's thread, and the handle by which the plugin's main thread speaks to it.
//!
//! The thread polls: the audio thread may not wake it. It looks every few milliseconds while the song
//! moves and less often while it stands, so that dozens of instances cost next to nothing.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};

use crate::composer::desk::{Desk, Progress};
use crate::composer::take::ComposedBar;
use crate::composer::{Edit, Opening, SavedTake, Take, TakeError, Writer};
use crate::model::Model;
use crate::music::{Family, Note, Score, Tick};
use crate::player::Conversation;
use crate::player::handover::{ComposerEnd, Playhead, Published};

/// What the editor shows about the composer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// The name of the model that composes, if there is one.
    pub model: Option<String>,
    /// SHA-256 of its weights file, in hexadecimal.
    pub model_hash: Option<String>,
    /// Its styles, in the order of the style knob.
    pub styles: Vec<String>,
    /// What went wrong last, in words.
    pub error: Option<String>,
    /// How many bars began before they were composed.
    pub n_late: u32,
}

/// The handle of a composer's thread, which ends when the handle is dropped.
#[derive(Debug)]
pub struct Composer {
    /// Gone when the thread is to end.
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    picture: Arc<Mutex<Shown>>,
    playhead: Arc<Playhead>,
}

/// What the main thread asks of the composer.
#[derive(Debug)]
enum Command {
    LoadModel(PathBuf),
    UseModel(Arc<Model>),
    SetTake {
        take: Take,
        edition: u64,
    },
    Edit(usize, Edit),
    Undo,
    Redo,
    CopyTake(u8, u8),
    Open(Option<Opening>),
    #[cfg(test)]
    Panic,
}

/// What the editor may draw of the music.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// The bars composed so far.
    pub score: Arc<Score>,
    /// One for each of the score's bars.
    pub marks: Arc<[Mark]>,
    /// What was played in, at song positions.
    pub input: Arc<[Note]>,
    /// How many edits can be undone.
    pub n_undo: usize,
    /// How many edits can be done again.
    pub n_redo: usize,
}

/// What is to know of a bar beside its notes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mark {
    /// Whether it stays whatever knob is turned.
    pub is_kept: bool,
    /// Whether it was composed again by hand.
    pub is_edited: bool,
    /// The probability with which each of its notes was drawn, 0 to 1; empty where it is not known.
    pub sureness: Arc<[f32]>,
}

impl Picture {
    fn of(take: &Take) -> Self {
        let mark = |composed: &ComposedBar| Mark {
            is_kept: composed.is_kept,
            is_edited: composed.n_rolls > 0,
            sureness: Arc::clone(&composed.sureness),
        };
        Self {
            score: Arc::new(take.score()),
            marks: take.bars().iter().map(|composed| mark(composed)).collect(),
            input: take.input.heard_in(Tick(i64::MIN), Tick(i64::MAX), Family::PIANO).into(),
            n_undo: take.history().done.len(),
            n_redo: take.history().undone.len(),
        }
    }
}

/// What the main thread may see. The audio thread never touches it.
#[derive(Debug, Default)]
struct Shown {
    /// Counts the takes that were put in from outside. What the thread has composed for an earlier one
    /// is no longer shown.
    edition: u64,
    take: Take,
    picture: Picture,
    model: Option<Arc<Model>>,
    error: Option<String>,
}

fn lock(picture: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    // Every change of the picture is whole, so one left by a panic is as good as any.
    picture.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Composer {
    /// Starts composing on a thread of its own. A saved take that cannot be used is told in the status.
    #[must_use]
    pub fn spawn(end: ComposerEnd, model: Option<Arc<Model>>, take: Option<SavedTake>) -> Self {
        let restored = take.map_or(Ok(Take::default()), |saved| saved.restore());
        let error = restored.as_ref().err().map(ToString::to_string);
        let take = restored.unwrap_or_default();
        let shown = Shown {
            picture: Picture::of(&take),
            take: take.clone(),
            model,
            error,
            edition: 0,
        };
        let writer = shown.model.clone().map(Writer::new);
        let picture = Arc::new(Mutex::new(shown));
        let playhead = Arc::clone(end.playhead());
        let (commands, inbox) = unbounded();
        let worker = Worker {
            end,
            inbox,
            desk: Desk::new(take, writer),
            picture: Arc::clone(&picture),
            edition: 0,
            has_news: true,
            is_broken: false,
            published_at: None,
            n_quiet_turns: 0,
        };
        let thread = std::thread::Builder::new().name("continuo composer".into());
        let thread = thread.spawn(move || worker.run());
        if let Err(cause) = &thread {
            lock(&picture).error = Some(format!("the composer could not start: {cause}"));
        }
        Self {
            commands: Some(commands),
            thread: thread.ok(),
            picture,
            playhead,
        }
    }

    /// Loads a model on the composer's thread, by the musician's choice: bars of other models become
    /// stale. If it cannot be loaded, [`Status::error`] says why and everything goes on as it was.
    pub fn load_model(&self, path: PathBuf) {
        self.send(Command::LoadModel(path));
    }

    /// As [`Composer::load_model`], with a model that is in memory already.
    pub fn use_model(&self, model: Arc<Model>) {
        self.send(Command::UseModel(model));
    }

    /// Puts a saved take in the place of the one there is. Its bars stay whatever model is loaded, until
    /// the musician chooses one; so call this after [`Composer::load_model`] when a project is loaded.
    ///
    /// # Errors
    /// If the take is damaged or too new; then the old one stays.
    pub fn set_take(&self, take: &SavedTake) -> Result<(), TakeError> {
        let take = take.restore()?;
        let mut picture = lock(&self.picture);
        picture.edition += 1;
        picture.take = take.clone();
        picture.picture = Picture::of(&take);
        self.send(Command::SetTake {
            take,
            edition: picture.edition,
        });
        Ok(())
    }

    /// The take as it is to be saved with the project.
    #[must_use]
    pub fn saved_take(&self) -> SavedTake {
        let (take, model) = {
            let picture = lock(&self.picture);
            (picture.take.clone(), picture.model.clone())
        };
        SavedTake::of(&take, model.as_deref())
    }

    /// What the editor shows about the composer.
    #[must_use]
    pub fn status(&self) -> Status {
        let picture = lock(&self.picture);
        let card = picture.model.as_ref().map(|model| model.card());
        Status {
            model: card.map(|card| card.name.clone()),
            model_hash: picture.model.as_ref().map(|model| model.hash().to_owned()),
            styles: card.map(|card| card.styles.clone()).unwrap_or_default(),
            error: picture.error.clone(),
            n_late: self.playhead.n_late(),
        }
    }

    /// The model that composes, for its card.
    #[must_use]
    pub fn model(&self) -> Option<Arc<Model>> {
        lock(&self.picture).model.clone()
    }

    /// The music so far, for the editor.
    #[must_use]
    pub fn picture(&self) -> Picture {
        lock(&self.picture).picture.clone()
    }

    /// Changes one bar of the take by hand. The bars after it stay as they are.
    pub fn edit(&self, bar_idx: usize, edit: Edit) {
        self.send(Command::Edit(bar_idx, edit));
    }

    /// Undoes the last edit, if there is one.
    pub fn undo(&self) {
        self.send(Command::Undo);
    }

    /// Does again what was undone last, if there is anything.
    pub fn redo(&self) {
        self.send(Command::Redo);
    }

    /// Lays one of the four takes (0 to 3) where another is, as far as it has been heard.
    pub fn copy_take(&self, from: u8, to: u8) {
        self.send(Command::CopyTake(from.min(3), to.min(3)));
    }

    /// From now on the music begins from the end of another piece, or from the model's own primers again.
    pub fn open_with(&self, opening: Option<Opening>) {
        self.send(Command::Open(opening));
    }

    fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // A thread that is gone has left its reason in the status.
            let _ = commands.send(command);
        }
        self.wake();
    }

    /// Ends the rest of the thread, if it rests.
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        self.commands = None;
        self.wake();
        if let Some(thread) = self.thread.take() {
            // Panics are caught inside the thread, so there is nothing to learn from the join.
            let _ = thread.join();
        }
    }
}

/// What lives on the composer's thread.
struct Worker {
    end: ComposerEnd,
    inbox: Receiver<Command>,
    desk: Desk,
    picture: Arc<Mutex<Shown>>,
    edition: u64,
    /// Whether the take has changed since it was last published.
    has_news: bool,
    /// Whether a panic has stopped the composing.
    is_broken: bool,
    published_at: Option<Instant>,
    /// How many turns in a row have brought no message from the player.
    n_quiet_turns: u32,
}

impl Worker {
    /// How often to look while the player waits, while the song moves and while it stands. With many instances
    /// it is the looking that costs, and what is asked for is needed a beat later.
    const POLL_OFFLINE: Duration = Duration::from_micros(300);
    const POLL_PLAYING: Duration = Duration::from_millis(20);
    /// While somebody may be playing along.
    const POLL_LISTENING: Duration = Duration::from_millis(8);
    /// And for some turns after a message: a host that renders without saying so soon has the next.
    const POLL_ALERT: Duration = Duration::from_millis(1);
    const N_ALERT_TURNS: u32 = 5;
    const POLL_STOPPED: Duration = Duration::from_millis(15);
    /// While many bars are being composed, how often they are shown.
    const SHOW_EVERY: Duration = Duration::from_millis(30);

    fn run(mut self) {
        loop {
            let progress = self.turn_caught();
            if progress == Progress::Idle {
                self.rest();
            }
            match self.inbox.try_recv() {
                Ok(command) => {
                    self.obey_caught(command);
                    self.has_news = true;
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return,
            }
        }
    }

    /// Sleeps until it is time to look again, or somebody wakes the thread.
    ///
    /// Parked and not waiting at the inbox: a channel yields the processor several times before it lets a
    /// thread sleep, and with many instances that costs more than the composing.
    fn rest(&self) {
        std::thread::park_timeout(self.poll_interval());
    }

    fn poll_interval(&self) -> Duration {
        match self.desk.moment() {
            Some(moment) if moment.playing && moment.offline => Self::POLL_OFFLINE,
            Some(moment) if moment.playing && self.n_quiet_turns < Self::N_ALERT_TURNS => Self::POLL_ALERT,
            Some(moment) if moment.playing && moment.knobs.conversation == Conversation::Generate => Self::POLL_PLAYING,
            Some(moment) if moment.playing => Self::POLL_LISTENING,
            _ => Self::POLL_STOPPED,
        }
    }

    /// Hears the player, composes at most a bar, and hands the score down.
    fn turn(&mut self) -> Progress {
        self.end.free_retired();
        self.n_quiet_turns = self.n_quiet_turns.saturating_add(1);
        while let Some(message) = self.end.receive() {
            self.n_quiet_turns = 0;
            self.desk.hear(message);
        }
        if self.is_broken {
            self.has_news |= self.desk.give_up();
            self.publish_silence();
            return Progress::Idle;
        }
        let progress = self.desk.work();
        self.has_news |= progress != Progress::Idle;
        let is_time = self
            .published_at
            .is_none_or(|then| then.elapsed() >= Self::SHOW_EVERY);
        if self.has_news && (progress != Progress::Composed || is_time) {
            self.publish();
        }
        progress
    }

    /// Hands the score down to the player, and shows it. Tries again later if the player has not yet
    /// taken the ones before.
    fn publish(&mut self) {
        let picture = Picture::of(&self.desk.take);
        let score = Arc::clone(&picture.score);
        {
            let mut shown = lock(&self.picture);
            if shown.edition == self.edition {
                shown.take = self.desk.take.clone();
                shown.picture = picture;
            }
        }
        let published = Published {
            score,
            answered: self.desk.answered(),
        };
        self.has_news = self.end.publish(published).is_err();
        self.published_at = Some(Instant::now());
    }

    fn publish_silence(&mut self) {
        if self.has_news {
            let published = Published {
                score: Arc::default(),
                answered: self.desk.answered(),
            };
            self.has_news = self.end.publish(published).is_err();
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::LoadModel(path) => match Model::load(&path) {
                Ok(model) => self.use_model(model),
                Err(error) => self.tell(Some(in_words(&error))),
            },
            Command::UseModel(model) => self.use_model(model),
            Command::SetTake { take, edition } => {
                self.desk.take = take;
                self.edition = edition;
                self.recover();
            }
            Command::Edit(bar_idx, edit) => self.desk.edit(bar_idx, edit),
            Command::Undo => _ = self.desk.take.undo(),
            Command::Redo => _ = self.desk.take.redo(),
            Command::CopyTake(from, to) => self.desk.take.copy(from, to),
            Command::Open(opening) => self.desk.take.set_opening(opening),
            #[cfg(test)]
            Command::Panic => panic!("asked to"),
        }
    }

    fn use_model(&mut self, model: Arc<Model>) {
        self.desk.writer = Some(Writer::new(Arc::clone(&model)));
        self.desk.take.refuse_other_models();
        lock(&self.picture).model = Some(model);
        self.tell(None);
        self.recover();
    }

    fn recover(&mut self) {
        self.is_broken = false;
        self.has_news = true;
    }

    fn tell(&self, error: Option<String>) {
        lock(&self.picture).error = error;
    }

    fn turn_caught(&mut self) -> Progress {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.turn()));
        outcome.unwrap_or_else(|cause| {
            self.break_off(&*cause);
            Progress::Idle
        })
    }

    fn obey_caught(&mut self, command: Command) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.obey(command)));
        if let Err(cause) = outcome {
            self.break_off(&*cause);
        }
    }

    /// After a panic: silence this instance and say so. The take as last shown is not lost; a model or
    /// a take put in from outside starts the composing again.
    fn break_off(&mut self, cause: &(dyn Any + Send)) {
        let text = cause.downcast_ref::<&str>().map(ToString::to_string);
        let text = text
            .or_else(|| cause.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        self.tell(Some(format!(
            "the composer has stopped after a fault of its own: {text}"
        )));
        let model = lock(&self.picture).model.clone();
        let take = lock(&self.picture).take.clone();
        self.desk.take = take;
        self.desk.writer = model.map(Writer::new);
        self.is_broken = true;
        self.has_news = true;
    }
}

/// An error with its causes.
fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::Composer;
    use crate::composer::worker::Command;
    use crate::model::Model;
    use crate::music::{Beats, Meter, Score};
    use crate::player::handover::handover;
    use crate::player::{Block, ComposingKnobs, EventList, PerformingKnobs, Player, Transport};

    /// Lets the host stand still at the origin until this is so.
    fn stand_until(composer: &Composer, player: &mut Player, is_so: impl Fn(&Composer) -> bool) {
        let transport = Transport {
            position: Some(Beats(0.0)),
            ..Transport::default()
        };
        let block = Block {
            n_samples: 64,
            sample_rate: 48_000.0,
            transport,
        };
        for _ in 0..50_000 {
            let knobs = (ComposingKnobs::default(), PerformingKnobs::default());
            player.process(&block, &knobs.0, &knobs.1, &[], &mut EventList::with_capacity(8));
            if is_so(composer) {
                return;
            }
            std::thread::park_timeout(std::time::Duration::from_micros(200));
        }
        panic!("the composer did not get there");
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
        let block = Block {
            n_samples: 200_000,
            sample_rate: 48_000.0,
            transport,
        };
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
        stand_until(&composer, &mut player, |composer| {
            composer.picture().score.bars.len() >= 3
        });
        assert!(n_ons(&mut player) > 0);
        let (picture, saved) = (composer.picture(), composer.saved_take());
        composer.send(Command::Panic);
        stand_until(&composer, &mut player, |composer| {
            composer.status().error.is_some()
        });
        let error = composer.status().error.unwrap();
        assert!(error.ends_with("a fault of its own: asked to"), "{error}");
        assert_eq!(n_ons(&mut player), 0);
        assert_eq!(composer.picture(), picture);
        assert_eq!(composer.saved_take(), saved);
        // A model put in from outside starts it again.
        composer.use_model(model);
        stand_until(&composer, &mut player, |composer| {
            composer.status().error.is_none()
        });
        assert!(n_ons(&mut player) > 0);
        assert_ne!(*composer.picture().score, Score::default());
    }
}
