//! From the bytes of a track to its events, however damaged.

use std::ops::Range;

use midly::num::{u7, u24};
use midly::{MetaMessage, MidiMessage};

use crate::music::meter::Meter;
use crate::music::smf::steps;
use crate::music::smf::sysex::{self, DeviceMessage};
use crate::music::smf::warnings::Warnings;

/// An event that is used.
#[derive(Debug)]
pub(super) struct Event<'a> {
    /// File ticks from the beginning of the piece.
    pub(super) tick: u64,
    pub(super) track: usize,
    /// Which MIDI port it goes to: each has channels and an instrument of its own.
    pub(super) port: u8,
    /// Where in the file, in bytes.
    pub(super) offset: usize,
    pub(super) kind: EventKind<'a>,
}

/// What an event says.
#[derive(Debug, Clone, Copy)]
pub(super) enum EventKind<'a> {
    /// Notes, programs and banks, the pedal and the switches that end notes.
    Midi { channel: u8, message: MidiMessage },
    /// Tempo, meter, key and chords.
    Meta(MetaMessage<'a>),
    /// A system exclusive message that changes what channels play.
    Device(DeviceMessage),
}

/// Where and how reading a track ended.
#[derive(Debug)]
pub(super) struct TrackEnd {
    pub(super) offset: usize,
    pub(super) tick: u64,
    /// How far it reaches as music. An end that only follows from a change of tempo, meter or key after the last
    /// note is where the file stops, not where the piece does: then it is where the last other event is.
    pub(super) reach: u64,
    pub(super) ending: Ending,
}

/// How a track can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With an end-of-track event.
    EndOfTrack,
    /// Without one, at the end of its bytes.
    OutOfBytes,
}

/// What was read at a status byte.
enum Found<'a> {
    Event(EventKind<'a>),
    /// Something that is not used, or was left out with a warning.
    Nothing,
    /// Bytes that were no message; at the reader's position is a new status byte, with no time before it.
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
    port: u8,
    tick: u64,
    last_tick: u64,
    /// When the last change of tempo, meter or key was, and the last event that is none.
    last_change: Option<u64>,
    last_other: u64,
    /// The running status. Strictly, meta events and sysex end it; files that rely on it to go on are common,
    /// and files that rely on its end do not exist.
    running: Option<u8>,
}

impl<'a> TrackReader<'a> {
    /// A reader of the track that lies in `range`, begins at the first of `ticks` and must end by the last.
    pub(super) fn new(bytes: &'a [u8], range: Range<usize>, track: usize, ticks: Range<u64>) -> Self {
        let bytes = &bytes[..range.end];
        let tick = ticks.start.min(ticks.end);
        Self {
            bytes,
            position: range.start,
            track,
            port: 0,
            tick,
            last_tick: ticks.end,
            last_change: None,
            last_other: tick,
            running: None,
        }
    }

    /// Reads to the end, adding to `events`.
    pub(super) fn read(mut self, events: &mut Vec<Event<'a>>, warnings: &mut Warnings) -> TrackEnd {
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
        // Some programs write the end of a track one tick after its last event.
        let is_after_change = self.last_change.is_some_and(|change| self.tick <= change + 1);
        let reach = if is_after_change { self.last_other } else { self.tick };
        TrackEnd { offset: self.position, tick: self.tick, reach, ending }
    }

    /// Reads a delta time and what follows, up to the next delta time.
    fn event(
        &mut self,
        events: &mut Vec<Event<'a>>,
        warnings: &mut Warnings,
    ) -> Result<Option<Ending>, OutOfBytes> {
        let delta_offset = self.position;
        let delta = self.length(warnings)?;
        let tick = self.tick.saturating_add(delta);
        if tick > self.last_tick {
            warnings.add(delta_offset, || format!("impossible time: tick {tick} read as {}", self.last_tick));
        }
        self.tick = tick.min(self.last_tick);
        loop {
            let offset = self.position;
            match self.message(warnings)? {
                Found::Event(kind) => {
                    if matches!(kind, EventKind::Meta(message) if !matches!(message, MetaMessage::Text(_))) {
                        self.last_change = Some(self.tick);
                    } else {
                        self.last_other = self.tick;
                    }
                    events.push(Event { tick: self.tick, track: self.track, port: self.port, offset, kind });
                }
                Found::Nothing => self.last_other = self.tick,
                Found::StatusAhead => continue,
                Found::EndOfTrack => return Ok(Some(Ending::EndOfTrack)),
            }
            return Ok(None);
        }
    }

