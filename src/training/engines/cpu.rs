//! Computes updates on the processor.
//!
//! The streams of a batch are split into lanes, which the threads share. A lane's gradient depends only on its own
//! streams, and gradients are summed in the order of lanes, so the number of threads changes no result.

use std::sync::Arc;

use crate::model::network::Network;
use crate::music::nth_random;
use crate::training::config::TrainingConfig;
use crate::training::corpus::Corpus;
use crate::training::engines::engine::{Engine, EngineError, EngineState};
use crate::training::engines::fused::{Carried, Worker};
use crate::training::engines::optimiser::AdamW;
use crate::training::engines::validation::{Validation, validate};
use crate::training::engines::weight_dropout::WeightDropout;
use crate::training::losses::{Losses, add_up};
use crate::training::threads::Threads;
use crate::training::windows::{Source, Streams, Window};

/// Streams that one thread trains on at a time.
struct Lane {
    streams: Streams,
    window: Window,
    worker: Worker,
    /// Index in the batch of its first stream.
    first_stream: usize,
}

/// Streams in a lane: enough to fill the vector registers.
const LANE_STREAMS: usize = 16;

/// Trains on the processor.
pub struct CpuEngine {
    corpus: Arc<Corpus>,
    network: Network,
    /// The network that an update is computed of: without what is left out. Empty where nothing is.
    thinned: Network,
    weight_dropout: WeightDropout,
    optimiser: AdamW,
    lanes: Vec<Lane>,
    batch: usize,
    sequence_length: usize,
    seed: u64,
    threads: Threads,
}

impl CpuEngine {
    /// An engine that continues from `state`.
    #[must_use]
    pub fn new(config: &TrainingConfig, corpus: &Arc<Corpus>, state: EngineState) -> Self {
        let EngineState { network, optimiser, carried, streams: states } = state;
        let batch = config.batch.max(1);
        let carried_by_stream = carried.len() / batch;
        let (encoding, seed) = (network.config.encoding, config.seed);
        let source = Source { corpus: Arc::clone(corpus), encoding, seed, n_streams: batch };
        let lane = |first_stream: usize| {
            let numbers = first_stream..(first_stream + LANE_STREAMS).min(batch);
            let mut worker = Worker::with_products(config.products, &network, config.dropout.outputs, 0);
            let own = numbers.start * carried_by_stream..numbers.end * carried_by_stream;
            worker.carry_on(by_layer(&carried[own], network.config.n_layers, network.config.hidden));
            let streams = match states.get(numbers.clone()) {
                Some(states) => Streams::resume(&source, numbers, states),
                None => Streams::begin(&source, numbers),
            };
            Lane { streams, window: Window::default(), worker, first_stream }
        };
        let lanes = (0..batch).step_by(LANE_STREAMS).map(lane).collect();
        Self {
            corpus: Arc::clone(corpus),
            lanes,
            thinned: Network { parameters: Vec::new(), ..network.clone() },
            weight_dropout: WeightDropout::new(&network.layout, &config.dropout),
            network,
            optimiser,
            batch,
            sequence_length: config.sequence_length,
            seed: config.seed,
            threads: config.threads.clone(),
        }
    }
}

impl Engine for CpuEngine {
    fn update(&mut self, lr: f32) -> Result<Losses, EngineError> {
        let Self {
            network,
            thinned,
            weight_dropout,
            optimiser,
            lanes,
            batch,
            sequence_length,
            seed,
            threads,
            ..
        } = self;
        let scale = 1.0 / (*batch * *sequence_length) as f32;
        let seed = nth_random(*seed, optimiser.n_updates);
        let trained = if weight_dropout.tensors().is_empty() {
            &*network
        } else {
            thinned.parameters.clone_from(&network.parameters);
            weight_dropout.apply(&mut thinned.parameters, seed);
            &*thinned
        };
        let train_lane = |lane: &mut Lane| {
            lane.streams.next_window(*sequence_length, &mut lane.window);
            lane.worker.seed_dropout(nth_random(seed, lane.first_stream as u64));
            lane.worker.clear_gradient();
            let losses = lane.worker.train(trained, &lane.window, scale);
            weight_dropout.apply(&mut lane.worker.gradient, seed);
            losses
        };
        let losses = threads.map(&mut *lanes, train_lane);
        let gradients: Vec<&[f32]> = lanes.iter().map(|lane| lane.worker.gradient.as_slice()).collect();
        optimiser.update(&mut network.parameters, &gradients, lr, threads);
        Ok(add_up(&losses))
    }

    fn validate(&mut self, network: &Network, limit: Option<usize>) -> Result<Validation, EngineError> {
        Ok(validate(network, &self.corpus, &self.threads, limit))
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

/// Hidden states by layer, from `[streams, layers, 2, H]`.
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

/// Hidden states as `[streams, layers, 2, H]`, from those by layer.
fn by_stream(carried: &Carried, hidden: usize) -> Vec<f32> {
    let n_streams = carried.outputs.first().map_or(0, Vec::len) / hidden;
    let of_stream = |stream: usize| {
        let own = stream * hidden..(stream + 1) * hidden;
        let layers = carried.outputs.iter().zip(&carried.cells);
        layers.flat_map(move |(output, cell)| [&output[own.clone()], &cell[own.clone()]])
    };
    (0..n_streams).flat_map(of_stream).flatten().copied().collect()
}
