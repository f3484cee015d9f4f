//! Encodes pieces for the network.

use std::sync::Arc;

use crate::model::Position;
use crate::model::encoding::{Encoding, Memory, Told};
use crate::music::{Note, Tick, nth_random};
use crate::training::corpus::KeyedPiece;

/// Encodes a piece note by note, exactly as the generator does.
#[derive(Debug)]
pub struct Reader {
    piece: Arc<KeyedPiece>,
    memory: Memory,
    next: usize,
    telling: Telling,
    /// All that can be told of the piece.
    told: Told,
}

/// Of which stretches of a piece the network is told the chords and the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Of none: the network composes freely.
    Nothing,
    /// Of all.
    Everything,
    /// Of some, each of eight bars, drawn with this seed: chords and end of a fifth, the chords alone of a fifth, the
    /// end alone of three twentieths, and neither of the others, so that the network learns to compose with and without
    /// either, and most of all by itself.
    Some(u64),
}

impl Telling {
    const BARS: usize = 8;

    /// What is told in the bar with this index of all that can be.
    fn of(self, told: &Told, bar_idx: usize) -> Told {
        match self {
            Self::Nothing => Told::default(),
            Self::Everything => told.clone(),
            Self::Some(seed) => {
                let card = nth_random(seed, (bar_idx / Self::BARS) as u64) % 20;
                let (tells_chords, tells_end) = (card < 8, (4..11).contains(&card));
                let chords = if tells_chords { Arc::clone(&told.chords) } else { Told::default().chords };
                Told { chords, end: told.end.filter(|_| tells_end) }
            }
        }
    }
}

impl Reader {
    /// A reader at the first note of a piece.
    #[must_use]
    pub fn new(piece: Arc<KeyedPiece>, encoding: Encoding, telling: Telling) -> Self {
        let (start, meter) = piece.piece.bar_at(Tick::ZERO);
        let mut memory = Memory::new(encoding, piece.style, piece.mode_at(start), start, meter);
        let told = Told { chords: piece.piece.chords.as_slice().into(), end: end_of(&piece) };
        memory.tell(telling.of(&told, 0));
        Self { piece, memory, next: 0, telling, told }
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
            step_rows: Vec::with_capacity(64),
            head_rows: [12, 32, 16, 12, 12].map(Vec::with_capacity),
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
            let (next, meter) = self.piece.piece.next_bar(self.memory.bar_start());
            self.memory.begin_bar(next, meter);
            if self.memory.bar_count().is_multiple_of(Telling::BARS) {
                self.memory.tell(self.telling.of(&self.told, self.memory.bar_count()));
            }
        }
    }
}

/// The end of the bar in which the last note begins.
fn end_of(piece: &KeyedPiece) -> Option<Tick> {
    let last = piece.piece.notes.last()?;
    let (start, meter) = piece.piece.bar_at(last.onset);
    Some(start + meter.bar_length())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::model::Position;
    use crate::model::encoding::Encoding;
    use crate::music::{Chord, Family, Mode, Note, Piece, PitchClassSet, Tick};
    use crate::training::corpus::KeyedPiece;
    use crate::training::windows::{Reader, Telling};

    /// Sixty-four bars of quarters, with a chord in every bar.
    fn piece() -> KeyedPiece {
        let note = |beat: i64| Note {
            onset: Tick(24 * beat),
            duration: Tick(24),
            pitch: 60,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        let chord = |bar: i64| Chord::new((bar * 5 % 12) as u8, PitchClassSet::new(&[0, 4, 7]), 0);
        let piece = Piece {
            notes: (0..256).map(note).collect(),
            chords: (0..64).map(|bar| (Tick(96 * bar), Some(chord(bar)))).collect(),
            ..Piece::default()
        };
        KeyedPiece { style: 0, modes: vec![(Tick(0), Mode::Major)], piece }
    }

    fn positions(piece: KeyedPiece, telling: Telling) -> Vec<Position> {
        let mut reader = Reader::new(Arc::new(piece), Encoding::Third, telling);
        std::iter::from_fn(|| reader.next_position()).collect()
    }

    fn is_same(a: &Position, b: &Position) -> bool {
        a.step_rows == b.step_rows && a.head_rows == b.head_rows
    }

    #[test]
    fn some_stretches_are_told_their_chords_and_some_their_end() {
        let all = positions(piece(), Telling::Everything);
        let none = positions(piece(), Telling::Nothing);
        let without_chords = positions(
            KeyedPiece { piece: Piece { chords: Vec::new(), ..piece().piece }, ..piece() },
            Telling::Everything,
        );
        let (mut n_all, mut n_none, mut n_end) = (0_i32, 0_i32, 0_i32);
        for seed in 0..100 {
            let some = positions(piece(), Telling::Some(seed));
            // The middle of each stretch of eight bars; the step after its first note is still told as before it.
            for idx in (16..256).step_by(32) {
                n_all += i32::from(is_same(&some[idx], &all[idx]));
                n_none += i32::from(is_same(&some[idx], &none[idx]));
                n_end += i32::from(is_same(&some[idx], &without_chords[idx]));
            }
        }
        // Of 800 stretches.
        for (n_told, expected) in [(n_all, 160), (n_none, 360), (n_end, 120)] {
            assert!((n_told - expected).abs() < 40, "{n_all} {n_none} {n_end}");
        }
    }

    #[test]
    fn what_is_not_told_leaves_no_trace() {
        let bare = KeyedPiece { piece: Piece { chords: Vec::new(), ..piece().piece }, ..piece() };
        let (told, bare) = (positions(piece(), Telling::Nothing), positions(bare, Telling::Nothing));
        assert!(told.iter().zip(&bare).all(|(told, bare)| is_same(told, bare)));
        let all = positions(piece(), Telling::Everything);
        assert!(all.iter().zip(&bare).all(|(all, bare)| !is_same(all, bare)));
    }
}
