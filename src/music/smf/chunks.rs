//! The header chunk, and the track chunks.

use std::ops::Range;

use crate::music::smf::error::SmfError;
use crate::music::smf::events::{Ending, TrackEnd};
use crate::music::smf::steps;
use crate::music::smf::warnings::Warnings;

/// The header, repaired.
#[derive(Debug)]
pub(super) struct Header {
    /// Where the header begins.
    pub(super) start: usize,
    /// Where the first chunk after it should begin.
    pub(super) end: usize,
    /// Where the music ends: the end of the file, or of the RIFF chunk that holds it.
    pub(super) limit: usize,
    pub(super) format: u16,
    pub(super) n_tracks: u16,
    pub(super) ticks_per_beat: u32,
    pub(super) is_smpte: bool,
}

/// Read for a division of zero: it was common when such files were written.
const FALLBACK_DIVISION: u16 = 96;

impl Header {
    /// Finds the header, wherever it begins.
    pub(super) fn find(bytes: &[u8], warnings: &mut Warnings) -> Result<Self, SmfError> {
        let start = match find(bytes, *b"MThd", 0) {
            Some(start) => start,
            None if !bytes.is_empty() && b"MThd".starts_with(bytes) => 0,
            None => return Err(SmfError::NotMidi { found: guess(bytes) }),
        };
        let limit = riff_limit(bytes, start);
        if start > 0 && limit.is_none() {
            warnings.add(0, || format!("{start} bytes before the header skipped"));
        }
        let limit = limit.unwrap_or(bytes.len());
        let truncated = || SmfError::TruncatedHeader { offset: start, found: limit - start };
        let length = u32_at(bytes, start + 4).ok_or_else(truncated)? as usize;
        if limit - start < 8 + length.min(6) {
            return Err(truncated());
        }
        let end = header_end(bytes, start, length, limit, warnings);
        let field = |idx: usize| u16_at(bytes, start + 8 + 2 * idx).filter(|_| start + 10 + 2 * idx <= end);
        let format = field(0).unwrap_or(1);
        if format > 2 {
            warnings.add(start + 8, || format!("unknown format {format} read as format 1"));
        }
        let division = field(2).unwrap_or(0);
        let (ticks_per_beat, is_smpte) = ticks_per_beat(division, start + 12, warnings);
        let n_tracks = field(1).unwrap_or(0);
        Ok(Self { start, end, limit, format, n_tracks, ticks_per_beat, is_smpte })
    }
}

/// Where the header's chunk ends. A length other than 6 may be wrong; then the first track decides.
fn header_end(bytes: &[u8], start: usize, length: usize, limit: usize, warnings: &mut Warnings) -> usize {
    let declared = (start + 8).saturating_add(length);
    if length == 6 {
        return declared;
    }
    warnings.add(start + 4, || format!("a header of 6 bytes expected, found {length}"));
    match find(&bytes[..limit], *b"MTrk", start + 8) {
        Some(track) if track <= start + 14 || declared > limit => track.min(start + 14),
        _ => declared.min(limit),
    }
}

/// Ticks to the quarter note, and whether they were counted in SMPTE frames.
fn ticks_per_beat(division: u16, offset: usize, warnings: &mut Warnings) -> (u32, bool) {
    let [frames, ticks_per_frame] = division.to_be_bytes();
    if frames < 0x80 {
        if division == 0 {
            warnings.add(offset, || format!("a division of zero read as {FALLBACK_DIVISION}"));
        }
        return (u32::from(if division == 0 { FALLBACK_DIVISION } else { division }), false);
    }
    let frames_per_second = match frames.wrapping_neg() {
        29 => 30.0 / 1.001,
        frames => f64::from(frames),
    };
    let ticks_per_second = frames_per_second * f64::from(ticks_per_frame);
    warnings.add(offset, || format!("{ticks_per_second} ticks a second read as 120 quarter notes a minute"));
    (((ticks_per_second / 2.0).round() as u32).max(1), true)
}

/// The end of the data chunk of the RIFF file (RMID) that the header lies in, if it does.
fn riff_limit(bytes: &[u8], start: usize) -> Option<usize> {
    let is_riff = bytes.starts_with(b"RIFF") && start >= 20 && bytes.get(start - 8..start - 4)? == b"data";
    let length = u32::from_le_bytes(bytes.get(start.checked_sub(4)?..start)?.try_into().ok()?);
    is_riff.then(|| start.saturating_add(length as usize).min(bytes.len()))
}

/// What a file that is no MIDI file seems to be.
fn guess(bytes: &[u8]) -> String {
    let known: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"<", "XML or HTML text"),
        (b"RIFF", "a RIFF file without MIDI data"),
        (b"ID3", "an MP3 file"),
        (b"OggS", "an Ogg file"),
    ];
    match known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        _ if bytes.is_empty() => "an empty file".to_owned(),
        Some((_, name)) => (*name).to_owned(),
        None => {
            let bytes: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            format!("a file that begins with the bytes {}", bytes.join(" "))
        }
    }
}

