//! Writes pieces as Standard MIDI Files, through midly.

use std::collections::BTreeMap;

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Timing, Track, TrackEvent, TrackEventKind};

use crate::music::key::{Key, Mode};
use crate::music::note::{Family, Note};
use crate::music::performed::PerformedNote;
use crate::music::piece::Piece;
use crate::music::smf::file::DRUM_CHANNEL;
use crate::music::time::{Beats, Tick};

/// Ticks to the quarter note of the files written, common among DAWs; a multiple of [`Tick::PER_BEAT`].
const TICKS_PER_BEAT: i64 = 480;

/// The same for notes off the grid: half a millisecond at 120.
const FINE_TICKS_PER_BEAT: i64 = 960;

/// Writes `piece` as a file of format 1: a track of tempo, meter and key, then one track for each family and
/// program. Drums are on channel 10. If the piece has a length, all tracks end there, and so do notes that would
/// sound beyond it.
///
/// [`read`](crate::music::smf::read) returns the same piece, except that notes have no feel, tempos are rounded to whole
/// microseconds, and chords and everything before tick zero are left out. There are 15 channels for pitched instruments:
/// when there are more, the surplus share the first one's channel.
#[must_use]
pub fn write(piece: &Piece, title: &str) -> Vec<u8> {
    let played: Vec<PerformedNote> = piece.notes.iter().map(as_written).collect();
    write_tracks(&played, piece, title, TICKS_PER_BEAT)
}

/// Writes notes in host time, finer than any tick, with the tempos, meters, keys, programs and length of `frame`,
/// whose own notes are ignored. 960 ticks to the quarter note.
///
/// There is a track for each family, program and channel it was played on. Since a channel has one program, an
/// instrument whose channel is taken by another gets the next free one. Notes before zero are left out.
#[must_use]
pub fn write_performed(notes: &[PerformedNote], frame: &Piece, title: &str) -> Vec<u8> {
    write_tracks(notes, frame, title, FINE_TICKS_PER_BEAT)
}

/// A note exactly on the grid. All ask for the first channel, and get the next free one.
fn as_written(note: &Note) -> PerformedNote {
    PerformedNote {
        onset: note.onset.to_beats(),
        end: note.end().to_beats(),
        channel: if note.family.is_drums() { DRUM_CHANNEL } else { 0 },
        key: note.pitch.min(127),
        velocity: note.velocity.clamp(1, 127),
        family: note.family,
    }
}

/// The notes of one family and program that were played on one channel, and the channel that they are on.
struct Part<'a> {
    family: Family,
    program: u8,
    notes: Vec<&'a PerformedNote>,
    channel: u8,
    /// Whether other parts are on the same channel: then each note needs its program again.
    is_shared: bool,
}

fn write_tracks(notes: &[PerformedNote], frame: &Piece, title: &str, ticks_per_beat: i64) -> Vec<u8> {
    let parts = parts(notes, frame);
    let mut tracks = vec![conductor_track(frame, title, ticks_per_beat)];
    tracks.extend(parts.iter().map(|part| part_track(part, frame.length, ticks_per_beat)));
    let length = |track: &Track<'_>| track.iter().map(|event| i64::from(event.delta.as_int())).sum();
    let longest: i64 = tracks.iter().map(length).max().unwrap_or(0);
    let end = longest.max(in_file(frame.length.to_beats(), ticks_per_beat));
    for track in &mut tracks {
        let delta = delta(end - length(track));
        track.push(TrackEvent { delta, kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    }
    let header = Header::new(Format::Parallel, Timing::Metrical(u15::new(ticks_per_beat as u16)));
    let mut bytes = Vec::new();
    // Writing to memory fails only for tracks of more than 4 GB.
    let _ = midly::write(&header, &tracks, &mut bytes);
    bytes
}

fn parts<'a>(notes: &'a [PerformedNote], frame: &Piece) -> Vec<Part<'a>> {
    let mut by_instrument: BTreeMap<(Family, u8, u8), Vec<&PerformedNote>> = BTreeMap::new();
    for note in notes.iter().filter(|note| note.onset.0 >= 0.0) {
        let program = frame.programs.at(note.family, note.onset.to_ticks_round(), note.key);
        by_instrument.entry((note.family, program, note.channel.min(15))).or_default().push(note);
    }
    let mut free: Vec<u8> = (0..16).filter(|channel| *channel != DRUM_CHANNEL).collect();
    let mut parts = Vec::with_capacity(by_instrument.len());
    for ((family, program, asked), notes) in by_instrument {
        let idx = free.iter().position(|channel| *channel >= asked).unwrap_or(0);
        let channel = match free.get(idx) {
            _ if family.is_drums() => DRUM_CHANNEL,
            Some(_) => free.remove(idx),
            None => asked,
        };
        parts.push(Part { family, program, notes, channel, is_shared: false });
    }
    let mut n_on_channel = [0; 16];
    for part in &parts {
        n_on_channel[usize::from(part.channel & 15)] += 1;
    }
    for part in &mut parts {
        part.is_shared = n_on_channel[usize::from(part.channel & 15)] > 1;
    }
    parts
}

