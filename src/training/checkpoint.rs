//! What a run that was cut off goes on from: parameters, the optimiser's memory, the best so far.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::model::network::{Network, NetworkConfig};
use crate::training::optimiser::AdamW;
use crate::training::run::{TrainingConfig, Validation};

/// A run as it stands.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// As trained so far.
    pub network: Network,
    /// Its memory.
    pub optimiser: AdamW,
    /// Notes trained on.
    pub n_notes: u64,
    /// Time spent, in seconds.
    pub seconds: f64,
    /// Parameters with the lowest validation loss.
    pub best: Vec<f32>,
    /// That loss, in nats a note; infinite before the first validation.
    pub best_loss: f32,
}

/// Why a checkpoint could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It could not be read or written.
    #[error("could not access the checkpoint {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is damaged, or of something else.
    #[error("the checkpoint {path} cannot be resumed from: {reason}")]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Header {
    network: NetworkConfig,
    n_notes: u64,
    n_updates: u64,
    seconds: f64,
    /// Absent before the first validation.
    best_loss: Option<f32>,
}

const METADATA_KEY: &str = "continuo-checkpoint";

impl Checkpoint {
    /// A run that has not begun.
    #[must_use]
    pub fn begin(config: &TrainingConfig, n_styles: usize) -> Self {
        let network = Network::random(NetworkConfig { n_styles, ..config.network }, config.seed);
        let optimiser = AdamW::new(&network.layout, config.weight_decay);
        let best = network.parameters.clone();
        Self { network, optimiser, n_notes: 0, seconds: 0.0, best, best_loss: f32::INFINITY }
    }

    /// Remembers the parameters when they are the best so far.
    pub fn keep_if_best(&mut self, validation: &Validation) {
        if validation.mean < self.best_loss {
            self.best_loss = validation.mean;
            self.best.clone_from(&self.network.parameters);
        }
    }

    /// The best network so far; the last one when none was validated.
    #[must_use]
    pub fn best(&self) -> Network {
        let is_validated = self.best_loss.is_finite() && self.best_loss > 0.0;
        let parameters = if is_validated { &self.best } else { &self.network.parameters };
        Network { parameters: parameters.clone(), ..self.network.clone() }
    }

    /// Writes the checkpoint beside `path` and moves it there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let file_error = |source| CheckpointError::File { path: path.to_owned(), source };
        let header = Header {
            network: self.network.config,
            n_notes: self.n_notes,
            n_updates: self.optimiser.n_updates,
            seconds: self.seconds,
            best_loss: self.best_loss.is_finite().then_some(self.best_loss),
        };
        let text = serde_json::to_string(&header).map_err(|e| file_error(e.into()))?;
        let buffers = self.buffers().map(|(name, values)| {
            (name, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
        });
        let shape = vec![self.network.layout.n_parameters];
        let views: Vec<(&str, TensorView<'_>)> = buffers
            .iter()
            .filter_map(|(name, bytes)| {
                Some((*name, TensorView::new(Dtype::F32, shape.clone(), bytes).ok()?))
            })
            .collect();
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
        let bytes = safetensors::serialize(views, Some(metadata))
            .map_err(|e| file_error(std::io::Error::other(e.to_string())))?;
        let beside = path.with_extension("checkpoint-part");
        std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path)).map_err(file_error)
    }

    fn buffers(&self) -> [(&'static str, &Vec<f32>); 4] {
        [
            ("parameters", &self.network.parameters),
            ("mean", &self.optimiser.mean),
            ("square", &self.optimiser.square),
            ("best", &self.best),
        ]
    }

    /// Reads a checkpoint of a run like `begun`.
    ///
    /// # Errors
    /// If it cannot be read, or was made with other sizes.
    pub fn load(path: &Path, begun: &Self) -> Result<Self, CheckpointError> {
        let unusable = |reason: String| CheckpointError::Unusable { path: path.to_owned(), reason };
        let bytes = std::fs::read(path)
            .map_err(|source| CheckpointError::File { path: path.to_owned(), source })?;
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| unusable(e.to_string()))?;
        let text = metadata
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get(METADATA_KEY))
            .ok_or_else(|| unusable("it is no checkpoint".into()))?;
        let header: Header = serde_json::from_str(text).map_err(|e| unusable(e.to_string()))?;
        if header.network != begun.network.config {
            return Err(unusable(format!(
                "expected sizes {:?}, found {:?}",
                begun.network.config, header.network
            )));
        }
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| unusable(e.to_string()))?;
        let read = |name: &str| -> Result<Vec<f32>, CheckpointError> {
            let tensor = tensors.tensor(name).map_err(|e| unusable(e.to_string()))?;
            let values: Vec<f32> =
                tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            if values.len() != begun.network.layout.n_parameters {
                return Err(unusable(format!("{name} has {} values", values.len())));
            }
            Ok(values)
        };
        let mut run = begun.clone();
        run.network.parameters = read("parameters")?;
        run.optimiser.mean = read("mean")?;
        run.optimiser.square = read("square")?;
        run.best = read("best")?;
        run.optimiser.n_updates = header.n_updates;
        (run.n_notes, run.seconds) = (header.n_notes, header.seconds);
        run.best_loss = header.best_loss.unwrap_or(f32::INFINITY);
        Ok(run)
    }
}
