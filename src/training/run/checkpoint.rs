//! The checkpoint file, from which an interrupted run is resumed: the state of the run and of its engine.
//!
//! A safetensors file. The metadata key `continuo-checkpoint` holds a JSON text with everything that is not a tensor; the
//! tensor `checksum` is the SHA-256 of that text and of the other tensors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::files::{self, Existing, Kind};
use crate::model::network::{N_PARTS, Network, NetworkConfig};
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
    /// The preset's name; absent in older files.
    #[serde(default)]
    preset: String,
    n_notes: u64,
    n_updates: u64,
    seconds: f64,
    loss: SavedLoss,
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
    train: SavedLoss,
    valid: Vec<SavedLoss>,
    /// Absent in older files.
    #[serde(default)]
    lr: f32,
}

/// A loss by part; one without feel, of an earlier version, has none.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(from = "Vec<f32>", into = "Vec<f32>")]
struct SavedLoss([f32; N_PARTS]);

impl From<Vec<f32>> for SavedLoss {
    fn from(parts: Vec<f32>) -> Self {
        Self(std::array::from_fn(|part| parts.get(part).copied().unwrap_or(0.0)))
    }
}

impl From<SavedLoss> for Vec<f32> {
    fn from(loss: SavedLoss) -> Self {
        loss.0.to_vec()
    }
}

const METADATA_KEY: &str = "continuo-checkpoint";
/// Version 3 has a checksum.
const VERSION: u32 = 3;
const OLDEST_VERSION: u32 = 2;
const CHECKSUM: &str = "checksum";
const TENSORS: [&str; 5] = ["parameters", "mean", "square", "best", "carried"];
/// A checkpoint of the largest sizes allowed is smaller.
const MAX_BYTES: u64 = 8 << 30;

/// How the header of a checkpoint begins, after the eight bytes of its length.
const BEGIN: &[u8] = br#"{"__metadata__":{"continuo-checkpoint":"#;
/// What [`save`] does with a file that is there: it replaces a checkpoint, and no other.
pub const EXISTING: Existing = Existing::Replace(CHECKPOINT);
const CHECKPOINT: Kind = Kind {
    name: "a checkpoint of Continuo",
    begins: |head| head.get(8..).is_some_and(|head| head.starts_with(BEGIN)),
};

/// Writes a checkpoint, in place of an older one.
///
/// # Errors
/// If it cannot be written.
pub fn save(run: &RunState, state: &EngineState, path: &Path) -> Result<(), CheckpointError> {
    let file_error = |source| CheckpointError::File { path: path.to_owned(), source };
    let text = serde_json::to_string(&header(run, state)).map_err(|e| file_error(e.into()))?;
    let best = if run.best.is_empty() { &state.network.parameters } else { &run.best };
    let (network, optimiser) = (&state.network, &state.optimiser);
    let values = [&network.parameters, &optimiser.mean, &optimiser.square, best, &state.carried];
    let bytes = values.map(|values| bytemuck::cast_slice::<f32, u8>(values));
    let checksum = checksum(&text, bytes);
    let tensors = TENSORS.into_iter().zip(bytes).map(|(name, bytes)| (name, Dtype::F32, bytes));
    let views = tensors
        .chain([(CHECKSUM, Dtype::U8, checksum.as_slice())])
        .map(|(name, kind, bytes)| {
            let size = if kind == Dtype::F32 { size_of::<f32>() } else { 1 };
            Ok((name, TensorView::new(kind, vec![bytes.len() / size], bytes)?))
        })
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
    let bytes = views
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|e| file_error(std::io::Error::other(e.to_string())))?;
    files::replace(path, CHECKPOINT, &bytes).map_err(|error| file_error(error.source))
}

