//! From the bytes of a weights file to its parts, and back.

use std::borrow::Cow;
use std::collections::HashMap;

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, SafeTensors};

use crate::files::Kind;
use crate::model::encoding::ADDED_IN_2;
use crate::model::network::{Layout, Network, NetworkConfig, Slot};
use crate::model::passages::Passages;
use crate::model::weights::error::ModelError;
use crate::model::weights::header::Header;

const METADATA_KEY: &str = "continuo";
/// How the header of a weights file begins, after the eight bytes of its length.
const BEGIN: &[u8] = br#"{"__metadata__":{"continuo":"#;
/// The files that [`write`] writes.
pub(super) const WEIGHTS: Kind = Kind {
    name: "a weights file of Continuo",
    begins: |head| head.get(8..).is_some_and(|head| head.starts_with(BEGIN)),
};
/// The largest number of 16 bits.
const LARGEST: f32 = 65504.0;
/// The tensor that holds [`Passages`], in a file that has them.
const PASSAGES: &str = "passages";
const MAX_HEADER_BYTES: u64 = 16 << 20;

/// What a weights file holds.
pub(super) struct Contents {
    pub(super) header: Header,
    pub(super) network: Network,
    pub(super) passages: Option<Passages>,
}

/// Reads a weights file.
pub(super) fn read(bytes: &[u8]) -> Result<Contents, ModelError> {
    let metadata = read_metadata(bytes)?;
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(METADATA_KEY));
    let text = text.ok_or_else(|| ModelError::foreign("it is a safetensors file of another program"))?;
    let header = Header::parse(text)?;
    let tensors = SliceSafetensors::new(bytes).map_err(ModelError::damaged)?;
    let network = read_network(&header, &tensors)?;
    let passages = tensors.get(PASSAGES).ok().and_then(|tensor| Passages::from_bytes(tensor.data()));
    Ok(Contents { header, network, passages })
}

/// Whether a weights file can hold these parameters: numbers in the range of f16.
#[must_use]
pub fn can_be_saved(parameters: &[f32]) -> bool {
    // Not a number is not in the range.
    parameters.iter().all(|value| (-LARGEST..=LARGEST).contains(value))
}

/// The bytes of a weights file, with the parameters as f16.
pub(super) fn write(
    header: &Header,
    network: &Network,
    passages: Option<&Passages>,
) -> Result<Vec<u8>, ModelError> {
    if !can_be_saved(&network.parameters) {
        return Err(ModelError::Unbounded);
    }
    let text = serde_json::to_string(header).map_err(ModelError::unwritable)?;
    let tensors = tensors_to_write(network, passages).map_err(ModelError::unwritable)?;
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
    safetensors::serialize(tensors, Some(metadata)).map_err(ModelError::unwritable)
}

fn tensors_to_write(
    network: &Network,
    passages: Option<&Passages>,
) -> candle_core::Result<HashMap<String, Tensor>> {
    let mut tensors = network.tensors()?;
    for tensor in tensors.values_mut() {
        *tensor = tensor.to_dtype(DType::F16)?;
    }
    if let Some(passages) = passages {
        let bytes = passages.bytes();
        tensors.insert(PASSAGES.to_owned(), Tensor::from_slice(bytes, bytes.len(), &Device::Cpu)?);
    }
    Ok(tensors)
}

