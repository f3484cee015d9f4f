//! Writes pieces as Standard MIDI Files, through midly.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Timing, Track, TrackEvent, TrackEventKind};

use crate::music::key::{Key, Mode};
use crate::music::note::{Family, FamilySet, Note};
use crate::music::performed::PerformedNote;
use crate::music::piece::Piece;
use crate::music::smf::file::DRUM_CHANNEL;
use crate::music::time::{Beats, Tick};

/// Ticks to the quarter note of the files written, common among DAWs; a multiple of [`Tick::PER_BEAT`].
const TICKS_PER_BEAT: i64 = 480;

/// The same for notes off the grid: half a millisecond at 120.
const FINE_TICKS_PER_BEAT: i64 = 960;

/// Writes `piece` as a file of format 1: a track of tempo, meter and key, then one track for each family with
/// its program. Drums are on channel 10.
///
/// [`read`](crate::music::smf::read) returns the same piece, except that tempos are rounded to whole
/// microseconds and everything before tick zero is left out. There are 15 channels for 16 pitched families:
/// when all of them play, the last shares the first one's channel.
#[must_use]
pub fn write(piece: &Piece, title: &str) -> Vec<u8> {
    let played: Vec<PerformedNote> = piece.notes.iter().map(as_written).collect();
    write_tracks(&played, piece, title, TICKS_PER_BEAT)
}

/// Writes notes in host time, finer than any tick, with the tempos, meters and keys of `frame`, whose own
/// notes are ignored. 960 ticks to the quarter note.
///
/// There is a track for each family, with its program and on the channel it was played on. Since a channel
/// has one program, a family whose channel is taken by another gets the next free one. Notes
/// before zero are left out.
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

fn write_tracks(notes: &[PerformedNote], frame: &Piece, title: &str, ticks_per_beat: i64) -> Vec<u8> {
    let families: FamilySet = notes.iter().map(|note| note.family).collect();
    let mut tracks = vec![conductor_track(frame, title, ticks_per_beat)];
    let mut free: Vec<u8> = (0..16).filter(|channel| *channel != DRUM_CHANNEL).collect();
    for family in (0..Family::COUNT).filter_map(Family::from_index).filter(|f| families.contains(*f)) {
        let asked = notes.iter().find(|note| note.family == family).map_or(0, |note| note.channel.min(15));
        let idx = free.iter().position(|channel| *channel >= asked).unwrap_or(0);
        let channel = match free.get(idx) {
            Some(_) if !family.is_drums() => free.remove(idx),
            _ => asked,
        };
        tracks.push(family_track(notes, family, channel, ticks_per_beat));
    }
    let header = Header::new(Format::Parallel, Timing::Metrical(u15::new(ticks_per_beat as u16)));
    let mut bytes = Vec::new();
    // Writing to memory fails only for tracks of more than 4 GB.
    let _ = midly::write(&header, &tracks, &mut bytes);
    bytes
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
    track(title, &[], events.into_iter().map(in_file))
}

fn family_track(notes: &[PerformedNote], family: Family, channel: u8, ticks_per_beat: i64) -> Track<'static> {
    let midi = |message| TrackEventKind::Midi { channel: u4::new(channel), message };
    let in_file = |position: Beats| (position.0 * ticks_per_beat as f64).round() as i64;
    let mut events = Vec::new();
    for note in notes.iter().filter(|note| note.family == family && note.onset.0 >= 0.0) {
        let PerformedNote { onset, end, key, velocity, .. } = *note;
        let (key, vel) = (u7::new(key.min(127)), u7::new(velocity.clamp(1, 127)));
        events.push(((in_file(onset), 1), midi(MidiMessage::NoteOn { key, vel })));
        let vel = u7::new(64);
        events.push(((in_file(end), 0), midi(MidiMessage::NoteOff { key, vel })));
    }
    // At one tick, note-offs come before note-ons.
    events.sort_by_key(|(order, _)| *order);
    let program = midi(MidiMessage::ProgramChange { program: u7::new(family.program()) });
    track(family.name(), &[program], events.into_iter().map(|((tick, _), kind)| (tick, kind)))
}

/// A track with its name, then `head` at its beginning, then `events` at ticks of the file, which ascend.
fn track<'a>(
    name: &'a str,
    head: &[TrackEventKind<'a>],
    events: impl Iterator<Item = (i64, TrackEventKind<'a>)>,
) -> Track<'a> {
    let at_start = |kind| TrackEvent { delta: u28::new(0), kind };
    let mut track = vec![at_start(TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes())))];
    track.extend(head.iter().copied().map(at_start));
    let mut last = 0;
    for (tick, kind) in events {
        let longest = i64::from(u28::max_value().as_int());
        let delta = u28::new((tick - last).clamp(0, longest) as u32);
        track.push(TrackEvent { delta, kind });
        last = tick;
    }
    track.push(at_start(TrackEventKind::Meta(MetaMessage::EndOfTrack)));
    track
}

/// The key signature in sharps, or flats when negative: the spelling with the fewest.
fn sharps(key: Key) -> i8 {
    let major_tonic = if key.mode == Mode::Minor { key.tonic() + 3 } else { key.tonic() };
    // A fifth up adds a sharp, and seven fifths are seven semitones up, 12 apart.
    let sharps = (i32::from(major_tonic) * 7).rem_euclid(12) as i8;
    if sharps > 6 { sharps - 12 } else { sharps }
}
