//! What a run needs of an engine.

use crate::model::network::Network;
use crate::training::engines::optimiser::AdamW;
use crate::training::engines::validation::Validation;
use crate::training::losses::Losses;
use crate::training::windows::StreamState;
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