/// The header of a safetensors file. A file that was cut off is an error of its own, unlike other foreign files.
fn read_metadata(bytes: &[u8]) -> Result<Metadata, ModelError> {
    let found = bytes.len() as u64;
    let Some((prefix, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(ModelError::foreign(if found == 0 { "it is empty" } else { "it is too short" }));
    };
    let header_length = u64::from_le_bytes(*prefix);
    if header_length > MAX_HEADER_BYTES || !matches!(rest.first(), None | Some(b'{')) {
        let is_midi = bytes.starts_with(b"MThd");
        return Err(ModelError::foreign(if is_midi { "it is a MIDI file" } else { "it is something else" }));
    }
    if found < 8 + header_length {
        return Err(ModelError::Truncated { expected: 8 + header_length, found });
    }
    match SafeTensors::read_metadata(bytes) {
        Ok((_, metadata)) => Ok(metadata),
        // The reader refuses a file of another length than its header says.
        Err(SafeTensorError::MetadataIncompleteBuffer) => {
            let data = rest.get(..header_length as usize).and_then(data_length).unwrap_or(0);
            let expected = 8 + header_length + data;
            Err(if found < expected {
                ModelError::Truncated { expected, found }
            } else {
                ModelError::damaged(format!("{} bytes follow its end", found - expected))
            })
        }
        Err(error) => Err(ModelError::foreign(error)),
    }
}

/// The end of the last tensor that a safetensors header names.
fn data_length(header: &[u8]) -> Option<u64> {
    let entries: HashMap<String, serde_json::Value> = serde_json::from_slice(header).ok()?;
    entries.values().filter_map(|entry| entry.get("data_offsets")?.get(1)?.as_u64()).max()
}

/// What format 1 called tensors: parts of their names, of today and of then.
const OLD_NAMES: [(&str, &str); 2] = [(".bias_ih_l", ".bias_l"), (".table.weight", ".table")];

/// The name of a tensor in a file of this format.
fn stored_name(name: &str, format: u32) -> Cow<'_, str> {
    match OLD_NAMES.iter().find(|(part, _)| format < 2 && name.contains(part)) {
        Some((part, old)) => name.replace(part, old).into(),
        None => name.into(),
    }
}

/// A tensor of the network in a file.
struct Stored {
    name: String,
    shape: Vec<usize>,
    /// Of the tensor's values, the first that the file lacks, and how many it lacks.
    missing: (usize, usize),
}

impl Stored {
    fn new(slot: &Slot, header: &Header) -> Self {
        let added = ADDED_IN_2.iter().find(|(name, ..)| header.encoding < 2 && *name == slot.name);
        let (first, n_rows) = added.map_or((0, 0), |(_, first, n_rows)| (*first, *n_rows));
        let columns = slot.shape[1];
        let mut shape = if header.format < 2 { slot.shape.to_vec() } else { slot.dims().to_vec() };
        shape[0] -= n_rows;
        let name = stored_name(&slot.name, header.format).into_owned();
        Self { name, shape, missing: (first * columns, n_rows * columns) }
    }

    fn check(&self, tensors: &SliceSafetensors<'_>) -> Result<(), ModelError> {
        let Self { name, shape, .. } = self;
        let missing = |_| ModelError::damaged(format!("the tensor {name} is missing"));
        let tensor = tensors.get(name).map_err(missing)?;
        if tensor.shape() != shape {
            let found = tensor.shape();
            return Err(ModelError::damaged(format!("expected {name} of shape {shape:?}, found {found:?}")));
        }
        match tensor.dtype() {
            Dtype::F16 | Dtype::F32 => Ok(()),
            other => Err(ModelError::damaged(format!("weights of type {other:?}"))),
        }
    }

    fn load(&self, tensors: &SliceSafetensors<'_>) -> candle_core::Result<Vec<f32>> {
        tensors.load(&self.name, &Device::Cpu)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
    }
}

