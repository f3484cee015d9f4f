//! The camera of the piano roll.

use egui::Pos2;

use crate::music::Beats;

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
    /// The bar whose menu is open, and where.
    pub(crate) menu: Option<(usize, Pos2)>,
}

impl Default for Camera {
    fn default() -> Self {
        Self { zoom: 36.0, left: 0.0, is_following: true, menu: None }
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

    /// Moves so that the playhead keeps its place in the picture, while following is on.
    pub(crate) fn follow(&mut self, playhead: Beats, width: f32) {
        if self.is_following {
            let before = FOLLOW_AT * f64::from(width / self.zoom);
            self.left = playhead.0 - before;
            // At the start of a song there is nothing before it to show.
            if playhead.0 >= 0.0 {
                self.left = self.left.max(-0.5);
            }
        }
    }
}
