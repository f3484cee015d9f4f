//! A whole piece of music on the tick grid, as read from a file.

use crate::music::chord::Chord;
use crate::music::key::Key;
use crate::music::meter::Meter;
use crate::music::note::Note;
use crate::music::time::Tick;

/// Notes with the bar lines, keys and tempos they were written in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Piece {
    /// In the order of [`Note`]: onset, pitch, family.
    pub notes: Vec<Note>,
    /// Meter changes, ascending, each at a bar line. Before the first: 4/4.
    pub meters: Vec<(Tick, Meter)>,
    /// Key signatures, ascending.
    pub keys: Vec<(Tick, Key)>,
    /// Tempo changes, ascending, in quarter notes a minute. Before the first: 120.
    pub tempos: Vec<(Tick, f64)>,
    /// Chords, ascending, each until the next one; `None` where there is none. Empty when they are not known.
    pub chords: Vec<(Tick, Option<Chord>)>,
}

impl Piece {
    /// The start and meter of the bar that holds `tick`. Bars before zero have the first meter.
    #[must_use]
    pub fn bar_at(&self, tick: Tick) -> (Tick, Meter) {
        let change_idx = self.meters.partition_point(|(start, _)| *start <= tick);
        let (start, meter) = match change_idx.checked_sub(1).and_then(|idx| self.meters.get(idx)) {
            Some(change) => *change,
            None => (Tick::ZERO, Meter::COMMON),
        };
        let length = meter.bar_length().0;
        (start + Tick((tick - start).0.div_euclid(length) * length), meter)
    }

    /// The end of the last note, or zero.
    #[must_use]
    pub fn end(&self) -> Tick {
        self.notes.iter().map(Note::end).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Meter, Piece, Tick};

    #[test]
    fn bars_are_counted_from_the_last_meter_change() {
        let waltz = Meter::new(3, 4).unwrap();
        let piece = Piece { meters: vec![(Tick(0), Meter::COMMON), (Tick(96), waltz)], ..Piece::default() };
        assert_eq!(piece.bar_at(Tick(95)), (Tick(0), Meter::COMMON));
        assert_eq!(piece.bar_at(Tick(96 + 72 + 1)), (Tick(96 + 72), waltz));
        assert_eq!(Piece::default().bar_at(Tick(-1)), (Tick(-96), Meter::COMMON));
    }
}
