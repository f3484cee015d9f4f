//! What is turned, chosen and switched. Each draws one knob and adds what the user wants to the intents.
//!
//! All are turned the same way: drag up or to the right, with shift for fine; the wheel; the arrow keys once
//! tab or a click has brought the focus; double-click, or enter, to type; right-click for a menu with the
//! default; control-click for the default at once.

mod typing;

mod dial;
pub(super) use dial::{LARGE, SMALL, dial};

use egui::accesskit::Role;
use egui::{Align, Align2, Button, Layout, Rect, Response, RichText, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::tips::tip;
use crate::plugin::editor::view::Intent;
use crate::plugin::knob::Knob;
use crate::plugin::parameters::Parameters;

/// The knobs, and what the user does to them.
pub(super) struct Hands<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) intents: &'a mut Vec<Intent>,
}

impl Hands<'_> {
    /// A turn that is over at once.
    pub(super) fn set(&mut self, knob: Knob, position: f32) {
        self.intents.extend([Intent::Begin(knob), Intent::Turn(knob, position), Intent::End(knob)]);
    }

    /// Sets a knob with steps.
    pub(super) fn set_step(&mut self, knob: Knob, step: usize) {
        self.set(knob, self.parameters.position_of_step(knob, step));
    }

    /// The step that a knob stands at.
    pub(super) fn step(&self, knob: Knob) -> usize {
        self.parameters.step(knob, self.parameters.position(knob))
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, knob: Knob) -> bool {
        self.parameters.position(knob) > 0.5
    }
}

/// How wide a list to choose from is at most.
const LIST: f32 = 160.0;

/// A space of this size with its contents in the middle.
fn cell<R>(ui: &mut Ui, size: egui::Vec2, contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.allocate_ui_with_layout(size, Layout::top_down(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.set_max_size(size);
        ui.spacing_mut().item_spacing.y = 2.0;
        contents(ui)
    })
    .inner
}

/// A knob whose steps have names: a list to choose from, under its name.
pub(super) fn choice(ui: &mut Ui, hands: &mut Hands<'_>, knob: Knob, names: &[String], width: f32) {
    cell(ui, vec2(width, SMALL.height()), |ui| {
        let name = hands.parameters.name(knob).to_owned();
        ui.add_space(4.0);
        let label = ui.label(RichText::new(&name).size(theme::SMALL).color(theme::palette(ui).dim));
        let chosen = hands.step(knob).min(names.len().saturating_sub(1));
        let shown = names.get(chosen).map_or("–", String::as_str);
        let list_width = (width - 8.0).min(LIST);
        let list = ui.allocate_ui(vec2(list_width, 24.0), |ui| {
            let list = egui::ComboBox::from_id_salt(knob).width(list_width).truncate().selected_text(shown);
            list.show_ui(ui, |ui| {
                for (step, name) in names.iter().enumerate() {
                    if ui.selectable_label(step == chosen, name).clicked() && step != chosen {
                        hands.set_step(knob, step);
                    }
                }
            })
        });
        let list = list.inner.response.labelled_by(label.id);
        let by = wheel_steps(ui, &list);
        if by != 0 && !names.is_empty() {
            let step = (chosen as i32 + by).clamp(0, names.len() as i32 - 1) as usize;
            if step != chosen {
                hands.set_step(knob, step);
            }
        }
        list.on_hover_text(tip(knob));
    });
}

/// A knob that is on or off: a switch, over its name.
pub(super) fn switch(ui: &mut Ui, hands: &mut Hands<'_>, knob: Knob, width: f32) {
    cell(ui, vec2(width, SMALL.height()), |ui| {
        let is_on = hands.is_on(knob);
        let palette = theme::palette(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(width - 4.0, SMALL.height()), Sense::click());
        if response.clicked() {
            hands.set(knob, if is_on { 0.0 } else { 1.0 });
        }
        let name = hands.parameters.name(knob);
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, name));
        let painter = ui.painter();
        let middle = rect.top() + SMALL.radius + 4.0;
        let track = Rect::from_center_size(pos2(rect.center().x, middle), vec2(36.0, 20.0));
        painter.rect(
            track,
            10.0,
            if is_on { palette.accent } else { palette.well },
            egui::Stroke::new(1.0, if is_on { palette.accent } else { palette.line }),
            egui::StrokeKind::Inside,
        );
        let x = if is_on { track.right() - 10.0 } else { track.left() + 10.0 };
        painter.circle_filled(pos2(x, middle), 7.0, if is_on { palette.on_accent } else { palette.dim });
        name_below(ui, rect, name, if is_on { "On" } else { "Off" });
        focus_ring(ui, &response, track.expand(3.0), 13.0);
        response.on_hover_text(tip(knob));
    });
}

