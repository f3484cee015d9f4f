//! The weights file and what is known about the model in it.
//!
//! A safetensors file: the tensors of [`crate::model::network`], as f16 or f32, and under the metadata
//! key `continuo` a JSON text with the format's version, the sizes, the card and the primers. Nothing of
//! the size that a file claims is allocated before that claim has been checked.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::files;
use crate::model::encoding::ADDED_IN_2;
use crate::model::network::{Layout, Network, NetworkConfig};
use crate::model::passages::Passages;
use crate::model::played::Played;
use crate::music::{Family, Meter, Mode, Note, Tick};

/// The version that is written, and the newest that is read.
const FORMAT_VERSION: u32 = 1;
/// Of the note encoding: its classes and rows. A change of either is a new version. Version 2 added rows
/// that tell how long a repetition has been going on; an older file is read as if those rows said nothing.
const ENCODING_VERSION: u32 = 2;
const METADATA_KEY: &str = "continuo";
/// The tensor that holds [`Passages`], in a file that has them.
const PASSAGES: &str = "passages";
/// A model of the largest sizes allowed is smaller.
const MAX_FILE_BYTES: u64 = 512 << 20;
const MAX_HEADER_BYTES: u64 = 16 << 20;
const MAX_PRIMERS: usize = 4096;
const MAX_PRIMER_NOTES: usize = 4096;

/// What a model says about itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Short name, such as "Continuo Default".
    pub name: String,
    /// One paragraph for the player.
    pub description: String,
    /// The styles, in the order of the style knob.
    pub styles: Vec<String>,
    /// The names of the folders that each style was learned from, in the order of `styles`; empty when not
    /// known.
    #[serde(default)]
    pub sources: Vec<Vec<String>>,
    /// What it was trained on and who is to be credited, one line each.
    pub credits: Vec<String>,
    /// Licence of the weights.
    pub licence: String,
    /// Validation loss in nats a note, by style, in the order of `styles`; empty or 0 where not
    /// measured.
    pub nats_per_note: Vec<f32>,
    /// How it was trained: command, corpus, seed.
    #[serde(default)]
    pub training: String,
    /// How many notes in a row each style may share with the training pieces, in the order of `styles`: as many as
    /// real pieces do that it was not trained on; nothing where that is of no matter. Empty where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub longest_shared: Vec<Option<usize>>,
    /// How many notes in a row an instrument stays on one pitch at the most in real pieces that it was not trained on,
    /// by style: twice as many is the most that is played. Nothing, or empty, where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub longest_run: Vec<Option<usize>>,
    /// How much likelier than the network finds it a repetition goes on, in nats, by style: as much as it takes for as
    /// many bars to come back as in real pieces. Left alone it breaks off more often, for a bar is many draws, and one of
    /// them is soon another. Empty where it was not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub form: Vec<f32>,
    /// A factor on [`Sampling::min_p`](crate::model::Sampling), by style: where keys change by the way, what is
    /// unlikely is where they begin to. Empty where it was not tuned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub min_p: Vec<f32>,
}

impl Card {
    /// The style of this name, or else the one learned from a folder of this name. Capitals do not count,
    /// and `_` is a space.
    #[must_use]
    pub fn style_named(&self, name: &str) -> Option<usize> {
        let plain = |name: &str| name.trim().replace('_', " ").to_lowercase();
        let is_asked = |other: &String| plain(other) == plain(name);
        self.styles
            .iter()
            .position(is_asked)
            .or_else(|| self.sources.iter().position(|folders| folders.iter().any(is_asked)))
            .filter(|style| *style < self.styles.len())
    }
}

/// A short passage of the training data that a piece can start from, moved to a tonic of C.
#[derive(Debug, Clone, PartialEq)]
pub struct Primer {
    /// Index into [`Card::styles`].
    pub style: usize,
    /// Major or minor.
    pub mode: Mode,
    /// The meter of all its bars.
    pub meter: Meter,
    /// How many bars it is long.
    pub n_bars: u32,
    /// Its notes; the first bar begins at tick zero.
    pub notes: Vec<Note>,
}

