//! Pieces as the network reads them, and windows of several side by side.
//!
//! Where a piece begins, the position says so and the hidden state before it is zero.

use std::sync::Arc;

use crate::model::Position;
use crate::model::encoding::{Memory, Parts};
use crate::model::network::N_HEADS;
use crate::music::{Mode, Note, Piece, Tick};

/// A piece moved to a tonic of C, with what the network is told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyedPiece {
    /// Index of its style.
    pub style: usize,
    /// Where each section begins, ascending, and whether it is major or minor; at least one.
    pub modes: Vec<(Tick, Mode)>,
    /// Its notes and bar lines.
    pub piece: Piece,
}

impl KeyedPiece {
    /// Major or minor at `tick`.
    #[must_use]
    pub fn mode_at(&self, tick: Tick) -> Mode {
        let section = self.modes.partition_point(|(start, _)| *start <= tick).saturating_sub(1);
        self.modes.get(section).map_or(Mode::Major, |(_, mode)| *mode)
    }
}

/// Encodes a piece note by note, exactly as a generator hears it.
#[derive(Debug)]
pub struct Reader {
    piece: Arc<KeyedPiece>,
    memory: Memory,
    next: usize,
}

impl Reader {
    /// A reader at the first note of a piece.
    #[must_use]
    pub fn new(piece: Arc<KeyedPiece>) -> Self {
        let (start, meter) = piece.piece.bar_at(Tick::ZERO);
        let memory = Memory::new(piece.style, piece.mode_at(start), start, meter);
        Self { piece, memory, next: 0 }
    }

    /// How many notes the piece has.
    #[must_use]
    pub fn n_notes(&self) -> usize {
        self.piece.piece.notes.len()
    }

    /// Which note of the piece comes next.
    #[must_use]
    pub fn next_note(&self) -> usize {
        self.next
    }

    /// Reads on until the note with this index comes next, or the piece ends.
    pub fn skip_to(&mut self, note_idx: usize) {
        let mut position = Position::padding();
        while self.next < note_idx && self.read_into(&mut position) {}
    }

    /// The next note to predict and what is known before it; nothing at the end of the piece.
    pub fn next_position(&mut self) -> Option<Position> {
        let mut position = Position {
            step_rows: Vec::with_capacity(48),
            head_rows: [12, 24, 16, 8].map(Vec::with_capacity),
            ..Position::padding()
        };
        self.read_into(&mut position).then_some(position)
    }

    /// The same, into a position whose lists are used again; `false` at the end of the piece.
    pub fn read_into(&mut self, position: &mut Position) -> bool {
        let Some(&note) = self.piece.piece.notes.get(self.next) else { return false };
        let Position { is_beginning, step_rows, head_rows, lowest_pitch, parts } = position;
        step_rows.clear();
        head_rows.iter_mut().for_each(Vec::clear);
        self.memory.step_rows(step_rows);
        self.begin_bars_until(&note);
        *parts = self.memory.parts(&note);
        let Parts { family, shift, pitch, duration, .. } = *parts;
        let [shifts, pitches, durations, velocities] = head_rows;
        self.memory.shift_rows(family, shifts);
        self.memory.pitch_rows(family, shift, pitches);
        self.memory.duration_rows(family, shift, pitch, durations);
        self.memory.velocity_rows(family, shift, pitch, duration, velocities);
        *lowest_pitch = if shift == 0 { self.memory.lowest_in_chord(family).min(pitch) } else { 0 };
        *is_beginning = self.next == 0;
        self.memory.set_style(self.piece.style, self.piece.mode_at(note.onset));
        self.memory.push(&note);
        self.next += 1;
        true
    }

    fn begin_bars_until(&mut self, note: &Note) {
        let (bar, _) = self.piece.piece.bar_at(note.onset);
        while self.memory.bar_start() < bar {
            let (start, meter) = self.piece.piece.bar_at(self.memory.bar_start());
            let (next, next_meter) = self.piece.piece.bar_at(start + meter.bar_length());
            // A meter change inside a bar cuts it short, so the next bar may begin sooner.
            self.memory.begin_bar(next.max(self.memory.bar_start() + Tick(1)), next_meter);
        }
    }
}

