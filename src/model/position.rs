//! A note to predict, encoded for the network.

use crate::model::encoding::{Memory, Parts};
use crate::model::network::N_HEADS;
use crate::music::Note;

/// One note to predict: the input of the step before it, and the note itself.
#[derive(Debug, Clone)]
pub struct Position {
    /// Whether a piece begins here, so that the hidden state before it is zero.
    pub is_beginning: bool,
    /// Rows of the embedding.
    pub step_rows: Vec<u32>,
    /// Rows of each head's table, given the parts before it.
    pub head_rows: [Vec<u32>; N_HEADS],
    /// Pitches below this are excluded.
    pub lowest_pitch: usize,
    /// The note.
    pub parts: Parts,
}

impl Position {
    /// Fills up a window: no input, and a note that does not count.
    #[must_use]
    pub fn padding() -> Self {
        Self {
            is_beginning: false,
            step_rows: Vec::new(),
            head_rows: Default::default(),
            lowest_pitch: 0,
            parts: Parts { family: 0, shift: 0, pitch: 0, duration: 0, velocity: 0, feel: 0 },
        }
    }

    /// Writes the input of the step, as `memory` is after the note before.
    pub fn write_step(&mut self, memory: &Memory) {
        self.step_rows.clear();
        memory.step_rows(&mut self.step_rows);
    }

    /// Writes the note and the rows of the heads, as `memory` is after the beginning of the note's bar.
    pub fn write_note(&mut self, memory: &Memory, note: &Note) {
        self.parts = memory.parts(note);
        let Parts { family, shift, pitch, duration, velocity, .. } = self.parts;
        self.head_rows.iter_mut().for_each(Vec::clear);
        let [shifts, pitches, durations, velocities, feels] = &mut self.head_rows;
        memory.shift_rows(family, shifts);
        memory.pitch_rows(family, shift, pitches);
        memory.duration_rows(family, shift, pitch, durations);
        memory.velocity_rows(family, shift, pitch, duration, velocities);
        memory.feel_rows(family, shift, pitch, velocity, feels);
        self.lowest_pitch = if shift == 0 { memory.lowest_in_chord(family).min(pitch) } else { 0 };
    }
}
