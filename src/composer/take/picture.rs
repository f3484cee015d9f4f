//! What the editor shows of a take.

use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::music::{Family, Note, Score};

/// What the editor shows of a take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// The bars composed so far.
    pub score: Arc<Score>,
    /// One for each of the score's bars.
    pub marks: Arc<[Mark]>,
    /// What was played in, at song positions.
    pub input: Arc<[Note]>,
    /// How many notes have been played, in a conversation or beside the music.
    pub n_played: usize,
    /// How many edits can be undone.
    pub n_undo: usize,
    /// How many edits can be redone.
    pub n_redo: usize,
    /// Which of the four takes have bars.
    pub has_bars: [bool; 4],
}

/// What the editor shows of a bar beside its notes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mark {
    /// Whether it stays whatever knob is turned.
    pub is_kept: bool,
    /// Whether it was composed again by hand.
    pub is_edited: bool,
    /// The probability with which each of its notes was drawn, 0 to 1; empty where unknown.
    pub sureness: Arc<[f32]>,
    /// Whether each of its notes stays when it is composed again by hand; what is missing at the end does not.
    pub locked: Arc<[bool]>,
}

impl Mark {
    /// Whether a note of the bar, by its index, stays when the bar is composed again by hand.
    #[must_use]
    pub fn is_locked(&self, note_idx: usize) -> bool {
        self.locked.get(note_idx).is_some_and(|is_locked| *is_locked)
    }
}

impl Picture {
    /// The picture of a take.
    pub(crate) fn of(take: &Take) -> Self {
        let mark = |composed: &ComposedBar| Mark {
            is_kept: composed.is_kept,
            is_edited: composed.n_rolls > 0,
            sureness: Arc::clone(&composed.sureness),
            locked: Arc::clone(&composed.locked),
        };
        Self {
            score: Arc::new(take.score()),
            marks: take.bars().iter().map(|composed| mark(composed)).collect(),
            input: take.played_in(Family::PIANO).into(),
            n_played: take.n_played(),
            n_undo: take.history().done.len(),
            n_redo: take.history().undone.len(),
            has_bars: take.slots_with_bars(),
        }
    }
}