/// A trained network with its card and primers. Immutable; share it in an [`Arc`].
#[derive(Debug)]
pub struct Model {
    network: Network,
    /// Laid out when the first instance plays it.
    played: OnceLock<Played>,
    card: Card,
    primers: Vec<Primer>,
    passages: Option<Passages>,
    hash: String,
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file could not be read.
    #[error("could not read the model file {path}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file ends before its header says it should.
    #[error("the model file is cut off: expected {expected} bytes, found {found}")]
    Truncated {
        /// As the header says.
        expected: u64,
        /// As there are.
        found: u64,
    },
    /// The file is no weights file of ours.
    #[error("not a Continuo model: {0}")]
    Foreign(String),
    /// The file was written by a newer version.
    #[error(
        "the model has format {found}, and this version of Continuo reads up to {known}; update Continuo"
    )]
    TooNew {
        /// As the file says.
        found: u32,
        /// As is known here.
        known: u32,
    },
    /// The file is one of ours, but damaged or made to harm.
    #[error("the model file is damaged: {0}")]
    Damaged(String),
    /// The file could not be written.
    #[error("could not write the model file")]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The JSON text in the metadata.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    encoding: u32,
    network: NetworkConfig,
    card: Card,
    primers: Vec<SavedPrimer>,
}

/// Read before the rest, so that a newer format is told apart from a damaged one.
#[derive(Deserialize)]
struct Versions {
    format: u32,
    encoding: u32,
}

#[derive(Serialize, Deserialize)]
struct SavedPrimer {
    style: usize,
    minor: bool,
    meter: [u32; 2],
    n_bars: u32,
    /// Onset, duration, pitch, velocity, family.
    notes: Vec<[i64; 5]>,
}

impl Model {
    /// A model of these parts, not yet in any file.
    ///
    /// # Errors
    /// If the parts disagree: as many styles in the card as in the network, primers of those styles.
    pub fn new(network: Network, card: Card, primers: Vec<Primer>) -> Result<Self, ModelError> {
        let header = header_of(&network, &card, &primers);
        check_header(&header)?;
        let mut hasher = Sha256::new();
        hasher.update(serde_json::to_vec(&header).map_err(|e| ModelError::Unwritable(e.into()))?);
        for value in &network.parameters {
            hasher.update(value.to_le_bytes());
        }
        let hash = hex(&hasher.finalize());
        Ok(Self { network, played: OnceLock::new(), card, primers, passages: None, hash })
    }

    /// The same, knowing which passages its training pieces hold.
    #[must_use]
    pub fn with_passages(self, passages: Passages) -> Self {
        Self { passages: Some(passages), ..self }
    }

    /// Reads a weights file, or hands out the copy that another instance of this process already has.
    ///
    /// # Errors
    /// If the file cannot be read or is not a weights file of a version known here.
    pub fn load(path: &Path) -> Result<Arc<Self>, ModelError> {
        let unreadable = |source| ModelError::Unreadable { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        if length > MAX_FILE_BYTES {
            return Err(ModelError::Foreign(format!("{length} bytes are more than any model has")));
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        Self::shared(&bytes)
    }

    /// The model that ships inside the plugin.
    ///
    /// # Errors
    /// Never for a released build; the embedded file is checked by a test.
    pub fn embedded() -> Result<Arc<Self>, ModelError> {
        Self::shared(include_bytes!("../../models/default.safetensors"))
    }

    /// The one copy of a model in this process, found by the hash of its file.
    fn shared(bytes: &[u8]) -> Result<Arc<Self>, ModelError> {
        static LOADED: Mutex<Option<HashMap<String, Weak<Model>>>> = Mutex::new(None);
        let hash = hex(&Sha256::digest(bytes));
        let mut guard = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let loaded = guard.get_or_insert_default();
        if let Some(model) = loaded.get(&hash).and_then(Weak::upgrade) {
            return Ok(model);
        }
        let model = Arc::new(Self::from_bytes(bytes)?);
        loaded.retain(|_, model| model.strong_count() > 0);
        loaded.insert(hash, Arc::downgrade(&model));
        Ok(model)
    }

    /// Reads a weights file from memory.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        check_lengths(bytes)?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(foreign)?;
        let text = metadata
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get(METADATA_KEY))
            .ok_or_else(|| ModelError::Foreign("a safetensors file of another program".into()))?;
        let versions: Versions = serde_json::from_str(text).map_err(damaged)?;
        for (found, known) in [(versions.format, FORMAT_VERSION), (versions.encoding, ENCODING_VERSION)] {
            if found > known {
                return Err(ModelError::TooNew { found, known });
            }
        }
        let header: Header = serde_json::from_str(text).map_err(damaged)?;
        check_header(&header)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let network = read_network(header.network, header.encoding, &tensors)?;
        let primers = header.primers.iter().map(read_primer).collect::<Result<_, _>>()?;
        let hash = hex(&Sha256::digest(bytes));
        let passages = tensors.tensor(PASSAGES).ok().and_then(|tensor| Passages::from_bytes(tensor.data()));
        Ok(Self { network, played: OnceLock::new(), card: header.card, primers, passages, hash })
    }

