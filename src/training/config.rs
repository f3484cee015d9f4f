//! How to train.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::network::NetworkConfig;
use crate::model::simd::Products;

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainingConfig {
    /// Sizes of the network.
    pub network: NetworkConfig,
    /// Passes over as many notes as the training pieces hold; the learning rate falls over them.
    pub epochs: f64,
    /// End after so many validations that found nothing better.
    pub patience: usize,
    /// Sequences side by side.
    pub batch: usize,
    /// Notes in a window; the hidden state is carried on to the next.
    pub sequence_length: usize,
    /// Highest learning rate.
    pub lr: f32,
    /// Share of the run at which the learning rate begins to fall.
    pub hold: f32,
    /// Share of each layer's outputs that is dropped.
    pub dropout: f32,
    /// Share of a weight that an update takes away, times the learning rate.
    pub weight_decay: f32,
    /// First number of every random sequence.
    pub seed: u64,
    /// Threads to compute on; changes no result.
    pub n_threads: usize,
    /// End here even if epochs are left; the learning rate then falls in time, so that the result depends
    /// on the machine's speed.
    pub time_limit: Option<Duration>,
    /// Which network is the outcome.
    pub keep: Keep,
    /// Validate after this many notes.
    pub validate_every: usize,
    /// Write a checkpoint after this time at the latest.
    pub save_every: Duration,
    /// Where to keep what a resumed run goes on from.
    pub checkpoint: PathBuf,
    /// How the processor computes products.
    pub products: Products,
    /// What to compute on.
    pub device: Device,
}

/// What to compute on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The processor's cores.
    Processor,
    /// The first NVIDIA GPU.
    #[cfg(feature = "cuda")]
    Cuda,
}

/// Which network of a run is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// That with the lowest validation loss.
    Best,
    /// That of the end.
    Last,
}
