//! From note-ons, note-offs and pedals to notes.

use std::collections::BTreeMap;

use midly::{MidiMessage, TrackEventKind};

use crate::music::smf::events::Event;
use crate::music::smf::file::{DRUM_CHANNEL, SmfNote};
use crate::music::smf::steps;
use crate::music::smf::warnings::Warnings;

/// A note without a note-off lasts a bar of 4/4 at most.
const HANGING_BEATS: u64 = 4;

/// The longest note, in quarter notes.
const MAX_BEATS: u64 = 256;

/// The notes of `events`, which are in order of time; `track_ends` is where each track ends, in ticks.
pub(super) fn pair(
    events: &[Event],
    track_ends: &[u64],
    ticks_per_beat: u32,
    warnings: &mut Warnings,
) -> Vec<SmfNote> {
    let programs = Programs::gather(events);
    let mut channels: [Option<Box<Channel>>; 16] = Default::default();
    let mut last_lifts = [None; 16];
    for event in events {
        if let Some((channel, value)) = pedal(event)
            && value < 64
        {
            last_lifts[usize::from(channel)] = Some(event.tick);
        }
    }
    let mut pairing =
        Pairing { notes: Vec::new(), offsets: Vec::new(), next: Vec::new(), n_stray: 0, first_stray: 0 };
    for event in events {
        steps::count(1);
        let TrackEventKind::Midi { channel, message } = event.kind else {
            continue;
        };
        // Allocated when first needed: most files use few channels, and a collection has many files.
        let channel_idx = usize::from(channel.as_int());
        let sounding = channels[channel_idx].get_or_insert_default();
        sounding.last_lift = last_lifts[channel_idx];
        match message {
            MidiMessage::NoteOn { key, vel } => {
                let note = SmfNote {
                    start: event.tick,
                    duration: 0,
                    pitch: key.as_int(),
                    velocity: vel.as_int(),
                    channel: channel.as_int(),
                    program: programs.at(event.track, channel.as_int(), event.tick),
                    track: event.track,
                };
                pairing.note_on(sounding, note, event.offset);
            }
            MidiMessage::NoteOff { key, .. } => pairing.note_off(sounding, key.as_int(), event),
            MidiMessage::Controller { controller, value } => match controller.as_int() {
                64 if channel.as_int() == DRUM_CHANNEL => {}
                64 if value.as_int() >= 64 => sounding.press(event.tick),
                64 | 121 => pairing.lift(sounding, event.tick),
                _ => pairing.silence(sounding, event.tick),
            },
            _ => {}
        }
    }
    pairing.finish(&channels, track_ends, u64::from(ticks_per_beat), warnings)
}

