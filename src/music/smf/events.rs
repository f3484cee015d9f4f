//! From the bytes of a track to its events, whatever state they are in.

use std::ops::Range;

use midly::num::{u4, u7, u24};
use midly::{MetaMessage, MidiMessage, TrackEventKind};

use crate::music::smf::chunks::Body;
use crate::music::smf::warnings::Warnings;
use crate::music::{Key, Meter, Mode};

/// An event that matters here: notes, programs, the pedals and switches that end notes, tempo, meter, key.
#[derive(Debug)]
pub(super) struct Event {
    /// File ticks from the beginning of the piece.
    pub(super) tick: u64,
    pub(super) track: usize,
    /// Where it stands in the file.
    pub(super) offset: usize,
    pub(super) kind: TrackEventKind<'static>,
}

/// Where and how reading a track ended.
#[derive(Debug)]
pub(super) struct TrackEnd {
    pub(super) offset: usize,
    pub(super) tick: u64,
    pub(super) ending: Ending,
}

/// How a track can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With the event that says so.
    EndOfTrack,
    /// With its bytes.
    OutOfBytes,
}

/// What a status byte led to.
enum Found {
    Event(TrackEventKind<'static>),
    /// Something that does not matter here, or was left out with a warning.
    Nothing,
    /// Bytes that were no message; at the reader's position a new status stands, with no time before it.
    StatusAhead,
    EndOfTrack,
}

/// The bytes of the track ended inside an event.
struct OutOfBytes;

/// Reads one track.
pub(super) struct TrackReader<'a> {
    /// The file up to the end of the track, so that positions count from the file's beginning.
    bytes: &'a [u8],
    position: usize,
    track: usize,
    tick: u64,
    last_tick: u64,
    /// The status that holds while only data follows. Strictly meta events and sysex end it; files that
    /// count on it to hold on are common, and files that rely on its end do not exist.
    running: Option<u8>,
}

impl<'a> TrackReader<'a> {
    /// A reader of the track in `body`, which begins at the first of `ticks` and must end by the last.
    pub(super) fn new(bytes: &'a [u8], body: &Body, track: usize, ticks: Range<u64>) -> Self {
        let bytes = &bytes[..body.range.end];
        let tick = ticks.start.min(ticks.end);
        Self { bytes, position: body.range.start, track, tick, last_tick: ticks.end, running: None }
    }

    /// Reads to the end, adding to `events`.
    pub(super) fn read(mut self, events: &mut Vec<Event>, warnings: &mut Warnings) -> TrackEnd {
        let ending = loop {
            if self.position == self.bytes.len() {
                warnings.add(self.position, || "the track has no end-of-track event".to_owned());
                break Ending::OutOfBytes;
            }
            match self.event(events, warnings) {
                Ok(None) => {}
                Ok(Some(ending)) => break ending,
                Err(OutOfBytes) => {
                    warnings.add(self.bytes.len(), || "the track ends inside an event".to_owned());
                    self.position = self.bytes.len();
                    break Ending::OutOfBytes;
                }
            }
        };
        TrackEnd { offset: self.position, tick: self.tick, ending }
    }

    /// Reads a delta time and what follows, up to the next delta time.
    fn event(
        &mut self,
        events: &mut Vec<Event>,
        warnings: &mut Warnings,
    ) -> Result<Option<Ending>, OutOfBytes> {
        let delta_offset = self.position;
        let delta = self.length(warnings)?;
        let tick = self.tick.saturating_add(delta);
        if tick > self.last_tick {
            warnings.add(delta_offset, || format!("absurd time: tick {tick} read as {}", self.last_tick));
        }
        self.tick = tick.min(self.last_tick);
        loop {
            let offset = self.position;
            match self.message(warnings)? {
                Found::Event(kind) => events.push(Event { tick: self.tick, track: self.track, offset, kind }),
                Found::Nothing => {}
                Found::StatusAhead => continue,
                Found::EndOfTrack => return Ok(Some(Ending::EndOfTrack)),
            }
            return Ok(None);
        }
    }

