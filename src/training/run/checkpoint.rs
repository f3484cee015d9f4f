//! The checkpoint file, from which an interrupted run is resumed: the state of the run and of its engine.
//!
//! A safetensors file. The metadata key `continuo-checkpoint` holds a JSON text with everything that is not a tensor.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::files;
use crate::model::network::Network;
use crate::model::simd::Products;
use crate::training::config::TrainingConfig;
use crate::training::corpus::Corpus;
use crate::training::engines::EngineState;
use crate::training::run::state::{CurvePoint, Identity, RunState};
use crate::training::windows::StreamState;

/// A checkpoint that could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file could not be read or written.
    #[error("could not access the checkpoint {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// It is damaged, or belongs to another run.
    #[error("cannot resume from the checkpoint {}: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
}

/// The JSON text in the metadata.
#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    identity: Identity,
    /// Whether products have bf16 factors; absent in older files, which never had them.
    #[serde(default)]
    is_bf16: bool,
    n_notes: u64,
    n_updates: u64,
    seconds: f64,
    loss: [f32; 5],
    n_until_validation: u64,
    n_worse: usize,
    /// Absent before the first validation.
    best_loss: Option<f32>,
    /// For each stream, the pieces begun and the next note.
    streams: Vec<[u64; 2]>,
    curve: Vec<SavedPoint>,
}

#[derive(Serialize, Deserialize)]
struct SavedPoint {
    n_notes: u64,
    train: [f32; 5],
    valid: Vec<[f32; 5]>,
}

const METADATA_KEY: &str = "continuo-checkpoint";
const VERSION: u32 = 2;

/// Writes a checkpoint, in place of an older one.
///
/// # Errors
/// If it cannot be written.
pub fn save(run: &RunState, state: &EngineState, path: &Path) -> Result<(), CheckpointError> {
    let file_error = |source| CheckpointError::File { path: path.to_owned(), source };
    let text = serde_json::to_string(&header(run, state)).map_err(|e| file_error(e.into()))?;
    let best = if run.best.is_empty() { &state.network.parameters } else { &run.best };
    let tensors = [
        ("parameters", &state.network.parameters),
        ("mean", &state.optimiser.mean),
        ("square", &state.optimiser.square),
        ("best", best),
        ("carried", &state.carried),
    ]
    .map(|(name, values)| (name, values.len(), bytemuck::cast_slice::<f32, u8>(values)));
    let views = tensors
        .into_iter()
        .map(|(name, length, bytes)| Ok((name, TensorView::new(Dtype::F32, vec![length], bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
    let bytes = views
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|e| file_error(std::io::Error::other(e.to_string())))?;
    files::replace(path, &bytes).map_err(|error| file_error(error.source))
}

fn header(run: &RunState, state: &EngineState) -> Header {
    Header {
        version: VERSION,
        identity: run.identity.clone(),
        is_bf16: run.is_bf16,
        n_notes: run.n_notes,
        n_updates: state.optimiser.n_updates,
        seconds: run.seconds,
        loss: run.loss,
        n_until_validation: run.n_until_validation,
        n_worse: run.n_worse,
        best_loss: (!run.best.is_empty()).then_some(run.best_loss),
        streams: state.streams.iter().map(|stream| [stream.n_begun, stream.next_note]).collect(),
        curve: run
            .curve
            .iter()
            .map(|point| SavedPoint {
                n_notes: point.n_notes,
                train: point.train,
                valid: point.valid.clone(),
            })
            .collect(),
    }
}

/// Reads the checkpoint of a run with this configuration.
///
/// # Errors
/// If it cannot be read, or was written with other settings or from other music.
pub fn load(config: &TrainingConfig, corpus: &Corpus) -> Result<(RunState, EngineState), CheckpointError> {
    let path = &config.checkpoint;
    let unusable = |reason: String| CheckpointError::Unusable { path: path.clone(), reason };
    let bytes = std::fs::read(path).map_err(|source| CheckpointError::File { path: path.clone(), source })?;
    let header = read_header(&bytes).map_err(unusable)?;
    header.identity.check(&Identity::new(config, corpus, config.network)).map_err(unusable)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| unusable(e.to_string()))?;
    let mut network = Network::random(config.network, config.seed);
    let n_parameters = network.layout.n_parameters;
    let read = |name: &str, length: usize| -> Result<Vec<f32>, CheckpointError> {
        let tensor = tensors.tensor(name).map_err(|e| unusable(e.to_string()))?;
        let values: Vec<f32> =
            tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if values.len() != length {
            return Err(unusable(format!("expected {length} values of {name}, found {}", values.len())));
        }
        Ok(values)
    };
    network.parameters = read("parameters", n_parameters)?;
    let has_begun = !header.streams.is_empty();
    let n_carried = config.batch * config.network.n_layers * 2 * config.network.hidden;
    let carried = read("carried", if has_begun && header.n_updates > 0 { n_carried } else { 0 })?;
    let mut state = EngineState::begin(network, config.weight_decay);
    state.carried = carried;
    state.optimiser.mean = read("mean", n_parameters)?;
    state.optimiser.square = read("square", n_parameters)?;
    state.optimiser.n_updates = header.n_updates;
    state.streams =
        header.streams.iter().map(|&[n_begun, next_note]| StreamState { n_begun, next_note }).collect();
    let best = if header.best_loss.is_some() { read("best", n_parameters)? } else { Vec::new() };
    let point =
        |point: SavedPoint| CurvePoint { n_notes: point.n_notes, train: point.train, valid: point.valid };
    let run = RunState {
        identity: header.identity,
        is_bf16: config.products == Products::Bf16,
        n_notes: header.n_notes,
        seconds: header.seconds,
        loss: header.loss,
        n_until_validation: header.n_until_validation,
        n_worse: header.n_worse,
        curve: header.curve.into_iter().map(point).collect(),
        best,
        best_loss: header.best_loss.unwrap_or(f32::INFINITY),
    };
    Ok((run, state))
}

/// Whether the run that wrote this checkpoint computed products of bf16 factors.
///
/// # Errors
/// If it cannot be read or is not a checkpoint.
pub fn is_bf16(path: &Path) -> Result<bool, CheckpointError> {
    let bytes =
        std::fs::read(path).map_err(|source| CheckpointError::File { path: path.to_owned(), source })?;
    let header = read_header(&bytes);
    header
        .map(|header| header.is_bf16)
        .map_err(|reason| CheckpointError::Unusable { path: path.to_owned(), reason })
}

fn read_header(bytes: &[u8]) -> Result<Header, String> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(default)]
        version: u32,
    }
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(METADATA_KEY));
    let text = text.ok_or("it is not a checkpoint")?;
    let Version { version } = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if version != VERSION {
        return Err(format!("expected version {VERSION}, found {version}; --force starts a new run"));
    }
    serde_json::from_str(text).map_err(|e| e.to_string())
}
