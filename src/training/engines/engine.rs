//! The interface of an engine.

use crate::model::network::Network;
use crate::training::engines::optimiser::AdamW;
use crate::training::engines::validation::Validation;
use crate::training::losses::Losses;
use crate::training::windows::StreamState;
/// Computes updates. Engines that start from the same state make the same updates, up to rounding.
pub trait Engine {
    /// Trains on the next window of every stream; returns the sums of the loss by part.
    ///
    /// # Errors
    /// If the device fails; the processor never does.
    fn update(&mut self, lr: f32) -> Result<Losses, EngineError>;
    /// The loss of `network` on the validation pieces: on about `limit` notes of each style, or on all.
    ///
    /// An engine may use more than `limit`.
    ///
    /// # Errors
    /// If the device fails.
    fn validate(&mut self, network: &Network, limit: Option<usize>) -> Result<Validation, EngineError>;
    /// The current network.
    ///
    /// # Errors
    /// If the device fails.
    fn network(&mut self) -> Result<&Network, EngineError>;
    /// The state that the next update depends on.
    ///
    /// # Errors
    /// If the device fails.
    fn state(&mut self) -> Result<EngineState, EngineError>;
}

/// A failure of the device that an engine runs on.
#[derive(Debug, thiserror::Error)]
#[error("the training device failed")]
pub struct EngineError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The state that the next update depends on.
#[derive(Debug, Clone)]
pub struct EngineState {
    /// The network.
    pub network: Network,
    /// The optimiser with its moments.
    pub optimiser: AdamW,
    /// `[streams, layers, 2, H]`: hidden states (output, cell) carried into the next window; empty before the first.
    pub carried: Vec<f32>,
    /// The position of each stream; empty before the first window.
    pub streams: Vec<StreamState>,
}

impl EngineState {
    /// The state before the first update of `network`.
    #[must_use]
    pub fn begin(network: Network, weight_decay: f32) -> Self {
        let optimiser = AdamW::new(&network.layout, weight_decay);
        Self { network, optimiser, carried: Vec::new(), streams: Vec::new() }
    }
}
