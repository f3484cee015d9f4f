//! The instruments in sight, with their colours.

use egui::{Align2, Color32, Rect, Sense, Ui, pos2, vec2};

use crate::music::{Family, FamilySet};
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::View;

/// Draws the names and colours of the instruments in sight, as many as fit.
pub(crate) fn legend(ui: &mut Ui, times: &Times, view: &View) {
    let palette = theme::palette(ui);
    let notes = times.bars_in_sight(&view.roll.score).flat_map(|(_, bar)| &bar.notes);
    let in_sight: FamilySet = notes.map(|note| note.family).collect();
    let families = (0..).map_while(Family::from_index).filter(|family| in_sight.contains(*family));
    let mut entries: Vec<(&str, Color32)> =
        families.map(|family| (family.name(), palette.family(family))).collect();
    if !view.roll.input.is_empty() {
        entries.push(("You", palette.incoming));
    }
    ui.spacing_mut().item_spacing.x = 10.0;
    let n_entries = entries.len();
    for (idx, (name, colour)) in entries.into_iter().enumerate() {
        let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::font(theme::SMALL), palette.dim);
        let width = galley.size().x + 14.0;
        let is_last = idx + 1 == n_entries;
        // Whole names or none; then how many more there are.
        if width + if is_last { 0.0 } else { 30.0 } > ui.available_width() {
            ui.label(theme::small(ui, format!("+{}", n_entries - idx)));
            return;
        }
        let (rect, _) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
        let dot = Rect::from_center_size(pos2(rect.left() + 5.0, rect.center().y), vec2(9.0, 7.0));
        ui.painter().rect_filled(dot, 1.5, colour);
        let (at, font) = (pos2(rect.left() + 14.0, rect.center().y), theme::font(theme::SMALL));
        ui.painter().text(at, Align2::LEFT_CENTER, name, font, palette.dim);
    }
}
