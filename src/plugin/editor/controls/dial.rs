//! A knob that turns.

use egui::{
    Align2, Color32, EventFilter, Id, Key, Popup, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use crate::player::Knob;
use crate::plugin::editor::controls::parts::{DialSize, cell, name_below, wheel_steps};
use crate::plugin::editor::controls::setter::KnobSetter;
use crate::plugin::editor::controls::typing;
use crate::plugin::editor::theme::{self, Palette};
use crate::plugin::editor::view::intent::Intent;
use crate::plugin::editor::widgets::focus_ring;

/// Pixels of pointer travel from one end to the other, and with shift held.
const TRAVEL: f32 = 220.0;
const FINE_TRAVEL: f32 = 10.0 * TRAVEL;
/// How far a notch of the wheel or an arrow key turns a knob without steps, and with shift held.
const NOTCH: f32 = 0.02;
const FINE_NOTCH: f32 = 0.005;
/// Where the arc begins, clockwise from three o'clock, and how far it goes.
const BEGIN: f32 = 0.75 * std::f32::consts::PI;
const SWEEP: f32 = 1.5 * std::f32::consts::PI;

/// Draws a dial with its name and value.
///
/// While it is dragged it shows what the user set, not what the host has made of it: a VST3 host answers
/// late, and until then the parameter stands still.
pub(crate) fn dial(ui: &mut Ui, setter: &mut KnobSetter<'_>, knob: Knob, size: DialSize, width: f32) {
    cell(ui, vec2(width, size.height()), |ui| {
        let id = ui.scope_id().with(knob);
        if typing::is_typing(ui, id) {
            typing::field(ui, setter, knob, id, width);
            return;
        }
        let (rect, response) = ui.allocate_exact_size(vec2(width, size.height()), Sense::click_and_drag());
        let position = turning(ui, setter, knob, id, &response);
        let text = setter.parameters.text(knob, position);
        let name = setter.parameters.name(knob);
        response.widget_info(|| WidgetInfo::slider(true, f64::from(position), name));
        let centre = pos2(rect.center().x, rect.top() + size.radius + 4.0);
        paint(ui, centre, size, &response, position, start(setter, knob));
        if size.is_large {
            let palette = theme::palette(ui);
            ui.painter().text(centre, Align2::CENTER_CENTER, text, theme::font(theme::LARGE), palette.text);
            let below = pos2(centre.x, rect.bottom() - 15.0);
            ui.painter().text(below, Align2::CENTER_TOP, name, theme::font(theme::BODY), palette.dim);
        } else {
            name_below(ui, rect, name, &text);
        }
        menu(setter, knob, id, &response);
        if !response.dragged() {
            response.on_hover_text(format!("{name}\n{}", knob.spec().hint));
        }
    });
}

/// Turns a knob by everything that turns it, and returns where to show it.
fn turning(ui: &Ui, setter: &mut KnobSetter<'_>, knob: Knob, id: Id, response: &Response) -> f32 {
    let held_id = id.with("held");
    let held: Option<f32> = ui.data(|data| data.get_temp(held_id));
    let mut position = held.unwrap_or_else(|| setter.parameters.position(knob));
    if response.drag_started() {
        response.request_focus();
        setter.intents.push(Intent::Begin(knob));
    }
    if response.dragged() {
        let is_fine = ui.input(|input| input.modifiers.shift);
        let travel = if is_fine { FINE_TRAVEL } else { TRAVEL };
        let delta = response.drag_delta();
        position = (position + (delta.x - delta.y) / travel).clamp(0.0, 1.0);
        ui.data_mut(|data| data.insert_temp(held_id, position));
        setter.intents.push(Intent::Turn(knob, setter.parameters.snapped(knob, position)));
    }
    if response.drag_stopped() {
        ui.data_mut(|data| data.remove::<f32>(held_id));
        setter.intents.push(Intent::End(knob));
    }
    if response.clicked() {
        response.request_focus();
        if ui.input(|input| input.modifiers.command) {
            setter.set(knob, setter.parameters.default_position(knob));
        }
    }
    let notches = wheel_steps(ui, response) + keys(ui, setter, knob, id, response);
    if notches != 0 {
        let to = notched(ui, setter, knob, position, notches);
        if (to - position).abs() > f32::EPSILON {
            setter.set(knob, to);
        }
    }
    if response.double_clicked() {
        typing::begin(ui.ctx(), id, setter.parameters.text(knob, position));
    }
    setter.parameters.snapped(knob, position)
}

/// Some notches on from a position.
fn notched(ui: &Ui, setter: &KnobSetter<'_>, knob: Knob, position: f32, notches: i32) -> f32 {
    let is_fine = ui.input(|input| input.modifiers.shift);
    let notch = if is_fine { FINE_NOTCH } else { NOTCH };
    let notch = setter.parameters.n_steps(knob).map_or(notch, |n_steps| {
        let step = 1.0 / n_steps.max(1) as f32;
        if is_fine { step } else { (notch / step).round().max(1.0) * step }
    });
    setter.parameters.snapped(knob, position + notches as f32 * notch)
}

/// What the arrow keys do to a knob that has the focus: notches; enter types, home and backspace put it
/// back.
fn keys(ui: &Ui, setter: &mut KnobSetter<'_>, knob: Knob, id: Id, response: &Response) -> i32 {
    if !response.has_focus() {
        return 0;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let pressed = |key| ui.input(|input| input.num_presses(key)) as i32;
    if pressed(Key::Enter) > 0 {
        let text = setter.parameters.text(knob, setter.parameters.position(knob));
        typing::begin(ui.ctx(), id, text);
    }
    if pressed(Key::Home) + pressed(Key::Backspace) + pressed(Key::Delete) > 0 {
        setter.set(knob, setter.parameters.default_position(knob));
    }
    pressed(Key::ArrowUp) + pressed(Key::ArrowRight) - pressed(Key::ArrowDown) - pressed(Key::ArrowLeft)
}

fn menu(setter: &mut KnobSetter<'_>, knob: Knob, id: Id, response: &Response) {
    Popup::context_menu(response).show(|ui| {
        let default = setter.parameters.default_position(knob);
        let text = setter.parameters.text(knob, default);
        if ui.button(format!("Back to {text}")).clicked() {
            setter.set(knob, default);
            ui.close();
        }
        if ui.button("Type a value…").clicked() {
            let text = setter.parameters.text(knob, setter.parameters.position(knob));
            typing::begin(ui.ctx(), id, text);
            ui.close();
        }
    });
}

/// Where the filled part of the arc begins: in the middle for knobs that go both ways.
fn start(setter: &KnobSetter<'_>, knob: Knob) -> f32 {
    let default = setter.parameters.default_position(knob);
    let goes_both_ways = matches!(
        knob,
        Knob::Octave
            | Knob::Transpose
            | Knob::Strum
            | Knob::Density
            | Knob::Velocity
            | Knob::VelocitySpread
            | Knob::NoteLength
            | Knob::PitchTemperature
            | Knob::RhythmTemperature
            | Knob::VelocityTemperature
    );
    if goes_both_ways { default } else { 0.0 }
}

fn on_arc(centre: Pos2, radius: f32, position: f32) -> Pos2 {
    let (sin, cos) = (BEGIN + SWEEP * position).sin_cos();
    centre + radius * vec2(cos, sin)
}

fn arc(centre: Pos2, radius: f32, from: f32, to: f32, width: f32, colour: Color32) -> Shape {
    let n_points = 2 + ((to - from).abs() * radius) as usize;
    let points = (0..=n_points)
        .map(|idx| on_arc(centre, radius, from + (to - from) * idx as f32 / n_points as f32))
        .collect();
    Shape::line(points, Stroke::new(width, colour))
}

fn paint(ui: &Ui, centre: Pos2, size: DialSize, response: &Response, position: f32, start: f32) {
    let palette: &Palette = theme::palette(ui);
    let painter = ui.painter();
    let is_lit = response.hovered() || response.dragged();
    let width = if size.is_large { 5.0 } else { 3.5 };
    let radius = size.radius - width / 2.0;
    let face = radius - width;
    painter.circle_filled(centre, face, if is_lit { palette.lit } else { palette.raised });
    painter.add(arc(centre, radius, 0.0, 1.0, width, palette.well));
    painter.add(arc(centre, radius, start, position, width, palette.accent));
    if size.is_large {
        // The value stands in the middle, so that the pointer is a bead on the rim.
        painter.circle(on_arc(centre, radius, position), 5.0, palette.text, Stroke::new(2.0, palette.panel));
    } else {
        let pointer = [on_arc(centre, face * 0.3, position), on_arc(centre, face - 1.0, position)];
        painter.line_segment(pointer, Stroke::new(2.5, palette.text));
    }
    focus_ring(
        ui,
        response,
        Rect::from_center_size(centre, vec2(1.0, 1.0) * 2.0 * (size.radius + 1.0)),
        size.radius + 1.0,
    );
}
