//! Encodes pieces for the network.

use std::sync::Arc;

use crate::model::Position;
use crate::model::encoding::Memory;
use crate::music::{Note, Tick};
use crate::training::corpus::KeyedPiece;

/// Encodes a piece note by note, exactly as the generator does.
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

    /// Index of the next note.
    #[must_use]
    pub fn next_note(&self) -> usize {
        self.next
    }

    /// Skips to the note with this index, or to the end of the piece.
    pub fn skip_to(&mut self, note_idx: usize) {
        let mut position = Position::padding();
        while self.next < note_idx && self.read_into(&mut position) {}
    }

    /// The next note to predict with its inputs; `None` at the end of the piece.
    pub fn next_position(&mut self) -> Option<Position> {
        let mut position = Position {
            step_rows: Vec::with_capacity(48),
            head_rows: [12, 24, 16, 8].map(Vec::with_capacity),
            ..Position::padding()
        };
        self.read_into(&mut position).then_some(position)
    }

    /// Like [`Reader::next_position`], reusing a position's memory; `false` at the end of the piece.
    pub fn read_into(&mut self, position: &mut Position) -> bool {
        let Some(&note) = self.piece.piece.notes.get(self.next) else { return false };
        position.write_step(&self.memory);
        self.begin_bars_until(&note);
        position.write_note(&self.memory, &note);
        position.is_beginning = self.next == 0;
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
