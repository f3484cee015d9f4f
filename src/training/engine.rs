//! What computes the updates of a run, on the processor.
//!
//! The streams of a batch are split into lanes, and threads share the lanes. A lane's gradient depends on
//! its own streams only, and gradients are summed in the order of lanes: the number of threads changes no
//! result.

use std::sync::Arc;

use crate::model::network::Network;
use crate::music::nth_random;
use crate::training::corpus::Corpus;
use crate::training::fused::{Carried, Losses, Worker};
use crate::training::optimiser::AdamW;
use crate::training::run::TrainingConfig;
use crate::training::streams::{StreamState, Streams};
use crate::training::validation::{Validation, validate};
use crate::training::windows::Window;

/// What makes updates. Two of them that start from one state make the same updates, up to rounding.
pub trait Engine {
    /// Trains on the next window of every stream; returns the sums of the loss by part.
    ///
    /// # Errors
    /// If a device refuses; the processor never does.
    fn update(&mut self, lr: f32) -> Result<Losses, EngineError>;
    /// The loss of `network` on the validation pieces; of a style on `limit` notes or so at the least, or on
    /// all.
    ///
    /// # Errors
    /// If a device refuses.
    fn validate(&mut self, network: &Network, limit: Option<usize>) -> Result<Validation, EngineError>;
    /// The network as it is now.
    ///
    /// # Errors
    /// If a device refuses.
    fn network(&mut self) -> Result<&Network, EngineError>;
    /// Everything that the next update depends on.
    ///
    /// # Errors
    /// If a device refuses.
    fn state(&mut self) -> Result<EngineState, EngineError>;
}

/// Why an engine could not go on.
#[derive(Debug, thiserror::Error)]
#[error("the training device failed")]
pub struct EngineError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Everything that the next update depends on.
#[derive(Debug, Clone)]
pub struct EngineState {
    /// The network.
    pub network: Network,
    /// The optimiser's memory.
    pub optimiser: AdamW,
    /// `[streams, layers, 2, H]`: output and cell carried into the next window; empty before the first.
    pub carried: Vec<f32>,
    /// Where each stream stands; empty before the first window.
    pub streams: Vec<StreamState>,
}

impl EngineState {
    /// Before the first update of `network`.
    #[must_use]
    pub fn begin(network: Network, weight_decay: f32) -> Self {
        let optimiser = AdamW::new(&network.layout, weight_decay);
        Self { network, optimiser, carried: Vec::new(), streams: Vec::new() }
    }
}

/// Streams that one thread trains on.
struct Lane {
    streams: Streams,
    window: Window,
    worker: Worker,
    /// The first of its streams, counted over the batch.
    first_stream: usize,
}

/// Streams to a lane: enough to fill the vector registers.
const LANE_STREAMS: usize = 16;

/// Trains on the processor's cores.
pub struct CpuEngine {
    corpus: Arc<Corpus>,
    network: Network,
    optimiser: AdamW,
    lanes: Vec<Lane>,
    batch: usize,
    sequence_length: usize,
    seed: u64,
    n_threads: usize,
}

impl CpuEngine {
    /// Goes on from `state`.
    #[must_use]
    pub fn new(config: &TrainingConfig, corpus: &Arc<Corpus>, state: EngineState) -> Self {
        let EngineState { network, optimiser, carried, streams: states } = state;
        let batch = config.batch.max(1);
        let carried_by_stream = carried.len() / batch;
        let lane = |first_stream: usize| {
            let numbers = first_stream..(first_stream + LANE_STREAMS).min(batch);
            let mut worker = Worker::with_products(config.products, &network, config.dropout, 0);
            let own = numbers.start * carried_by_stream..numbers.end * carried_by_stream;
            worker.carry_on(by_layer(&carried[own], network.config.n_layers, network.config.hidden));
            let streams = match states.get(numbers.clone()) {
                Some(states) => Streams::resume(corpus, config.seed, batch, numbers, states),
                None => Streams::begin(corpus, config.seed, batch, numbers),
            };
            Lane { streams, window: Window::default(), worker, first_stream }
        };
        let lanes = (0..batch).step_by(LANE_STREAMS).map(lane).collect();
        Self {
            corpus: Arc::clone(corpus),
            lanes,
            network,
            optimiser,
            batch,
            sequence_length: config.sequence_length,
            seed: config.seed,
            n_threads: config.n_threads.max(1),
        }
    }
}

