//! Updates on the GPU, with the next windows read on the processor meanwhile.
//!
//! A thread of its own reads the windows of the coming updates, on as many threads as it is allowed, a few
//! updates ahead; where the streams stood after each window comes along with it, so that a checkpoint tells
//! what was trained on, not what was read.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::model::network::Network;
use crate::training::corpus::Corpus;
use crate::training::cuda::{CudaError, CudaTrainer, Precision};
use crate::training::engine::{Engine, EngineError, EngineState};
use crate::training::fused::Losses;
use crate::training::optimiser::AdamW;
use crate::training::run::TrainingConfig;
use crate::training::streams::{StreamState, Streams, mixed};
use crate::training::windows::Window;

/// Windows read ahead.
const N_AHEAD: usize = 3;

/// The windows of one update, and where the streams stand after them.
struct Batch {
    windows: Vec<Window>,
    streams: Vec<StreamState>,
}

/// Trains on the first NVIDIA GPU.
pub struct CudaEngine {
    trainer: CudaTrainer,
    network: Network,
    optimiser: AdamW,
    /// Whether `network` and `optimiser` are those on the GPU.
    is_current: bool,
    streams: Vec<StreamState>,
    seed: u64,
    inbox: Option<Receiver<Batch>>,
    reader: Option<JoinHandle<()>>,
}

impl CudaEngine {
    /// Goes on from `state`.
    ///
    /// # Errors
    /// If there is no GPU, or it refuses.
    pub fn new(config: &TrainingConfig, corpus: &Arc<Corpus>, state: EngineState) -> Result<Self, CudaError> {
        let EngineState { network, optimiser, carried, streams } = state;
        let batch = config.batch.max(1);
        let shape = [config.sequence_length, batch];
        let mut trainer = CudaTrainer::new(&network, &optimiser, shape, config.dropout, Precision::Tensor)?;
        if !carried.is_empty() {
            trainer.carry_on(&carried)?;
        }
        let lanes = lanes(config, corpus, &streams);
        let (outbox, inbox) = bounded(N_AHEAD);
        let n_steps = config.sequence_length;
        let reader = std::thread::spawn(move || read_ahead(lanes, n_steps, &outbox));
        Ok(Self {
            trainer,
            network,
            optimiser,
            is_current: true,
            streams,
            seed: config.seed,
            inbox: Some(inbox),
            reader: Some(reader),
        })
    }

    /// The GPU's name.
    ///
    /// # Errors
    /// If the driver refuses.
    pub fn device_name(&self) -> Result<String, CudaError> {
        self.trainer.device_name()
    }

    fn fetch(&mut self) -> Result<(), EngineError> {
        if !self.is_current {
            self.trainer.download(&mut self.network, &mut self.optimiser).map_err(failed)?;
            self.is_current = true;
        }
        Ok(())
    }
}

/// As many lanes as threads, so that each reads some of the streams.
fn lanes(config: &TrainingConfig, corpus: &Arc<Corpus>, states: &[StreamState]) -> Vec<Streams> {
    let batch = config.batch.max(1);
    let n_streams = batch.div_ceil(config.n_threads.clamp(1, batch));
    (0..batch)
        .step_by(n_streams)
        .map(|first| {
            let numbers = first..(first + n_streams).min(batch);
            match states.get(numbers.clone()) {
                Some(states) => Streams::resume(corpus, config.seed, batch, numbers, states),
                None => Streams::begin(corpus, config.seed, batch, numbers),
            }
        })
        .collect()
}

/// Reads windows until nobody takes them any more.
fn read_ahead(mut lanes: Vec<Streams>, n_steps: usize, outbox: &Sender<Batch>) {
    loop {
        let read = |lane: &mut Streams| {
            let mut window = Window::default();
            lane.next_window(n_steps, &mut window);
            window
        };
        let windows: Vec<Window> = std::thread::scope(|scope| {
            let threads: Vec<_> = lanes.iter_mut().map(|lane| scope.spawn(move || read(lane))).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        let streams = lanes.iter().flat_map(Streams::state).collect();
        if outbox.send(Batch { windows, streams }).is_err() {
            return;
        }
    }
}

fn failed(error: CudaError) -> EngineError {
    EngineError(error.into())
}

impl Engine for CudaEngine {
    fn update(&mut self, lr: f32) -> Result<Losses, EngineError> {
        let batch = self.inbox.as_ref().and_then(|inbox| inbox.recv().ok());
        let Batch { windows, streams } =
            batch.ok_or_else(|| EngineError("the thread that reads the pieces has ended".into()))?;
        let windows: Vec<&Window> = windows.iter().collect();
        let seed = mixed(self.seed, self.trainer.n_updates());
        let losses = self.trainer.update(&windows, lr, seed).map_err(failed)?;
        self.streams = streams;
        self.is_current = false;
        Ok(losses)
    }

    fn network(&mut self) -> Result<&Network, EngineError> {
        self.fetch()?;
        Ok(&self.network)
    }

    fn state(&mut self) -> Result<EngineState, EngineError> {
        self.fetch()?;
        Ok(EngineState {
            network: self.network.clone(),
            optimiser: self.optimiser.clone(),
            carried: self.trainer.carried().map_err(failed)?,
            streams: self.streams.clone(),
        })
    }
}

impl Drop for CudaEngine {
    fn drop(&mut self) {
        // The reader ends when its next batch finds nobody.
        self.inbox = None;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}
