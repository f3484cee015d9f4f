//! Pieces as Standard MIDI Files, through midly.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Timing, Track, TrackEvent, TrackEventKind};

use crate::music::smf::DRUM_CHANNEL;
use crate::music::{Family, FamilySet, Key, Mode, Note, Piece, Tick};

/// Ticks to the quarter note of the files written, common among DAWs; a multiple of [`Tick::PER_BEAT`].
const TICKS_PER_BEAT: u16 = 480;

/// Writes `piece` as a file of format 1: a track of tempo, meter and key, then one track for each family with
/// its program. Drums are on channel 10.
///
/// [`read`](crate::music::smf::read) gives the same piece again, but for tempos, which are rounded to a whole
/// number of microseconds, and for what lies before tick zero, which is left out. There are 15 channels for
/// 16 pitched families: when all of them play, the last shares the first one's channel.
#[must_use]
pub fn write(piece: &Piece, title: &str) -> Vec<u8> {
    let families: FamilySet = piece.notes.iter().map(|note| note.family).collect();
    let mut tracks = vec![conductor_track(piece, title)];
    let mut channels = (0..16).filter(|channel| *channel != DRUM_CHANNEL).cycle();
    for family in (0..Family::COUNT)
        .filter_map(Family::from_index)
        .filter(|f| families.contains(*f))
    {
        let channel = if family.is_drums() {
            Some(DRUM_CHANNEL)
        } else {
            channels.next()
        };
        tracks.push(family_track(piece, family, channel.unwrap_or_default()));
    }
    let header = Header::new(Format::Parallel, Timing::Metrical(u15::new(TICKS_PER_BEAT)));
    let mut bytes = Vec::new();
    // Writing to memory fails only for tracks of more than 4 GB.
    let _ = midly::write(&header, &tracks, &mut bytes);
    bytes
}

fn conductor_track<'a>(piece: &Piece, title: &'a str) -> Track<'a> {
    let tempos = piece.tempos.iter().map(|(tick, bpm)| {
        let micros = (60e6 / bpm)
            .round()
            .clamp(1.0, f64::from(u24::max_value().as_int()));
        (*tick, MetaMessage::Tempo(u24::new(micros as u32)))
    });
    let meters = piece.meters.iter().map(|(tick, meter)| {
        let exponent = meter.denominator().trailing_zeros() as u8;
        (
            *tick,
            MetaMessage::TimeSignature(meter.numerator(), exponent, 24, 8),
        )
    });
    let keys = piece.keys.iter().map(|(tick, key)| {
        (
            *tick,
            MetaMessage::KeySignature(sharps(*key), key.mode == Mode::Minor),
        )
    });
    let mut events: Vec<(Tick, TrackEventKind<'a>)> = tempos
        .chain(meters)
        .chain(keys)
        .map(|(tick, message)| (tick, TrackEventKind::Meta(message)))
        .collect();
    events.retain(|(tick, _)| *tick >= Tick::ZERO);
    events.sort_by_key(|(tick, _)| *tick);
    track(title, &[], &events)
}

fn family_track(piece: &Piece, family: Family, channel: u8) -> Track<'static> {
    let midi = |message| TrackEventKind::Midi {
        channel: u4::new(channel),
        message,
    };
    let mut events = Vec::new();
    for note in piece
        .notes
        .iter()
        .filter(|note| note.family == family && note.onset >= Tick::ZERO)
    {
        let Note {
            onset,
            pitch,
            velocity,
            ..
        } = *note;
        let (key, vel) = (u7::new(pitch.min(127)), u7::new(velocity.clamp(1, 127)));
        events.push(((onset, 1), midi(MidiMessage::NoteOn { key, vel })));
        events.push((
            (note.end(), 0),
            midi(MidiMessage::NoteOff {
                key,
                vel: u7::new(64),
            }),
        ));
    }
    // At one tick, what ends comes before what begins.
    events.sort_by_key(|(order, _)| *order);
    let events: Vec<_> = events.into_iter().map(|((tick, _), kind)| (tick, kind)).collect();
    let program = midi(MidiMessage::ProgramChange {
        program: u7::new(family.program()),
    });
    track(family.name(), &[program], &events)
}

/// A track with its name, then `head` at its beginning, then `events`, which ascend.
fn track<'a>(name: &'a str, head: &[TrackEventKind<'a>], events: &[(Tick, TrackEventKind<'a>)]) -> Track<'a> {
    let at_once = |kind| TrackEvent {
        delta: u28::new(0),
        kind,
    };
    let mut track = vec![at_once(TrackEventKind::Meta(MetaMessage::TrackName(
        name.as_bytes(),
    )))];
    track.extend(head.iter().copied().map(at_once));
    let mut last = Tick::ZERO;
    for (tick, kind) in events {
        let delta = (*tick - last).0 * (i64::from(TICKS_PER_BEAT) / Tick::PER_BEAT);
        let longest = i64::from(u28::max_value().as_int());
        track.push(TrackEvent {
            delta: u28::new(delta.clamp(0, longest) as u32),
            kind: *kind,
        });
        last = *tick;
    }
    track.push(at_once(TrackEventKind::Meta(MetaMessage::EndOfTrack)));
    track
}

/// The key signature in sharps, or flats when negative: the spelling with the fewest.
fn sharps(key: Key) -> i8 {
    let major_tonic = if key.mode == Mode::Minor {
        key.tonic() + 3
    } else {
        key.tonic()
    };
    // A fifth up adds a sharp, and seven fifths are seven semitones up, 12 apart.
    let sharps = (i32::from(major_tonic) * 7).rem_euclid(12) as i8;
    if sharps > 6 { sharps - 12 } else { sharps }
}
