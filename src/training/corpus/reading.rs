//! Reads MIDI files.

use std::path::Path;

use crate::errors::with_causes;
use crate::music::smf::{self, SmfError};
use crate::music::{Family, Note, Tick, Timing};
use crate::training::corpus::dataset::encode;
use crate::training::corpus::duplicates::Likeness;
use crate::training::corpus::piece::KeyedPiece;
use crate::training::corpus::transposition::in_c;

/// Version of how files are read. Any change in how notes are read, transposed or fingerprinted needs a new version, so
/// that older caches are not used.
pub(super) const READER_VERSION: u32 = 4;

/// The outcome of reading a file.
pub(super) struct FileRead {
    /// Its piece, or the reason why it was refused.
    pub(super) piece: Result<EncodedPiece, String>,
    /// Repairs that were needed.
    pub(super) warnings: Vec<String>,
}

/// A piece encoded for the dataset, and its fingerprints.
pub(super) struct EncodedPiece {
    pub(super) bytes: Vec<u8>,
    pub(super) n_notes: u32,
    pub(super) n_marks: u32,
    pub(super) likeness: Likeness,
    /// Whether it is a performance.
    pub(super) has_feel: bool,
    /// The share of the notes that its chords explain, if they were found from the notes.
    pub(super) certainty: Option<f32>,
}

/// Reads a file and encodes its piece.
pub(super) fn read_file(path: &Path) -> FileRead {
    let (piece, warnings) = read_piece(path, 0);
    let encoded = piece.map(|(piece, certainty)| {
        let (bytes, n_notes, n_marks) = encode(&piece);
        let has_feel = piece.piece.notes.iter().any(|note| note.feel.is_some());
        let has_pitches = !piece.piece.chords.is_empty();
        let likeness = Likeness::of(&piece.piece.notes);
        EncodedPiece {
            bytes,
            n_notes,
            n_marks,
            likeness,
            has_feel,
            certainty: certainty.filter(|_| has_pitches),
        }
    });
    FileRead { piece: encoded, warnings }
}

/// Why a file was refused; the report names the file.
fn in_words(error: &SmfError) -> String {
    match error {
        SmfError::Unreadable { source, .. } => source.to_string(),
        error => with_causes(error),
    }
}

/// A path in a report.
pub(super) fn named(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Why a recording is refused whose rhythm would be learned wrong.
const NO_BEAT: &str = "it was not played to its own beat (its notes lie anywhere between the beats), so no rhythm can be \
                       learned from it";

/// A piece transposed to C; and if its chords were found from its notes, the share of the notes that they explain.
type Read = (KeyedPiece, Option<f32>);

/// Reads a file: its piece, or the reason why it is refused; and the repairs that were needed.
pub(super) fn read_piece(path: &Path, style: usize) -> (Result<Read, String>, Vec<String>) {
    let smf = match smf::load(path) {
        Ok(smf) => smf,
        Err(error) => return (Err(in_words(&error)), Vec::new()),
    };
    let warnings = smf.warnings.iter().map(ToString::to_string).collect();
    let mut piece = smf.to_piece();
    if piece.notes.is_empty() {
        return (Err("it holds no notes".into()), warnings);
    }
    match smf.timing() {
        Timing::Free => return (Err(NO_BEAT.into()), warnings),
        Timing::Performance => strike(&mut piece.notes),
        Timing::Score => (),
    }
    let certainty = piece.chords.is_empty().then(|| {
        let (chords, certainty) = piece.find_chords();
        piece.chords = chords;
        certainty
    });
    (Ok((in_c(piece, style), certainty)), warnings)
}

/// Gives all drum notes of a performance the same length. How long a pad was touched is not heard, and would have to be
/// learned.
fn strike(notes: &mut [Note]) {
    for note in notes.iter_mut().filter(|note| note.family == Family::DRUMS) {
        note.duration = STRIKE;
    }
    notes.sort_unstable();
}

/// A thirty-second note, as pads send.
const STRIKE: Tick = Tick(Tick::PER_BEAT / 8);
