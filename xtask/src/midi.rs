//! MIDI files, as far as pictures and comparisons need them.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use crate::hosts::Recording;

const TICKS_PER_BEAT: u16 = 960;

/// A note of a [`Song`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// The onset, in quarter notes.
    pub beat: f64,
    /// The duration, in quarter notes.
    pub length: f64,
    /// 0 to 15.
    pub channel: u8,
    /// 0 to 127.
    pub key: u8,
    /// 1 to 127.
    pub velocity: u8,
}

/// Notes with their meters and tempo.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    /// By onset.
    pub notes: Vec<Note>,
    /// Time signatures, each with the quarter note at which it begins; the first at 0.
    pub meters: Vec<(f64, (u16, u16))>,
    /// Quarter notes a minute at the beginning.
    pub tempo: f64,
}

impl Song {
    /// The notes of a recording at a constant tempo.
    ///
    /// # Errors
    /// If a note-on has no note-off of its own.
    pub fn from_recording(recording: &Recording, meter: (u16, u16), tempo: f64) -> Result<Self> {
        let beats_per_frame = recording.spans.first().map_or(0.0, |span| span.beats_per_sample);
        // Notes are on the nearest sample, which would not round to a whole tick.
        let clean = |beat: f64| (beat * f64::from(TICKS_PER_BEAT)).round() / f64::from(TICKS_PER_BEAT);
        let notes = recording.notes()?.into_iter().map(|note| Note {
            beat: clean(note.beat),
            length: (note.off - note.on) as f64 * beats_per_frame,
            channel: note.channel,
            key: note.key,
            velocity: note.velocity,
        });
        Ok(Self { notes: notes.collect(), meters: vec![(0.0, meter)], tempo })
    }

    /// Reads a MIDI file whose time is in quarter notes.
    ///
    /// # Errors
    /// If the file cannot be read, or counts in frames.
    pub fn read(file: &Path) -> Result<Self> {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        let smf = Smf::parse(&bytes)?;
        let Timing::Metrical(ticks_per_beat) = smf.header.timing else {
            bail!("{} counts in frames, not in quarter notes", file.display());
        };
        let per_beat = f64::from(ticks_per_beat.as_int());
        let mut song = Self { notes: Vec::new(), meters: Vec::new(), tempo: 120.0 };
        for track in &smf.tracks {
            song.read_track(track, per_beat);
        }
        song.meters.sort_by(|a, b| a.0.total_cmp(&b.0));
        if song.meters.first().is_none_or(|first| first.0 > 0.0) {
            song.meters.insert(0, (0.0, (4, 4)));
        }
        song.notes.sort_by(|a, b| a.beat.total_cmp(&b.beat).then(a.key.cmp(&b.key)));
        Ok(song)
    }

    fn read_track(&mut self, track: &[TrackEvent<'_>], per_beat: f64) {
        let mut ticks = 0_u64;
        let mut sounding: Vec<usize> = Vec::new();
        for event in track {
            ticks += u64::from(event.delta.as_int());
            let beat = ticks as f64 / per_beat;
            match event.kind {
                TrackEventKind::Midi { channel, message } => {
                    let (channel, struck, key, velocity) = match message {
                        MidiMessage::NoteOn { key, vel } => (channel, vel > 0, key, vel.as_int()),
                        MidiMessage::NoteOff { key, .. } => (channel, false, key, 0),
                        _ => continue,
                    };
                    let (channel, key) = (channel.as_int(), key.as_int());
                    let same = |note: &Note| note.channel == channel && note.key == key;
                    if let Some(place) = sounding.iter().position(|idx| same(&self.notes[*idx])) {
                        let note = &mut self.notes[sounding.remove(place)];
                        note.length = beat - note.beat;
                    }
                    if struck {
                        sounding.push(self.notes.len());
                        self.notes.push(Note { beat, length: 0.0, channel, key, velocity });
                    }
                }
                TrackEventKind::Meta(MetaMessage::TimeSignature(numerator, power, ..)) => {
                    let denominator = 1_u16.checked_shl(power.into()).unwrap_or(4);
                    self.meters.push((beat, (u16::from(numerator).max(1), denominator)));
                }
                TrackEventKind::Meta(MetaMessage::Tempo(micros)) if ticks == 0 && micros.as_int() > 0 => {
                    self.tempo = 60e6 / f64::from(micros.as_int());
                }
                _ => {}
            }
        }
    }

    /// Writes a MIDI file with a track for the tempo and one for each channel.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        let mut tracks = vec![self.tempo_track()];
        for channel in 0..16 {
            if self.notes.iter().any(|note| note.channel == channel) {
                tracks.push(self.note_track(channel));
            }
        }
        let timing = Timing::Metrical(u15::from(TICKS_PER_BEAT));
        let smf = Smf { header: Header::new(Format::Parallel, timing), tracks };
        smf.save(file).with_context(|| file.display().to_string())
    }

    fn tempo_track(&self) -> Vec<TrackEvent<'static>> {
        let tempo = MetaMessage::Tempo(u24::from((60e6 / self.tempo).round() as u32));
        let mut events = vec![(0, TrackEventKind::Meta(tempo))];
        for (beat, (numerator, denominator)) in &self.meters {
            let power = denominator.trailing_zeros() as u8;
            let meter = MetaMessage::TimeSignature(*numerator as u8, power, 24, 8);
            events.push((ticks(*beat), TrackEventKind::Meta(meter)));
        }
        track(events)
    }

    fn note_track(&self, channel: u8) -> Vec<TrackEvent<'static>> {
        let mut events = Vec::new();
        for note in self.notes.iter().filter(|note| note.channel == channel) {
            let (channel, key) = (u4::from(channel), u7::from(note.key));
            let vel = u7::from(note.velocity);
            let (on, off) =
                (MidiMessage::NoteOn { key, vel }, MidiMessage::NoteOff { key, vel: u7::from(64) });
            let end = ticks(note.beat + note.length).max(ticks(note.beat) + 1);
            events.push((ticks(note.beat), TrackEventKind::Midi { channel, message: on }));
            events.push((end, TrackEventKind::Midi { channel, message: off }));
        }
        track(events)
    }
}

fn ticks(beat: f64) -> u32 {
    (beat * f64::from(TICKS_PER_BEAT)).round().max(0.0) as u32
}

/// Sorts events by time, note-offs first, and ends the track.
fn track(mut events: Vec<(u32, TrackEventKind<'static>)>) -> Vec<TrackEvent<'static>> {
    let begins = |kind: &TrackEventKind<'_>| {
        matches!(kind, TrackEventKind::Midi { message: MidiMessage::NoteOn { .. }, .. })
    };
    events.sort_by_key(|(ticks, kind)| (*ticks, begins(kind)));
    let mut before = 0;
    let mut track = Vec::new();
    for (ticks, kind) in events {
        track.push(TrackEvent { delta: u28::from(ticks - before), kind });
        before = ticks;
    }
    track.push(TrackEvent { delta: u28::from(0), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
    track
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_song_written_and_read_again_is_the_same() {
        let note = |beat, key| Note { beat, length: 0.5, channel: 9, key, velocity: 90 };
        let notes = vec![note(0.0, 60), note(0.0, 64), note(0.5, 60)];
        let song = Song { notes, meters: vec![(0.0, (3, 4))], tempo: 100.0 };
        let file = std::env::temp_dir().join(format!("xtask-midi-{}.mid", std::process::id()));
        song.write(&file).unwrap();
        let again = Song::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(again, song);
    }
}
