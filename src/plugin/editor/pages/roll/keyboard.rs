//! The rows behind the notes, and the keyboard beside them.

use egui::{Align2, Mesh, Painter, Rect, Shape, pos2};

use crate::music::names;
use crate::player::ComposingKnobs;
use crate::plugin::editor::pages::roll::drums;
use crate::plugin::editor::pages::roll::rows::{Content, Rows};
use crate::plugin::editor::theme::{self, Palette};

/// Width of the keyboard, of the names of drums in its place, and of a keyboard with the names of drums below it.
const KEYS: f32 = 38.0;
const DRUM_NAMES: f32 = 92.0;
const BOTH: f32 = 64.0;
/// The height of a name on the keyboard.
const NAME: f32 = 11.0;
/// The lowest lane that has its name beside it.
const LOWEST_NAMED: f32 = 7.5;

/// The width of the column of keys and names.
pub(crate) fn width(content: Content) -> f32 {
    match content {
        Content::Pitches => KEYS,
        Content::Drums => DRUM_NAMES,
        Content::Both => BOTH,
    }
}

/// Paints the rows behind the notes: those of the scale lighter, those of the tonic lightest; and the lanes.
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
    for pitch in rows.pitches() {
        let Some(range) = rows.key(pitch) else { continue };
        let above_tonic = (pitch - i32::from(knobs.tonic)).rem_euclid(12) as u8;
        let is_in_scale = if is_free { !is_black(pitch) } else { scale.contains(above_tonic) };
        let fill = if above_tonic == 0 {
            palette.tonic
        } else if is_in_scale {
            palette.row
        } else {
            continue;
        };
        mesh.add_colored_rect(Rect::from_x_y_ranges(picture.x_range(), range), fill);
    }
    for (idx, pitch) in rows.lanes().iter().enumerate() {
        let fill = if idx % 2 == 0 { palette.row } else { palette.well };
        if let Some(range) = rows.lane(*pitch) {
            mesh.add_colored_rect(Rect::from_x_y_ranges(picture.x_range(), range), fill);
        }
    }
    if let (Some(keyboard), false) = (rows.keyboard(), rows.lanes().is_empty()) {
        let y = keyboard.max..=keyboard.max + 1.0;
        mesh.add_colored_rect(Rect::from_x_y_ranges(picture.x_range(), y), palette.line);
    }
    painter.add(Shape::mesh(mesh));
}

/// Paints the keyboard, and the names of the drums.
pub(crate) fn paint_keys(
    painter: &Painter,
    keys: Rect,
    rows: &Rows,
    knobs: &ComposingKnobs,
    palette: &Palette,
) {
    paint_drum_names(painter, keys, rows, palette);
    let Some(range) = rows.keyboard() else { return };
    let keys = Rect::from_x_y_ranges(keys.x_range(), range);
    let board = keys.with_min_x(keys.right() - 14.0);
    paint_board(&painter.with_clip_rect(board), board, rows, palette);
    let mut last = f32::MAX;
    for pitch in rows.pitches() {
        let is_tonic = (pitch - i32::from(knobs.tonic)).rem_euclid(12) == 0;
        if is_tonic && let Some(row) = rows.key(pitch) {
            let y = row.center().clamp(keys.top() + 7.0, (keys.bottom() - 7.0).max(keys.top() + 7.0));
            // As many as there is room for.
            if last - y < NAME {
                continue;
            }
            last = y;
            let (at, font) = (pos2(board.left() - 4.0, y), theme::font(10.5));
            painter.text(at, Align2::RIGHT_CENTER, names::pitch(pitch), font, palette.dim);
        }
    }
}

fn paint_drum_names(painter: &Painter, keys: Rect, rows: &Rows, palette: &Palette) {
    let height = rows.lane_height();
    // Where the names would be too small to read, pointing at a note shows them.
    if height < LOWEST_NAMED {
        return;
    }
    let is_narrow = keys.width() < DRUM_NAMES;
    let font = theme::font(theme::SMALL.min(height + 2.0).min(if is_narrow { 10.5 } else { theme::SMALL }));
    for pitch in rows.lanes() {
        let Some(row) = rows.lane(*pitch) else { continue };
        let at = pos2(keys.left() + if is_narrow { 5.0 } else { 8.0 }, row.center());
        painter.text(at, Align2::LEFT_CENTER, drums::name(*pitch), font.clone(), palette.dim);
    }
}

fn paint_board(painter: &Painter, board: Rect, rows: &Rows, palette: &Palette) {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(board, palette.ivory);
    let seam = |mesh: &mut Mesh, y: f32| {
        mesh.add_colored_rect(Rect::from_x_y_ranges(board.x_range(), y - 0.5..=y + 0.5), palette.ebony);
    };
    for pitch in rows.pitches() {
        let Some(row) = rows.key(pitch) else { continue };
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
