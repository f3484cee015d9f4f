//! The studio: the one thread on which all composers of a process work.
//!
//! One thread rather than one for each instance: dozens of threads that wake to poll for messages cost more
//! than the music, and steps of the network that are run together cost a third. A composer waits after each
//! note until the others have theirs, so a long piece of work delays nobody; and what a player waits for comes
//! before what is composed ahead.
//!
//! The thread polls, because the audio thread may not wake it.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};

use crate::composer::studio::worker::{Polled, Worker};
use crate::model::StepBatcher;

/// The studio, while it has a composer.
static STUDIO: Mutex<Option<Studio>> = Mutex::new(None);

struct Studio {
    /// Sends new composers to the thread, which ends when this is dropped.
    newcomers: Sender<Worker>,
    thread: JoinHandle<()>,
    n_composers: usize,
}

fn studio() -> MutexGuard<'static, Option<Studio>> {
    // Nothing panics while this is locked.
    STUDIO.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a composer, and returns the thread it works on. The first one starts the thread.
///
/// # Errors
/// If the system cannot start a thread.
pub(crate) fn add(worker: Worker) -> io::Result<Thread> {
    let mut studio = studio();
    let running = if let Some(running) = studio.take().filter(|running| !running.thread.is_finished()) {
        running
    } else {
        let (sender, newcomers) = unbounded();
        let thread = std::thread::Builder::new().name("continuo composer".into());
        Studio { newcomers: sender, thread: thread.spawn(move || run(&newcomers))?, n_composers: 0 }
    };
    let thread = running.thread.thread().clone();
    // The thread receives for as long as the sender exists.
    let _ = running.newcomers.send(worker);
    *studio = Some(Studio { n_composers: running.n_composers + 1, ..running });
    thread.unpark();
    Ok(thread)
}

/// Removes a composer that has ended. After the last one the thread ends, and has ended when this returns.
pub(crate) fn remove() {
    let mut studio = studio();
    let Some(running) = studio.take() else { return };
    if running.n_composers > 1 {
        *studio = Some(Studio { n_composers: running.n_composers - 1, ..running });
        return;
    }
    drop(studio);
    let Studio { newcomers, thread, .. } = running;
    drop(newcomers);
    thread.thread().unpark();
    // The thread catches panics itself, so the result says nothing.
    let _ = thread.join();
}

fn run(newcomers: &Receiver<Worker>) {
    let mut composers: Vec<Worker> = Vec::new();
    let mut batcher = StepBatcher::default();
    loop {
        loop {
            match newcomers.try_recv() {
                Ok(newcomer) => composers.push(newcomer),
                Err(TryRecvError::Disconnected) if composers.is_empty() => return,
                Err(_) => break,
            }
        }
        let mut pause = Duration::MAX;
        let is_urgent = composers.iter().any(Worker::is_urgent);
        composers.retain_mut(|composer| {
            if is_urgent && composer.is_busy() && !composer.is_urgent() {
                return true;
            }
            match composer.poll() {
                Polled::Gone => return false,
                Polled::Busy => pause = Duration::ZERO,
                Polled::Idle(interval) => pause = pause.min(interval),
            }
            true
        });
        batcher.run(composers.iter().map(Worker::slot));
        if !pause.is_zero() {
            std::thread::park_timeout(pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::studio::handle::Composer;
    use crate::composer::take::bars::Take;
    use crate::composer::writing::writer::{Writer, compose_until};
    use crate::model::Model;
    use crate::music::{Beats, Meter, Tick};
    use crate::player::handover::handover;
    use crate::player::{Block, ComposingKnobs, EventList, PerformingKnobs, Player, Transport};

    fn knobs(idx: usize) -> ComposingKnobs {
        let best_of = if idx == 3 { 8 } else { 1 };
        ComposingKnobs { seed: idx as u32, best_of, ..ComposingKnobs::default() }.rounded()
    }

    /// Plays a block in which the song stands still at its origin.
    fn stand(player: &mut Player, knobs: &ComposingKnobs) {
        let transport = Transport { position: Some(Beats(0.0)), ..Transport::default() };
        let block = Block { n_samples: 64, sample_rate: 48_000.0, transport };
        player.process(&block, knobs, &PerformingKnobs::default(), &[], &mut EventList::with_capacity(8));
    }

    #[test]
    fn composers_that_share_the_thread_compose_what_each_would_alone() {
        let models =
            [Arc::new(Model::random(2, 5)), Arc::new(Model::random(3, 6)), Model::embedded().unwrap()];
        let mut instances: Vec<(Composer, Player)> = (0..20)
            .map(|idx| {
                let (composer_end, player_end) = handover();
                let composer = Composer::spawn(composer_end, Some(Arc::clone(&models[idx % 3])), None);
                (composer, Player::new(player_end))
            })
            .collect();
        for (idx, (_, player)) in instances.iter_mut().enumerate() {
            stand(player, &knobs(idx));
        }
        // One has finished; some leave while they and others are at work.
        instances[0].0.wait_until_idle();
        instances.truncate(17);
        for (idx, (composer, _)) in instances.iter().enumerate() {
            composer.wait_until_idle();
            let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&models[idx % 3])));
            compose_until(&mut take, &mut writer, &knobs(idx), Meter::COMMON, Tick(3 * 96));
            let composed = composer.picture().score;
            assert_eq!(composed.bars.get(..3), Some(&take.score().bars[..]), "instance {idx}");
        }
    }
}
