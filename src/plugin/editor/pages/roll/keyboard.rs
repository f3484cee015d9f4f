//! The rows behind the notes, and the keyboard beside them.

use egui::{Align2, Mesh, Painter, Rect, Shape, pos2};

use crate::music::names;
use crate::player::ComposingKnobs;
use crate::plugin::editor::pages::roll::drums;
use crate::plugin::editor::pages::roll::rows::Rows;
use crate::plugin::editor::theme::{self, Palette};

/// Width of the keyboard, and of the names of drums in its place.
pub(crate) const KEYS: f32 = 38.0;
pub(crate) const DRUM_NAMES: f32 = 92.0;

/// Paints the rows behind the notes: those of the scale lighter, those of the tonic lightest.
pub(crate) fn paint_rows(
    painter: &Painter,
    picture: Rect,
    rows: &Rows,
    knobs: &ComposingKnobs,
    palette: &Palette,
) {
    let mut mesh = Mesh::default();
    let scale = knobs.pitch_classes();
    let is_free = scale.len() == 12;
    for idx in rows.indices() {
        let lane = rows.lanes().get(idx.max(0) as usize).copied();
        let pitch = lane.unwrap_or(idx.clamp(0, 127) as u8);
        let Some(range) = rows.row(pitch) else { continue };
        let above_tonic = (i32::from(pitch) - i32::from(knobs.tonic)).rem_euclid(12) as u8;
        let is_in_scale = if is_free { !is_black(i32::from(pitch)) } else { scale.contains(above_tonic) };
        let fill = if rows.has_lanes() {
            if idx % 2 == 0 { palette.row } else { palette.well }
        } else if above_tonic == 0 {
            palette.tonic
        } else if is_in_scale {
            palette.row
        } else {
            continue;
        };
        mesh.add_colored_rect(Rect::from_x_y_ranges(picture.x_range(), range), fill);
    }
    painter.add(Shape::mesh(mesh));
}

/// Paints the keyboard, or the names of the drums.
pub(crate) fn paint_keys(
    painter: &Painter,
    keys: Rect,
    rows: &Rows,
    knobs: &ComposingKnobs,
    palette: &Palette,
) {
    if rows.has_lanes() {
        paint_drum_names(painter, keys, rows, palette);
        return;
    }
    let board = keys.with_min_x(keys.right() - 14.0);
    paint_board(painter, board, rows, palette);
    for pitch in rows.indices() {
        let is_tonic = (pitch - i32::from(knobs.tonic)).rem_euclid(12) == 0;
        if is_tonic && let Some(row) = rows.row(pitch.clamp(0, 127) as u8) {
            let y = row.center().clamp(keys.top() + 7.0, keys.bottom() - 7.0);
            let (at, font) = (pos2(board.left() - 4.0, y), theme::font(10.5));
            painter.text(at, Align2::RIGHT_CENTER, names::pitch(pitch), font, palette.dim);
        }
    }
}

fn paint_drum_names(painter: &Painter, keys: Rect, rows: &Rows, palette: &Palette) {
    let font = theme::font(theme::SMALL.min(rows.height() + 2.0).max(8.0));
    for pitch in rows.lanes() {
        let Some(row) = rows.row(*pitch) else { continue };
        let at = pos2(keys.left() + 8.0, row.center());
        painter.text(at, Align2::LEFT_CENTER, drums::name(*pitch), font.clone(), palette.dim);
    }
}

fn paint_board(painter: &Painter, board: Rect, rows: &Rows, palette: &Palette) {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(board, palette.ivory);
    let seam = |mesh: &mut Mesh, y: f32| {
        mesh.add_colored_rect(Rect::from_x_y_ranges(board.x_range(), y - 0.5..=y + 0.5), palette.ebony);
    };
    for pitch in rows.indices() {
        let Some(row) = rows.row(pitch.clamp(0, 127) as u8) else { continue };
        if is_black(pitch) {
            let key = Rect::from_x_y_ranges(board.left()..=board.right() - 5.0, row);
            mesh.add_colored_rect(key, palette.ebony);
            seam(&mut mesh, row.center());
        } else if matches!(pitch.rem_euclid(12), 4 | 11) {
            // Between E and F, and between B and C.
            seam(&mut mesh, row.min);
        }
    }
    painter.add(Shape::mesh(mesh));
}

fn is_black(pitch: i32) -> bool {
    matches!(pitch.rem_euclid(12), 1 | 3 | 6 | 8 | 10)
}
