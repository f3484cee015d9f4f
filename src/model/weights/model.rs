//! A trained model, and the files it is loaded from and saved to.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Error, Read, Seek, Write};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, Weak};

use sha2::{Digest, Sha256};

use crate::files::{self, Existing};
use crate::model::card::{Card, Primer};
use crate::model::encoding::Encoding;
use crate::model::keys::Keys;
use crate::model::network::{Network, NetworkConfig};
use crate::model::packed::PackedNetwork;
use crate::model::passages::Passages;
use crate::model::sampling::StyleMix;
use crate::model::weights::error::ModelError;
use crate::model::weights::file::{self, Contents, WEIGHTS};
use crate::model::weights::header::Header;
use crate::music::FamilySet;

/// A model of the largest sizes allowed is smaller.
const MAX_FILE_BYTES: u64 = 512 << 20;

/// A trained network with its card and primers. Immutable; share it in an [`Arc`].
#[derive(Debug)]
pub struct Model {
    config: NetworkConfig,
    source: Source,
    packed: Packed,
    card: Card,
    primers: Vec<Primer>,
    passages: Option<Passages>,
    /// From [`Keys::of_styles`], when first asked for.
    keys: OnceLock<Vec<Keys>>,
    hash: String,
}

/// Where the parameters are. In playing they are needed no more once they are packed, and a file holds them in half the
/// memory.
#[derive(Debug)]
enum Source {
    /// A weights file that has been read once.
    File(Cow<'static, [u8]>),
    /// In no file yet.
    Network(Arc<Network>),
}

/// Packed when first played, out of parameters that it lets go then.
type Packed = LazyLock<PackedNetwork, Box<dyn FnOnce() -> PackedNetwork + Send>>;

impl Model {
    /// A model of these parts, not in any file yet.
    ///
    /// # Errors
    /// If the parts disagree: the card has as many styles as the network, and primers are of those styles.
    pub fn new(network: Network, card: Card, primers: Vec<Primer>) -> Result<Self, ModelError> {
        let header = Header::new(network.config, &card, &primers)?;
        let mut hasher = Sha256::new();
        hasher.update(serde_json::to_vec(&header).map_err(ModelError::unwritable)?);
        for value in &network.parameters {
            hasher.update(value.to_le_bytes());
        }
        let hash = hex(&hasher.finalize());
        Ok(Self { card, primers, ..Self::unsaved(network, hash) })
    }

    /// A network that is in no file yet, with an empty card.
    fn unsaved(network: Network, hash: String) -> Self {
        let network = Arc::new(network);
        Self {
            config: network.config,
            source: Source::Network(Arc::clone(&network)),
            packed: LazyLock::new(Box::new(move || PackedNetwork::new(&network))),
            card: Card::default(),
            primers: Vec::new(),
            passages: None,
            keys: OnceLock::new(),
            hash,
        }
    }

    /// The same model with the passages of its training pieces.
    #[must_use]
    pub fn with_passages(self, passages: Passages) -> Self {
        Self { passages: Some(passages), ..self }
    }

    /// The same network with another card and other primers.
    ///
    /// # Errors
    /// If they do not fit the network, as in [`Model::new`].
    pub fn with(&self, card: Card, primers: Vec<Primer>) -> Result<Self, ModelError> {
        let model = Self::new(self.network()?.into_owned(), card, primers)?;
        Ok(Self { passages: self.passages.clone(), ..model })
    }

    /// Loads a weights file, or returns the copy that this process already holds.
    ///
    /// # Errors
    /// If the file cannot be read or is not a weights file of a version known here.
    pub fn load(path: &Path) -> Result<Arc<Self>, ModelError> {
        let bytes = files::read(path, MAX_FILE_BYTES)
            .map_err(|source| ModelError::Unreadable { path: path.to_owned(), source })?;
        Self::shared(bytes.into())
            .map_err(|error| ModelError::File { path: path.to_owned(), source: Box::new(error) })
    }

    /// The model that ships inside the plugin.
    ///
    /// # Errors
    /// Never for a released build; the embedded file is checked by a test.
    pub fn embedded() -> Result<Arc<Self>, ModelError> {
        Self::shared(Cow::Borrowed(include_bytes!("../../../models/default.safetensors")))
    }

