//! A plugin's output, and the song positions it belongs to.

use anyhow::{Result, ensure};

use crate::hosts::block::Block;

/// A plugin's output, in the order in which it was sent.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Notes and any other events.
    pub events: Vec<Event>,
    /// The blocks, one after the other from frame 0.
    pub spans: Vec<Span>,
    /// The sound, left and right, if the recording was made by [`Recording::with_audio`].
    pub audio: Option<[Vec<f32>; 2]>,
    frames: u64,
}

/// An event as the plugin sent it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Frames since the recording began.
    pub sample: u64,
    /// The index of its block.
    pub block: usize,
    /// Its time in that block, in frames, as the plugin gave it.
    pub offset: u32,
    /// Note-on, note-off or other.
    pub kind: EventKind,
    /// 0 to 15.
    pub channel: u8,
    /// 0 to 127.
    pub key: u8,
    /// 1 to 127 for a note-on.
    pub velocity: u8,
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A note-on.
    On,
    /// A note-off.
    Off,
    /// Another message in MIDI's three bytes; zeros if it has none.
    Other([u8; 3]),
}

/// A block as it was processed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Frames since the recording began.
    pub sample: u64,
    /// Its length.
    pub frames: u32,
    /// Whether the song was playing.
    pub playing: bool,
    /// The song's position at the first frame, in quarter notes.
    pub beat: f64,
    /// Quarter notes to the frame.
    pub beats_per_sample: f64,
    /// The loop that wrapped inside this block, in quarter notes.
    pub wraps: Option<(f64, f64)>,
}

/// A note-on with its note-off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlayedNote {
    /// Frame of the note-on.
    pub on: u64,
    /// Frame of the note-off.
    pub off: u64,
    /// The song's position at the note-on, in quarter notes.
    pub beat: f64,
    /// 0 to 15.
    pub channel: u8,
    /// 0 to 127.
    pub key: u8,
    /// 1 to 127.
    pub velocity: u8,
}

impl Recording {
    /// A recording that includes the sound.
    #[must_use]
    pub fn with_audio() -> Self {
        Self { audio: Some([Vec::new(), Vec::new()]), ..Self::default() }
    }

    /// Frames recorded so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Begins a block; its events follow.
    pub(crate) fn begin(&mut self, block: &Block, sample_rate: f64) {
        self.spans.push(Span {
            sample: self.frames,
            frames: block.frames,
            playing: block.transport.playing,
            beat: block.beat,
            beats_per_sample: block.tempo / 60.0 / sample_rate,
            wraps: block.wraps,
        });
    }

    /// Adds an event of the current block.
    pub(crate) fn push(&mut self, offset: u32, kind: EventKind, channel: u8, key: u8, velocity: u8) {
        let sample = self.frames + u64::from(offset);
        let block = self.spans.len().saturating_sub(1);
        self.events.push(Event { sample, block, offset, kind, channel, key, velocity });
    }

    /// Ends the current block.
    pub(crate) fn end(&mut self, left: &[f32], right: &[f32]) {
        self.frames += left.len() as u64;
        if let Some([all_left, all_right]) = &mut self.audio {
            all_left.extend_from_slice(left);
            all_right.extend_from_slice(right);
        }
    }

    /// The song's position at an event, in quarter notes.
    #[must_use]
    pub fn beat(&self, event: &Event) -> f64 {
        self.spans.get(event.block).map_or(f64::NAN, |span| span.beat_at(event.offset))
    }

    /// The notes, paired, in the order in which they begin.
    ///
    /// # Errors
    /// If a key is struck while it sounds, is released while it does not, or still sounds at the end.
    pub fn notes(&self) -> Result<Vec<PlayedNote>> {
        let mut notes: Vec<PlayedNote> = Vec::new();
        let mut sounding = vec![[None; 128]; 16];
        for event in &self.events {
            let Event { sample, channel, key, velocity, .. } = *event;
            let slot = &mut sounding[usize::from(channel)][usize::from(key)];
            match event.kind {
                EventKind::On => {
                    ensure!(slot.is_none(), "struck twice without a note-off: {event:?}");
                    ensure!(velocity > 0, "a note-on without velocity: {event:?}");
                    *slot = Some(notes.len());
                    let beat = self.beat(event);
                    notes.push(PlayedNote { on: sample, off: sample, beat, channel, key, velocity });
                }
                EventKind::Off => {
                    let Some(note) = slot.take().and_then(|idx| notes.get_mut(idx)) else {
                        anyhow::bail!("a note-off for a key that does not sound: {event:?}");
                    };
                    note.off = sample;
                }
                EventKind::Other(_) => {}
            }
        }
        let hanging = sounding.iter().flatten().flatten().count();
        ensure!(hanging == 0, "{hanging} notes never end");
        Ok(notes)
    }

    /// Checks that times ascend and that each is inside its block.
    ///
    /// # Errors
    /// At the first event that is not.
    pub fn check_times(&self) -> Result<()> {
        for event in &self.events {
            let frames = self.spans[event.block].frames;
            ensure!(event.offset < frames, "outside its block of {frames} frames: {event:?}");
        }
        for pair in self.events.windows(2) {
            ensure!(pair[0].sample <= pair[1].sample, "out of order: {:?}", pair[1]);
        }
        Ok(())
    }

    /// Checks that no note begins while the song is stopped, and that none sounds past the first frame
    /// of a stopped block.
    ///
    /// # Errors
    /// At the first event that does.
    pub fn check_silence_when_stopped(&self) -> Result<()> {
        for event in &self.events {
            let span = &self.spans[event.block];
            if !span.playing {
                ensure!(event.kind != EventKind::On, "begins while the song is stopped: {event:?}");
                let before = event.block.checked_sub(1).and_then(|idx| self.spans.get(idx));
                let just_stopped = before.is_some_and(|before| before.playing) && event.offset == 0;
                ensure!(
                    event.kind != EventKind::Off || just_stopped,
                    "sounds while the song is stopped: {event:?}"
                );
            }
        }
        Ok(())
    }
}

impl Span {
    /// The song's position at a frame of this block, in quarter notes.
    #[must_use]
    pub fn beat_at(&self, offset: u32) -> f64 {
        if !self.playing {
            return self.beat;
        }
        let beat = self.beat + f64::from(offset) * self.beats_per_sample;
        match self.wraps {
            Some((start, end)) if beat >= end => start + (beat - end).rem_euclid(end - start),
            _ => beat,
        }
    }
}
