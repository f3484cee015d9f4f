//! One composer at work in the studio: it receives messages and commands, composes, and publishes the score.

use std::any::Any;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender};

use crate::composer::studio::planner::{Planner, Progress};
use crate::composer::studio::shared::{Command, Shown, lock};
use crate::composer::take::picture::Picture;
use crate::composer::writing::obstacle::why_no_note_fits;
use crate::composer::writing::writer::Writer;
use crate::errors::with_causes;
use crate::model::{Model, ModelError, StepSlot};
use crate::player::Conversation;
use crate::player::handover::{ComposerEnd, Published};

/// What a composer answers when it is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polled {
    /// There is more to do, or a step of the network to run.
    Busy,
    /// There is nothing to do; poll again after this long.
    Idle(Duration),
    /// Its handle has been dropped.
    Gone,
}

/// A task, which returns the planner that it borrowed.
type Task = Pin<Box<dyn Future<Output = (Planner, Progress)> + Send>>;

/// A composer in the studio.
#[allow(clippy::struct_excessive_bools, reason = "independent flags")]
pub(crate) struct Worker {
    end: ComposerEnd,
    commands: Receiver<Command>,
    shown: Arc<Mutex<Shown>>,
    /// Whether the handle still exists.
    is_wanted: Arc<AtomicBool>,
    /// Dropped when the composer has ended, which the handle waits for.
    _alive: Sender<Infallible>,
    /// Dropped when there is nothing to do, which callers of [`Command::NotifyWhenIdle`] wait for.
    idle_waiters: Vec<Sender<Infallible>>,
    /// An empty one while the true one is in the task.
    planner: Planner,
    task: Option<Task>,
    /// Whether someone waits for the result of the task.
    is_urgent: bool,
    slot: StepSlot,
    loading: Option<Loading>,
    edition: u64,
    /// Whether the take has changed since it was last published.
    has_news: bool,
    /// Whether the planner has found nothing to do, and nothing has come in since.
    is_done: bool,
    /// Whether a panic has stopped the composing.
    is_broken: bool,
    published_at: Option<Instant>,
    /// When the last message of the player came in.
    received_at: Option<Instant>,
}

/// A thread that loads a model.
struct Loading(Option<JoinHandle<Result<Arc<Model>, ModelError>>>);

impl Drop for Loading {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // The model is no longer wanted, but the plugin may not be unloaded before the thread has ended.
            let _ = thread.join();
        }
    }
}

impl Worker {
    /// How often to poll while the player waits, while the song moves and while it stands still.
    const POLL_OFFLINE: Duration = Duration::from_micros(300);
    const POLL_PLAYING: Duration = Duration::from_millis(20);
    const POLL_STOPPED: Duration = Duration::from_millis(15);
    /// While the user may be playing along.
    const POLL_CONVERSATION: Duration = Duration::from_millis(8);
    /// For a while after a message: a host that renders without saying so will soon send the next.
    const POLL_ALERT: Duration = Duration::from_millis(1);
    const ALERT: Duration = Duration::from_millis(5);
    /// While many bars are being composed, how often they are published.
    const PUBLISH_EVERY: Duration = Duration::from_millis(30);

    /// A composer with the take and the model of `shown`. It drops `alive` when it ends.
    pub(crate) fn new(
        end: ComposerEnd,
        commands: Receiver<Command>,
        shown: Arc<Mutex<Shown>>,
        is_wanted: Arc<AtomicBool>,
        alive: Sender<Infallible>,
    ) -> Self {
        let slot = StepSlot::default();
        let planner = {
            let shown = lock(&shown);
            let writer = shown.model.clone().map(|model| Writer::with_slot(model, slot.clone()));
            Planner::new(shown.take.clone(), writer)
        };
        Self {
            end,
            commands,
            shown,
            is_wanted,
            _alive: alive,
            idle_waiters: Vec::new(),
            planner,
            task: None,
            is_urgent: false,
            slot,
            loading: None,
            edition: 0,
            has_news: true,
            is_done: false,
            is_broken: false,
            published_at: None,
            received_at: None,
        }
    }

    /// Where the steps of its network wait.
    pub(crate) fn slot(&self) -> &StepSlot {
        &self.slot
    }

