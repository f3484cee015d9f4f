//! Where pitches lie in the picture.

use egui::{Align2, Id, Mesh, Painter, Rangef, Rect, Shape, Ui, pos2};

use crate::music::{Note, names};
use crate::player::ComposingKnobs;
use crate::plugin::editor::pages::roll::drums;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme::{self, Palette};
use crate::plugin::editor::view::Roll;

/// Where pitches lie: rows of a keyboard, or a lane for each drum.
pub(crate) struct Rows {
    top: f32,
    height: f32,
    /// Of the lowest row and beyond the highest, in rows; between whole numbers while the picture settles.
    lowest: f32,
    highest: f32,
    /// The drums with a lane, from the bottom up; none for a keyboard.
    lanes: Vec<u8>,
}

/// Whether there is music, and all of it is drums.
pub(crate) fn is_drums_only(roll: &Roll) -> bool {
    let mut has_notes = false;
    // A few bars tell; all of a long take would cost too much at each frame.
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
    /// The fewest rows.
    const FEWEST: i32 = 24;

    pub(crate) fn of(ui: &Ui, picture: Rect, roll: &Roll, times: &Times) -> Self {
        let rows = |lowest: f32, highest: f32, lanes: Vec<u8>| Self {
            top: picture.top(),
            height: picture.height() / (highest - lowest),
            lowest,
            highest,
            lanes,
        };
        if is_drums_only(roll) {
            let mut lanes: Vec<u8> = times
                .bars_in_sight(&roll.score)
                .flat_map(|(_, bar)| bar.notes.iter().map(|note| note.pitch))
                .collect();
            lanes.sort_unstable();
            lanes.dedup();
            for usual in drums::USUAL {
                if lanes.len() < 6 && !lanes.contains(&usual) {
                    lanes.push(usual);
                }
            }
            lanes.sort_unstable();
            return rows(0.0, lanes.len() as f32, lanes);
        }
        let (mut lowest, mut highest) = (i32::MAX, i32::MIN);
        let mut hold = |pitch: u8| {
            lowest = lowest.min(i32::from(pitch));
            highest = highest.max(i32::from(pitch));
        };
        for (_, bar) in times.bars_in_sight(&roll.score) {
            bar.notes.iter().for_each(|note| hold(note.pitch));
        }
        roll.input.iter().for_each(|note| hold(note.pitch));
        if lowest > highest {
            (lowest, highest) = (54, 77);
        }
        // Thirds of octaves, so that the picture rests while the music moves.
        let lowest = (lowest - 1).div_euclid(4) * 4;
        let highest = ((highest + 2).div_euclid(4) * 4 + 4).max(lowest + Self::FEWEST);
        let glide = |name, value: i32| {
            let id = Id::unique(("continuo rows", name));
            ui.ctx().animate_value_with_time(id, value as f32, 0.2)
        };
        rows(glide("lowest", lowest), glide("highest", highest), Vec::new())
    }

    /// Whether each drum has a lane.
    pub(crate) fn has_lanes(&self) -> bool {
        !self.lanes.is_empty()
    }

    /// The top and bottom of a pitch's row; nothing for a drum without a lane.
    pub(crate) fn row(&self, pitch: u8) -> Option<Rangef> {
        let row = if self.lanes.is_empty() {
            f32::from(pitch)
        } else {
            self.lanes.binary_search(&pitch).ok()? as f32
        };
        let bottom = self.top + (self.highest - row) * self.height;
        Some(Rangef::new(bottom - self.height, bottom))
    }

    /// Where a note lies.
    pub(crate) fn rect(&self, note: &Note, times: &Times) -> Option<Rect> {
        let row = self.row(note.pitch)?;
        let inset = (self.height * 0.12).clamp(0.0, 2.0);
        let left = times.snapped(times.x_of(note.onset));
        let right = times.snapped(times.x_of(note.end())) - 1.0;
        // A drum is a stroke: as long as it is written it would say nothing.
        let right = if self.has_lanes() { right.min(left + 0.2 * times.zoom()) } else { right };
        let (top, bottom) = ((row.min + inset).round(), (row.max - inset).round());
        Some(Rect::from_min_max(pos2(left, top), pos2(right.max(left + 2.5), bottom.max(top + 2.0))))
    }

    fn pitches(&self) -> std::ops::RangeInclusive<i32> {
        self.lowest.floor() as i32..=(self.highest.ceil() as i32 - 1).min(127)
    }

    /// The rows behind the notes: those of the scale lighter, those of the tonic lightest.
    pub(crate) fn paint(&self, painter: &Painter, picture: Rect, knobs: &ComposingKnobs, palette: &Palette) {
        let mut mesh = Mesh::default();
        let scale = knobs.pitch_classes();
        for row in self.pitches() {
            let pitch = self.lanes.get(row.max(0) as usize).copied().unwrap_or(row.clamp(0, 127) as u8);
            let Some(range) = self.row(pitch) else { continue };
            let above = (i32::from(pitch) - i32::from(knobs.tonic)).rem_euclid(12) as u8;
            let is_free = scale.len() == 12;
            let is_white = !matches!(pitch % 12, 1 | 3 | 6 | 8 | 10);
            let fill = if self.has_lanes() {
                if row % 2 == 0 { palette.row } else { palette.well }
            } else if above == 0 {
                palette.tonic
            } else if if is_free { is_white } else { scale.contains(above) } {
                palette.row
            } else {
                continue;
            };
            mesh.add_colored_rect(Rect::from_x_y_ranges(picture.x_range(), range), fill);
        }
        painter.add(Shape::mesh(mesh));
    }

    /// The keyboard, or the names of the drums.
    pub(crate) fn paint_keys(
        &self,
        painter: &Painter,
        keys: Rect,
        knobs: &ComposingKnobs,
        palette: &Palette,
    ) {
        let small = theme::font(theme::SMALL.min(self.height + 2.0).max(8.0));
        if self.has_lanes() {
            for pitch in &self.lanes {
                let Some(row) = self.row(*pitch) else { continue };
                let at = pos2(keys.left() + 8.0, row.center());
                painter.text(at, Align2::LEFT_CENTER, drums::name(*pitch), small.clone(), palette.dim);
            }
            return;
        }
        let mut mesh = Mesh::default();
        let board = keys.with_min_x(keys.right() - 14.0);
        mesh.add_colored_rect(board, palette.ivory);
        for pitch in self.pitches() {
            let Some(row) = self.row(pitch.clamp(0, 127) as u8) else { continue };
            if matches!(pitch.rem_euclid(12), 1 | 3 | 6 | 8 | 10) {
                let key = Rect::from_x_y_ranges(board.left()..=board.right() - 5.0, row);
                mesh.add_colored_rect(key, palette.ebony);
                let seam = Rect::from_x_y_ranges(board.x_range(), row.center() - 0.5..=row.center() + 0.5);
                mesh.add_colored_rect(seam, palette.ebony);
            } else if matches!(pitch.rem_euclid(12), 4 | 11) {
                let seam = Rect::from_x_y_ranges(board.x_range(), row.min - 0.5..=row.min + 0.5);
                mesh.add_colored_rect(seam, palette.ebony);
            }
        }
        painter.add(Shape::mesh(mesh));
        for pitch in self.pitches() {
            let is_tonic = (pitch - i32::from(knobs.tonic)).rem_euclid(12) == 0;
            if is_tonic && let Some(row) = self.row(pitch.clamp(0, 127) as u8) {
                let y = row.center().clamp(keys.top() + 7.0, keys.bottom() - 7.0);
                painter.text(
                    pos2(board.left() - 4.0, y),
                    Align2::RIGHT_CENTER,
                    names::pitch(pitch),
                    theme::font(10.5),
                    palette.dim,
                );
            }
        }
    }
}
