//! Steps of several generators, taken together.
//!
//! A step waits for its weights to come from memory; taken together with others of the same network it costs a
//! third. So whoever runs many generators gives each a [`StepSlot`]: there it leaves its step and waits, and
//! [`Turns::take`] takes all that wait. What a generator says does not depend on who else is there.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::model::Model;
use crate::model::network::NetworkConfig;
use crate::model::step::{Advance, HiddenState, Stepper};

/// Where a generator leaves its next step.
#[derive(Debug, Clone, Default)]
pub struct StepSlot(Arc<Mutex<Option<Step>>>);

/// A step, to be taken or taken already.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) model: Arc<Model>,
    /// Rows of the embedding.
    pub(crate) rows: Vec<u32>,
    /// A row that the embedding does not have, or empty.
    pub(crate) more: Vec<i16>,
    pub(crate) state: HiddenState,
    pub(crate) is_taken: bool,
}

impl StepSlot {
    /// Leaves a step here and waits until it is taken.
    ///
    /// No waker is told: whoever takes steps asks again.
    pub(crate) async fn wait_for(&self, step: Step) -> Step {
        *self.lock() = Some(step);
        poll_fn(|_| {
            let taken = self.lock().take_if(|step| step.is_taken);
            taken.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Option<Step>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes steps, and keeps the buffers for it.
#[derive(Debug, Default)]
pub struct Turns {
    steppers: Vec<(NetworkConfig, Stepper)>,
}

impl Turns {
    /// Takes every step that waits in one of the slots.
    pub fn take<'a>(&mut self, slots: impl Iterator<Item = &'a StepSlot>) {
        let untaken = |slot: &'a StepSlot| {
            let step = slot.lock().take_if(|step| !step.is_taken);
            step.map(|step| (slot, step))
        };
        let mut waiting: Vec<(&StepSlot, Step)> = slots.filter_map(untaken).collect();
        waiting.sort_by_key(|(_, step)| Arc::as_ptr(&step.model));
        for alike in waiting.chunk_by_mut(|(_, a), (_, b)| Arc::ptr_eq(&a.model, &b.model)) {
            let Some((_, first)) = alike.first() else { continue };
            let model = Arc::clone(&first.model);
            let mut advances: Vec<Advance<'_>> = alike
                .iter_mut()
                .map(|(_, Step { rows, more, state, .. })| Advance { rows, more, state })
                .collect();
            self.stepper(model.played().config).step_together(model.played(), &mut advances);
        }
        for (slot, step) in waiting {
            *slot.lock() = Some(Step { is_taken: true, ..step });
        }
    }

    fn stepper(&mut self, config: NetworkConfig) -> &mut Stepper {
        let idx = self.steppers.iter().position(|(known, _)| *known == config).unwrap_or_else(|| {
            self.steppers.push((config, Stepper::new(&config)));
            self.steppers.len() - 1
        });
        &mut self.steppers[idx].1
    }
}

/// Does several pieces of work side by side, each with the slot that its generator waits in.
pub(crate) fn side_by_side<T>(
    works: impl IntoIterator<Item = (impl Future<Output = T>, StepSlot)>,
) -> Vec<T> {
    let mut works: Vec<_> = works.into_iter().map(|(work, slot)| (Box::pin(work), slot, None)).collect();
    let mut turns = Turns::default();
    let mut context = Context::from_waker(Waker::noop());
    while works.iter().any(|(_, _, done)| done.is_none()) {
        for (work, _, done) in works.iter_mut().filter(|(_, _, done)| done.is_none()) {
            if let Poll::Ready(result) = work.as_mut().poll(&mut context) {
                *done = Some(result);
            }
        }
        turns.take(works.iter().map(|(_, slot, _)| slot));
    }
    works.into_iter().filter_map(|(_, _, done)| done).collect()
}

/// Does work that never has to wait, since no generator in it has a slot.
pub(crate) fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
    }
}