    /// Reads what begins at a status byte, or under the running status.
    fn message(&mut self, warnings: &mut Warnings) -> Result<Found<'a>, OutOfBytes> {
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
            0xf0 => self.system_exclusive(warnings),
            0xf7 => Ok(self.payload(warnings)?.map_or(Found::StatusAhead, |_| Found::Nothing)),
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
    ) -> Result<Found<'a>, OutOfBytes> {
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
            // Bank, sustain pedal, all sound off, reset all controllers, all notes off and the modes that imply it.
            0xb if matches!(first.as_int(), 0 | 64 | 120 | 121 | 123..=127) => {
                MidiMessage::Controller { controller: first, value: second }
            }
            0xc => MidiMessage::ProgramChange { program: first },
            _ => return Ok(Found::Nothing),
        };
        Ok(Found::Event(EventKind::Midi { channel: status & 15, message }))
    }

    fn meta(&mut self, offset: usize, warnings: &mut Warnings) -> Result<Found<'a>, OutOfBytes> {
        let kind = self.take(1)?[0];
        let Some(data) = self.payload(warnings)? else {
            return Ok(Found::StatusAhead);
        };
        let message = match (kind, data) {
            (0x2f, _) => return Ok(Found::EndOfTrack),
            (0x21, [port, ..]) => {
                self.port = *port;
                return Ok(Found::Nothing);
            }
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
            (0x01, text) if text.starts_with(CHORD) => Some(MetaMessage::Text(text)),
            (0x51 | 0x58 | 0x59, _) => None,
            _ => return Ok(Found::Nothing),
        };
        let Some(message) = message else {
            warnings.add(offset, || format!("impossible {} {data:02x?} skipped", meta_name(kind)));
            return Ok(Found::Nothing);
        };
        Ok(Found::Event(EventKind::Meta(message)))
    }

    /// Reads a system exclusive message. Its length may be wrong or missing: then it ends at its `f7`, or before
    /// the next event that can be read.
    fn system_exclusive(&mut self, warnings: &mut Warnings) -> Result<Found<'a>, OutOfBytes> {
        let offset = self.position;
        let Some(extent) = sysex::find_end(self.bytes, offset) else {
            warnings.add(offset, || "a system message without an end skipped".to_owned());
            return Err(OutOfBytes);
        };
        if extent.is_repaired {
            warnings.add(offset, || "a system message with a wrong length, read up to its end".to_owned());
        }
        self.position = extent.end;
        let message = self.bytes.get(extent.payload).and_then(DeviceMessage::read);
        Ok(message.map_or(Found::Nothing, |message| Found::Event(EventKind::Device(message))))
    }

    /// Reads the length and the bytes of a meta event or sysex; `None` if there are not that many.
    ///
    /// Then neither the length nor what follows can be trusted, so the next status byte is searched for.
    fn payload(&mut self, warnings: &mut Warnings) -> Result<Option<&'a [u8]>, OutOfBytes> {
        let offset = self.position;
        let length = usize::try_from(self.length(warnings)?).unwrap_or(usize::MAX);
        if let Some(payload) = self.bytes[self.position..].get(..length) {
            self.position += payload.len();
            return Ok(Some(payload));
        }
        warnings.add(offset, || format!("{length} bytes announced, more than the track has: skipped"));
        self.running = None;
        Ok(None)
    }

    /// Skips data that belongs to no status.
    fn skip_to_status(&mut self, warnings: &mut Warnings) -> Result<Found<'a>, OutOfBytes> {
        let rest = &self.bytes[self.position..];
        let n_skipped = rest.iter().position(|byte| *byte >= 0x80);
        let length = n_skipped.unwrap_or(rest.len());
        steps::count(length);
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

    /// Whether a meta event that every file has begins at `offset`, recognised by kind and length.
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
        steps::count(n);
        let taken = self.bytes[self.position..].get(..n).ok_or(OutOfBytes)?;
        self.position += n;
        Ok(taken)
    }
}

/// What a text event begins with whose rest is a chord.
pub(super) const CHORD: &[u8] = b"chord:";

/// A thousand quarter notes a minute; a faster tempo is damage.
const MIN_MICROS_PER_BEAT: u32 = 60_000;

fn meta_name(kind: u8) -> &'static str {
    match kind {
        0x51 => "tempo",
        0x58 => "time signature",
        0x59 => "key signature",
        _ => "meta event",
    }
}

/// The meter of a time signature event, whose denominator is two to the `exponent`.
pub(super) fn meter(numerator: u8, exponent: u8) -> Option<Meter> {
    Meter::new(u32::from(numerator), 1u32.checked_shl(u32::from(exponent))?).ok()
}
