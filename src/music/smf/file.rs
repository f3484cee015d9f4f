//! The contents of a Standard MIDI File.

use crate::music::chord::Chord;
use crate::music::key::Key;
use crate::music::meter::Meter;
use crate::music::note::Family;
use crate::music::smf::warnings::Warning;

/// The contents of a Standard MIDI File, in its own ticks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Smf {
    /// File ticks to the quarter note; at least 1.
    ///
    /// A file divided by SMPTE frames has no quarter notes. It is read as 120 quarter notes a minute, so this
    /// is half of its ticks to the second, and its tempo events are ignored.
    pub ticks_per_beat: u32,
    /// In the order of their starts, then pitches. They may overlap, and last zero ticks.
    pub notes: Vec<SmfNote>,
    /// Tempo changes, ascending, in quarter notes a minute; at most 1000.
    pub tempos: Vec<(u64, f64)>,
    /// Time signatures, ascending.
    pub meters: Vec<(u64, Meter)>,
    /// Key signatures, ascending.
    pub keys: Vec<(u64, Key)>,
    /// Chords, ascending, each until the next one; `None` where there is none.
    pub chords: Vec<(u64, Option<Chord>)>,
    /// Where the music ends, in file ticks: with its last note, or later if a track ends later.
    ///
    /// A track that is silent for more than 256 quarter notes at its end has been left open by accident, and one
    /// that only has a change of tempo, meter or key there tells what may come next: neither counts.
    pub end: u64,
    /// What was repaired or left out.
    pub warnings: Vec<Warning>,
}

/// A note of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmfNote {
    /// Where it begins, in file ticks.
    pub start: u64,
    /// How long it sounds, in file ticks, the sustain pedal included. May be zero.
    pub duration: u64,
    /// MIDI key, 0 to 127.
    pub pitch: u8,
    /// 1 to 127.
    pub velocity: u8,
    /// MIDI channel, counted from 0: the tenth, drums, is 9.
    pub channel: u8,
    /// General MIDI program, 0 to 127, that was set when it began; of drums, the kit.
    pub program: u8,
    /// Whether its channel played drums when it began: the tenth does, and others if the file says so.
    pub is_drums: bool,
    /// The track that holds it, counted from 0.
    pub track: usize,
}

impl SmfNote {
    /// The instrument family: drums, or the family of its program.
    #[must_use]
    pub fn family(&self) -> Family {
        if self.is_drums { Family::DRUMS } else { Family::from_program(self.program) }
    }
}

/// The tenth, counted from zero.
pub(super) const DRUM_CHANNEL: u8 = 9;
