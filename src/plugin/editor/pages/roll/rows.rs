//! The vertical axis of the picture: pitches, or drums.

use egui::{Id, Rangef, Rect, Ui, pos2};

use crate::music::Note;
use crate::plugin::editor::pages::roll::drums;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::view::Roll;

/// The fewest rows of a keyboard.
const FEWEST: i32 = 24;
/// The fewest lanes, where the usual drums fill up.
const FEWEST_LANES: usize = 6;

/// The vertical axis: rows of a keyboard, or a lane for each drum.
pub(crate) struct Rows {
    top: f32,
    /// The height of one row.
    height: f32,
    /// The lowest row and the one above the highest; between whole numbers while the picture moves.
    lowest: f32,
    highest: f32,
    /// The drums with a lane, from the bottom up; empty for a keyboard.
    lanes: Vec<u8>,
}

/// Whether there is music, and all of it is drums.
pub(crate) fn is_drums_only(roll: &Roll) -> bool {
    let mut has_notes = false;
    // A few bars near the playhead suffice; all of a long take would cost too much at each frame.
    let here = roll.score.bars.partition_point(|bar| bar.end().to_beats() <= roll.playhead);
    for bar in roll.score.bars.iter().skip(here.saturating_sub(8)).take(24) {
        has_notes |= !bar.notes.is_empty();
        if bar.notes.iter().any(|note| !note.family.is_drums()) {
            return false;
        }
    }
    has_notes && roll.input.is_empty()
}

impl Rows {
    /// The rows for the music in sight.
    pub(crate) fn new(ui: &Ui, picture: Rect, roll: &Roll, times: &Times) -> Self {
        let (lowest, highest, lanes) = if is_drums_only(roll) {
            let lanes = lanes(roll, times);
            (0.0, lanes.len() as f32, lanes)
        } else {
            let (lowest, highest) = pitch_range(roll, times);
            let glide = |name, value: i32| {
                let id = Id::unique(("continuo rows", name));
                ui.ctx().animate_value_with_time(id, value as f32, 0.2)
            };
            (glide("lowest", lowest), glide("highest", highest), Vec::new())
        };
        Self { top: picture.top(), height: picture.height() / (highest - lowest), lowest, highest, lanes }
    }

    /// Whether each drum has a lane.
    pub(crate) fn has_lanes(&self) -> bool {
        !self.lanes.is_empty()
    }

    /// The drums with a lane, from the bottom up.
    pub(crate) fn lanes(&self) -> &[u8] {
        &self.lanes
    }

    /// The height of one row.
    pub(crate) fn height(&self) -> f32 {
        self.height
    }

    /// The top and bottom of a pitch's row; `None` for a drum without a lane.
    pub(crate) fn row(&self, pitch: u8) -> Option<Rangef> {
        let row = if self.lanes.is_empty() {
            f32::from(pitch)
        } else {
            self.lanes.binary_search(&pitch).ok()? as f32
        };
        let bottom = self.top + (self.highest - row) * self.height;
        Some(Rangef::new(bottom - self.height, bottom))
    }

    /// The rectangle of a note; `None` for a drum without a lane.
    pub(crate) fn rect(&self, note: &Note, times: &Times) -> Option<Rect> {
        let row = self.row(note.pitch)?;
        let inset = (self.height * 0.12).clamp(0.0, 2.0);
        let left = times.x_of(note.onset).round();
        let right = times.x_of(note.end()).round() - 1.0;
        // A drum is a stroke, and the length of its note says nothing.
        let right = if self.has_lanes() { right.min(left + 0.2 * times.zoom()) } else { right };
        let (top, bottom) = ((row.min + inset).round(), (row.max - inset).round());
        Some(Rect::from_min_max(pos2(left, top), pos2(right.max(left + 2.5), bottom.max(top + 2.0))))
    }

    /// The rows in the picture: pitches of a keyboard, or indices of lanes.
    pub(crate) fn indices(&self) -> std::ops::RangeInclusive<i32> {
        self.lowest.floor() as i32..=(self.highest.ceil() as i32 - 1).min(127)
    }
}

/// The drums in sight, from the bottom up, and some usual ones where there are few.
fn lanes(roll: &Roll, times: &Times) -> Vec<u8> {
    let bars = times.bars_in_sight(&roll.score);
    let mut lanes: Vec<u8> = bars.flat_map(|(_, bar)| bar.notes.iter().map(|note| note.pitch)).collect();
    lanes.sort_unstable();
    lanes.dedup();
    for usual in drums::USUAL {
        if lanes.len() < FEWEST_LANES && !lanes.contains(&usual) {
            lanes.push(usual);
        }
    }
    lanes.sort_unstable();
    lanes
}

/// The lowest row and the one above the highest, for the notes in sight and those played in. Both are multiples of
/// a third of an octave, so that the picture rests while the music moves.
fn pitch_range(roll: &Roll, times: &Times) -> (i32, i32) {
    let composed = times.bars_in_sight(&roll.score).flat_map(|(_, bar)| &bar.notes);
    let pitches = composed.chain(roll.input.iter()).map(|note| i32::from(note.pitch));
    let range = pitches.fold(None, |range, pitch| match range {
        Some((lowest, highest)) => Some((pitch.min(lowest), pitch.max(highest))),
        None => Some((pitch, pitch)),
    });
    let (lowest, highest) = range.unwrap_or((54, 77));
    let lowest = (lowest - 1).div_euclid(4) * 4;
    (lowest, ((highest + 2).div_euclid(4) * 4 + 4).max(lowest + FEWEST))
}