/// A chip that is on or off, as wide as its text.
pub(super) fn chip(ui: &mut Ui, name: &str, is_on: bool, dot: Option<egui::Color32>) -> Response {
    let palette = theme::palette(ui);
    let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::font(theme::SMALL), palette.text);
    let space = if dot.is_some() { 14.0 } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 14.0 + space, 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, name));
    let (fill, text) = match (is_on, response.hovered()) {
        (true, _) => (palette.lit, palette.text),
        (false, true) => (palette.raised, palette.text),
        (false, false) => (palette.well, palette.dim),
    };
    let painter = ui.painter();
    painter.rect(rect, 11.0, fill, egui::Stroke::new(1.0, palette.line), egui::StrokeKind::Inside);
    if let Some(colour) = dot {
        let centre = pos2(rect.left() + 12.0, rect.center().y);
        if is_on {
            painter.circle_filled(centre, 4.0, colour);
        } else {
            painter.circle_stroke(centre, 3.5, egui::Stroke::new(1.0, palette.dim));
        }
    }
    painter.text(
        pos2(rect.left() + 7.0 + space, rect.center().y),
        Align2::LEFT_CENTER,
        name,
        theme::font(theme::SMALL),
        text,
    );
    focus_ring(ui, &response, rect, 11.0);
    response
}

/// One of several that stand side by side: a tab, a slot.
pub(super) fn tab(ui: &mut Ui, name: &str, is_chosen: bool) -> Response {
    let palette = theme::palette(ui);
    let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::font(theme::BODY), palette.text);
    let width = (galley.size().x + 14.0).max(24.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_chosen, name));
    let (fill, text) = match (is_chosen, response.hovered()) {
        (true, _) => (palette.lit, palette.text),
        (false, true) => (palette.raised, palette.text),
        (false, false) => (egui::Color32::TRANSPARENT, palette.dim),
    };
    ui.painter().rect_filled(rect, theme::ROUND, fill);
    if is_chosen {
        let line = Rect::from_min_max(
            pos2(rect.left() + 6.0, rect.bottom() - 2.0),
            pos2(rect.right() - 6.0, rect.bottom()),
        );
        ui.painter().rect_filled(line, 1.0, palette.accent);
    }
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, name, theme::font(theme::BODY), text);
    focus_ring(ui, &response, rect, theme::ROUND);
    response
}

/// The button that everybody looks for.
pub(super) fn main_button(ui: &mut Ui, name: &str, size: egui::Vec2) -> Response {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let fill = if response.is_pointer_button_down_on() {
        theme::mix(palette.accent, palette.text, 0.25)
    } else if response.hovered() {
        theme::mix(palette.accent, palette.text, 0.12)
    } else {
        palette.accent
    };
    ui.painter().rect_filled(rect, 8.0, fill);
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        name,
        theme::font(theme::LARGE),
        palette.on_accent,
    );
    focus_ring(ui, &response, rect, 8.0);
    response
}

/// A button with a short text or sign, as high as a line of text.
pub(super) fn small_button(ui: &mut Ui, name: &str, sign: &str, is_enabled: bool) -> Response {
    let button = Button::new(RichText::new(sign).size(theme::BODY)).min_size(vec2(26.0, 24.0));
    let button = ui.scope(|ui| {
        ui.spacing_mut().button_padding.x = 6.0;
        ui.add_enabled(is_enabled, button)
    });
    let response = button.inner;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, is_enabled, name));
    response
}

/// A name, and what stands under it, at the bottom of a cell.
fn name_below(ui: &Ui, rect: Rect, name: &str, value: &str) {
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

/// Shows where the keyboard is.
fn focus_ring(ui: &Ui, response: &Response, rect: Rect, round: f32) {
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.5, theme::palette(ui).text);
        ui.painter().rect_stroke(rect, round, stroke, egui::StrokeKind::Outside);
    }
}

/// How many notches the wheel has been turned over this, upwards counted.
fn wheel_steps(ui: &Ui, response: &Response) -> i32 {
    if !response.hovered() {
        return 0;
    }
    let mut steps = 0;
    ui.input(|input| {
        for event in &input.events {
            if let egui::Event::MouseWheel { delta, .. } = event {
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
