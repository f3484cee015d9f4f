//! Key and scale in one list: a grid with a row for each scale and a column for each key, so that two clicks set both.

use egui::accesskit::Role;
use egui::{
    Align2, Popup, PopupCloseBehavior, Rect, Response, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::player::Knob;
use crate::plugin::editor::controls::{KnobSetter, SMALL};
use crate::plugin::editor::theme;
use crate::plugin::editor::widgets::chooser::closed_list;

/// The size of a cell, and the width of the names of scales.
const CELL: egui::Vec2 = vec2(25.0, 17.0);
const NAMES: f32 = 112.0;

/// Draws the closed list, and the grid if it is open.
pub(crate) fn key_and_scale(ui: &mut Ui, setter: &mut KnobSetter<'_>, width: f32) {
    let keys = setter.parameters.step_names(Knob::Tonic);
    let scales = setter.parameters.step_names(Knob::Scale);
    let chosen = (setter.step(Knob::Tonic), setter.step(Knob::Scale));
    let name = |(key, scale): (usize, usize)| {
        let part = |names: &[String], idx: usize| names.get(idx).cloned().unwrap_or_default();
        format!("{} {}", part(&keys, key), part(&scales, scale))
    };
    ui.allocate_ui_with_layout(
        vec2(width, SMALL.height()),
        egui::Layout::top_down(egui::Align::Center),
        |ui| {
            ui.set_min_size(vec2(width, SMALL.height()));
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.add_space(4.0);
            ui.label(theme::small(ui, "Key and scale"));
            let closed = closed_list(ui, "Key and scale", &name(chosen), (width - 10.0).min(190.0));
            let popup = Popup::menu(&closed).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
            popup.show(|ui| {
                let height = (ui.ctx().content_rect().height() - 90.0).max(120.0);
                let picked = ScrollArea::vertical()
                    .max_height(height)
                    .show(ui, |ui| grid(ui, &keys, &scales, chosen))
                    .inner;
                if let Some((key, scale)) = picked {
                    if key != chosen.0 {
                        setter.set_step(Knob::Tonic, key);
                    }
                    if scale != chosen.1 {
                        setter.set_step(Knob::Scale, scale);
                    }
                    ui.close();
                }
            });
            closed.on_hover_text(format!("{}\n{}", Knob::Tonic.spec().hint, Knob::Scale.spec().hint));
        },
    );
}

/// Draws the grid; returns the key and the scale that are clicked.
fn grid(ui: &mut Ui, keys: &[String], scales: &[String], chosen: (usize, usize)) -> Option<(usize, usize)> {
    let palette = theme::palette(ui);
    let size = vec2(NAMES + CELL.x * keys.len() as f32, CELL.y * (scales.len() + 1) as f32);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let cell = |key: usize, row: usize| {
        let left_top = rect.min + vec2(NAMES + CELL.x * key as f32, CELL.y * row as f32);
        Rect::from_min_size(left_top, CELL)
    };
    let write = |ui: &Ui, at: egui::Pos2, align: Align2, text: &str, is_lit: bool| {
        let colour = if is_lit { palette.text } else { palette.dim };
        ui.painter().text(at, align, text, theme::font(theme::SMALL), colour);
    };
    let (mut picked, mut hovered) = (None, None);
    for (scale, scale_name) in scales.iter().enumerate() {
        for (key, key_name) in keys.iter().enumerate() {
            let response =
                ui.interact(cell(key, scale + 1), ui.scope_id().with((key, scale)), Sense::click());
            let name = format!("{key_name} {scale_name}");
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            paint_cell(ui, &response, (key, scale) == chosen, key_name);
            if response.hovered() || response.has_focus() {
                hovered = Some((key, scale));
            }
            if response.clicked() {
                picked = Some((key, scale));
            }
        }
        let at = pos2(rect.left() + 4.0, cell(0, scale + 1).center().y);
        let is_lit = hovered.is_some_and(|(_, row)| row == scale) || chosen.1 == scale;
        write(ui, at, Align2::LEFT_CENTER, scale_name, is_lit);
    }
    for (key, key_name) in keys.iter().enumerate() {
        let is_lit = hovered.is_some_and(|(column, _)| column == key) || chosen.0 == key;
        write(ui, cell(key, 0).center(), Align2::CENTER_CENTER, key_name, is_lit);
    }
    picked
}

fn paint_cell(ui: &Ui, response: &Response, is_chosen: bool, key_name: &str) {
    let palette = theme::palette(ui);
    let is_lit = response.hovered() || response.has_focus();
    // The rows of black keys are darker, as on a keyboard.
    let rest = if key_name.len() > 1 { palette.well } else { palette.raised };
    let fill = match (is_chosen, is_lit) {
        (true, _) => palette.accent,
        (false, true) => palette.text,
        (false, false) => rest,
    };
    ui.painter().rect_filled(response.rect.shrink(1.5), 3.0, fill);
}
