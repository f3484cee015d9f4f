//! A piece as a Standard MIDI File.

use std::path::Path;

use anyhow::{Context as _, Result};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind};

use crate::pattern::{Note, Part, STEP, STEPS};
use crate::piece::{Piece, Sounds};

/// Writes a piece with its tempo, meter and key, and a track for each part.
pub(crate) fn write(piece: &Piece, file: &Path) -> Result<()> {
    let chords: Vec<(usize, String)> =
        piece.chords.iter().map(|(bar, name)| (*bar, format!("chord: {name}"))).collect();
    let mut tracks = vec![head(piece, &chords)];
    for part in [Part::Drums, Part::Bass, Part::Chords, Part::Pad, Part::Lead] {
        if piece.notes.iter().any(|note| note.part == part) {
            tracks.push(track(part, piece.sounds, &piece.notes));
        }
    }
    let timing = Timing::Metrical(u15::from(4 * STEP as u16));
    let smf = Smf { header: Header::new(Format::Parallel, timing), tracks };
    smf.save(file).with_context(|| file.display().to_string())
}

/// The track of tempo, meter, key and chords.
fn head<'a>(piece: &Piece, chords: &'a [(usize, String)]) -> Track<'a> {
    let micros = (60e6 / f64::from(piece.tempo)).round() as u32;
    let sharps = sharps(piece.tonic, piece.is_minor);
    let settings = [
        MetaMessage::Tempo(u24::from(micros)),
        MetaMessage::TimeSignature(4, 2, 24, 8),
        MetaMessage::KeySignature(sharps, piece.is_minor),
    ];
    let settings = settings.map(|message| (0, message));
    let chords = chords.iter().map(|(bar, text)| (*bar, MetaMessage::Text(text.as_bytes())));
    let mut before = 0;
    let mut track = Vec::new();
    for (bar, message) in settings.into_iter().chain(chords) {
        let delta = u28::from(((bar - before) * STEPS) as u32 * STEP);
        track.push(TrackEvent { delta, kind: TrackEventKind::Meta(message) });
        before = bar;
    }
    track.push(TrackEvent { delta: u28::from(0), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    track
}

/// Sharps of a key signature, −5 to 6; flats are negative.
fn sharps(tonic: i32, is_minor: bool) -> i8 {
    let major = if is_minor { tonic + 3 } else { tonic };
    let fifths = (major * 7).rem_euclid(12);
    (if fifths > 6 { fifths - 12 } else { fifths }) as i8
}

fn track(part: Part, sounds: Sounds, notes: &[Note]) -> Track<'static> {
    let channel = u4::from(match part {
        Part::Drums => 9,
        Part::Bass => 0,
        Part::Chords => 1,
        Part::Pad => 2,
        Part::Lead => 3,
    });
    let mut events: Vec<(u32, bool, MidiMessage)> = Vec::new();
    for note in notes.iter().filter(|note| note.part == part) {
        let key = u7::from(note.key);
        let (on, off) = (u7::from(note.velocity), u7::from(64));
        events.push((note.at, true, MidiMessage::NoteOn { key, vel: on }));
        events.push((note.at + note.length, false, MidiMessage::NoteOff { key, vel: off }));
    }
    // At one tick, note-offs come first.
    events.sort_by_key(|(at, begins, _)| (*at, *begins));
    let program = MidiMessage::ProgramChange { program: u7::from(sounds.program(part)) };
    let mut before = 0;
    let mut track = Vec::new();
    for (at, _, message) in std::iter::once((0, false, program)).chain(events) {
        let delta = u28::from(at - before);
        track.push(TrackEvent { delta, kind: TrackEventKind::Midi { channel, message } });
        before = at;
    }
    let end = TrackEventKind::Meta(MetaMessage::EndOfTrack);
    track.push(TrackEvent { delta: u28::from(0), kind: end });
    track
}

#[cfg(test)]
mod tests {
    use super::sharps;

    #[test]
    fn key_signatures_are_those_of_the_circle_of_fifths() {
        assert_eq!(sharps(9, true), 0);
        assert_eq!(sharps(0, true), -3);
        assert_eq!(sharps(4, true), 1);
        assert_eq!(sharps(7, false), 1);
        assert_eq!(sharps(10, true), -5);
    }
}
