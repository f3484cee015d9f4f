//! What is turned, chosen and switched. Each draws one knob and adds what the user wants to `intents`.

use egui::accesskit::Role;
use egui::{Align2, Id, Key, Rect, Response, Sense, TextEdit, TextStyle, Ui, WidgetInfo, pos2, vec2};

use crate::plugin::editor::theme;
use crate::plugin::editor::view::Intent;
use crate::plugin::knob::Knob;
use crate::plugin::parameters::Parameters;

/// Pixels of pointer travel from one end of a bar to the other, and with shift held.
const TRAVEL: f32 = 220.0;
const FINE_TRAVEL: f32 = 10.0 * TRAVEL;

/// How a knob with a range is turned: drag sideways, shift for fine; double-click to type; control-click
/// for the default.
///
/// While it is dragged it shows what the user set, not what the host has made of it: a VST3 host answers
/// late, and until then the parameter stands still.
pub(super) fn bar(ui: &mut Ui, parameters: &Parameters, knob: Knob, intents: &mut Vec<Intent>) {
    let id = ui.scope_id().with(knob);
    if let Some(text) = ui.data(|data| data.get_temp::<String>(id.with("typed"))) {
        type_value(ui, parameters, knob, id, text, intents);
        return;
    }
    let height = 34.0;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    let held_id = id.with("held");
    let held: Option<f32> = ui.data(|data| data.get_temp(held_id));
    let mut position = held.unwrap_or_else(|| parameters.position(knob));

    if response.drag_started() {
        intents.push(Intent::Begin(knob));
    }
    if response.dragged() {
        let travel = if ui.input(|input| input.modifiers.shift) {
            FINE_TRAVEL
        } else {
            TRAVEL
        };
        position = (position + response.drag_delta().x / travel).clamp(0.0, 1.0);
        ui.data_mut(|data| data.insert_temp(held_id, position));
        intents.push(Intent::Turn(knob, parameters.snapped(knob, position)));
    }
    if response.drag_stopped() {
        ui.data_mut(|data| data.remove::<f32>(held_id));
        intents.push(Intent::End(knob));
    }
    if response.clicked() && ui.input(|input| input.modifiers.command) {
        position = parameters.default_position(knob);
        set(knob, position, intents);
    } else if response.double_clicked() {
        let text = parameters.text(knob, position);
        ui.data_mut(|data| data.insert_temp(id.with("typed"), text));
    }

    let snapped = parameters.snapped(knob, position);
    let text = parameters.text(knob, snapped);
    let name = parameters.name(knob);
    response.widget_info(|| WidgetInfo::slider(true, f64::from(snapped), name));
    paint_bar(ui, rect, &response, name, &text, snapped);
    response.on_hover_text("Drag; shift for fine. Double-click to type. Ctrl-click for the default.");
}

fn paint_bar(ui: &Ui, rect: Rect, response: &Response, name: &str, text: &str, position: f32) {
    let painter = ui.painter();
    let small = TextStyle::Body.resolve(ui.style());
    painter.text(rect.left_top(), Align2::LEFT_TOP, name, small.clone(), theme::DIM);
    painter.text(rect.right_top(), Align2::RIGHT_TOP, text, small, theme::TEXT);
    let track = Rect::from_min_max(
        pos2(rect.left(), rect.bottom() - 11.0),
        pos2(rect.right(), rect.bottom() - 5.0),
    );
    let filled = track.with_max_x(track.left() + position * track.width());
    painter.rect_filled(track, 3.0, theme::WELL);
    painter.rect_filled(filled, 3.0, theme::ACCENT.gamma_multiply(0.8));
    let lit = response.hovered() || response.dragged();
    let thumb = pos2(
        filled.right().clamp(track.left() + 5.0, track.right() - 5.0),
        track.center().y,
    );
    painter.circle_filled(
        thumb,
        if lit { 6.5 } else { 5.5 },
        if lit { theme::TEXT } else { theme::ACCENT },
    );
}

/// The bar's place while a value is typed: enter takes it, escape and clicking elsewhere do not.
fn type_value(
    ui: &mut Ui,
    parameters: &Parameters,
    knob: Knob,
    id: Id,
    mut text: String,
    intents: &mut Vec<Intent>,
) {
    let field_id = id.with("field");
    let field = TextEdit::singleline(&mut text)
        .id(field_id)
        .desired_width(f32::INFINITY);
    let response = ui.add_sized(vec2(ui.available_width(), 34.0), field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, parameters.name(knob)));
    let first = !ui.data(|data| data.get_temp::<bool>(field_id).unwrap_or(false));
    if first {
        response.request_focus();
        ui.data_mut(|data| data.insert_temp(field_id, true));
    }
    let entered = ui.input(|input| input.key_pressed(Key::Enter));
    if entered && let Some(position) = parameters.position_of_text(knob, &text) {
        set(knob, position.clamp(0.0, 1.0), intents);
    }
    if entered || (!first && response.lost_focus()) {
        ui.data_mut(|data| {
            data.remove::<String>(id.with("typed"));
            data.remove::<bool>(field_id);
        });
    } else {
        ui.data_mut(|data| data.insert_temp(id.with("typed"), text));
    }
}

/// A knob whose steps have names: a list to choose from.
pub(super) fn choice(
    ui: &mut Ui,
    parameters: &Parameters,
    knob: Knob,
    names: &[String],
    intents: &mut Vec<Intent>,
) {
    let chosen = parameters
        .step(knob, parameters.position(knob))
        .min(names.len().saturating_sub(1));
    let shown = names.get(chosen).map_or("–", String::as_str);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let label = ui.colored_label(theme::DIM, parameters.name(knob));
        let list = egui::ComboBox::from_id_salt(knob)
            .width(ui.available_width())
            .selected_text(shown)
            .show_ui(ui, |ui| {
                for (step, name) in names.iter().enumerate() {
                    if ui.selectable_label(step == chosen, name).clicked() && step != chosen {
                        set(knob, parameters.position_of_step(knob, step), intents);
                    }
                }
            });
        list.response.labelled_by(label.id);
    });
}

/// A knob that is on or off.
pub(super) fn switch(ui: &mut Ui, parameters: &Parameters, knob: Knob, intents: &mut Vec<Intent>) {
    let on = parameters.position(knob) > 0.5;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click());
    if response.clicked() {
        set(knob, if on { 0.0 } else { 1.0 }, intents);
    }
    let name = parameters.name(knob);
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, name));
    let painter = ui.painter();
    let font = TextStyle::Body.resolve(ui.style());
    painter.text(rect.left_center(), Align2::LEFT_CENTER, name, font, theme::DIM);
    let track = Rect::from_center_size(pos2(rect.right() - 17.0, rect.center().y), vec2(34.0, 18.0));
    painter.rect_filled(track, 9.0, if on { theme::ACCENT } else { theme::WELL });
    let thumb = pos2(
        if on {
            track.right() - 9.0
        } else {
            track.left() + 9.0
        },
        track.center().y,
    );
    painter.circle_filled(
        thumb,
        7.0,
        if on || response.hovered() {
            theme::TEXT
        } else {
            theme::DIM
        },
    );
}

/// A turn that is over at once.
pub(super) fn set(knob: Knob, position: f32, intents: &mut Vec<Intent>) {
    intents.extend([
        Intent::Begin(knob),
        Intent::Turn(knob, position),
        Intent::End(knob),
    ]);
}
