//! Tempos, time signatures, key signatures and chords, of all tracks together.

use midly::MetaMessage;

use crate::music::chord::Chord;
use crate::music::harte::parse_harte;
use crate::music::key::{Key, Mode};
use crate::music::meter::Meter;
use crate::music::smf::events::{CHORD, Event, EventKind, meter};
use crate::music::smf::warnings::Warnings;

/// The tempo changes of all tracks, in quarter notes a minute.
pub(super) fn tempos(events: &[Event<'_>]) -> Vec<(u64, f64)> {
    changes(events, |message| match message {
        MetaMessage::Tempo(micros) => Some(60e6 / f64::from(micros.as_int())),
        _ => None,
    })
}

/// The time signatures of all tracks.
pub(super) fn meters(events: &[Event<'_>]) -> Vec<(u64, Meter)> {
    changes(events, |message| match message {
        MetaMessage::TimeSignature(numerator, exponent, _, _) => meter(numerator, exponent),
        _ => None,
    })
}

/// The key signatures of all tracks.
pub(super) fn keys(events: &[Event<'_>]) -> Vec<(u64, Key)> {
    changes(events, |message| match message {
        // Each sharp lifts the tonic by a fifth; a minor tonic lies three semitones below its major one.
        MetaMessage::KeySignature(sharps, true) => Some(Key::new(tonic(sharps, 9), Mode::Minor)),
        MetaMessage::KeySignature(sharps, false) => Some(Key::new(tonic(sharps, 0), Mode::Major)),
        _ => None,
    })
}

/// The chords of all tracks, from text events such as `chord: A:min7`; `None` where there is none.
pub(super) fn chords(events: &[Event<'_>], warnings: &mut Warnings) -> Vec<(u64, Option<Chord>)> {
    let parse =
        |text: &[u8]| parse_harte(&String::from_utf8_lossy(text.get(CHORD.len()..).unwrap_or_default()));
    for event in events {
        if let EventKind::Meta(MetaMessage::Text(text)) = event.kind
            && let Err(error) = parse(text)
        {
            warnings.add(event.offset, || error.to_string());
        }
    }
    changes(events, |message| match message {
        MetaMessage::Text(text) => parse(text).ok(),
        _ => None,
    })
}

fn tonic(sharps: i8, above: i32) -> u8 {
    (i32::from(sharps) * 7 + above).rem_euclid(12) as u8
}

/// Of several changes at one tick, the last one of the first track that has any counts.
fn changes<T>(events: &[Event<'_>], read: impl Fn(MetaMessage<'_>) -> Option<T>) -> Vec<(u64, T)> {
    let mut changes: Vec<(u64, T)> = Vec::new();
    let mut last_track = 0;
    for event in events {
        let EventKind::Meta(message) = event.kind else {
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
