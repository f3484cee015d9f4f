//! From note-ons, note-offs and pedals to notes.

use std::collections::BTreeMap;

use midly::MidiMessage;

use crate::music::smf::events::{Event, EventKind};
use crate::music::smf::file::SmfNote;
use crate::music::smf::instruments::{Instrument, Instruments};
use crate::music::smf::steps;
use crate::music::smf::sysex::DeviceMessage;
use crate::music::smf::warnings::Warnings;

/// A note without a note-off lasts a bar of 4/4 at most.
const HANGING_BEATS: u64 = 4;

/// The longest note, in quarter notes.
pub(super) const MAX_BEATS: u64 = 256;

/// What sounds, by port and channel.
type Channels = BTreeMap<(u8, u8), Channel>;

/// The notes of `events`, which are in order of time; `track_ends` is where each track ends, in ticks.
pub(super) fn pair(
    events: &[Event<'_>],
    track_ends: &[u64],
    ticks_per_beat: u32,
    warnings: &mut Warnings,
) -> Vec<SmfNote> {
    let instruments = Instruments::gather(events);
    let last_lifts = last_lifts(events);
    let mut channels = Channels::new();
    let mut pairing =
        Pairing { notes: Vec::new(), offsets: Vec::new(), next: Vec::new(), n_stray: 0, first_stray: 0 };
    for event in events {
        steps::count(1);
        match event.kind {
            EventKind::Midi { channel, message } => {
                let place = (event.port, channel);
                let sounding = channels.entry(place).or_default();
                let instrument = || instruments.at(event.track, place, event.tick);
                match message {
                    MidiMessage::NoteOn { key, vel } => {
                        let Instrument { program, is_drums } = instrument();
                        let note = SmfNote {
                            start: event.tick,
                            duration: 0,
                            pitch: key.as_int(),
                            velocity: vel.as_int(),
                            channel,
                            program,
                            is_drums,
                            track: event.track,
                        };
                        pairing.note_on(sounding, note, event.offset);
                    }
                    MidiMessage::NoteOff { key, .. } => pairing.note_off(sounding, key.as_int(), event),
                    MidiMessage::Controller { controller, value } => match controller.as_int() {
                        64 if instrument().is_drums => {}
                        64 if value.as_int() >= 64 => {
                            let last_lift = last_lifts.get(&place).copied();
                            sounding.press(event.tick, last_lift);
                        }
                        64 | 121 => pairing.lift(sounding, event.tick),
                        120 => pairing.silence(sounding, event.tick),
                        // The modes, omni and mono, end the notes as all notes off does.
                        123..=127 => pairing.release_all(sounding, event.tick),
                        _ => {}
                    },
                    _ => {}
                }
            }
            EventKind::Device(DeviceMessage::Reset(_)) => {
                for (_, sounding) in channels.range_mut((event.port, 0)..=(event.port, u8::MAX)) {
                    pairing.lift(sounding, event.tick);
                    pairing.silence(sounding, event.tick);
                }
            }
            EventKind::Device(DeviceMessage::Part { .. }) | EventKind::Meta(_) => {}
        }
    }
    pairing.finish(&channels, track_ends, u64::from(ticks_per_beat), warnings)
}

/// The last time that the pedal of each channel is lifted.
fn last_lifts(events: &[Event<'_>]) -> BTreeMap<(u8, u8), u64> {
    let lift = |event: &Event<'_>| match event.kind {
        EventKind::Midi { channel, message: MidiMessage::Controller { controller, value } } => {
            let is_lift = match controller.as_int() {
                64 => value.as_int() < 64,
                controller => controller == 121,
            };
            is_lift.then_some(((event.port, channel), event.tick))
        }
        _ => None,
    };
    events.iter().filter_map(lift).collect()
}

/// What sounds on one channel, as indices of notes.
#[derive(Debug, Default)]
struct Channel {
    /// Keys held down, by pitch: a chain of notes for each track that holds it, ascending by track. None is empty.
    held: BTreeMap<u8, Vec<Chain>>,
    /// Released keys that the pedal sustains, by pitch.
    pedalled: BTreeMap<u8, Vec<usize>>,
    /// When the pedal went down, if it is down.
    pressed: Option<u64>,
}

/// Notes of one pitch and track that sound, the oldest first, each pointing to the next.
#[derive(Debug, Clone, Copy)]
struct Chain {
    track: usize,
    first: usize,
    last: usize,
}

impl Channel {
    /// The pedal goes down. One that is never lifted again is ignored.
    fn press(&mut self, tick: u64, last_lift: Option<u64>) {
        if last_lift.is_some_and(|lift| lift >= tick) {
            self.pressed.get_or_insert(tick);
        }
    }

    /// Whether the pedal catches a key that goes up now: not one that goes up the moment the pedal goes down.
    fn catches(&self, tick: u64) -> bool {
        self.pressed.is_some_and(|pressed| pressed < tick)
    }
}

/// The notes so far.
struct Pairing {
    notes: Vec<SmfNote>,
    /// Where in the file each note-on is.
    offsets: Vec<usize>,
    /// The next note in the chain of each.
    next: Vec<usize>,
    n_stray: usize,
    first_stray: usize,
}

impl Pairing {
    fn note_on(&mut self, channel: &mut Channel, note: SmfNote, offset: usize) {
        for note_idx in channel.pedalled.remove(&note.pitch).unwrap_or_default() {
            self.end(note_idx, note.start);
        }
        let note_idx = self.notes.len();
        let chains = channel.held.entry(note.pitch).or_default();
        match chains.binary_search_by_key(&note.track, |chain| chain.track) {
            Ok(place) => {
                self.next[chains[place].last] = note_idx;
                chains[place].last = note_idx;
            }
            Err(place) => {
                chains.insert(place, Chain { track: note.track, first: note_idx, last: note_idx });
            }
        }
        self.notes.push(note);
        self.offsets.push(offset);
        self.next.push(note_idx);
    }

    fn note_off(&mut self, channel: &mut Channel, pitch: u8, event: &Event<'_>) {
        let Some(chains) = channel.held.get_mut(&pitch) else {
            if self.n_stray == 0 {
                self.first_stray = event.offset;
            }
            self.n_stray += 1;
            return;
        };
        // Some files put the note-off into another track: then it ends any note of that pitch.
        let place = chains.binary_search_by_key(&event.track, |chain| chain.track).unwrap_or(0);
        let chain = &mut chains[place];
        let note_idx = chain.first;
        if chain.first == chain.last {
            chains.remove(place);
            if chains.is_empty() {
                channel.held.remove(&pitch);
            }
        } else {
            chain.first = self.next[note_idx];
        }
        self.release(channel, pitch, note_idx, event.tick);
    }

    /// The key of a note goes up: it ends, or the pedal goes on sustaining it.
    fn release(&mut self, channel: &mut Channel, pitch: u8, note_idx: usize, tick: u64) {
        self.end(note_idx, tick);
        if channel.catches(tick) {
            channel.pedalled.entry(pitch).or_default().push(note_idx);
        }
    }

    /// All keys go up.
    fn release_all(&mut self, channel: &mut Channel, tick: u64) {
        for (pitch, chains) in std::mem::take(&mut channel.held) {
            for note_idx in chains.iter().flat_map(|chain| self.in_chain(chain)).collect::<Vec<_>>() {
                self.release(channel, pitch, note_idx, tick);
            }
        }
    }

    fn lift(&mut self, channel: &mut Channel, tick: u64) {
        channel.pressed = None;
        for note_idx in std::mem::take(&mut channel.pedalled).into_values().flatten() {
            self.end(note_idx, tick);
        }
    }

    /// Nothing sounds any more, whatever the keys and the pedal do.
    fn silence(&mut self, channel: &mut Channel, tick: u64) {
        for chain in std::mem::take(&mut channel.held).into_values().flatten() {
            for note_idx in self.in_chain(&chain).collect::<Vec<_>>() {
                self.end(note_idx, tick);
            }
        }
        for note_idx in std::mem::take(&mut channel.pedalled).into_values().flatten() {
            self.end(note_idx, tick);
        }
    }

    /// The notes of a chain, the oldest first.
    fn in_chain(&self, chain: &Chain) -> impl Iterator<Item = usize> {
        let last = chain.last;
        std::iter::successors(Some(chain.first), move |note_idx| {
            (*note_idx != last).then(|| self.next.get(*note_idx).copied()).flatten()
        })
    }

    fn end(&mut self, note_idx: usize, tick: u64) {
        steps::count(1);
        if let Some(note) = self.notes.get_mut(note_idx) {
            note.duration = tick.saturating_sub(note.start);
        }
    }

    fn finish(
        mut self,
        channels: &Channels,
        track_ends: &[u64],
        ticks_per_beat: u64,
        warnings: &mut Warnings,
    ) -> Vec<SmfNote> {
        if self.n_stray > 0 {
            warnings.add(self.first_stray, || {
                format!("note-offs without a note skipped: {} in all", self.n_stray)
            });
        }
        let chains = channels.values().flat_map(|channel| channel.held.values().flatten());
        let hanging: Vec<usize> = chains.flat_map(|chain| self.in_chain(chain)).collect();
        if let Some(offset) = hanging.iter().filter_map(|idx| self.offsets.get(*idx)).min() {
            warnings.add(*offset, || {
                format!("notes that never end given a bar at most: {} in all", hanging.len())
            });
        }
        for note_idx in hanging {
            let Some(note) = self.notes.get_mut(note_idx) else {
                continue;
            };
            let track_end = track_ends.get(note.track).copied().unwrap_or(note.start);
            note.duration = track_end.saturating_sub(note.start).min(HANGING_BEATS * ticks_per_beat);
        }
        let longest = MAX_BEATS * ticks_per_beat;
        for (note, offset) in self.notes.iter_mut().zip(&self.offsets) {
            if note.duration > longest {
                warnings.add(*offset, || format!("a note of {} ticks cut to {longest}", note.duration));
                note.duration = longest;
            }
        }
        self.notes.sort_by_key(|note| (note.start, note.pitch, note.channel));
        self.notes
    }
}
