//! Batched steps of the network, for several generators at a time.
//!
//! A step waits for its weights to come from memory; in a batch with others of the same network it costs a
//! third. So each of many generators gets a [`StepSlot`], where it leaves its step and waits, and
//! [`StepBatcher::run`] computes all that wait. The results do not depend on what else is in the batch.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::model::network::NetworkConfig;
use crate::model::step::{Advance, HiddenState, Stepper};
use crate::model::weights::Model;

/// Where a generator leaves its next step.
#[derive(Debug, Clone, Default)]
pub struct StepSlot(Arc<Mutex<Option<Step>>>);

/// A step of one generator, waiting or done.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) model: Arc<Model>,
    /// Rows of the embedding.
    pub(crate) rows: Vec<u32>,
    /// A row that the embedding does not have, or empty.
    pub(crate) extra_row: Vec<i16>,
    pub(crate) state: HiddenState,
    pub(crate) is_done: bool,
}

impl StepSlot {
    /// Leaves a step here and waits until it is done.
    ///
    /// Wakes nobody: the executor polls again after each batch.
    pub(crate) async fn run(&self, step: Step) -> Step {
        *self.lock() = Some(step);
        poll_fn(|_| {
            let done = self.lock().take_if(|step| step.is_done);
            done.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Option<Step>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Computes waiting steps in batches, and keeps the buffers for it.
#[derive(Debug, Default)]
pub struct StepBatcher {
    steppers: Vec<(NetworkConfig, Stepper)>,
}

impl StepBatcher {
    /// Computes every step that waits in one of the slots.
    pub fn run<'a>(&mut self, slots: impl Iterator<Item = &'a StepSlot>) {
        let waiting_in = |slot: &'a StepSlot| {
            let step = slot.lock().take_if(|step| !step.is_done);
            step.map(|step| (slot, step))
        };
        let mut waiting: Vec<(&StepSlot, Step)> = slots.filter_map(waiting_in).collect();
        waiting.sort_by_key(|(_, step)| Arc::as_ptr(&step.model));
        for batch in waiting.chunk_by_mut(|(_, a), (_, b)| Arc::ptr_eq(&a.model, &b.model)) {
            let Some((_, first)) = batch.first() else { continue };
            let model = Arc::clone(&first.model);
            let mut advances: Vec<Advance<'_>> = batch
                .iter_mut()
                .map(|(_, Step { rows, extra_row, state, .. })| Advance { rows, extra_row, state })
                .collect();
            self.stepper(model.packed().config).step_batch(model.packed(), &mut advances);
        }
        for (slot, step) in waiting {
            *slot.lock() = Some(Step { is_done: true, ..step });
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

/// Runs several futures to completion, each with the slot that its generator waits in.
pub(crate) fn join_all<T>(futures: impl IntoIterator<Item = (impl Future<Output = T>, StepSlot)>) -> Vec<T> {
    let mut tasks: Vec<_> =
        futures.into_iter().map(|(future, slot)| (Box::pin(future), slot, None)).collect();
    let mut batcher = StepBatcher::default();
    let mut context = Context::from_waker(Waker::noop());
    while tasks.iter().any(|(_, _, result)| result.is_none()) {
        for (future, _, result) in tasks.iter_mut().filter(|(_, _, result)| result.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(&mut context) {
                *result = Some(ready);
            }
        }
        batcher.run(tasks.iter().map(|(_, slot, _)| slot));
    }
    tasks.into_iter().filter_map(|(_, _, result)| result).collect()
}

/// Runs a future to completion that never waits, because no generator in it has a slot.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
    }
}
