//! What the controls have in common: their cell, the name and value below, the wheel.

use egui::{Align, Align2, Event, Layout, Rect, Response, Ui, Vec2, pos2};

use crate::plugin::editor::theme;

/// The size of a control.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DialSize {
    /// Radius of the circle.
    pub(crate) radius: f32,
    /// Whether the value is written inside the circle.
    pub(crate) is_large: bool,
}

/// The size of most knobs.
pub(crate) const SMALL: DialSize = DialSize { radius: 16.0, is_large: false };
/// The size of the two knobs that are always in view.
pub(crate) const LARGE: DialSize = DialSize { radius: 33.0, is_large: true };

impl DialSize {
    /// Height of the control with its texts.
    pub(crate) fn height(self) -> f32 {
        if self.is_large { 2.0 * self.radius + 22.0 } else { 2.0 * self.radius + 36.0 }
    }
}

/// A space of this size with centred contents.
pub(crate) fn cell<R>(ui: &mut Ui, size: Vec2, contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.allocate_ui_with_layout(size, Layout::top_down(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.set_max_size(size);
        ui.spacing_mut().item_spacing.y = 2.0;
        contents(ui)
    })
    .inner
}

/// Draws a name with a value below it, at the bottom of a cell.
pub(crate) fn name_below(ui: &Ui, rect: Rect, name: &str, value: &str) {
    let palette = theme::palette(ui);
    let top = rect.top() + 2.0 * SMALL.radius + 9.0;
    let fits = |size: f32| ui.painter().layout_no_wrap(name.to_owned(), theme::font(size), palette.dim);
    let mut galley = fits(theme::SMALL);
    if galley.size().x > rect.width() {
        galley = fits(theme::SMALL * rect.width() / galley.size().x);
    }
    let x = rect.center().x - galley.size().x / 2.0;
    ui.painter().galley(pos2(x, top), galley, palette.dim);
    ui.painter().text(
        pos2(rect.center().x, top + 13.0),
        Align2::CENTER_TOP,
        value,
        theme::font(theme::SMALL),
        palette.text,
    );
}

/// How many notches the wheel was turned over a widget, upwards positive.
pub(crate) fn wheel_steps(ui: &Ui, response: &Response) -> i32 {
    if !response.hovered() {
        return 0;
    }
    let mut steps = 0;
    ui.input(|input| {
        for event in &input.events {
            if let Event::MouseWheel { delta, .. } = event {
                steps += if delta.y > 0.0 {
                    1
                } else if delta.y < 0.0 {
                    -1
                } else {
                    0
                };
            }
        }
    });
    steps
}
