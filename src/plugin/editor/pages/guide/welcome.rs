//! The card of the first minute.

use egui::{Align, Area, Id, Layout, Order, Rect, RichText, Sense, Stroke, Ui, vec2};

use crate::plugin::editor::pages::guide::hosts::hosts;
use crate::plugin::editor::pages::guide::parts::{host_chips, preview_button, steps};
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::UiState;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{card_frame, emblem};

/// Draws the card over the roll.
pub(crate) fn welcome(ui: &mut Ui, over: Rect, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    let size = vec2((over.width() - 24.0).min(620.0), 186.0);
    let left_top = over.center() - size / 2.0;
    let palette = theme::palette(ui);
    let area = Area::new(Id::unique("continuo welcome")).order(Order::Foreground);
    let area = area.fixed_pos(left_top.max(over.left_top() + vec2(12.0, 6.0)));
    area.show(ui.ctx(), |ui| {
        ui.set_max_width(size.x);
        let frame =
            card_frame(ui).fill(palette.panel).stroke(Stroke::new(1.5, palette.accent)).inner_margin(10);
        frame.show(ui, |ui| {
            ui.set_width(size.x - 20.0);
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.horizontal(|ui| heading(ui, view, intents));
            for (idx, step) in steps(view).into_iter().enumerate() {
                ui.label(format!("{}   {}", idx + 1, step.trim()));
            }
            ui.add_space(2.0);
            ui.label(theme::small(ui, "How to record the notes in"));
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(3.0, 3.0);
                host_chips(ui, state, view, &hosts());
            });
        });
    });
}

fn heading(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let (square, _) = ui.allocate_exact_size(vec2(22.0, 22.0), Sense::hover());
    emblem::paint(ui.painter(), square, theme::palette(ui));
    ui.label(RichText::new("Your first minute").size(theme::LARGE));
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if ui.button("Got it").clicked() {
            let mut settings = view.settings.clone();
            settings.is_welcomed = true;
            intents.push(Intent::Set(settings));
        }
        preview_button(ui, view, intents);
    });
}
