//! Where times lie in the picture.

use egui::{Rangef, Rect};

use crate::music::{Bar, Beats, Note, Score, Tick};

/// Where times lie.
pub(crate) struct Times {
    rect: Rect,
    left: f64,
    zoom: f32,
}

impl Times {
    pub(crate) fn new(rect: Rect, left: f64, zoom: f32) -> Self {
        Self { rect, left, zoom }
    }

    pub(crate) fn zoom(&self) -> f32 {
        self.zoom
    }

    pub(crate) fn x(&self, beats: Beats) -> f32 {
        self.rect.left() + ((beats.0 - self.left) * f64::from(self.zoom)) as f32
    }

    pub(crate) fn x_of(&self, tick: Tick) -> f32 {
        self.x(tick.to_beats())
    }

    pub(crate) fn beats(&self, x: f32) -> Beats {
        Beats(self.left + f64::from((x - self.rect.left()) / self.zoom))
    }

    /// The nearest pixel, at one pixel to the point; finer screens are fine enough.
    pub(crate) fn snapped(&self, x: f32) -> f32 {
        x.round()
    }

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