/// SHA-256 of the header's text and of the tensors, each with its length.
fn checksum(text: &str, tensors: [&[u8]; 5]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for bytes in std::iter::once(text.as_bytes()).chain(tensors) {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().into()
}

/// # Errors
/// If the checksum is not that of the contents, or a file that should have one has none.
fn check(text: &str, version: u32, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let found = tensors.tensor(CHECKSUM).ok();
    if found.is_none() && version < 3 {
        return Ok(());
    }
    let mut contents = [&[][..]; 5];
    for (bytes, name) in contents.iter_mut().zip(TENSORS) {
        *bytes = tensors.tensor(name).map_err(damaged)?.data();
    }
    let is_whole = found.is_some_and(|found| found.data() == checksum(text, contents));
    if is_whole { Ok(()) } else { Err(damaged("its checksum is wrong")) }
}

fn damaged(cause: impl std::fmt::Display) -> String {
    format!("it is damaged ({cause}); --force starts a new run")
}

fn header(run: &RunState, state: &EngineState) -> Header {
    Header {
        version: VERSION,
        identity: run.identity.clone(),
        is_bf16: run.is_bf16,
        preset: run.preset.clone(),
        n_notes: run.n_notes,
        n_updates: state.optimiser.n_updates,
        seconds: run.seconds,
        loss: SavedLoss(run.loss),
        n_until_validation: run.n_until_validation,
        n_worse: run.n_worse,
        best_loss: (!run.best.is_empty()).then_some(run.best_loss),
        streams: state.streams.iter().map(|stream| [stream.n_begun, stream.next_note]).collect(),
        curve: run
            .curve
            .iter()
            .map(|point| SavedPoint {
                n_notes: point.n_notes,
                train: SavedLoss(point.train),
                valid: point.valid.iter().copied().map(SavedLoss).collect(),
                lr: point.lr,
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
    let bytes = read(path)?;
    let (text, header) = read_header(&bytes).map_err(unusable)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| unusable(damaged(e)))?;
    check(&text, header.version, &tensors).map_err(unusable)?;
    header.identity.check(&Identity::new(config, corpus, config.network)).map_err(unusable)?;
    let mut network = Network::random(config.network, config.seed);
    let n_parameters = network.layout.n_parameters;
    let read = |name: &str, length: usize| -> Result<Vec<f32>, CheckpointError> {
        let tensor = tensors.tensor(name).map_err(|e| unusable(damaged(e)))?;
        let values: Vec<f32> =
            tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if values.len() != length {
            let found = values.len();
            return Err(unusable(damaged(format!("expected {length} values of {name}, found {found}"))));
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
    let point = |point: SavedPoint| CurvePoint {
        n_notes: point.n_notes,
        train: point.train.0,
        valid: point.valid.into_iter().map(|loss| loss.0).collect(),
        lr: point.lr,
    };
    let run = RunState {
        identity: header.identity,
        is_bf16: config.products == Products::Bf16,
        preset: header.preset,
        n_notes: header.n_notes,
        seconds: header.seconds,
        loss: header.loss.0,
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
    let header = read_header(&read(path)?);
    header
        .map(|(_, header)| header.is_bf16)
        .map_err(|reason| CheckpointError::Unusable { path: path.to_owned(), reason })
}

/// The sizes of the network of the run that wrote this checkpoint, and the name of its preset; an earlier version wrote none.
///
/// # Errors
/// If it cannot be read or is not a checkpoint.
pub fn sizes(path: &Path) -> Result<(NetworkConfig, String), CheckpointError> {
    let header = read_header(&read(path)?);
    header
        .map(|(_, header)| (header.identity.network, header.preset))
        .map_err(|reason| CheckpointError::Unusable { path: path.to_owned(), reason })
}

fn read(path: &Path) -> Result<Vec<u8>, CheckpointError> {
    files::read(path, MAX_BYTES).map_err(|source| CheckpointError::File { path: path.to_owned(), source })
}

/// The JSON text, and what it says.
fn read_header(bytes: &[u8]) -> Result<(String, Header), String> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(default)]
        version: u32,
    }
    if !(CHECKPOINT.begins)(bytes) {
        return Err("it is not a checkpoint".into());
    }
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(METADATA_KEY));
    let text = text.ok_or("it is not a checkpoint")?;
    let Version { version } = serde_json::from_str(text).map_err(damaged)?;
    if !(OLDEST_VERSION..=VERSION).contains(&version) {
        return Err(format!("expected version {VERSION}, found {version}; --force starts a new run"));
    }
    Ok((text.clone(), serde_json::from_str(text).map_err(damaged)?))
}
