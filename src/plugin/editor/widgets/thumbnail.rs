//! Notes as a small picture without axes.

use egui::{Align2, Mesh, Rect, Shape, Ui, pos2};

use crate::music::Note;
use crate::plugin::editor::theme;

/// Paints notes into a rectangle; `empty` where there are none.
pub(crate) fn paint_thumbnail(ui: &Ui, rect: Rect, notes: &[Note], empty: &str) {
    let palette = theme::palette(ui);
    ui.painter().rect_filled(rect, 4.0, palette.well);
    let inner = rect.shrink(4.0);
    let (Some(lowest), Some(highest), Some(end)) = (
        notes.iter().map(|note| note.pitch).min(),
        notes.iter().map(|note| note.pitch).max(),
        notes.iter().map(|note| note.end().0).max(),
    ) else {
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            empty,
            theme::font(theme::SMALL),
            palette.dim,
        );
        return;
    };
    let mut mesh = Mesh::default();
    let row = inner.height() / f32::from((highest - lowest).max(12) + 1);
    let x = |tick: i64| inner.left() + tick as f32 / end.max(1) as f32 * inner.width();
    for note in notes {
        let y = inner.bottom() - f32::from(note.pitch - lowest + 1) * row;
        let left_top = pos2(x(note.onset.0), y);
        let right_bottom = pos2((x(note.end().0) - 1.0).max(left_top.x + 1.5), y + row.max(1.5));
        mesh.add_colored_rect(
            Rect::from_min_max(left_top, right_bottom),
            palette.note(note.family, note.velocity),
        );
    }
    ui.painter().add(Shape::mesh(mesh));
}
