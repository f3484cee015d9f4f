//! One composer at work in the studio: it hears the player, composes, and hands the score down.

use std::any::Any;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::composer::studio::planner::{Desk, Progress};
use crate::composer::studio::shared::{Command, Shown, lock};
use crate::composer::take::edit::Edit;
use crate::composer::take::picture::Picture;
use crate::composer::writing::writer::Writer;
use crate::errors::with_causes;
use crate::model::{Model, ModelError, StepSlot};
use crate::player::Conversation;
use crate::player::handover::{ComposerEnd, Published};

/// What a look at a composer has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// There is more to do at once, or a step to be taken.
    AtWork,
    /// There is nothing to do; look again after this long.
    AtRest(Duration),
    /// Nobody wants it any more.
    Gone,
}

/// What is being composed, and what it has come to.
type Work = Pin<Box<dyn Future<Output = (Desk, Progress)> + Send>>;

/// What there is to do at the desk.
#[derive(Debug, Clone, Copy)]
enum Job {
    /// Whatever is needed most.
    Work,
    Edit(usize, Edit),
}

/// A composer in the studio.
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
pub(crate) struct Worker {
    end: ComposerEnd,
    inbox: Receiver<Command>,
    picture: Arc<Mutex<Shown>>,
    /// Whether the handle is still there.
    is_wanted: Arc<AtomicBool>,
    /// Tells the handle, by being dropped, that the composer has ended.
    _farewell: Sender<Infallible>,
    /// An empty one while the true one is at work.
    desk: Desk,
    work: Option<Work>,
    /// Whether somebody waits for what is at work.
    is_hurried: bool,
    slot: StepSlot,
    loading: Option<Loading>,
    edition: u64,
    /// Whether the take has changed since it was last published.
    has_news: bool,
    /// Whether there was nothing to do when it was last looked for, and nothing has come since.
    is_done: bool,
    /// Whether a panic has stopped the composing.
    is_broken: bool,
    published_at: Option<Instant>,
    /// When the player last sent a message.
    heard_at: Option<Instant>,
}

/// A model on its way from the disk.
struct Loading(Option<JoinHandle<Result<Arc<Model>, ModelError>>>);

impl Drop for Loading {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // Nobody wants the model any more, but the plugin may not be unloaded before the thread has ended.
            let _ = thread.join();
        }
    }
}

impl Worker {
    /// How often to look while the player waits, while the song moves and while it stands.
    const POLL_OFFLINE: Duration = Duration::from_micros(300);
    const POLL_PLAYING: Duration = Duration::from_millis(20);
    /// While somebody may be playing along.
    const POLL_LISTENING: Duration = Duration::from_millis(8);
    /// And for a while after a message: a host that renders without saying so soon has the next.
    const POLL_ALERT: Duration = Duration::from_millis(1);
    const ALERT: Duration = Duration::from_millis(5);
    const POLL_STOPPED: Duration = Duration::from_millis(15);
    /// While many bars are being composed, how often they are shown.
    const SHOW_EVERY: Duration = Duration::from_millis(30);

    /// A composer with the take and the model of `picture`. It drops `farewell` when it ends.
    pub(crate) fn new(
        end: ComposerEnd,
        inbox: Receiver<Command>,
        picture: Arc<Mutex<Shown>>,
        is_wanted: Arc<AtomicBool>,
        farewell: Sender<Infallible>,
    ) -> Self {
        let slot = StepSlot::default();
        let desk = {
            let shown = lock(&picture);
            let writer = shown.model.clone().map(|model| Writer::with_slot(model, slot.clone()));
            Desk::new(shown.take.clone(), writer)
        };
        Self {
            end,
            inbox,
            picture,
            is_wanted,
            _farewell: farewell,
            desk,
            work: None,
            is_hurried: false,
            slot,
            loading: None,
            edition: 0,
            has_news: true,
            is_done: false,
            is_broken: false,
            published_at: None,
            heard_at: None,
        }
    }

    /// Where its steps wait.
    pub(crate) fn slot(&self) -> &StepSlot {
        &self.slot
    }

    /// Whether it is composing.
    pub(crate) fn is_at_work(&self) -> bool {
        self.work.is_some()
    }

    /// Whether it is composing what somebody waits for.
    pub(crate) fn is_hurried(&self) -> bool {
        self.is_at_work() && self.is_hurried
    }

