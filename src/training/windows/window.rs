//! Windows of several sequences, as a training step takes them.

use crate::model::Position;
use crate::model::encoding::Parts;
use crate::model::network::N_HEADS;

/// Table rows of several positions, concatenated.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
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

/// A window over several streams: `n_steps × n_streams` positions, time-major.
#[derive(Debug, Default, Clone)]
pub struct Window {
    /// Number of streams.
    pub n_streams: usize,
    /// Notes in each stream.
    pub n_steps: usize,
    /// Whether a piece begins at each position.
    pub beginnings: Vec<bool>,
    /// Whether each position is a note; otherwise it is padding.
    pub counts: Vec<bool>,
    /// Rows of the embedding at each position.
    pub step_rows: RowLists,
    /// Rows of each head's table at each position.
    pub head_rows: [RowLists; N_HEADS],
    /// The note to predict at each position.
    pub parts: Vec<Parts>,
    /// The lowest pitch possible at each position.
    pub lowest_pitches: Vec<usize>,
}

impl Window {
    /// Lays out the positions of several streams, `[stream][time]`; shorter ones are padded.
    pub fn fill(&mut self, streams: &[Vec<Position>]) {
        self.fill_to(streams, [streams.iter().map(Vec::len).max().unwrap_or_default(), streams.len()]);
    }

    /// Like [`Window::fill`], padded to `n_steps` and `n_streams`.
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

    /// Fills the window with positions as they are read: `next` writes the next position of the stream with the given
    /// number.
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

    /// Positions that are notes.
    #[must_use]
    pub fn n_notes(&self) -> usize {
        self.counts.iter().filter(|counts| **counts).count()
    }

    /// Number of positions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there are no positions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}
