//! A passage of whole bars.

use crate::music::{Meter, Note, Piece, Tick};

/// Whole bars of a piece and the notes that begin in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passage {
    /// In the order of [`Note`].
    pub notes: Vec<Note>,
    /// The start and meter of each bar, ascending.
    pub bars: Vec<(Tick, Meter)>,
    /// The end of the last bar.
    pub end: Tick,
}

impl Passage {
    /// The first `n_bars` bars of a piece, padded with empty bars if it is shorter.
    #[must_use]
    pub fn of_length(piece: &Piece, n_bars: usize) -> Self {
        Self::begin(piece, |bar_idx, _| bar_idx < n_bars)
    }

    /// The bars of a piece up to its last onset, at most `n_bars`.
    #[must_use]
    pub fn at_most(piece: &Piece, n_bars: usize) -> Self {
        let last = piece.notes.last().map(|note| note.onset);
        Self::begin(piece, |bar_idx, start| bar_idx < n_bars && last.is_some_and(|last| start <= last))
    }

    /// Bars from the middle of a piece, starting at a multiple of eight bars.
    #[must_use]
    pub fn inside(piece: &Piece, n_bars: usize) -> Self {
        let whole = Self::at_most(piece, usize::MAX);
        let first = (whole.bars.len().saturating_sub(n_bars) / 2) / 8 * 8;
        let bars: Vec<(Tick, Meter)> = whole.bars.iter().skip(first).take(n_bars).copied().collect();
        let end = whole.bars.get(first + n_bars).map_or(whole.end, |(start, _)| *start);
        let begin = bars.first().map_or(Tick::ZERO, |(start, _)| *start);
        let notes = whole.notes.into_iter().filter(|note| (begin..end).contains(&note.onset)).collect();
        Self { notes, bars, end }
    }

    fn begin(piece: &Piece, goes_on: impl Fn(usize, Tick) -> bool) -> Self {
        let mut bars = Vec::new();
        let (mut start, mut meter) = piece.bar_at(Tick::ZERO);
        while goes_on(bars.len(), start) {
            bars.push((start, meter));
            (start, meter) = piece.next_bar(start);
        }
        let begin = bars.first().map_or(Tick::ZERO, |(start, _)| *start);
        let notes = piece.notes.iter().filter(|note| (begin..start).contains(&note.onset)).copied().collect();
        Self { notes, bars, end: start }
    }

    /// The notes that begin in each bar.
    pub fn bars_with_notes(&self) -> impl Iterator<Item = (Tick, Meter, &[Note])> {
        let ends = self.bars.iter().skip(1).map(|(start, _)| *start).chain([self.end]);
        self.bars.iter().zip(ends).map(|((start, meter), end)| {
            let first = self.notes.partition_point(|note| note.onset < *start);
            let last = self.notes.partition_point(|note| note.onset < end);
            (*start, *meter, &self.notes[first..last])
        })
    }

    /// The meter of most bars.
    #[must_use]
    pub fn meter(&self) -> Meter {
        let count = |meter: Meter| self.bars.iter().filter(|(_, other)| *other == meter).count();
        let metered = self.bars.iter().map(|(_, meter)| *meter);
        metered.rev().max_by_key(|meter| count(*meter)).unwrap_or(Meter::COMMON)
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Family, Meter, Note, Piece, Tick};
    use crate::training::measures::Passage;

    fn piece(onsets: &[i64]) -> Piece {
        let note = |onset: &i64| Note {
            onset: Tick(*onset),
            duration: Tick(24),
            pitch: 60,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        Piece { notes: onsets.iter().map(note).collect(), ..Piece::default() }
    }

    /// One note at the start of each bar.
    fn piece_of(n_bars: i64) -> Vec<Note> {
        piece(&(0..n_bars).map(|bar| bar * 96).collect::<Vec<_>>()).notes
    }

    #[test]
    fn a_passage_ends_with_the_bar_of_the_last_onset_or_is_as_long_as_asked() {
        let piece = piece(&[0, 100, 200]);
        assert_eq!(Passage::at_most(&piece, 64).bars.len(), 3);
        assert_eq!(Passage::of_length(&piece, 64).bars.len(), 64);
        let cut = Passage::at_most(&piece, 2);
        assert_eq!((cut.bars.len(), cut.notes.len(), cut.end), (2, 2, Tick(192)));
        let inside = Passage::inside(&Piece { notes: piece_of(40), ..Piece::default() }, 8);
        assert_eq!((inside.bars[0].0, inside.bars.len(), inside.end), (Tick(16 * 96), 8, Tick(24 * 96)));
        assert_eq!(inside.notes.len(), 8);
        let counts: Vec<usize> =
            Passage::of_length(&piece, 4).bars_with_notes().map(|(_, _, notes)| notes.len()).collect();
        assert_eq!(counts, [1, 1, 1, 0]);
    }

    #[test]
    fn bars_follow_the_meters_of_the_piece() {
        let waltz = Meter::new(3, 4).unwrap();
        let piece =
            Piece { meters: vec![(Tick(0), Meter::COMMON), (Tick(96), waltz)], ..piece(&[0, 96, 250]) };
        let passage = Passage::at_most(&piece, 64);
        assert_eq!(
            passage.bars,
            [(Tick(0), Meter::COMMON), (Tick(96), waltz), (Tick(168), waltz), (Tick(240), waltz)]
        );
        assert_eq!(passage.meter(), waltz);
    }
}