/// A position in ticks of the file.
fn in_file(position: Beats, ticks_per_beat: i64) -> i64 {
    (position.0 * ticks_per_beat as f64).round() as i64
}

/// A delta time; one that is too long for a file is as long as can be.
fn delta(ticks: i64) -> u28 {
    u28::new(ticks.clamp(0, i64::from(u28::max_value().as_int())) as u32)
}

fn conductor_track<'a>(piece: &Piece, title: &'a str, ticks_per_beat: i64) -> Track<'a> {
    let tempos = piece.tempos.iter().map(|(tick, bpm)| {
        let micros = (60e6 / bpm).round().clamp(1.0, f64::from(u24::max_value().as_int()));
        (*tick, MetaMessage::Tempo(u24::new(micros as u32)))
    });
    let meters = piece.meters.iter().map(|(tick, meter)| {
        let exponent = meter.denominator().trailing_zeros() as u8;
        (*tick, MetaMessage::TimeSignature(meter.numerator(), exponent, 24, 8))
    });
    let keys = piece
        .keys
        .iter()
        .map(|(tick, key)| (*tick, MetaMessage::KeySignature(sharps(*key), key.mode == Mode::Minor)));
    let mut events: Vec<(Tick, TrackEventKind<'a>)> = tempos
        .chain(meters)
        .chain(keys)
        .map(|(tick, message)| (tick, TrackEventKind::Meta(message)))
        .collect();
    events.retain(|(tick, _)| *tick >= Tick::ZERO);
    events.sort_by_key(|(tick, _)| *tick);
    let in_file = |(tick, kind): (Tick, _)| (tick.0 * ticks_per_beat / Tick::PER_BEAT, kind);
    track(title, events.into_iter().map(in_file))
}

/// The track of a part; notes end by `length`, unless that is zero.
fn part_track(part: &Part<'_>, length: Tick, ticks_per_beat: i64) -> Track<'static> {
    let midi = |message| TrackEventKind::Midi { channel: u4::new(part.channel), message };
    let program = midi(MidiMessage::ProgramChange { program: u7::new(part.program.min(127)) });
    let length = in_file(length.to_beats(), ticks_per_beat);
    let mut events = vec![((0, 0), program)];
    for note in &part.notes {
        let PerformedNote { onset, end, key, velocity, .. } = **note;
        let (key, vel) = (u7::new(key.min(127)), u7::new(velocity.clamp(1, 127)));
        let [onset, mut end] = [onset, end].map(|position| in_file(position, ticks_per_beat));
        // A note-off at the tick of its own note-on would come before it.
        end = end.max(onset + 1);
        if onset < length {
            end = end.min(length);
        }
        if part.is_shared {
            events.push(((onset, 1), program));
        }
        events.push(((onset, 2), midi(MidiMessage::NoteOn { key, vel })));
        let vel = u7::new(64);
        events.push(((end, 0), midi(MidiMessage::NoteOff { key, vel })));
    }
    // At one tick, note-offs come before note-ons.
    events.sort_by_key(|(order, _)| *order);
    track(part.family.name(), events.into_iter().map(|((tick, _), kind)| (tick, kind)))
}

/// A track with its name, then `events` at ticks of the file, which ascend; without its end.
fn track<'a>(name: &'a str, events: impl Iterator<Item = (i64, TrackEventKind<'a>)>) -> Track<'a> {
    let name = TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes()));
    let mut track = vec![TrackEvent { delta: u28::new(0), kind: name }];
    let mut last = 0;
    for (tick, kind) in events {
        track.push(TrackEvent { delta: delta(tick - last), kind });
        last = tick;
    }
    track
}

/// The key signature in sharps, or flats when negative: the spelling with the fewest.
fn sharps(key: Key) -> i8 {
    let major_tonic = if key.mode == Mode::Minor { key.tonic() + 3 } else { key.tonic() };
    // A fifth up adds a sharp, and seven fifths are seven semitones up, 12 apart.
    let sharps = (i32::from(major_tonic) * 7).rem_euclid(12) as i8;
    if sharps > 6 { sharps - 12 } else { sharps }
}
