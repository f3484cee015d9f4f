//! From bytes to the contents of a Standard MIDI File.

use std::io::ErrorKind;
use std::path::Path;

use crate::files;
use crate::music::smf::chunks::{Chunks, Header};
use crate::music::smf::error::{MAX_FILE_SIZE, SmfError};
use crate::music::smf::events::{Event, EventKind, TrackReader};
use crate::music::smf::file::{Smf, SmfNote};
use crate::music::smf::sysex::DeviceMessage;
use crate::music::smf::warnings::Warnings;
use crate::music::smf::{changes, pairing};

/// The last position in quarter notes (nine hours at 120); events beyond it are moved there.
pub(super) const MAX_POSITION: u64 = 1 << 16;

/// Reads the file at `path`.
///
/// # Errors
/// If it cannot be read, is larger than 64 MiB, or is no Standard MIDI File.
pub fn load(path: &Path) -> Result<Smf, SmfError> {
    let bytes = files::read(path, MAX_FILE_SIZE).map_err(|source| match source.kind() {
        ErrorKind::FileTooLarge => SmfError::TooLarge { path: path.to_owned() },
        _ => SmfError::Unreadable { path: path.to_owned(), source },
    })?;
    read(&bytes)
}

/// Reads a Standard MIDI File of format 0, 1 or 2, bare or wrapped in RIFF (RMID).
///
/// The patterns of a format 2 file follow each other. A note-off ends the oldest note of its pitch, channel
/// and track; under the sustain pedal that note lasts until the pedal is lifted or its pitch is struck
/// again. A track's own program changes take precedence over those of other tracks on the same channel.
///
/// # Errors
/// If there is no header, it announces tracks and there are none, or the file is two files joined together.
pub fn read(bytes: &[u8]) -> Result<Smf, SmfError> {
    let mut warnings = Warnings::default();
    let header = Header::find(bytes, &mut warnings)?;
    let mut chunks = Chunks::new(bytes, &header);
    let mut events = Vec::new();
    let mut track_ends: Vec<u64> = Vec::new();
    let mut reach = 0;
    while let Some(body) = chunks.next_track(&mut warnings)? {
        let start = if header.format == 2 { track_ends.last().copied().unwrap_or(0) } else { 0 };
        let last_tick = MAX_POSITION * u64::from(header.ticks_per_beat);
        let reader = TrackReader::new(bytes, body.range.clone(), track_ends.len(), start..last_tick);
        let end = reader.read(&mut events, &mut warnings);
        chunks.track_ended(&body, &end, &mut warnings);
        track_ends.push(end.tick);
        reach = reach.max(end.reach);
    }
    if track_ends.is_empty() && header.n_tracks > 0 {
        return Err(SmfError::NoTracks { offset: header.end, expected: header.n_tracks });
    }
    if track_ends.len() != usize::from(header.n_tracks) {
        let (announced, found) = (header.n_tracks, track_ends.len());
        warnings.add(header.start, || format!("the header announces {announced} tracks, found {found}"));
    }
    // Stable, so that within a track what was written first comes first. A reset is for what follows at its tick,
    // in whichever track that is.
    let is_reset = |event: &Event<'_>| matches!(event.kind, EventKind::Device(DeviceMessage::Reset(_)));
    events.sort_by_key(|event| (event.tick, !is_reset(event), event.track));
    let notes = pairing::pair(&events, &track_ends, header.ticks_per_beat, &mut warnings);
    Ok(Smf {
        ticks_per_beat: header.ticks_per_beat,
        end: end(&notes, reach, header.ticks_per_beat, &mut warnings),
        notes,
        tempos: if header.is_smpte { Vec::new() } else { changes::tempos(&events) },
        meters: changes::meters(&events),
        keys: changes::keys(&events),
        chords: changes::chords(&events, &mut warnings),
        warnings: warnings.into_vec(),
    })
}

/// Where the music ends, when its tracks reach so far.
fn end(notes: &[SmfNote], reach: u64, ticks_per_beat: u32, warnings: &mut Warnings) -> u64 {
    let last_end = notes.iter().map(|note| note.start.saturating_add(note.duration)).max().unwrap_or(0);
    let silence = reach.saturating_sub(last_end);
    if silence > pairing::MAX_BEATS * u64::from(ticks_per_beat) {
        warnings.add(0, || format!("{silence} ticks of silence after the last note left out"));
        return last_end;
    }
    reach.max(last_end)
}
