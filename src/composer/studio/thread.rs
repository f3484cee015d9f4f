//! The studio: the one thread on which all composers of a process work.
//!
//! One thread and not one for each instance: dozens of threads that wake to look for messages cost more than the
//! music, and steps of the network that are taken together cost a third. Whoever composes waits after each note
//! until the others have theirs, so a long piece of work holds nobody up; and what a player waits for comes before
//! what is composed ahead.
//!
//! The thread polls: the audio thread may not wake it.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};

use crate::composer::studio::worker::{Look, Worker};
use crate::model::StepBatcher;

/// The studio while anybody is in it.
static STUDIO: Mutex<Option<Studio>> = Mutex::new(None);

struct Studio {
    /// Whoever comes in is sent through here; gone when the thread is to end.
    door: Sender<Worker>,
    thread: JoinHandle<()>,
    n_members: usize,
}

fn studio() -> MutexGuard<'static, Option<Studio>> {
    // Nothing here can panic half way.
    STUDIO.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a composer in, and says which thread it works on. The first to come starts the thread.
///
/// # Errors
/// If the system has no thread to give.
pub(crate) fn enter(worker: Worker) -> io::Result<Thread> {
    let mut studio = studio();
    let open = if let Some(open) = studio.take().filter(|open| !open.thread.is_finished()) {
        open
    } else {
        let (door, newcomers) = unbounded();
        let thread = std::thread::Builder::new().name("continuo composer".into());
        Studio { door, thread: thread.spawn(move || run(&newcomers))?, n_members: 0 }
    };
    let thread = open.thread.thread().clone();
    // The thread is there for as long as the door is.
    let _ = open.door.send(worker);
    *studio = Some(Studio { n_members: open.n_members + 1, ..open });
    thread.unpark();
    Ok(thread)
}

/// Says that a composer has gone. With the last one the thread ends, and has ended when this returns.
pub(crate) fn leave() {
    let mut studio = studio();
    let Some(open) = studio.take() else { return };
    if open.n_members > 1 {
        *studio = Some(Studio { n_members: open.n_members - 1, ..open });
        return;
    }
    drop(studio);
    let Studio { door, thread, .. } = open;
    drop(door);
    thread.thread().unpark();
    // Panics are caught inside, so there is nothing to learn from the join.
    let _ = thread.join();
}

fn run(newcomers: &Receiver<Worker>) {
    let mut members: Vec<Worker> = Vec::new();
    let mut batcher = StepBatcher::default();
    loop {
        loop {
            match newcomers.try_recv() {
                Ok(newcomer) => members.push(newcomer),
                Err(TryRecvError::Disconnected) if members.is_empty() => return,
                Err(_) => break,
            }
        }
        let mut rest = Duration::MAX;
        let is_hurried = members.iter().any(Worker::is_hurried);
        members.retain_mut(|member| {
            if is_hurried && member.is_at_work() && !member.is_hurried() {
                return true;
            }
            match member.look() {
                Look::Gone => return false,
                Look::AtWork => rest = Duration::ZERO,
                Look::AtRest(for_now) => rest = rest.min(for_now),
            }
            true
        });
        batcher.run(members.iter().map(Worker::slot));
        if !rest.is_zero() {
            std::thread::park_timeout(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::studio::handle::Composer;
    use crate::composer::take::bars::Take;
    use crate::composer::writing::writer::Writer;
    use crate::composer::writing::writer::compose_until;
    use crate::model::Model;
    use crate::music::{Beats, Meter, Tick};
    use crate::player::handover::handover;
    use crate::player::{Block, ComposingKnobs, EventList, PerformingKnobs, Player, Transport};

    fn knobs(idx: usize) -> ComposingKnobs {
        let best_of = if idx == 3 { 8 } else { 1 };
        ComposingKnobs { seed: idx as u32, best_of, ..ComposingKnobs::default() }.rounded()
    }

    /// Tells the composer where the song stands, and with which knobs.
    fn stand(player: &mut Player, knobs: &ComposingKnobs) {
        let transport = Transport { position: Some(Beats(0.0)), ..Transport::default() };
        let block = Block { n_samples: 64, sample_rate: 48_000.0, transport };
        player.process(&block, knobs, &PerformingKnobs::default(), &[], &mut EventList::with_capacity(8));
    }

    #[test]
    fn whoever_else_is_in_the_studio_everybody_composes_what_they_would_alone() {
        let models =
            [Arc::new(Model::random(2, 5)), Arc::new(Model::random(3, 6)), Model::embedded().unwrap()];
        let mut instances: Vec<(Composer, Player)> = (0..20)
            .map(|idx| {
                let (composer_end, player_end) = handover();
                let composer = Composer::spawn(composer_end, Some(Arc::clone(&models[idx % 3])), None);
                (composer, Player::new(player_end))
            })
            .collect();
        for _ in 0..100_000 {
            for (idx, (_, player)) in instances.iter_mut().enumerate() {
                stand(player, &knobs(idx));
            }
            if instances.iter().all(|(composer, _)| composer.picture().score.bars.len() >= 3) {
                break;
            }
            std::thread::park_timeout(std::time::Duration::from_micros(200));
            // Some leave while they and the others are at work.
            if instances.len() == 20 {
                instances.truncate(17);
            }
        }
        for (idx, (composer, _)) in instances.iter().enumerate() {
            let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&models[idx % 3])));
            compose_until(&mut take, &mut writer, &knobs(idx), Meter::COMMON, Tick(3 * 96));
            let composed = composer.picture().score;
            assert_eq!(composed.bars.get(..3), Some(&take.score().bars[..]), "instance {idx}");
        }
    }
}
