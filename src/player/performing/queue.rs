//! Notes whose time has not quite come.

use crate::player::performing::timing::Timed;

/// Notes that have been read from the score and are played a little later, in the order of time.
///
/// Never allocates after [`Waiting::new`].
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The next one last.
    notes: Vec<Timed>,
}

impl Waiting {
    /// More notes than this never wait at once.
    const CAPACITY: usize = 512;

    pub(crate) fn new() -> Self {
        Self { notes: Vec::with_capacity(Self::CAPACITY) }
    }

    /// Whether no more can wait.
    pub(crate) fn is_full(&self) -> bool {
        self.notes.len() >= Self::CAPACITY
    }

    /// Puts a note in its place, after those of the same time. What there is no room for is lost.
    pub(crate) fn push(&mut self, note: Timed) {
        if !self.is_full() {
            let idx = self.notes.partition_point(|other| other.onset > note.onset);
            self.notes.insert(idx, note);
        }
    }

    /// Takes out the first note, if it is played before the song position `until`.
    pub(crate) fn pop_before(&mut self, until: f64) -> Option<Timed> {
        self.notes.pop_if(|note| note.onset < until)
    }

    /// Forgets them all.
    pub(crate) fn clear(&mut self) {
        self.notes.clear();
    }
}
