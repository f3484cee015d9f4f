//! The text field in place of a knob while its value is typed.

use egui::accesskit::Role;
use egui::{Context, Id, Key, TextEdit, Ui, WidgetInfo, vec2};

use crate::player::Knob;
use crate::plugin::editor::controls::setter::KnobSetter;

/// Opens the text field with this text.
pub(super) fn begin(ctx: &Context, id: Id, text: String) {
    ctx.data_mut(|data| data.insert_temp(id.with("typed"), text));
}

/// Whether the text field of this knob is open.
pub(super) fn is_typing(ui: &Ui, id: Id) -> bool {
    ui.data(|data| data.get_temp::<String>(id.with("typed"))).is_some()
}

/// Draws the text field: enter accepts the text, escape and clicking elsewhere do not.
pub(super) fn field(ui: &mut Ui, setter: &mut KnobSetter<'_>, knob: Knob, id: Id, width: f32) {
    let mut text = ui.data(|data| data.get_temp::<String>(id.with("typed"))).unwrap_or_default();
    let field_id = id.with("field");
    ui.add_space(10.0);
    let field = TextEdit::singleline(&mut text).id(field_id).desired_width(width - 12.0);
    let response = ui.add_sized(vec2(width - 4.0, 24.0), field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, setter.parameters.name(knob)));
    let is_first = !ui.data(|data| data.get_temp::<bool>(field_id).unwrap_or(false));
    if is_first {
        response.request_focus();
        ui.data_mut(|data| data.insert_temp(field_id, true));
        select_all(ui.ctx(), field_id, text.chars().count());
    }
    let is_entered = ui.input(|input| input.key_pressed(Key::Enter));
    if is_entered && let Some(position) = setter.parameters.position_of_text(knob, &text) {
        setter.set(knob, position.clamp(0.0, 1.0));
    }
    if is_entered || (!is_first && response.lost_focus()) {
        ui.data_mut(|data| {
            data.remove::<String>(id.with("typed"));
            data.remove::<bool>(field_id);
        });
    } else {
        begin(ui.ctx(), id, text);
    }
}

/// Selects the whole text, so that typing replaces it.
pub(crate) fn select_all(ctx: &Context, field_id: Id, n_letters: usize) {
    let mut state = egui::text_edit::TextEditState::load(ctx, field_id).unwrap_or_default();
    let range =
        egui::text::CCursorRange::two(egui::text::CCursor::new(0), egui::text::CCursor::new(n_letters));
    state.cursor.set_char_range(Some(range));
    state.store(ctx, field_id);
}
