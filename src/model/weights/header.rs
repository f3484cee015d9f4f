//! The JSON text in the metadata of a weights file.

use serde::{Deserialize, Serialize};

use crate::model::card::{Card, Primer};
use crate::model::network::NetworkConfig;
use crate::model::weights::error::ModelError;
use crate::music::{Family, Feel, Meter, Mode, Note, Tick};

/// The format that is written, and the newest that is read. Format 2 has the tensor names of `candle_nn`.
const FORMAT: u32 = 2;
/// The newest note encoding that is read, with its classes and rows. Encoding 2 added rows for the length of a
/// repetition, encoding 3 chords, the end, feel and finer velocities.
const ENCODING: u32 = 3;
const MAX_PRIMER_NOTES: usize = 4096;
const MAX_PRIMER_BARS: u32 = 1024;

/// All of a weights file that is no tensor.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    pub(super) encoding: u32,
    pub(super) network: NetworkConfig,
    pub(super) card: Card,
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
    notes: Vec<SavedNote>,
}

/// Onset, duration, pitch, velocity, family; the code of the note's feel times the number of families is added to the last.
/// A model has some hundred thousand, so that each takes no more room while it is read than in the primer.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "[i64; 5]", into = "[i64; 5]")]
struct SavedNote(Note);

impl Header {
    /// The header of a file that is to be written.
    ///
    /// # Errors
    /// If the card and the primers do not fit the network.
    pub(super) fn new(network: NetworkConfig, card: &Card, primers: &[Primer]) -> Result<Self, ModelError> {
        let primers = primers.iter().map(SavedPrimer::new).collect();
        let encoding = network.encoding.number();
        let header = Self { format: FORMAT, encoding, network, card: card.clone(), primers };
        header.check()?;
        Ok(header)
    }

    pub(super) fn parse(text: &str) -> Result<Self, ModelError> {
        let versions: Versions = serde_json::from_str(text).map_err(ModelError::damaged)?;
        for (found, known) in [(versions.format, FORMAT), (versions.encoding, ENCODING)] {
            if found > known {
                return Err(ModelError::TooNew { found, known });
            }
        }
        let header: Self = serde_json::from_str(text).map_err(ModelError::damaged)?;
        header.check()?;
        Ok(header)
    }

    /// The card, and the primers, each checked.
    pub(super) fn into_parts(self) -> Result<(Card, Vec<Primer>), ModelError> {
        let primers = self.primers.into_iter().map(SavedPrimer::into_primer).collect::<Result<_, _>>()?;
        Ok((self.card, primers))
    }

    fn check(&self) -> Result<(), ModelError> {
        if !self.network.is_valid() {
            return Err(ModelError::Damaged(format!("impossible sizes: {}", self.network)));
        }
        let expected = self.network.encoding.number();
        if self.encoding.max(2) != expected {
            return Err(ModelError::Damaged(format!(
                "expected encoding {expected}, found {}",
                self.encoding
            )));
        }
        let (expected, found) = (self.network.n_styles, self.card.styles.len());
        if found != expected {
            return Err(ModelError::Damaged(format!(
                "expected {expected} styles in the card, found {found}"
            )));
        }
        if self.primers.len() > Primer::MOST {
            return Err(ModelError::Damaged(format!("{} primers are too many", self.primers.len())));
        }
        self.primers.iter().try_for_each(|primer| primer.check(self.network.n_styles))
    }
}

impl SavedPrimer {
    fn new(primer: &Primer) -> Self {
        Self {
            style: primer.style,
            minor: primer.mode == Mode::Minor,
            meter: [primer.meter.numerator().into(), primer.meter.denominator().into()],
            n_bars: primer.n_bars,
            notes: primer.notes.iter().copied().map(SavedNote).collect(),
        }
    }

    fn check(&self, n_styles: usize) -> Result<(), ModelError> {
        let (style, n_bars, n_notes) = (self.style, self.n_bars, self.notes.len());
        if style < n_styles && (1..=MAX_PRIMER_BARS).contains(&n_bars) && n_notes <= MAX_PRIMER_NOTES {
            return Ok(());
        }
        Err(ModelError::Damaged(format!("a primer of style {style} with {n_bars} bars and {n_notes} notes")))
    }

    fn into_primer(self) -> Result<Primer, ModelError> {
        let [numerator, denominator] = self.meter;
        let meter = Meter::new(numerator, denominator).map_err(ModelError::damaged)?;
        let length = Tick(i64::from(self.n_bars) * meter.bar_length().0);
        if self.notes.iter().any(|SavedNote(note)| !(Tick::ZERO..length).contains(&note.onset)) {
            return Err(ModelError::Damaged(UNPLAYABLE.into()));
        }
        let mut notes: Vec<Note> = self.notes.into_iter().map(|SavedNote(note)| note).collect();
        notes.shrink_to_fit();
        let mode = if self.minor { Mode::Minor } else { Mode::Major };
        Ok(Primer { style: self.style, mode, meter, n_bars: self.n_bars, notes })
    }
}

const UNPLAYABLE: &str = "a primer holds a note that cannot be played";

impl TryFrom<[i64; 5]> for SavedNote {
    type Error = &'static str;

    fn try_from([onset, duration, pitch, velocity, family]: [i64; 5]) -> Result<Self, Self::Error> {
        let is_valid =
            (1..=100_000).contains(&duration) && (0..128).contains(&pitch) && (1..128).contains(&velocity);
        let family = usize::try_from(family).unwrap_or(usize::MAX);
        let feel = u8::try_from(family / Family::COUNT).ok().and_then(Feel::from_code);
        let family = if feel.is_some() { family % Family::COUNT } else { family };
        let family = Family::from_index(family).filter(|_| is_valid).ok_or(UNPLAYABLE)?;
        let (onset, duration) = (Tick(onset), Tick(duration));
        Ok(Self(Note { onset, duration, pitch: pitch as u8, velocity: velocity as u8, family, feel }))
    }
}

impl From<SavedNote> for [i64; 5] {
    fn from(SavedNote(note): SavedNote) -> Self {
        let Note { onset, duration, pitch, velocity, family, feel } = note;
        let family = family.index() + Family::COUNT * usize::from(Feel::code(feel));
        [onset.0, duration.0, pitch.into(), velocity.into(), family as i64]
    }
}
