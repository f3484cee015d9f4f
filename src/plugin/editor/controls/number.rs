//! A number to type, for a knob whose values have no order that could be heard: the seed.

use egui::{Align2, EventFilter, Id, Key, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use crate::player::Knob;
use crate::plugin::editor::controls::parts::{SMALL, cell, wheel_steps};
use crate::plugin::editor::controls::setter::KnobSetter;
use crate::plugin::editor::controls::typing;
use crate::plugin::editor::theme;
use crate::plugin::editor::widgets::focus_ring;

/// Width of the box.
const BOX: f32 = 62.0;

/// Draws a number under the knob's name. A click types it; the wheel and the arrow keys go to the next.
pub(crate) fn number(ui: &mut Ui, setter: &mut KnobSetter<'_>, knob: Knob, width: f32) {
    cell(ui, vec2(width, SMALL.height()), |ui| {
        let id = ui.scope_id().with(knob);
        if typing::is_typing(ui, id) {
            typing::field(ui, setter, knob, id, width);
            return;
        }
        ui.add_space(4.0);
        let name = setter.parameters.name(knob).to_owned();
        ui.label(theme::small(ui, &name));
        let (rect, response) = ui.allocate_exact_size(vec2(BOX.min(width), 24.0), Sense::click());
        let text = setter.parameters.text(knob, setter.parameters.position(knob));
        response.widget_info(|| WidgetInfo::slider(true, setter.parameters.plain(knob).into(), &name));
        let palette = theme::palette(ui);
        let fill = if response.hovered() { palette.lit } else { palette.raised };
        ui.painter().rect(rect, theme::ROUND, fill, Stroke::new(1.0, palette.line), StrokeKind::Inside);
        let font = theme::font(theme::BODY);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, &text, font, palette.text);
        focus_ring(ui, &response, rect, theme::ROUND);
        step(ui, setter, knob, id, &response);
        response.on_hover_text(format!("{name}\n{}", knob.spec().hint));
    });
}

/// Types the number at a click, and steps by the wheel and the keys.
fn step(ui: &Ui, setter: &mut KnobSetter<'_>, knob: Knob, id: Id, response: &Response) {
    let mut by = wheel_steps(ui, response);
    let mut types = response.clicked();
    if response.has_focus() {
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        let pressed = |key| ui.input(|input| input.num_presses(key)) as i32;
        by += pressed(Key::ArrowUp) - pressed(Key::ArrowDown);
        types |= pressed(Key::Enter) > 0;
    }
    if types {
        typing::begin(ui.ctx(), id, setter.parameters.text(knob, setter.parameters.position(knob)));
    }
    let to = setter.parameters.position_of_plain(knob, setter.parameters.plain(knob) + by as f32);
    if by != 0 && (to - setter.parameters.position(knob)).abs() > f32::EPSILON {
        setter.set(knob, to);
    }
}