/// Rows of several positions, end to end.
#[derive(Debug, Default, Clone)]
pub struct RowLists {
    rows: Vec<u32>,
    ends: Vec<usize>,
}

impl RowLists {
    fn clear(&mut self) {
        self.rows.clear();
        self.ends.clear();
    }

    fn push(&mut self, rows: &[u32]) {
        self.rows.extend_from_slice(rows);
        self.ends.push(self.rows.len());
    }

    /// The rows of one position.
    #[must_use]
    pub fn get(&self, idx: usize) -> &[u32] {
        let begin = idx.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.rows[begin..self.ends[idx]]
    }
}

/// A window of several streams: `n_steps × n_streams` positions, time-major.
#[derive(Debug, Default, Clone)]
pub struct Window {
    /// Streams side by side.
    pub n_streams: usize,
    /// Notes of each stream.
    pub n_steps: usize,
    /// Whether a piece begins at a position.
    pub beginnings: Vec<bool>,
    /// Whether a position is a note, or else padding.
    pub counts: Vec<bool>,
    /// Rows of the embedding.
    pub step_rows: RowLists,
    /// Rows of each head's table.
    pub head_rows: [RowLists; N_HEADS],
    /// What follows.
    pub parts: Vec<Parts>,
    /// Pitches below this cannot follow.
    pub lowest_pitches: Vec<usize>,
}

impl Window {
    /// Lays out the positions of several streams, `[stream][time]`; shorter ones are padded.
    pub fn fill(&mut self, streams: &[Vec<Position>]) {
        self.fill_to(streams, [streams.iter().map(Vec::len).max().unwrap_or_default(), streams.len()]);
    }

    /// The same, padded to so many steps and streams.
    pub fn fill_to(&mut self, streams: &[Vec<Position>], [n_steps, n_streams]: [usize; 2]) {
        self.clear([n_steps, n_streams]);
        let padding = Position::padding();
        for step in 0..n_steps {
            for stream in (0..n_streams).map(|idx| streams.get(idx).map_or(&[][..], Vec::as_slice)) {
                self.push(stream.get(step).unwrap_or(&padding));
                self.counts.push(step < stream.len());
            }
        }
    }

    /// Lays out `n_steps` positions of each of `n_streams` as they are read: `next` writes the next position of
    /// the stream whose number it is given.
    pub fn fill_with(
        &mut self,
        [n_steps, n_streams]: [usize; 2],
        mut next: impl FnMut(usize, &mut Position),
    ) {
        self.clear([n_steps, n_streams]);
        self.counts.resize(n_steps * n_streams, true);
        let mut position = Position::padding();
        for _ in 0..n_steps {
            for stream_idx in 0..n_streams {
                next(stream_idx, &mut position);
                self.push(&position);
            }
        }
    }

    fn clear(&mut self, [n_steps, n_streams]: [usize; 2]) {
        (self.n_steps, self.n_streams) = (n_steps, n_streams);
        self.beginnings.clear();
        self.counts.clear();
        self.parts.clear();
        self.lowest_pitches.clear();
        self.step_rows.clear();
        self.head_rows.iter_mut().for_each(RowLists::clear);
    }

    fn push(&mut self, position: &Position) {
        self.beginnings.push(position.is_beginning);
        self.parts.push(position.parts);
        self.lowest_pitches.push(position.lowest_pitch);
        self.step_rows.push(&position.step_rows);
        for (lists, rows) in self.head_rows.iter_mut().zip(&position.head_rows) {
            lists.push(rows);
        }
    }

    /// How many positions are notes.
    #[must_use]
    pub fn n_notes(&self) -> usize {
        self.counts.iter().filter(|counts| **counts).count()
    }

    /// How many positions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}