    /// The bytes of a weights file with the parameters as f16.
    ///
    /// # Errors
    /// If the writer refuses.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let header = header_of(&self.network, &self.card, &self.primers);
        let text = serde_json::to_string(&header).map_err(|e| ModelError::Unwritable(e.into()))?;
        let halves: Vec<(String, [usize; 2], Vec<u8>)> = self
            .network
            .layout
            .slots()
            .into_iter()
            .map(|slot| {
                let values = self.network.values(slot);
                let bytes = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
                (slot.name.clone(), slot.shape, bytes)
            })
            .collect();
        let passages = self.passages.as_ref().map(Passages::bytes);
        let passages = passages
            .map(|bytes| Ok((PASSAGES.to_owned(), TensorView::new(Dtype::U8, vec![bytes.len()], bytes)?)));
        let views = halves
            .iter()
            .map(|(name, shape, bytes)| {
                Ok((name.clone(), TensorView::new(Dtype::F16, shape.to_vec(), bytes)?))
            })
            .chain(passages)
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|e| ModelError::Unwritable(e.into()))?;
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
        safetensors::serialize(views, Some(metadata)).map_err(|e| ModelError::Unwritable(e.into()))
    }

    /// Writes a weights file, in place of one that is there.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        files::replace(path, &self.to_bytes()?).map_err(|e| ModelError::Unwritable(e.into()))
    }

    /// A small untrained network with random weights, for tests and benchmarks.
    #[must_use]
    pub fn random(n_styles: usize, seed: u64) -> Self {
        let n_styles = n_styles.clamp(1, 64);
        let config = NetworkConfig { n_styles, embedding: 24, hidden: 32, n_layers: 2, head: 16 };
        let styles = (1..=n_styles).map(|number| format!("Style {number}")).collect();
        let card = Card { name: format!("Untrained {seed}"), styles, ..Card::default() };
        let network = Network::random(config, seed);
        let hash = format!("untrained-{n_styles}-{seed}");
        Self { network, played: OnceLock::new(), card, primers: Vec::new(), passages: None, hash }
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The network as it is played: laid out the first time, which takes a moment, and shared from then on.
    #[must_use]
    pub fn played(&self) -> &Played {
        self.played.get_or_init(|| Played::new(&self.network))
    }

    /// What it says about itself.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Passages of its training data that a piece can start from.
    #[must_use]
    pub fn primers(&self) -> &[Primer] {
        &self.primers
    }

    /// Which passages its training pieces hold, if that is known.
    #[must_use]
    pub fn passages(&self) -> Option<&Passages> {
        self.passages.as_ref()
    }

    /// SHA-256 of the weights file, in hexadecimal: what identifies a model in a saved project.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

fn foreign(error: impl std::fmt::Display) -> ModelError {
    ModelError::Foreign(error.to_string())
}

fn damaged(error: impl std::fmt::Display) -> ModelError {
    ModelError::Damaged(error.to_string())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Tells a file that was cut off from one that never was a weights file, before anything is parsed.
fn check_lengths(bytes: &[u8]) -> Result<(), ModelError> {
    let found = bytes.len() as u64;
    let Some((prefix, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(ModelError::Foreign(format!("{found} bytes are too few")));
    };
    let header_length = u64::from_le_bytes(*prefix);
    if header_length > MAX_HEADER_BYTES || !matches!(rest.first(), None | Some(b'{')) {
        return Err(ModelError::Foreign("it does not begin like a safetensors file".into()));
    }
    if found < 8 + header_length {
        return Err(ModelError::Truncated { expected: 8 + header_length, found });
    }
    let (header_end, metadata) = match SafeTensors::read_metadata(bytes) {
        Ok((header_length, metadata)) => (8 + header_length as u64, metadata),
        // The reader refuses a file whose data are short; how short, the header alone tells.
        Err(safetensors::SafeTensorError::MetadataIncompleteBuffer) => {
            let data = rest.get(..header_length as usize).and_then(data_length).unwrap_or(0);
            let expected = 8 + header_length + data;
            return Err(if found < expected {
                ModelError::Truncated { expected, found }
            } else {
                ModelError::Damaged(format!("{} bytes follow its end", found - expected))
            });
        }
        Err(error) => return Err(foreign(error)),
    };
    let expected = header_end + metadata.data_len() as u64;
    if found < expected {
        return Err(ModelError::Truncated { expected, found });
    }
    Ok(())
}

/// The end of the last tensor that a safetensors header names.
fn data_length(header: &[u8]) -> Option<u64> {
    let entries: HashMap<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    entries.values().filter_map(|entry| entry.get("data_offsets")?.get(1)?.as_u64()).max()
}

fn check_header(header: &Header) -> Result<(), ModelError> {
    if header.primers.iter().any(|primer| !(1..=1024).contains(&primer.n_bars)) {
        return Err(ModelError::Damaged("a primer of an impossible length".into()));
    }
    if !header.network.is_valid() {
        return Err(ModelError::Damaged(format!("impossible sizes {:?}", header.network)));
    }
    let n_styles = header.network.n_styles;
    if header.card.styles.len() != n_styles {
        return Err(ModelError::Damaged(format!(
            "expected {n_styles} styles in the card, found {}",
            header.card.styles.len()
        )));
    }
    if header.primers.len() > MAX_PRIMERS {
        return Err(ModelError::Damaged(format!("{} primers are too many", header.primers.len())));
    }
    match header.primers.iter().find(|p| p.style >= n_styles || p.notes.len() > MAX_PRIMER_NOTES) {
        Some(primer) => Err(ModelError::Damaged(format!(
            "a primer of style {} with {} notes",
            primer.style,
            primer.notes.len()
        ))),
        None => Ok(()),
    }
}

fn header_of(network: &Network, card: &Card, primers: &[Primer]) -> Header {
    let primers = primers
        .iter()
        .map(|primer| SavedPrimer {
            style: primer.style,
            minor: primer.mode == Mode::Minor,
            meter: [primer.meter.numerator().into(), primer.meter.denominator().into()],
            n_bars: primer.n_bars,
            notes: primer.notes.iter().map(saved_note).collect(),
        })
        .collect();
    Header {
        format: FORMAT_VERSION,
        encoding: ENCODING_VERSION,
        network: network.config,
        card: card.clone(),
        primers,
    }
}

fn saved_note(note: &Note) -> [i64; 5] {
    let Note { onset, duration, pitch, velocity, family } = *note;
    [onset.0, duration.0, pitch.into(), velocity.into(), family.index() as i64]
}

fn read_primer(saved: &SavedPrimer) -> Result<Primer, ModelError> {
    let meter = Meter::new(saved.meter[0], saved.meter[1]).map_err(damaged)?;
    let length = i64::from(saved.n_bars.min(1024)) * meter.bar_length().0;
    let note = |&[onset, duration, pitch, velocity, family]: &[i64; 5]| {
        let is_valid = (0..length).contains(&onset)
            && (1..=100_000).contains(&duration)
            && (0..128).contains(&pitch)
            && (1..128).contains(&velocity);
        let family = usize::try_from(family).ok().and_then(Family::from_index);
        match family {
            Some(family) if is_valid => Ok(Note {
                onset: Tick(onset),
                duration: Tick(duration),
                pitch: pitch as u8,
                velocity: velocity as u8,
                family,
            }),
            _ => Err(ModelError::Damaged("a primer holds a note that cannot be played".into())),
        }
    };
    Ok(Primer {
        style: saved.style,
        mode: if saved.minor { Mode::Minor } else { Mode::Major },
        meter,
        n_bars: saved.n_bars.min(1024),
        notes: saved.notes.iter().map(note).collect::<Result<_, _>>()?,
    })
}

/// Checks every tensor's name, type and shape against the layout, then copies.
fn read_network(
    config: NetworkConfig,
    encoding: u32,
    tensors: &SafeTensors<'_>,
) -> Result<Network, ModelError> {
    let layout = Layout::new(&config);
    let mut found = Vec::new();
    for slot in layout.slots() {
        let tensor = tensors
            .tensor(&slot.name)
            .map_err(|_| ModelError::Damaged(format!("the tensor {} is missing", slot.name)))?;
        let added = ADDED_IN_2.iter().find(|(name, ..)| encoding < 2 && *name == slot.name);
        let (gap, n_added) = added.map_or((0, 0), |(_, begin, n_rows)| (*begin, *n_rows));
        let [n_rows, n_columns] = slot.shape;
        let expected = [n_rows - n_added, n_columns];
        if tensor.shape() != expected {
            return Err(ModelError::Damaged(format!(
                "expected {} of shape {expected:?}, found {:?}",
                slot.name,
                tensor.shape()
            )));
        }
        found.push((slot.range.clone(), gap * n_columns, n_added * n_columns, tensor));
    }
    let mut parameters = vec![0.0; layout.n_parameters];
    for (range, gap, n_added, tensor) in found {
        // Rows that the file lacks stay zero: the network is the same function as before.
        let values = &mut parameters[range];
        read_values(&tensor, &mut values[n_added..])?;
        values.copy_within(n_added..n_added + gap, 0);
        values[gap..gap + n_added].fill(0.0);
    }
    if !parameters.iter().all(|value| value.is_finite()) {
        return Err(ModelError::Damaged("a weight is not a finite number".into()));
    }
    Ok(Network { config, layout, parameters })
}

fn read_values(tensor: &TensorView<'_>, out: &mut [f32]) -> Result<(), ModelError> {
    match tensor.dtype() {
        Dtype::F16 => {
            for (value, bytes) in out.iter_mut().zip(tensor.data().as_chunks::<2>().0) {
                *value = f16::from_le_bytes(*bytes).to_f32();
            }
        }
        Dtype::F32 => {
            for (value, bytes) in out.iter_mut().zip(tensor.data().as_chunks::<4>().0) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
        other => return Err(ModelError::Damaged(format!("weights of type {other:?}"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use safetensors::SafeTensors;
    use safetensors::tensor::{Dtype, TensorView};

    use crate::model::encoding::ADDED_IN_2;
    use crate::model::network::{Network, NetworkConfig};
    use crate::model::weights::{Card, METADATA_KEY, Model};

    /// The same file as the first encoding had it: without the rows added since.
    fn as_encoding_1(bytes: &[u8]) -> Vec<u8> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
        let text =
            metadata.metadata().as_ref().unwrap()[METADATA_KEY].replace("\"encoding\":2", "\"encoding\":1");
        let tensors = SafeTensors::deserialize(bytes).unwrap();
        let stripped: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
            .iter()
            .map(|(name, tensor)| {
                let (mut shape, mut data) = (tensor.shape().to_vec(), tensor.data().to_vec());
                if let Some((_, begin, n_added)) = ADDED_IN_2.iter().find(|(added, ..)| *added == name) {
                    data.drain(begin * shape[1] * 2..(begin + n_added) * shape[1] * 2);
                    shape[0] -= n_added;
                }
                (name.to_owned(), shape, data)
            })
            .collect();
        let views = stripped.iter().map(|(name, shape, data)| {
            (name.clone(), TensorView::new(Dtype::F16, shape.clone(), data).unwrap())
        });
        safetensors::serialize(views, Some(HashMap::from([(METADATA_KEY.to_owned(), text)]))).unwrap()
    }

    #[test]
    fn a_file_of_the_first_encoding_is_read_with_its_new_rows_saying_nothing() {
        let config = NetworkConfig { n_styles: 3, embedding: 4, hidden: 5, n_layers: 1, head: 3 };
        let mut network = Network::random(config, 1);
        let mut n_zeroed = 0;
        for slot in network.layout.clone().slots() {
            if let Some((_, begin, n_added)) = ADDED_IN_2.iter().find(|(added, ..)| *added == slot.name) {
                let width = slot.shape[1];
                network.parameters[slot.range.clone()][begin * width..(begin + n_added) * width].fill(0.0);
                n_zeroed += n_added;
            }
        }
        assert!(n_zeroed > 500);
        let card = Card { styles: ["a", "b", "c"].map(String::from).to_vec(), ..Card::default() };
        let bytes = Model::new(network, card, Vec::new()).unwrap().to_bytes().unwrap();
        let (old, new) =
            (Model::from_bytes(&as_encoding_1(&bytes)).unwrap(), Model::from_bytes(&bytes).unwrap());
        assert_eq!(old.network().parameters, new.network().parameters);
    }
}
