//! Standard MIDI Files, read and written.
//!
//! Old collections hold every kind of damage, and one strict parser would lose much of them. So reading is
//! our own, byte by byte, in terms of midly's events: whatever can be salvaged is, each repair is a
//! [`Warning`], and only what is no MIDI file at all is a [`SmfError`]. Writing goes through midly.
//!
//! Reading takes time and memory in proportion to the length of the file, whatever the file claims.

mod chunks;

mod events;

mod pairing;

mod quantise;

mod warnings;
pub use warnings::Warning;

mod write;
pub use write::{write, write_performed};

#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::music::smf::chunks::{Chunks, Header};
use crate::music::smf::events::TrackReader;
use crate::music::smf::warnings::Warnings;
use crate::music::{Family, Key, Meter};

/// Files larger than this many bytes are refused before they are read.
const MAX_FILE_SIZE: u64 = 64 << 20;

/// Nothing lies later than this many quarter notes (nine hours at 120): what does is moved there.
const MAX_POSITION: u64 = 1 << 16;

/// What a Standard MIDI File says, in its own ticks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Smf {
    /// File ticks to the quarter note; at least 1.
    ///
    /// A file divided by SMPTE frames knows no quarter note. It is taken to run at 120 quarter notes a
    /// minute, so this is half of its ticks to the second, and its tempo events mean nothing.
    pub ticks_per_beat: u32,
    /// In the order of their starts, then pitches. They may overlap, and last zero ticks.
    pub notes: Vec<SmfNote>,
    /// Tempo changes, ascending, in quarter notes a minute; at most 1000.
    pub tempos: Vec<(u64, f64)>,
    /// Time signatures, ascending.
    pub meters: Vec<(u64, Meter)>,
    /// Key signatures, ascending.
    pub keys: Vec<(u64, Key)>,
    /// What had to be repaired or left out.
    pub warnings: Vec<Warning>,
}

/// A note as a file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmfNote {
    /// Where it begins, in file ticks.
    pub start: u64,
    /// How long it sounds, in file ticks, the sustain pedal included. May be zero.
    pub duration: u64,
    /// MIDI key, 0 to 127.
    pub pitch: u8,
    /// 1 to 127.
    pub velocity: u8,
    /// MIDI channel, counted from 0: the tenth, drums, is 9.
    pub channel: u8,
    /// General MIDI program, 0 to 127, that was set when it began.
    pub program: u8,
    /// The track that holds it, counted from 0.
    pub track: usize,
}

impl SmfNote {
    /// Who plays it: drums on the tenth channel, elsewhere the family of its program.
    #[must_use]
    pub fn family(&self) -> Family {
        if self.channel == DRUM_CHANNEL { Family::DRUMS } else { Family::from_program(self.program) }
    }
}

/// The tenth, counted from zero.
const DRUM_CHANNEL: u8 = 9;

/// Why a file is not readable as a Standard MIDI File at all.
#[derive(Debug, thiserror::Error)]
pub enum SmfError {
    /// The file could not be opened or read.
    #[error("could not read the MIDI file {path}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is too large to be music.
    #[error("expected a MIDI file of at most {MAX_FILE_SIZE} bytes, found more in {path}")]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// No header anywhere: something else under the name of a MIDI file.
    #[error("at byte 0: expected the MThd header of a Standard MIDI File, found {found}")]
    NotMidi {
        /// What it seems to be.
        found: String,
    },
    /// The file ends inside its header.
    #[error("at byte {offset}: expected an MThd header of 14 bytes, found the end of the file after {found}")]
    TruncatedHeader {
        /// Where the header begins.
        offset: usize,
        /// How many of its bytes there are.
        found: usize,
    },
    /// A header that announces tracks, and not one of them.
    #[error("at byte {offset}: expected {expected} tracks, found none")]
    NoTracks {
        /// Where the first should begin.
        offset: usize,
        /// How many the header announces.
        expected: u16,
    },
}

/// Reads the file at `path`.
///
/// # Errors
/// If it cannot be read, is absurdly large, or is no Standard MIDI File.
pub fn load(path: &Path) -> Result<Smf, SmfError> {
    let unreadable = |source| SmfError::Unreadable { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // Not by the length that the system tells: a device has none and never ends.
    file.take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_SIZE {
        return Err(SmfError::TooLarge { path: path.to_owned() });
    }
    read(&bytes)
}

/// Reads a Standard MIDI File of format 0, 1 or 2, bare or wrapped in RIFF (RMID).
///
/// The patterns of a format 2 file follow each other. A note-off ends the oldest note of its pitch, channel
/// and track; under the sustain pedal that note sounds on until the pedal is lifted or its pitch is struck
/// again. A track's own program changes go before those that other tracks make on the same channel.
///
/// # Errors
/// If there is no header, or none of the tracks that it announces.
pub fn read(bytes: &[u8]) -> Result<Smf, SmfError> {
    let mut warnings = Warnings::default();
    let header = Header::find(bytes, &mut warnings)?;
    let mut chunks = Chunks::new(bytes, &header);
    let mut events = Vec::new();
    let mut track_ends: Vec<u64> = Vec::new();
    while let Some(body) = chunks.next_track(&mut warnings) {
        let start = if header.format == 2 { track_ends.last().copied().unwrap_or(0) } else { 0 };
        let last_tick = MAX_POSITION * u64::from(header.ticks_per_beat);
        let reader = TrackReader::new(bytes, &body, track_ends.len(), start..last_tick);
        let end = reader.read(&mut events, &mut warnings);
        chunks.track_ended(&body, &end, &mut warnings);
        track_ends.push(end.tick);
    }
    if track_ends.is_empty() && header.n_tracks > 0 {
        return Err(SmfError::NoTracks { offset: header.end, expected: header.n_tracks });
    }
    if track_ends.len() != usize::from(header.n_tracks) {
        let (announced, found) = (header.n_tracks, track_ends.len());
        warnings.add(header.start, || format!("the header announces {announced} tracks, found {found}"));
    }
    // Stable, so that within a track what was written first comes first.
    events.sort_by_key(|event| (event.tick, event.track));
    Ok(Smf {
        ticks_per_beat: header.ticks_per_beat,
        notes: pairing::pair(&events, &track_ends, header.ticks_per_beat, &mut warnings),
        tempos: if header.is_smpte { Vec::new() } else { events::tempos(&events) },
        meters: events::meters(&events),
        keys: events::keys(&events),
        warnings: warnings.into_vec(),
    })
}
