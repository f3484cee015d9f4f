//! The configuration of a training run.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::network::NetworkConfig;
use crate::model::simd::Products;
use crate::training::threads::Threads;

/// The configuration of a training run.
#[derive(Debug, Clone)]
pub struct TrainingConfig {
    /// The name of the preset that the other settings come from; it is kept with the run, to resume it. May be empty.
    pub preset: String,
    /// Sizes of the network.
    pub network: NetworkConfig,
    /// Passes over as many notes as the training pieces hold; the learning rate falls over them.
    pub epochs: f64,
    /// Validations without improvement after which the run ends.
    pub patience: usize,
    /// Sequences in a batch.
    pub batch: usize,
    /// Notes in a window; the hidden state is carried to the next window.
    pub sequence_length: usize,
    /// Highest learning rate.
    pub lr: f32,
    /// Share of the run at which the learning rate begins to fall.
    pub hold: f32,
    /// What an update leaves out at random.
    pub dropout: Dropout,
    /// Share of a weight that an update takes away, times the learning rate.
    pub weight_decay: f32,
    /// Random seed.
    pub seed: u64,
    /// Threads to compute on; their number changes no result.
    pub threads: Threads,
    /// Time after which the run ends even if epochs are left. The learning rate then falls over time, so the result
    /// depends on the machine's speed.
    pub time_limit: Option<Duration>,
    /// Which network is kept.
    pub keep: Keep,
    /// Notes between two validations.
    pub validate_every: usize,
    /// Longest time between two checkpoints.
    pub save_every: Duration,
    /// The checkpoint file, from which a run can be resumed.
    pub checkpoint: PathBuf,
    /// How the processor computes products.
    pub products: Products,
    /// The device that computes.
    pub device: Device,
}

/// What an update leaves out at random, each a share from 0 to 0.9.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Dropout {
    /// Of each layer's outputs.
    pub outputs: f32,
    /// Of the recurrent weights.
    pub weights: f32,
    /// Of the rows of the embedding and of the heads' tables.
    pub rows: f32,
}

impl Dropout {
    /// Of outputs alone.
    #[must_use]
    pub const fn of_outputs(outputs: f32) -> Self {
        Self { outputs, weights: 0.0, rows: 0.0 }
    }
}

/// A device that computes updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    Processor,
    /// The first NVIDIA GPU.
    #[cfg(feature = "cuda")]
    Cuda,
}

/// Which network of a run is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The checkpoint with the lowest validation loss.
    Best,
    /// The network at the end of the run.
    Last,
}
