//! A dial, for a knob that turns.

use egui::{Align2, EventFilter, Id, Key, Popup, Response, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::player::Knob;
use crate::plugin::editor::controls::dial_picture::paint;
use crate::plugin::editor::controls::parts::{DialSize, cell, name_below, wheel_steps};
use crate::plugin::editor::controls::setter::KnobSetter;
use crate::plugin::editor::controls::typing;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::intent::Intent;

/// Pixels of pointer travel from one end to the other, and with shift held.
const TRAVEL: f32 = 220.0;
const FINE_TRAVEL: f32 = 10.0 * TRAVEL;
/// How far a notch of the wheel or an arrow key turns a knob without steps, and with shift held.
const NOTCH: f32 = 0.02;
const FINE_NOTCH: f32 = 0.005;
/// Draws a dial with its name and value.
///
/// While it is dragged it shows what the user set, not the parameter: a VST3 host answers late, and the parameter
/// does not move until then.
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

/// Turns the knob by mouse, wheel and keys, and returns the position to show.
fn turning(ui: &Ui, setter: &mut KnobSetter<'_>, knob: Knob, id: Id, response: &Response) -> f32 {
    let position = dragged(ui, setter, knob, id, response);
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

/// Turns the knob by dragging, and returns its position: while it is dragged, that of the user's hand.
fn dragged(ui: &Ui, setter: &mut KnobSetter<'_>, knob: Knob, id: Id, response: &Response) -> f32 {
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
    position
}

/// The position some notches on.
fn notched(ui: &Ui, setter: &KnobSetter<'_>, knob: Knob, position: f32, notches: i32) -> f32 {
    let is_fine = ui.input(|input| input.modifiers.shift);
    let notch = if is_fine { FINE_NOTCH } else { NOTCH };
    let notch = setter.parameters.n_steps(knob).map_or(notch, |n_steps| {
        let step = 1.0 / n_steps.max(1) as f32;
        if is_fine { step } else { (notch / step).round().max(1.0) * step }
    });
    setter.parameters.snapped(knob, position + notches as f32 * notch)
}

/// Handles the keys of a knob that has the focus: returns the notches of the arrow keys; enter opens the text field,
/// home, backspace and delete set the default.
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

/// Where the filled part of the arc begins: at the default for knobs that go both ways.
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
