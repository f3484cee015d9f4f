//! The horizontal axis of the picture: time.

use egui::{Rangef, Rect};

use crate::music::{Bar, Beats, Note, Score, Tick};

/// The horizontal axis.
pub(crate) struct Times {
    rect: Rect,
    /// The quarter note at the left edge.
    left: f64,
    /// Pixels to the quarter note.
    zoom: f32,
}

impl Times {
    pub(crate) fn new(rect: Rect, left: f64, zoom: f32) -> Self {
        Self { rect, left, zoom }
    }

    /// Pixels to the quarter note.
    pub(crate) fn zoom(&self) -> f32 {
        self.zoom
    }

    /// The x of a time.
    pub(crate) fn x(&self, beats: Beats) -> f32 {
        self.rect.left() + ((beats.0 - self.left) * f64::from(self.zoom)) as f32
    }

    /// The x of a tick.
    pub(crate) fn x_of(&self, tick: Tick) -> f32 {
        self.x(tick.to_beats())
    }

    /// The time at an x.
    pub(crate) fn beats(&self, x: f32) -> Beats {
        Beats(self.left + f64::from((x - self.rect.left()) / self.zoom))
    }

    /// The x of the left and the right edge.
    pub(crate) fn range(&self) -> Rangef {
        self.rect.x_range()
    }

    /// The bars in sight, with their indices.
    pub(crate) fn bars_in_sight<'a>(&self, score: &'a Score) -> impl Iterator<Item = (usize, &'a Bar)> {
        self.bars_from(score, Tick::ZERO)
    }

    /// The bars whose notes may be in sight.
    pub(crate) fn bars_that_ring<'a>(&self, score: &'a Score) -> impl Iterator<Item = (usize, &'a Bar)> {
        self.bars_from(score, Note::LONGEST)
    }

    fn bars_from<'a>(&self, score: &'a Score, before: Tick) -> impl Iterator<Item = (usize, &'a Bar)> {
        let from = self.beats(self.rect.left()).to_ticks_floor() - before;
        let to = self.beats(self.rect.right()).to_ticks_floor();
        let first = score.bars.partition_point(|bar| bar.end() <= from);
        let bars = score.bars.iter().map(AsRef::as_ref).enumerate().skip(first);
        bars.take_while(move |(_, bar)| bar.start <= to)
    }
}