    /// Whether it is composing.
    pub(crate) fn is_busy(&self) -> bool {
        self.task.is_some()
    }

    /// Whether it is composing what someone waits for.
    pub(crate) fn is_urgent(&self) -> bool {
        self.is_busy() && self.is_urgent
    }

    /// Takes in what is new and goes on composing, up to the next step of the network. Catches panics.
    pub(crate) fn poll(&mut self) -> Polled {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.go_on()));
        outcome.unwrap_or_else(|cause| {
            self.stop_after_panic(&*cause);
            Polled::Busy
        })
    }

    fn go_on(&mut self) -> Polled {
        if !self.is_wanted.load(Ordering::Relaxed) {
            return Polled::Gone;
        }
        if self.is_busy() {
            return self.resume_task();
        }
        self.end.free_retired();
        self.planner.take.now = unix_seconds();
        while let Some(message) = self.end.receive() {
            self.received_at = Some(Instant::now());
            self.is_done = false;
            self.has_news |= self.planner.receive(message);
        }
        self.finish_loading();
        if self.planner.is_editing() {
            // Further commands wait until all bars have been changed.
        } else if self.loading.is_none() {
            if let Ok(command) = self.commands.try_recv() {
                self.is_done = false;
                self.has_news = true;
                return self.execute(command);
            }
        } else if !self.commands.is_empty() {
            // What waits for the model may be another take. Nothing more is composed for the old one.
            return Polled::Idle(Self::POLL_ALERT);
        }
        if self.is_broken {
            self.has_news |= self.planner.answer_all();
            self.publish_silence();
        } else if !self.is_done {
            self.is_urgent = self.planner.has_requests() || self.planner.is_editing();
            return self.start_task();
        } else if self.has_news {
            self.publish();
        }
        if self.loading.is_none() {
            self.idle_waiters.clear();
        }
        Polled::Idle(self.poll_interval())
    }

    fn start_task(&mut self) -> Polled {
        let mut planner = std::mem::take(&mut self.planner);
        self.task = Some(Box::pin(async move {
            let progress = planner.work().await;
            (planner, progress)
        }));
        self.resume_task()
    }

    /// Composes up to the next step of the network.
    fn resume_task(&mut self) -> Polled {
        let mut context = Context::from_waker(Waker::noop());
        let Some(task) = &mut self.task else { return Polled::Busy };
        let Poll::Ready((planner, progress)) = task.as_mut().poll(&mut context) else {
            return Polled::Busy;
        };
        self.task = None;
        self.planner = planner;
        self.is_done = progress == Progress::Idle;
        self.has_news |= progress != Progress::Idle;
        let is_time = self.published_at.is_none_or(|then| then.elapsed() >= Self::PUBLISH_EVERY);
        if self.has_news && (progress != Progress::Composed || is_time) {
            self.publish();
        }
        if self.is_done && self.idle_waiters.is_empty() {
            Polled::Idle(self.poll_interval())
        } else {
            Polled::Busy
        }
    }

    fn poll_interval(&self) -> Duration {
        let is_alert = self.received_at.is_some_and(|then| then.elapsed() < Self::ALERT);
        match self.planner.moment() {
            Some(moment) if moment.playing && moment.offline => Self::POLL_OFFLINE,
            Some(moment) if moment.playing && is_alert => Self::POLL_ALERT,
            Some(moment) if moment.playing && moment.knobs.conversation == Conversation::Generate => {
                Self::POLL_PLAYING
            }
            Some(moment) if moment.playing => Self::POLL_CONVERSATION,
            _ => Self::POLL_STOPPED,
        }
    }

    /// Sends the score to the player, and shows it. If the player has not yet taken the ones before, the
    /// composer tries again when it is next polled.
    fn publish(&mut self) {
        let picture = Picture::of(&self.planner.take);
        let score = Arc::clone(&picture.score);
        let writer_and_moment = self.planner.writer.as_ref().zip(self.planner.moment());
        let obstacle =
            writer_and_moment.and_then(|(writer, moment)| why_no_note_fits(writer.model(), &moment.knobs));
        {
            let mut shown = lock(&self.shown);
            shown.obstacle = obstacle;
            if shown.edition == self.edition {
                shown.take = self.planner.take.clone();
                shown.picture = picture;
            }
        }
        let published = Published { score, answered: self.planner.answered() };
        self.has_news = self.end.publish(published).is_err();
        self.published_at = Some(Instant::now());
    }

    fn publish_silence(&mut self) {
        if self.has_news {
            let published = Published { score: Arc::default(), answered: self.planner.answered() };
            self.has_news = self.end.publish(published).is_err();
        }
    }

    fn execute(&mut self, command: Command) -> Polled {
        match command {
            Command::LoadModel(path) => self.load(path),
            Command::UseModel(model) => self.use_model(model),
            Command::SetTake { take, edition } => {
                self.planner.set_take(*take);
                self.edition = edition;
                self.recover();
            }
            // A composer that a panic has stopped changes nothing.
            Command::Edit(bars, edit) if !self.is_broken => self.planner.begin_edit(bars, edit),
            Command::Edit(..) => {}
            Command::WriteNotes(bars) => {
                self.planner.mark_heard();
                self.planner.take.write_notes(&bars);
            }
            Command::LockNote(bar_idx, note, is_locked) => {
                self.planner.mark_heard();
                self.planner.take.lock_note(bar_idx, &note, is_locked);
            }
            Command::Undo => self.planner.take.undo(),
            Command::Redo => self.planner.take.redo(),
            Command::CopyTake(from, to) => {
                self.planner.mark_heard();
                self.planner.take.copy(from, to);
            }
            Command::CopyBars(from, to, bars) => {
                self.planner.mark_heard();
                self.planner.take.copy_bars(from, to, bars);
            }
            Command::SetLane(slot, lane) => self.planner.take.set_lane(slot, lane),
            Command::BringBack(idea) => self.planner.bring_back(&idea),
            Command::Open(opening) => self.planner.take.set_opening(opening),
            Command::NotifyWhenIdle(waiter) => self.idle_waiters.push(waiter),
            #[cfg(test)]
            Command::Panic => panic!("asked to"),
        }
        Polled::Busy
    }

    /// Starts to load a model. Meanwhile composing goes on, and further commands wait.
    fn load(&mut self, path: PathBuf) {
        let thread = std::thread::Builder::new().name("continuo loader".into());
        match thread.spawn(move || Model::load(&path)) {
            Ok(thread) => self.loading = Some(Loading(Some(thread))),
            Err(cause) => self.show_error(Some(format!("the model could not be loaded: {cause}"))),
        }
    }

    fn finish_loading(&mut self) {
        let is_finished = |Loading(thread): &mut Loading| thread.as_ref().is_none_or(JoinHandle::is_finished);
        let Some(mut loading) = self.loading.take_if(is_finished) else { return };
        self.is_done = false;
        match loading.0.take().map(JoinHandle::join) {
            Some(Ok(Ok(model))) => self.use_model(model),
            Some(Ok(Err(error))) => self.show_error(Some(with_causes(&error))),
            Some(Err(_)) | None => self.show_error(Some("the model could not be loaded".into())),
        }
    }

    fn use_model(&mut self, model: Arc<Model>) {
        self.planner.writer = Some(Writer::with_slot(Arc::clone(&model), self.slot.clone()));
        self.planner.take.refuse_other_models();
        lock(&self.shown).model = Some(model);
        self.show_error(None);
        self.recover();
    }

    fn recover(&mut self) {
        self.is_broken = false;
        self.has_news = true;
    }

    fn show_error(&self, error: Option<String>) {
        lock(&self.shown).error = error;
    }

    /// Silences this instance after a panic, and shows why. The take as last shown is not lost; a model or
    /// a take that is set from outside starts the composing again.
    fn stop_after_panic(&mut self, cause: &(dyn Any + Send)) {
        let text = cause.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
        self.show_error(Some(format!("the composer has stopped because of an internal error: {text}")));
        let (model, take) = {
            let shown = lock(&self.shown);
            (shown.model.clone(), shown.take.clone())
        };
        self.task = None;
        self.planner.take = take;
        self.planner.take.end_parts();
        self.planner.writer = model.map(|model| Writer::with_slot(model, self.slot.clone()));
        self.is_broken = true;
        self.has_news = true;
    }
}

/// What time it is, in seconds since the beginning of 1970.
fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
