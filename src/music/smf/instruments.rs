//! Which program each channel plays, and which channels are drums.

use std::collections::BTreeMap;

use midly::MidiMessage;

use crate::music::smf::events::{Event, EventKind};
use crate::music::smf::file::DRUM_CHANNEL;
use crate::music::smf::sysex::{DeviceMessage, Standard};

/// A port and a channel.
type Place = (u8, u8);

/// What the channels play, over time.
#[derive(Default)]
pub(super) struct Instruments {
    by_track: BTreeMap<(usize, Place), Vec<Change>>,
    by_channel: BTreeMap<Place, Vec<Change>>,
    /// Messages that make a channel a drum channel, or a melodic one.
    parts: BTreeMap<Place, Vec<Part>>,
    /// Resets of each port.
    resets: BTreeMap<u8, Vec<Reset>>,
}

/// A program change, with the bank that was chosen for it.
#[derive(Debug, Clone, Copy)]
struct Change {
    tick: u64,
    /// Its place among all events.
    event_idx: usize,
    program: u8,
    bank: u8,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    tick: u64,
    event_idx: usize,
    is_rhythm: bool,
}

#[derive(Debug, Clone, Copy)]
struct Reset {
    tick: u64,
    event_idx: usize,
    standard: Standard,
}

/// What a note is played with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instrument {
    pub(super) program: u8,
    pub(super) is_drums: bool,
}

impl Instruments {
    /// From events in order of time.
    pub(super) fn gather(events: &[Event<'_>]) -> Self {
        let mut instruments = Self::default();
        let mut banks: BTreeMap<Place, u8> = BTreeMap::new();
        let mut own_banks: BTreeMap<(usize, Place), u8> = BTreeMap::new();
        let last_programs = last_programs(events);
        for (event_idx, event) in events.iter().enumerate() {
            let (tick, track, port) = (event.tick, event.track, event.port);
            match event.kind {
                EventKind::Midi { channel, message: MidiMessage::ProgramChange { program } } => {
                    let place = (port, channel);
                    let bank = own_banks.get(&(track, place)).or_else(|| banks.get(&place)).copied();
                    let (program, bank) = (program.as_int(), bank.unwrap_or(0));
                    instruments.add(track, place, Change { tick, event_idx, program, bank });
                }
                EventKind::Midi { channel, message: MidiMessage::Controller { controller, value } }
                    if controller.as_int() == 0 =>
                {
                    let (place, bank) = ((port, channel), value.as_int());
                    own_banks.insert((track, place), bank);
                    banks.insert(place, bank);
                    // A bank waits for the next program change. Where none follows it can only be meant at once.
                    if last_programs.get(&place).is_none_or(|last| *last < event_idx) {
                        let program = instruments.at(track, place, tick).program;
                        instruments.add(track, place, Change { tick, event_idx, program, bank });
                    }
                }
                EventKind::Device(DeviceMessage::Part { channel, is_rhythm }) => {
                    let part = Part { tick, event_idx, is_rhythm };
                    instruments.parts.entry((port, channel)).or_default().push(part);
                }
                EventKind::Device(DeviceMessage::Reset(standard)) => {
                    banks.retain(|(of_port, _), _| *of_port != port);
                    own_banks.retain(|(_, (of_port, _)), _| *of_port != port);
                    let reset = Reset { tick, event_idx, standard };
                    instruments.resets.entry(port).or_default().push(reset);
                }
                EventKind::Midi { .. } | EventKind::Meta(_) => {}
            }
        }
        instruments
    }

    fn add(&mut self, track: usize, place: Place, change: Change) {
        self.by_track.entry((track, place)).or_default().push(change);
        self.by_channel.entry(place).or_default().push(change);
    }

    /// What a note that begins at `tick` is played with: the track's own last change by then, else the
    /// channel's, else program 0. A change at that tick counts, wherever in the file it is.
    pub(super) fn at(&self, track: usize, place: Place, tick: u64) -> Instrument {
        let reset = self.resets.get(&place.0).and_then(|resets| last(resets, tick, |reset| reset.tick));
        let after_reset = |event_idx: usize| reset.is_none_or(|reset| event_idx > reset.event_idx);
        let change = |changes: Option<&Vec<Change>>| {
            last(changes?, tick, |change| change.tick).filter(|change| after_reset(change.event_idx))
        };
        let own = change(self.by_track.get(&(track, place)));
        let chosen = own.or_else(|| change(self.by_channel.get(&place)));
        let parts = self.parts.get(&place);
        let part = parts.and_then(|parts| last(parts, tick, |part| part.tick));
        let part = part.filter(|part| after_reset(part.event_idx));
        let standard = reset.map_or(Standard::General, |reset| reset.standard);
        let of_bank =
            chosen.and_then(|change| Some((change.event_idx, drums_by_bank(change.bank, standard)?)));
        let is_drums = match (of_bank, part) {
            (Some((bank_idx, is_drums)), Some(part)) if bank_idx > part.event_idx => is_drums,
            (_, Some(part)) => part.is_rhythm,
            (Some((_, is_drums)), None) => is_drums,
            (None, None) => place.1 == DRUM_CHANNEL,
        };
        Instrument { program: chosen.map_or(0, |change| change.program), is_drums }
    }
}

/// Whether a bank is one of drums; none if it leaves the channel as it is.
fn drums_by_bank(bank: u8, standard: Standard) -> Option<bool> {
    match (standard, bank) {
        (Standard::General, 120 | 126 | 127) => Some(true),
        (Standard::General, 121) => Some(false),
        _ => None,
    }
}

/// Where the last program change of each channel is.
fn last_programs(events: &[Event<'_>]) -> BTreeMap<Place, usize> {
    let program = |(idx, event): (usize, &Event<'_>)| match event.kind {
        EventKind::Midi { channel, message: MidiMessage::ProgramChange { .. } } => {
            Some(((event.port, channel), idx))
        }
        _ => None,
    };
    events.iter().enumerate().filter_map(program).collect()
}

/// The last of `changes`, which ascend, at or before `tick`.
fn last<T: Copy>(changes: &[T], tick: u64, at: impl Fn(&T) -> u64) -> Option<T> {
    let n_before = changes.partition_point(|change| at(change) <= tick);
    n_before.checked_sub(1).and_then(|idx| changes.get(idx)).copied()
}
