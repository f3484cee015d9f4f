//! Notes that are played soon.

use crate::player::performing::timing::TimedNote;

/// Notes that have been read from the score and are played a little later, in the order of time.
///
/// Never allocates after [`NoteQueue::new`].
#[derive(Debug)]
pub(crate) struct NoteQueue {
    /// The next one is the last.
    notes: Vec<TimedNote>,
}

impl NoteQueue {
    /// The most notes in the queue.
    const CAPACITY: usize = 512;

    pub(crate) fn new() -> Self {
        Self { notes: Vec::with_capacity(Self::CAPACITY) }
    }

    /// Whether there is no room for another note.
    pub(crate) fn is_full(&self) -> bool {
        self.notes.len() >= Self::CAPACITY
    }

    /// Adds a note, after those of the same time. A full queue drops it.
    pub(crate) fn push(&mut self, note: TimedNote) {
        if !self.is_full() {
            let idx = self.notes.partition_point(|other| other.onset > note.onset);
            self.notes.insert(idx, note);
        }
    }

    /// Removes the first note, if it is played before the song position `until`.
    pub(crate) fn pop_before(&mut self, until: f64) -> Option<TimedNote> {
        self.notes.pop_if(|note| note.onset < until)
    }

    /// Removes all notes.
    pub(crate) fn clear(&mut self) {
        self.notes.clear();
    }
}