/// Goes from track to track, past unknown chunks, even where lengths are wrong.
#[derive(Debug)]
pub(super) struct Chunks<'a> {
    bytes: &'a [u8],
    position: usize,
    n_tracks: usize,
    /// Where `MTrk` occurs, ascending: to find the next track when a length is wrong.
    track_starts: Vec<usize>,
}

/// A track's chunk.
#[derive(Debug)]
pub(super) struct Body {
    /// Its events, as far as is known.
    pub(super) range: Range<usize>,
    /// Where it ends according to its own length.
    declared_end: usize,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(bytes: &'a [u8], header: &Header) -> Self {
        let bytes = &bytes[..header.limit];
        let mut track_starts = Vec::new();
        while let Some(start) = find(bytes, *b"MTrk", track_starts.last().map_or(header.end, |last| last + 4))
        {
            track_starts.push(start);
        }
        Self { bytes, position: header.end, n_tracks: 0, track_starts }
    }

    /// The next track, if there is another.
    ///
    /// # Errors
    /// If another file with tracks of its own begins before it.
    pub(super) fn next_track(&mut self, warnings: &mut Warnings) -> Result<Option<Body>, SmfError> {
        loop {
            steps::count(1);
            let start = self.position;
            let (Some(id), Some(length)) = (self.bytes.get(start..start + 4), u32_at(self.bytes, start + 4))
            else {
                if start < self.bytes.len() {
                    warnings.add(start, || "the file ends inside the head of a chunk".to_owned());
                }
                return Ok(None);
            };
            let declared_end = (start + 8).saturating_add(length as usize);
            if id == b"MTrk" {
                let end = if self.is_boundary(declared_end) {
                    declared_end
                } else {
                    self.track_after(start + 8).unwrap_or(self.bytes.len())
                };
                self.n_tracks += 1;
                return Ok(Some(Body { range: start + 8..end, declared_end }));
            }
            if id == b"MThd" && self.n_tracks > 0 && self.track_after(start).is_some() {
                return Err(SmfError::SecondFile { offset: start });
            }
            self.position = if is_name(id) && declared_end <= self.bytes.len() {
                warnings.add(start, || format!("unknown chunk {} skipped", id.escape_ascii()));
                declared_end
            } else {
                let next = self.track_after(start);
                warnings.add(start, || "bytes outside any chunk skipped".to_owned());
                match next {
                    Some(next) => next,
                    None => return Ok(None),
                }
            };
        }
    }

    /// Moves past a track that has been read up to `end`.
    pub(super) fn track_ended(&mut self, body: &Body, end: &TrackEnd, warnings: &mut Warnings) {
        let length_is_wrong = end.offset != body.declared_end && body.range.end != body.declared_end;
        if length_is_wrong {
            let declared = body.declared_end.saturating_sub(body.range.start);
            let found = end.offset - body.range.start;
            warnings.add(body.range.start - 4, || format!("a track of {declared} bytes is {found} long"));
        }
        let rest = &self.bytes[end.offset..body.range.end];
        // A track that has ended where another begins was shorter than it said.
        self.position = if rest.starts_with(b"MTrk") || length_is_wrong || end.offset == body.declared_end {
            end.offset
        } else {
            if end.ending == Ending::EndOfTrack && !rest.is_empty() {
                warnings
                    .add(end.offset, || format!("{} bytes after the end of the track skipped", rest.len()));
            }
            body.range.end
        };
    }

    /// Whether a chunk can end here: at the end of the file, or where another chunk begins.
    fn is_boundary(&self, offset: usize) -> bool {
        let Some(rest) = self.bytes.get(offset..) else {
            return false;
        };
        match (rest.get(..4), u32_at(rest, 4)) {
            (Some(b"MTrk"), _) => true,
            (Some(id), Some(length)) => is_name(id) && length as usize <= rest.len() - 8,
            _ => rest.is_empty(),
        }
    }

    /// The first track that begins at or after `offset`.
    fn track_after(&self, offset: usize) -> Option<usize> {
        let idx = self.track_starts.partition_point(|start| *start < offset);
        self.track_starts.get(idx).copied()
    }
}

/// Whether these four bytes look like the name of a chunk.
fn is_name(id: &[u8]) -> bool {
    id.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

/// The first occurrence of `needle` at or after `from`.
fn find(bytes: &[u8], needle: [u8; 4], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(4).position(|window| window == &needle[..]);
    steps::count(found.unwrap_or(rest.len()));
    found.map(|idx| from + idx)
}

fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(offset..offset.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?))
}