fn pedal(event: &Event) -> Option<(u8, u8)> {
    match event.kind {
        TrackEventKind::Midi { channel, message: MidiMessage::Controller { controller, value } } => {
            match controller.as_int() {
                64 => Some((channel.as_int(), value.as_int())),
                121 => Some((channel.as_int(), 0)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What sounds on one channel, as indices of notes.
#[derive(Debug)]
struct Channel {
    /// Keys held down, by pitch: a chain of notes for each track that holds it, ascending by track.
    held: [Vec<Chain>; 128],
    /// Released keys that the pedal sustains, by pitch.
    pedalled: [Vec<usize>; 128],
    /// When the pedal went down, if it is down.
    pressed: Option<u64>,
    /// The last time that the pedal is lifted in the whole file. A pedal that is never lifted is ignored.
    last_lift: Option<u64>,
}

/// Notes of one pitch and track that sound, the oldest first, each pointing to the next.
#[derive(Debug, Clone, Copy)]
struct Chain {
    track: usize,
    first: usize,
    last: usize,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            held: [const { Vec::new() }; 128],
            pedalled: [const { Vec::new() }; 128],
            pressed: None,
            last_lift: None,
        }
    }
}

impl Channel {
    fn press(&mut self, tick: u64) {
        if self.last_lift.is_some_and(|lift| lift >= tick) {
            self.pressed.get_or_insert(tick);
        }
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
        let pitch = usize::from(note.pitch & 127);
        for note_idx in channel.pedalled[pitch].drain(..) {
            self.end(note_idx, note.start);
        }
        let note_idx = self.notes.len();
        let chains = &mut channel.held[pitch];
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

    fn note_off(&mut self, channel: &mut Channel, pitch: u8, event: &Event) {
        let pitch = usize::from(pitch & 127);
        let chains = &mut channel.held[pitch];
        if chains.is_empty() {
            if self.n_stray == 0 {
                self.first_stray = event.offset;
            }
            self.n_stray += 1;
            return;
        }
        // Some files put the note-off into another track: then it ends any note of that pitch.
        let place = chains.binary_search_by_key(&event.track, |chain| chain.track).unwrap_or(0);
        let chain = &mut chains[place];
        let note_idx = chain.first;
        if chain.first == chain.last {
            chains.remove(place);
        } else {
            chain.first = self.next[note_idx];
        }
        self.end(note_idx, event.tick);
        // A key that goes up the moment the pedal goes down is not caught by it.
        if channel.pressed.is_some_and(|pressed| pressed < event.tick) {
            channel.pedalled[pitch].push(note_idx);
        }
    }

    fn lift(&mut self, channel: &mut Channel, tick: u64) {
        channel.pressed = None;
        for note_idx in channel.pedalled.iter_mut().flat_map(|notes| notes.drain(..)) {
            self.end(note_idx, tick);
        }
    }

    fn silence(&mut self, channel: &mut Channel, tick: u64) {
        for note_idx in self.sounding(channel) {
            self.end(note_idx, tick);
        }
        channel.held.iter_mut().for_each(Vec::clear);
        for note_idx in channel.pedalled.iter_mut().flat_map(|notes| notes.drain(..)) {
            self.end(note_idx, tick);
        }
    }

    /// The notes whose keys are held down.
    fn sounding(&self, channel: &Channel) -> Vec<usize> {
        let of_chain = |chain: &Chain| {
            let last = chain.last;
            std::iter::successors(Some(chain.first), move |note_idx| {
                (*note_idx != last).then(|| self.next[*note_idx])
            })
        };
        channel.held.iter().flatten().flat_map(of_chain).collect()
    }

    fn end(&mut self, note_idx: usize, tick: u64) {
        steps::count(1);
        if let Some(note) = self.notes.get_mut(note_idx) {
            note.duration = tick.saturating_sub(note.start);
        }
    }

    fn finish(
        mut self,
        channels: &[Option<Box<Channel>>; 16],
        track_ends: &[u64],
        ticks_per_beat: u64,
        warnings: &mut Warnings,
    ) -> Vec<SmfNote> {
        if self.n_stray > 0 {
            warnings.add(self.first_stray, || {
                format!("note-offs without a note skipped: {} in all", self.n_stray)
            });
        }
        let hanging: Vec<usize> =
            channels.iter().flatten().flat_map(|channel| self.sounding(channel)).collect();
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

/// Program changes, by track and channel, and by channel alone.
#[derive(Default)]
struct Programs {
    by_track: BTreeMap<(usize, u8), Vec<(u64, u8)>>,
    by_channel: BTreeMap<u8, Vec<(u64, u8)>>,
}

impl Programs {
    fn gather(events: &[Event]) -> Self {
        let mut programs = Self::default();
        for event in events {
            if let TrackEventKind::Midi { channel, message: MidiMessage::ProgramChange { program } } =
                event.kind
            {
                let change = (event.tick, program.as_int());
                programs.by_track.entry((event.track, channel.as_int())).or_default().push(change);
                programs.by_channel.entry(channel.as_int()).or_default().push(change);
            }
        }
        programs
    }

    /// The track's own last change by `tick`, else the channel's, else program 0. A change at that tick counts,
    /// wherever in the file it is.
    fn at(&self, track: usize, channel: u8, tick: u64) -> u8 {
        let last = |changes: &Vec<(u64, u8)>| {
            let n_before = changes.partition_point(|(change, _)| *change <= tick);
            n_before.checked_sub(1).and_then(|idx| changes.get(idx)).map(|(_, program)| *program)
        };
        let own = self.by_track.get(&(track, channel)).and_then(last);
        own.or_else(|| self.by_channel.get(&channel).and_then(last)).unwrap_or(0)
    }
}
