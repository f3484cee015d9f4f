//! The camera of the piano roll, and what is selected in it.

use std::ops::Range;

use egui::Pos2;

use crate::music::{Beats, Note};

/// Pixels to the quarter note.
const ZOOMS: std::ops::RangeInclusive<f32> = 4.0..=240.0;
/// The place of the playhead while the picture follows it, as a share of the width.
const FOLLOW_AT: f64 = 0.25;

/// The part of the music that the roll shows.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    /// Pixels to the quarter note.
    pub(crate) zoom: f32,
    /// The quarter note at the left edge.
    pub(crate) left: f64,
    /// Whether it follows the playhead.
    pub(crate) is_following: bool,
    /// Whether something in the picture is being dragged: it rests meanwhile.
    pub(crate) is_held: bool,
    /// The bars that are selected.
    pub(crate) selection: Option<Selection>,
    /// Where the menu of the selected bars is open.
    pub(crate) menu: Option<Pos2>,
    /// The chords of a bar, while they are being typed.
    pub(crate) chord_entry: Option<ChordEntry>,
    /// The note that was clicked last.
    pub(crate) picked: Option<PickedNote>,
    /// The note that is being dragged.
    pub(crate) grip: Option<Grip>,
    /// Where the menu of the picked note is open.
    pub(crate) note_menu: Option<Pos2>,
}

/// A note of the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PickedNote {
    pub(crate) bar_idx: usize,
    pub(crate) note: Note,
}

/// By what a note is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// It moves.
    Body,
    /// It becomes longer or shorter.
    End,
    /// It becomes louder or softer.
    Velocity,
}

/// A note that is being dragged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grip {
    pub(crate) picked: PickedNote,
    pub(crate) hold: Hold,
    /// Where the pointer took hold of it.
    pub(crate) press: Pos2,
    /// What it becomes.
    pub(crate) to: Note,
}

/// The chords of a bar, while they are being typed.
#[derive(Debug, Clone)]
pub(crate) struct ChordEntry {
    pub(crate) bar_idx: usize,
    pub(crate) text: String,
    /// The text before anything was typed.
    pub(crate) before: String,
    /// Whether the field has been drawn.
    pub(crate) has_begun: bool,
}

/// Bars that are selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The index of the bar where the selection began, and of the one to which it was extended.
    pub(crate) first: usize,
    pub(crate) last: usize,
}

impl Selection {
    /// The bars by their indices, in order.
    pub(crate) fn bars(self) -> Range<usize> {
        self.first.min(self.last)..self.first.max(self.last) + 1
    }
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            zoom: 36.0,
            left: 0.0,
            is_following: true,
            is_held: false,
            selection: None,
            menu: None,
            chord_entry: None,
            picked: None,
            grip: None,
            note_menu: None,
        }
    }
}

impl Camera {
    /// Zooms around `x`, in pixels from the left edge, which keeps its place.
    pub(crate) fn zoom_by(&mut self, factor: f32, x: f32) {
        let zoom = (self.zoom * factor).clamp(*ZOOMS.start(), *ZOOMS.end());
        if !self.is_following {
            self.left += f64::from(x) * (1.0 / f64::from(self.zoom) - 1.0 / f64::from(zoom));
        }
        self.zoom = zoom;
    }

    /// Moves by hand, which ends following the playhead.
    pub(crate) fn move_by(&mut self, pixels: f32) {
        if pixels != 0.0 {
            self.is_following = false;
            self.left += f64::from(pixels / self.zoom);
        }
    }

    /// Picks a note. Then no bars are selected.
    pub(crate) fn pick(&mut self, note: PickedNote) {
        self.picked = Some(note);
        (self.selection, self.menu) = (None, None);
    }

    /// Selects one bar. Then no note is picked.
    pub(crate) fn select(&mut self, bar_idx: usize) {
        self.selection = Some(Selection { first: bar_idx, last: bar_idx });
        self.picked = None;
    }

    /// Selects the bars from where the selection began to this one, or this one alone if nothing is selected.
    pub(crate) fn extend_to(&mut self, bar_idx: usize) {
        let first = self.selection.map_or(bar_idx, |selection| selection.first);
        self.picked = None;
        self.selection = Some(Selection { first, last: bar_idx });
    }

    /// The selected bars among the first `n_bars`, by their indices.
    pub(crate) fn selected_bars(&self, n_bars: usize) -> Option<Range<usize>> {
        let bars = self.selection?.bars();
        (bars.start < n_bars).then(|| bars.start..bars.end.min(n_bars))
    }

    /// Moves so that the playhead keeps its place in the picture, while following is on.
    pub(crate) fn follow(&mut self, playhead: Beats, width: f32) {
        if self.is_following && !std::mem::take(&mut self.is_held) {
            let before = FOLLOW_AT * f64::from(width / self.zoom);
            self.left = playhead.0 - before;
            // At the start of a song there is nothing before it to show.
            if playhead.0 >= 0.0 {
                self.left = self.left.max(-0.5);
            }
        }
    }
}