    /// Hears what is new and goes on composing, up to the next step of the network. Panics stay inside.
    pub(crate) fn look(&mut self) -> Look {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.turn()));
        outcome.unwrap_or_else(|cause| {
            self.break_off(&*cause);
            Look::AtWork
        })
    }

    fn turn(&mut self) -> Look {
        if !self.is_wanted.load(Ordering::Relaxed) {
            return Look::Gone;
        }
        if self.is_at_work() {
            return self.go_on();
        }
        self.end.free_retired();
        while let Some(message) = self.end.receive() {
            self.heard_at = Some(Instant::now());
            self.is_done = false;
            self.desk.hear(message);
        }
        self.finish_loading();
        if self.loading.is_none()
            && let Ok(command) = self.inbox.try_recv()
        {
            self.is_done = false;
            self.has_news = true;
            return self.obey(command);
        }
        if self.is_broken {
            self.has_news |= self.desk.give_up();
            self.publish_silence();
        } else if !self.is_done {
            self.is_hurried = self.desk.is_awaited();
            return self.begin(Job::Work);
        } else if self.has_news {
            self.publish();
        }
        Look::AtRest(self.poll_interval())
    }

    /// Puts the desk to work.
    fn begin(&mut self, job: Job) -> Look {
        let mut desk = std::mem::take(&mut self.desk);
        self.work = Some(Box::pin(async move {
            let progress = match job {
                Job::Work => desk.work().await,
                Job::Edit(bar_idx, edit) => {
                    desk.edit(bar_idx, edit).await;
                    Progress::Answered
                }
            };
            (desk, progress)
        }));
        self.go_on()
    }

    /// Composes up to the next step of the network.
    fn go_on(&mut self) -> Look {
        let mut context = Context::from_waker(Waker::noop());
        let Some(work) = &mut self.work else { return Look::AtWork };
        let Poll::Ready((desk, progress)) = work.as_mut().poll(&mut context) else {
            return Look::AtWork;
        };
        self.work = None;
        self.desk = desk;
        self.is_done = progress == Progress::Idle;
        self.has_news |= progress != Progress::Idle;
        let is_time = self.published_at.is_none_or(|then| then.elapsed() >= Self::SHOW_EVERY);
        if self.has_news && (progress != Progress::Composed || is_time) {
            self.publish();
        }
        if self.is_done { Look::AtRest(self.poll_interval()) } else { Look::AtWork }
    }

    fn poll_interval(&self) -> Duration {
        let is_alert = self.heard_at.is_some_and(|then| then.elapsed() < Self::ALERT);
        match self.desk.moment() {
            Some(moment) if moment.playing && moment.offline => Self::POLL_OFFLINE,
            Some(moment) if moment.playing && is_alert => Self::POLL_ALERT,
            Some(moment) if moment.playing && moment.knobs.conversation == Conversation::Generate => {
                Self::POLL_PLAYING
            }
            Some(moment) if moment.playing => Self::POLL_LISTENING,
            _ => Self::POLL_STOPPED,
        }
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
        let published = Published { score, answered: self.desk.answered() };
        self.has_news = self.end.publish(published).is_err();
        self.published_at = Some(Instant::now());
    }

    fn publish_silence(&mut self) {
        if self.has_news {
            let published = Published { score: Arc::default(), answered: self.desk.answered() };
            self.has_news = self.end.publish(published).is_err();
        }
    }

    fn obey(&mut self, command: Command) -> Look {
        match command {
            Command::LoadModel(path) => self.load(path),
            Command::UseModel(model) => self.use_model(model),
            Command::SetTake { take, edition } => {
                self.desk.take = take;
                self.edition = edition;
                self.recover();
            }
            Command::Edit(bar_idx, edit) => return self.edit(bar_idx, edit),
            Command::Undo => _ = self.desk.take.undo(),
            Command::Redo => _ = self.desk.take.redo(),
            Command::CopyTake(from, to) => self.desk.take.copy(from, to),
            Command::Open(opening) => self.desk.take.set_opening(opening),
            #[cfg(test)]
            Command::Panic => panic!("asked to"),
        }
        Look::AtWork
    }

    fn edit(&mut self, bar_idx: usize, edit: Edit) -> Look {
        self.is_hurried = true;
        self.begin(Job::Edit(bar_idx, edit))
    }

    /// Begins to load a model; meanwhile the composing goes on, and further commands wait.
    fn load(&mut self, path: PathBuf) {
        let thread = std::thread::Builder::new().name("continuo loader".into());
        match thread.spawn(move || Model::load(&path)) {
            Ok(thread) => self.loading = Some(Loading(Some(thread))),
            Err(cause) => self.tell(Some(format!("the model could not be loaded: {cause}"))),
        }
    }

    fn finish_loading(&mut self) {
        let is_finished = |Loading(thread): &mut Loading| thread.as_ref().is_none_or(JoinHandle::is_finished);
        let Some(mut loading) = self.loading.take_if(is_finished) else { return };
        self.is_done = false;
        match loading.0.take().map(JoinHandle::join) {
            Some(Ok(Ok(model))) => self.use_model(model),
            Some(Ok(Err(error))) => self.tell(Some(with_causes(&error))),
            Some(Err(_)) | None => self.tell(Some("the model could not be loaded".into())),
        }
    }

    fn use_model(&mut self, model: Arc<Model>) {
        self.desk.writer = Some(Writer::with_slot(Arc::clone(&model), self.slot.clone()));
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

    /// After a panic: silence this instance and say so. The take as last shown is not lost; a model or
    /// a take put in from outside starts the composing again.
    fn break_off(&mut self, cause: &(dyn Any + Send)) {
        let text = cause.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
        self.tell(Some(format!("the composer has stopped after a fault of its own: {text}")));
        let (model, take) = {
            let shown = lock(&self.picture);
            (shown.model.clone(), shown.take.clone())
        };
        self.work = None;
        self.desk.take = take;
        self.desk.writer = model.map(|model| Writer::with_slot(model, self.slot.clone()));
        self.is_broken = true;
        self.has_news = true;
    }
}
