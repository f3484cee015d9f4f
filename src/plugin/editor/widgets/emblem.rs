//! The emblem and the name.
//!
//! The emblem is a basso continuo: one long note with figures above it.

use egui::{Align2, Painter, Rect, Response, Sense, Ui, pos2, vec2};

use crate::plugin::editor::theme::{self, Palette};

/// Paints the emblem into a square: three rising notes over one that is held.
pub(crate) fn paint(painter: &Painter, square: Rect, palette: &Palette) {
    let unit = square.width() / 24.0;
    painter.rect_filled(square, 5.5 * unit, palette.accent);
    let note = |x: f32, y: f32, width: f32| {
        let left_top = square.min + vec2(x, y) * unit;
        painter.rect_filled(
            Rect::from_min_size(left_top, vec2(width, 3.4) * unit),
            1.7 * unit,
            palette.on_accent,
        );
    };
    note(4.0, 16.6, 16.0);
    note(4.0, 11.6, 5.0);
    note(9.5, 7.9, 5.0);
    note(15.0, 4.2, 5.0);
}

/// The emblem alone.
pub(crate) fn plate(ui: &mut Ui) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 26.0), Sense::hover());
    let square = Rect::from_min_size(pos2(rect.left(), rect.center().y - 12.0), vec2(24.0, 24.0));
    paint(ui.painter(), square, theme::palette(ui));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, "Continuo"));
    response
}

/// The emblem with the name beside it.
pub(crate) fn name_plate(ui: &mut Ui) -> Response {
    let palette = theme::palette(ui);
    let galley =
        ui.painter().layout_no_wrap("Continuo".to_owned(), theme::font(theme::HEADING), palette.text);
    let size = vec2(24.0 + 8.0 + galley.size().x, 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter();
    paint(painter, Rect::from_min_size(pos2(rect.left(), rect.center().y - 12.0), vec2(24.0, 24.0)), palette);
    painter.text(
        pos2(rect.left() + 32.0, rect.center().y),
        Align2::LEFT_CENTER,
        "Continuo",
        theme::font(theme::HEADING),
        palette.text,
    );
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, "Continuo"));
    response
}