    /// The one copy of a model in this process, found by the hash of its file.
    fn shared(bytes: Cow<'static, [u8]>) -> Result<Arc<Self>, ModelError> {
        static LOADED: Mutex<Option<HashMap<String, Weak<Model>>>> = Mutex::new(None);
        let hash = hash_of(&bytes);
        let mut guard = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = guard.get_or_insert_default();
        if let Some(model) = loaded.get(&hash).and_then(Weak::upgrade) {
            return Ok(model);
        }
        let model = Arc::new(Self::parse(bytes, hash.clone())?);
        loaded.retain(|_, model| model.strong_count() > 0);
        loaded.insert(hash, Arc::downgrade(&model));
        Ok(model)
    }

    /// Reads a weights file from memory.
    ///
    /// # Errors
    /// If it is not a weights file of a version known here.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::parse(bytes.to_vec().into(), hash_of(bytes))
    }

    fn parse(bytes: Cow<'static, [u8]>, hash: String) -> Result<Self, ModelError> {
        let Contents { header, network, passages } = file::read(&bytes)?;
        let (card, primers) = header.into_parts()?;
        Ok(Self {
            config: network.config,
            packed: LazyLock::new(Box::new(move || PackedNetwork::new(&network))),
            source: Source::File(bytes),
            card,
            primers,
            passages,
            keys: OnceLock::new(),
            hash,
        })
    }

    /// The bytes of a weights file, with the parameters as f16.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let network = self.network()?;
        let header = Header::new(network.config, &self.card, &self.primers)?;
        file::write(&header, &network, self.passages())
    }

    /// What [`Model::save`] does with a file that is there: it replaces a weights file, and no other.
    pub const EXISTING: Existing = Existing::Replace(WEIGHTS);

    /// Writes a weights file, in place of one that is there. It is read back, as a model that can be used, before it takes
    /// its place.
    ///
    /// # Errors
    /// If the file cannot be written, or another file than a weights file is there.
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        let bytes = self.to_bytes()?;
        let written = files::write_with(path, Self::EXISTING, |file| {
            file.write_all(&bytes)?;
            file.rewind()?;
            let mut written = Vec::with_capacity(bytes.len());
            file.read_to_end(&mut written)?;
            Self::from_bytes(&written).map_err(Error::other)
        });
        written.map(drop).map_err(ModelError::unwritable)
    }

    /// A small untrained network with random weights, for tests and benchmarks.
    #[must_use]
    pub fn random(n_styles: usize, seed: u64) -> Self {
        let n_styles = n_styles.clamp(1, 64);
        let config = NetworkConfig {
            encoding: Encoding::Third,
            n_styles,
            embedding: 24,
            hidden: 32,
            n_layers: 2,
            head: 16,
        };
        let styles = (1..=n_styles).map(|number| format!("Style {number}")).collect();
        let card = Card { name: format!("Untrained {seed}"), styles, ..Card::default() };
        let network = Network::random(config, seed);
        let hash = format!("untrained-{n_styles}-{seed}");
        Self { card, ..Self::unsaved(network, hash) }
    }

    /// The network with its parameters as they were trained, read from the model's file again where there is one: some
    /// hundredths of a second for a large network.
    ///
    /// # Errors
    /// Never for a model that was read from a file, since that was read in whole then.
    pub fn network(&self) -> Result<Cow<'_, Network>, ModelError> {
        match &self.source {
            Source::File(bytes) => Ok(Cow::Owned(file::read(bytes)?.network)),
            Source::Network(network) => Ok(Cow::Borrowed(network)),
        }
    }

    /// The sizes of the network.
    #[must_use]
    pub fn config(&self) -> NetworkConfig {
        self.config
    }

    /// The network packed for playing. The first call takes a moment; all share the result.
    #[must_use]
    pub fn packed(&self) -> &PackedNetwork {
        &self.packed
    }

    /// The card.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Passages of the training data that a piece can start from.
    #[must_use]
    pub fn primers(&self) -> &[Primer] {
        &self.primers
    }

    /// The passages of the training pieces, if known.
    #[must_use]
    pub fn passages(&self) -> Option<&Passages> {
        self.passages.as_ref()
    }

    /// The keys that the instruments play in a mix of styles, of those families that are wanted.
    #[must_use]
    pub fn keys(&self, style: StyleMix, wanted: FamilySet) -> Keys {
        let styles = self.keys.get_or_init(|| Keys::of_styles(&self.card, &self.primers));
        Keys::wanted(styles, style.within(self.card.styles.len()), wanted)
    }

    /// SHA-256 of the weights file in hexadecimal. It identifies the model in a saved project.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

fn hash_of(file: &[u8]) -> String {
    hex(&Sha256::digest(file))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