    /// Reads what begins at a status byte, or under the running status.
    fn message(&mut self, warnings: &mut Warnings) -> Result<Found, OutOfBytes> {
        let offset = self.position;
        let first = self.peek().ok_or(OutOfBytes)?;
        let status = match self.running {
            _ if first >= 0x80 => {
                self.position += 1;
                first
            }
            Some(status) => status,
            None => return self.skip_to_status(warnings),
        };
        match status {
            0x80..=0xef => {
                self.running = Some(status);
                self.channel_message(status, offset, warnings)
            }
            0xff => self.meta(offset, warnings),
            0xf0 | 0xf7 => Ok(self.payload(warnings)?.map_or(Found::StatusAhead, |_| Found::Nothing)),
            _ => {
                warnings.add(offset, || {
                    format!("system message {status:02x} does not belong in a file, skipped")
                });
                let n_data = [0, 1, 2, 1].get(usize::from(status & 15)).copied().unwrap_or(0);
                self.take(n_data)?;
                Ok(Found::Nothing)
            }
        }
    }

    fn channel_message(
        &mut self,
        status: u8,
        offset: usize,
        warnings: &mut Warnings,
    ) -> Result<Found, OutOfBytes> {
        let n_data = if matches!(status >> 4, 0xc | 0xd) { 1 } else { 2 };
        if let Some(idx) = (0..n_data).find(|idx| self.is_meta(self.position + idx)) {
            self.position += idx;
            warnings.add(offset, || "a message cut short by a meta event, skipped".to_owned());
            return Ok(Found::StatusAhead);
        }
        let data = self.take(n_data)?;
        let (first, second) = (data[0], data.get(1).copied().unwrap_or(0));
        if first > 127 || (second > 127 && status >> 4 != 0x9) {
            warnings.add(offset, || format!("data byte over 127 in message {status:02x}, skipped"));
            return Ok(Found::Nothing);
        }
        if second > 127 {
            warnings.add(offset, || format!("velocity {second} read as 127"));
        }
        let (first, second) = (u7::new(first), u7::new(second.min(127)));
        let message = match status >> 4 {
            0x8 => MidiMessage::NoteOff { key: first, vel: second },
            0x9 if second == 0 => MidiMessage::NoteOff { key: first, vel: second },
            0x9 => MidiMessage::NoteOn { key: first, vel: second },
            // Sustain pedal, all sound off, reset all controllers, all notes off and the modes that imply it.
            0xb if matches!(first.as_int(), 64 | 120..=127) => {
                MidiMessage::Controller { controller: first, value: second }
            }
            0xc => MidiMessage::ProgramChange { program: first },
            _ => return Ok(Found::Nothing),
        };
        Ok(Found::Event(TrackEventKind::Midi { channel: u4::new(status & 15), message }))
    }

    fn meta(&mut self, offset: usize, warnings: &mut Warnings) -> Result<Found, OutOfBytes> {
        let kind = self.take(1)?[0];
        let Some(data) = self.payload(warnings)? else {
            return Ok(Found::StatusAhead);
        };
        let message = match (kind, data) {
            (0x2f, _) => return Ok(Found::EndOfTrack),
            (0x51, [a, b, c, ..]) => match u32::from_be_bytes([0, *a, *b, *c]) {
                micros @ MIN_MICROS_PER_BEAT.. => Some(MetaMessage::Tempo(u24::new(micros))),
                _ => None,
            },
            (0x58, [numerator, exponent, ..]) => {
                meter(*numerator, *exponent).map(|_| MetaMessage::TimeSignature(*numerator, *exponent, 24, 8))
            }
            (0x59, [sharps, mode @ 0..=1, ..]) if (-7..=7).contains(&(*sharps as i8)) => {
                Some(MetaMessage::KeySignature(*sharps as i8, *mode == 1))
            }
            (0x51 | 0x58 | 0x59, _) => None,
            _ => return Ok(Found::Nothing),
        };
        let Some(message) = message else {
            warnings.add(offset, || format!("impossible {} {data:02x?} skipped", meta_name(kind)));
            return Ok(Found::Nothing);
        };
        Ok(Found::Event(TrackEventKind::Meta(message)))
    }