/// Checks the name, type and shape of every tensor, then copies all.
fn read_network(header: &Header, tensors: &SliceSafetensors<'_>) -> Result<Network, ModelError> {
    let config: NetworkConfig = header.network;
    let layout = Layout::new(&config);
    let stored: Vec<(&Slot, Stored)> =
        layout.slots().into_iter().map(|slot| (slot, Stored::new(slot, header))).collect();
    stored.iter().try_for_each(|(_, stored)| stored.check(tensors))?;
    let mut parameters = vec![0.0; layout.n_parameters];
    for (slot, stored) in stored {
        let values = stored.load(tensors).map_err(ModelError::damaged)?;
        // Rows that the file lacks stay zero.
        let (before, after) = values.split_at(stored.missing.0);
        let own = &mut parameters[slot.range.clone()];
        own[..before.len()].copy_from_slice(before);
        own[before.len() + stored.missing.1..].copy_from_slice(after);
    }
    if !parameters.iter().all(|value| value.is_finite()) {
        return Err(ModelError::damaged("a weight is not a finite number"));
    }
    Ok(Network { config, layout, parameters })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use safetensors::SafeTensors;
    use safetensors::tensor::TensorView;

    use crate::model::encoding::ADDED_IN_2;
    use crate::model::encoding::Encoding;
    use crate::model::network::{Network, NetworkConfig};
    use crate::model::weights::file::METADATA_KEY;
    use crate::model::{Card, Model};

    const CONFIG: NetworkConfig = NetworkConfig {
        encoding: Encoding::Second,
        n_styles: 3,
        embedding: 4,
        hidden: 5,
        n_layers: 2,
        head: 3,
    };

    fn file_of(network: Network) -> Vec<u8> {
        let card = Card { styles: ["a", "b", "c"].map(String::from).to_vec(), ..Card::default() };
        Model::new(network, card, Vec::new()).unwrap().to_bytes().unwrap()
    }

    /// The same file in format 1 and an encoding.
    fn as_format_1(bytes: &[u8], encoding: u32) -> Vec<u8> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
        let text = metadata.metadata().as_ref().unwrap()[METADATA_KEY]
            .replace("\"format\":2", "\"format\":1")
            .replace("\"encoding\":2", &format!("\"encoding\":{encoding}"));
        let tensors = SafeTensors::deserialize(bytes).unwrap();
        let stored: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
            .iter()
            .map(|(name, tensor)| {
                let (mut shape, mut data) = (tensor.shape().to_vec(), tensor.data().to_vec());
                if shape.len() == 1 {
                    shape.insert(0, 1);
                }
                let added = ADDED_IN_2.iter().find(|(added, ..)| encoding < 2 && *added == name);
                if let Some((_, begin, n_added)) = added {
                    data.drain(begin * shape[1] * 2..(begin + n_added) * shape[1] * 2);
                    shape[0] -= n_added;
                }
                // The names of format 1, one by one.
                let name = match name {
                    "lstm.bias_ih_l0" => "lstm.bias_l0",
                    "lstm.bias_ih_l1" => "lstm.bias_l1",
                    "shift.table.weight" => "shift.table",
                    "pitch.table.weight" => "pitch.table",
                    "duration.table.weight" => "duration.table",
                    "velocity.table.weight" => "velocity.table",
                    unchanged => unchanged,
                };
                (name.to_owned(), shape, data)
            })
            .collect();
        let dtype = tensors.tensor("embedding.weight").unwrap().dtype();
        let views = stored
            .iter()
            .map(|(name, shape, data)| (name.clone(), TensorView::new(dtype, shape.clone(), data).unwrap()));
        safetensors::serialize(views, Some(HashMap::from([(METADATA_KEY.to_owned(), text)]))).unwrap()
    }

    fn parameters(bytes: &[u8]) -> Vec<f32> {
        Model::from_bytes(bytes).unwrap().network().unwrap().into_owned().parameters
    }

    #[test]
    fn files_with_old_and_new_tensor_names_are_the_same_network() {
        let bytes = file_of(Network::random(CONFIG, 1));
        let old = as_format_1(&bytes, 2);
        assert!(SafeTensors::deserialize(&old).unwrap().tensor("lstm.bias_l1").is_ok());
        assert!(SafeTensors::deserialize(&bytes).unwrap().tensor("lstm.bias_ih_l1").is_ok());
        assert_eq!(parameters(&old), parameters(&bytes));
    }

    #[test]
    fn a_file_of_the_first_encoding_is_read_with_its_new_rows_saying_nothing() {
        let mut network = Network::random(CONFIG, 1);
        let mut n_zeroed = 0;
        for slot in network.layout.clone().slots() {
            if let Some((_, begin, n_added)) = ADDED_IN_2.iter().find(|(added, ..)| *added == slot.name) {
                let width = slot.shape[1];
                network.parameters[slot.range.clone()][begin * width..(begin + n_added) * width].fill(0.0);
                n_zeroed += n_added;
            }
        }
        assert!(n_zeroed > 500);
        let bytes = file_of(network);
        assert_eq!(parameters(&as_format_1(&bytes, 1)), parameters(&bytes));
    }
}
