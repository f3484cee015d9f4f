//! The parts in sight, with their colours, to be muted and played alone.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::player::{Knob, Part};
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::pages::roll::parts::{ShownPart, parts_in_sight};
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::focus_ring;

/// Room beside a name: its dot, the button for solo, and space.
const BESIDE: f32 = 32.0;
/// Room for how many more there are.
const MORE: f32 = 30.0;

/// Draws the names and colours of the parts in sight, as many as fit.
pub(crate) fn legend(ui: &mut Ui, times: &Times, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let mut setter = KnobSetter { parameters: &view.parameters, intents };
    ui.spacing_mut().item_spacing.x = 6.0;
    let parts = parts_in_sight(times, view, palette);
    let n_parts = parts.len();
    for (idx, part) in parts.into_iter().enumerate() {
        let galley =
            ui.painter().layout_no_wrap(part.name.to_owned(), theme::font(theme::SMALL), palette.dim);
        let width = galley.size().x + BESIDE;
        let is_last = idx + 1 == n_parts;
        // Whole names or none; then how many more there are.
        if width + if is_last { 0.0 } else { MORE } > ui.available_width() {
            let more = ui.label(theme::small(ui, format!("+{}", n_parts - idx)));
            more.on_hover_text("All parts are on the Parts page.");
            return;
        }
        entry(ui, &part, width, &mut setter);
    }
    if !view.roll.input.is_empty() {
        ui.label(theme::small(ui, "You").color(palette.incoming));
    }
}

/// Draws a part: a click on its name mutes it, one on the S plays it alone.
fn entry(ui: &mut Ui, shown: &ShownPart, width: f32, setter: &mut KnobSetter<'_>) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, 18.0), Sense::hover());
    let (name, solo) = rect.split_left_right_at_x(rect.right() - 15.0);
    let is_muted = setter.is_on(Knob::Mutes(shown.part));
    let alone = solo_step(shown.part);
    let is_solo = setter.step(Knob::Solo) == alone;
    let is_name_clicked = mute_button(ui, name, shown, is_muted);
    let is_solo_clicked = solo_button(ui, solo, shown, is_solo);
    let has_alt = ui.input(|input| input.modifiers.alt);
    if is_solo_clicked || is_name_clicked && has_alt {
        setter.set_step(Knob::Solo, if is_solo { 0 } else { alone });
    } else if is_name_clicked {
        setter.set(Knob::Mutes(shown.part), if is_muted { 0.0 } else { 1.0 });
    }
}

/// The step of the knob at which this part is played alone.
fn solo_step(part: Part) -> usize {
    part.index() + 1
}

fn mute_button(ui: &Ui, rect: Rect, shown: &ShownPart, is_muted: bool) -> bool {
    let palette = theme::palette(ui);
    let response = ui.interact(rect, ui.scope_id().with(("mute", shown.part)), Sense::click());
    let label = format!("Mute {}", shown.name);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_muted, &label));
    let dot = Rect::from_center_size(pos2(rect.left() + 5.0, rect.center().y), vec2(9.0, 7.0));
    let painter = ui.painter();
    if is_muted {
        painter.rect_stroke(dot, 1.5, Stroke::new(1.0, palette.dim), egui::StrokeKind::Inside);
    } else {
        painter.rect_filled(dot, 1.5, shown.colour);
    }
    let colour = if response.hovered() { palette.text } else { palette.dim };
    let (at, font) = (pos2(rect.left() + 14.0, rect.center().y), theme::font(theme::SMALL));
    let written = painter.text(at, Align2::LEFT_CENTER, shown.name, font, colour);
    if is_muted {
        painter.hline(written.x_range(), written.center().y, Stroke::new(1.0, colour));
    }
    focus_ring(ui, &response, rect, 3.0);
    let is_clicked = response.clicked();
    let now =
        if is_muted { "Click to hear it again." } else { "Click to mute it, Alt-click to hear it alone." };
    response.on_hover_text(format!("{}\n{now} What is composed stays the same.", shown.name));
    is_clicked
}

fn solo_button(ui: &Ui, rect: Rect, shown: &ShownPart, is_solo: bool) -> bool {
    let palette = theme::palette(ui);
    let response = ui.interact(rect, ui.scope_id().with(("solo", shown.part)), Sense::click());
    let label = format!("Solo {}", shown.name);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_solo, &label));
    let body = Rect::from_center_size(rect.center(), vec2(13.0, 15.0));
    let colour = if is_solo {
        ui.painter().rect_filled(body, 3.0, palette.accent);
        palette.on_accent
    } else if response.hovered() {
        ui.painter().rect_filled(body, 3.0, palette.lit);
        palette.text
    } else {
        palette.dim
    };
    ui.painter().text(body.center(), Align2::CENTER_CENTER, "S", theme::font(theme::SMALL), colour);
    focus_ring(ui, &response, body, 3.0);
    let is_clicked = response.clicked();
    let now = if is_solo { "Click to hear all parts." } else { "Click to hear it alone." };
    response.on_hover_text(format!("{} solo\n{now}", shown.name));
    is_clicked
}