    /// Reads the length and the bytes of a meta event or sysex; nothing if there are not that many.
    ///
    /// Then neither the length nor what follows can be trusted, so the next status byte is sought.
    fn payload(&mut self, warnings: &mut Warnings) -> Result<Option<&'a [u8]>, OutOfBytes> {
        let offset = self.position;
        let length = usize::try_from(self.length(warnings)?).unwrap_or(usize::MAX);
        if let Some(payload) = self.bytes[self.position..].get(..length) {
            self.position += payload.len();
            return Ok(Some(payload));
        }
        warnings.add(offset, || format!("{length} bytes announced where the track has less, skipped"));
        self.running = None;
        Ok(None)
    }

    /// Data that belongs to no status: passes over it.
    fn skip_to_status(&mut self, warnings: &mut Warnings) -> Result<Found, OutOfBytes> {
        let rest = &self.bytes[self.position..];
        let n_skipped = rest.iter().position(|byte| *byte >= 0x80);
        let length = n_skipped.unwrap_or(rest.len());
        warnings.add(self.position, || format!("{length} bytes that belong to no message skipped"));
        self.position += length;
        n_skipped.map(|_| Found::StatusAhead).ok_or(OutOfBytes)
    }

    /// Reads a number of variable length, seven bits to the byte.
    fn length(&mut self, warnings: &mut Warnings) -> Result<u64, OutOfBytes> {
        let offset = self.position;
        let mut value: u64 = 0;
        loop {
            let byte = self.take(1)?[0];
            value = (value.min(u64::MAX >> 8) << 7) | u64::from(byte & 0x7f);
            if byte < 0x80 {
                break;
            }
        }
        let n_bytes = self.position - offset;
        if n_bytes > 4 {
            warnings.add(offset, || format!("a number of {n_bytes} bytes where 4 are allowed"));
        }
        Ok(value)
    }

    /// Whether one of the meta events that every file has begins at `offset`, without doubt.
    fn is_meta(&self, offset: usize) -> bool {
        matches!(
            self.bytes.get(offset..),
            Some([0xff, 0x2f, 0, ..] | [0xff, 0x51, 3, ..] | [0xff, 0x58, 4, ..] | [0xff, 0x59, 2, ..])
        )
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], OutOfBytes> {
        let taken = self.bytes[self.position..].get(..n).ok_or(OutOfBytes)?;
        self.position += n;
        Ok(taken)
    }
}

/// A thousand quarter notes a minute; what claims to be faster is damage.
const MIN_MICROS_PER_BEAT: u32 = 60_000;

fn meta_name(kind: u8) -> &'static str {
    match kind {
        0x51 => "tempo",
        0x58 => "time signature",
        0x59 => "key signature",
        _ => "meta event",
    }
}

fn meter(numerator: u8, exponent: u8) -> Option<Meter> {
    Meter::new(u32::from(numerator), 1u32.checked_shl(u32::from(exponent))?).ok()
}

/// The tempo changes of all tracks, in quarter notes a minute.
pub(super) fn tempos(events: &[Event]) -> Vec<(u64, f64)> {
    changes(events, |message| match message {
        MetaMessage::Tempo(micros) => Some(60e6 / f64::from(micros.as_int())),
        _ => None,
    })
}

/// The time signatures of all tracks.
pub(super) fn meters(events: &[Event]) -> Vec<(u64, Meter)> {
    changes(events, |message| match message {
        MetaMessage::TimeSignature(numerator, exponent, _, _) => meter(numerator, exponent),
        _ => None,
    })
}

/// The key signatures of all tracks.
pub(super) fn keys(events: &[Event]) -> Vec<(u64, Key)> {
    changes(events, |message| match message {
        // Each sharp lifts the tonic by a fifth; a minor tonic lies three semitones below its major one.
        MetaMessage::KeySignature(sharps, true) => Some(Key::new(tonic(sharps, 9), Mode::Minor)),
        MetaMessage::KeySignature(sharps, false) => Some(Key::new(tonic(sharps, 0), Mode::Major)),
        _ => None,
    })
}

fn tonic(sharps: i8, above: i32) -> u8 {
    (i32::from(sharps) * 7 + above).rem_euclid(12) as u8
}

/// Where several stand at one tick, the last one of the first track that has any counts.
fn changes<T>(events: &[Event], read: impl Fn(MetaMessage<'static>) -> Option<T>) -> Vec<(u64, T)> {
    let mut changes: Vec<(u64, T)> = Vec::new();
    let mut last_track = 0;
    for event in events {
        let TrackEventKind::Meta(message) = event.kind else {
            continue;
        };
        let Some(value) = read(message) else { continue };
        match changes.last_mut() {
            Some((tick, last)) if *tick == event.tick => {
                if last_track == event.track {
                    *last = value;
                }
            }
            _ => {
                changes.push((event.tick, value));
                last_track = event.track;
            }
        }
    }
    changes
}
