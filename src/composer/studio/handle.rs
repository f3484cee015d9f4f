//! The handle by which the plugin's main thread speaks to a composer.

use std::convert::Infallible;
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
use crate::composer::take::edit::Edit;
use crate::composer::take::opening::Opening;
use crate::composer::take::picture::Picture;
use crate::composer::take::saved::{SavedTake, TakeError};
use crate::model::Model;
use crate::player::handover::{ComposerEnd, Playhead};

/// The handle of a composer, which ends when the handle is dropped.
#[derive(Debug)]
pub struct Composer {
    commands: Sender<Command>,
    is_wanted: Arc<AtomicBool>,
    /// The thread it works on; none if that could not start.
    studio: Option<Thread>,
    /// Disconnected when it has ended.
    gone: Receiver<Infallible>,
    picture: Arc<Mutex<Shown>>,
    playhead: Arc<Playhead>,
}

impl Composer {
    /// Starts composing. A saved take that cannot be used is told in the status.
    #[must_use]
    pub fn spawn(end: ComposerEnd, model: Option<Arc<Model>>, take: Option<SavedTake>) -> Self {
        let restored = take.map_or(Ok(Take::default()), |saved| saved.restore());
        let error = restored.as_ref().err().map(ToString::to_string);
        let take = restored.unwrap_or_default();
        let shown = Shown { picture: Picture::of(&take), take, model, error, edition: 0 };
        let picture = Arc::new(Mutex::new(shown));
        let playhead = Arc::clone(end.playhead());
        let (commands, inbox) = unbounded();
        let (farewell, gone) = bounded(0);
        let is_wanted = Arc::new(AtomicBool::new(true));
        let worker = Worker::new(end, inbox, Arc::clone(&picture), Arc::clone(&is_wanted), farewell);
        let studio = thread::enter(worker);
        if let Err(cause) = &studio {
            lock(&picture).error = Some(format!("the composer could not start: {cause}"));
        }
        Self { commands, is_wanted, studio: studio.ok(), gone, picture, playhead }
    }

    /// Loads a model in the background, by the musician's choice: bars of other models become stale. If it cannot
    /// be loaded, [`Status::error`] says why and everything goes on as it was.
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
        self.send(Command::SetTake { take, edition: picture.edition });
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

    pub(crate) fn send(&self, command: Command) {
        // A composer that never began has left its reason in the status.
        let _ = self.commands.send(command);
        self.wake();
    }

    /// Ends the rest of the studio, if it rests.
    fn wake(&self) {
        if let Some(studio) = &self.studio {
            studio.unpark();
        }
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        self.is_wanted.store(false, Ordering::Relaxed);
        if self.studio.is_some() {
            self.wake();
            // The host may unload the plugin next, so nothing of it may go on; and nothing is ever sent here.
            let _ = self.gone.recv();
            thread::leave();
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

    /// Lets the host stand still at the origin until this is so.
    fn stand_until(composer: &Composer, player: &mut Player, is_so: impl Fn(&Composer) -> bool) {
        let transport = Transport { position: Some(Beats(0.0)), ..Transport::default() };
        let block = Block { n_samples: 64, sample_rate: 48_000.0, transport };
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
        stand_until(&composer, &mut player, |composer| composer.picture().score.bars.len() >= 3);
        assert!(n_ons(&mut player) > 0);
        let (picture, saved) = (composer.picture(), composer.saved_take());
        composer.send(Command::Panic);
        stand_until(&composer, &mut player, |composer| composer.status().error.is_some());
        let error = composer.status().error.unwrap();
        assert!(error.ends_with("a fault of its own: asked to"), "{error}");
        assert_eq!(n_ons(&mut player), 0);
        assert_eq!(composer.picture(), picture);
        assert_eq!(composer.saved_take(), saved);
        // A model put in from outside starts it again.
        composer.use_model(model);
        stand_until(&composer, &mut player, |composer| composer.status().error.is_none());
        assert!(n_ons(&mut player) > 0);
        assert_ne!(*composer.picture().score, Score::default());
    }
}