impl Engine for CpuEngine {
    fn update(&mut self, lr: f32) -> Result<Losses, EngineError> {
        let Self { network, optimiser, lanes, batch, sequence_length, seed, n_threads, .. } = self;
        let scale = 1.0 / (*batch * *sequence_length) as f32;
        let seed = nth_random(*seed, optimiser.n_updates);
        let train_lane = |lane: &mut Lane| {
            lane.streams.next_window(*sequence_length, &mut lane.window);
            lane.worker.seed_dropout(nth_random(seed, lane.first_stream as u64));
            lane.worker.clear_gradient();
            lane.worker.train(network, &lane.window, scale)
        };
        let per_thread = lanes.len().div_ceil(*n_threads);
        let losses: Vec<Losses> = std::thread::scope(|scope| {
            let threads: Vec<_> = lanes
                .chunks_mut(per_thread)
                .map(|lanes| scope.spawn(move || lanes.iter_mut().map(train_lane).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        let gradients: Vec<&[f32]> = lanes.iter().map(|lane| lane.worker.gradient.as_slice()).collect();
        optimiser.update(&mut network.parameters, &gradients, lr, *n_threads);
        Ok(add_up(&losses))
    }

    fn validate(&mut self, network: &Network, limit: Option<usize>) -> Result<Validation, EngineError> {
        Ok(validate(network, &self.corpus, self.n_threads, limit))
    }

    fn network(&mut self) -> Result<&Network, EngineError> {
        Ok(&self.network)
    }

    fn state(&mut self) -> Result<EngineState, EngineError> {
        let hidden = self.network.config.hidden;
        Ok(EngineState {
            network: self.network.clone(),
            optimiser: self.optimiser.clone(),
            carried: self.lanes.iter().flat_map(|lane| by_stream(&lane.worker.carried(), hidden)).collect(),
            streams: self.lanes.iter().flat_map(|lane| lane.streams.state()).collect(),
        })
    }
}

/// Layer by layer, from `[streams, layers, 2, H]`.
fn by_layer(carried: &[f32], n_layers: usize, hidden: usize) -> Carried {
    let mut layers = Carried {
        outputs: vec![Vec::new(); n_layers],
        cells: vec![Vec::new(); n_layers],
        ..Carried::default()
    };
    for (idx, values) in carried.chunks_exact(hidden).enumerate() {
        let layer = idx / 2 % n_layers;
        let buffer = if idx % 2 == 0 { &mut layers.outputs } else { &mut layers.cells };
        buffer[layer].extend_from_slice(values);
    }
    layers
}

/// `[streams, layers, 2, H]`, from layer by layer.
fn by_stream(carried: &Carried, hidden: usize) -> Vec<f32> {
    let n_streams = carried.outputs.first().map_or(0, Vec::len) / hidden;
    let of_stream = |stream: usize| {
        let own = stream * hidden..(stream + 1) * hidden;
        let layers = carried.outputs.iter().zip(&carried.cells);
        layers.flat_map(move |(output, cell)| [&output[own.clone()], &cell[own.clone()]])
    };
    (0..n_streams).flat_map(of_stream).flatten().copied().collect()
}

/// The sums of several, in order.
pub(crate) fn add_up(losses: &[Losses]) -> Losses {
    losses.iter().fold(Losses::default(), |mut sums, losses| {
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        sums
    })
}
