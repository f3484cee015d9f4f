//! The text field in which the chords of a bar are typed.

use egui::{Area, Frame, Id, Key, Order, Pos2, Rect, RichText, TextEdit, Ui, WidgetInfo, vec2};

use crate::plugin::editor::controls::select_all;
use crate::plugin::editor::pages::roll::bars::bar_number;
use crate::plugin::editor::pages::roll::chords::{ShownChords, key_of_degrees};
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::camera::{Camera, ChordEntry};
use crate::plugin::editor::view::{Intent, View};

/// The field is at least this wide.
const WIDTH: f32 = 130.0;

/// A field for the chords of a bar, with those that are there.
pub(crate) fn begin(bar_idx: usize, text: String) -> ChordEntry {
    ChordEntry { bar_idx, before: text.clone(), text, has_begun: false }
}

/// Draws the field, if it is open. Enter and clicking elsewhere accept what makes sense; Escape does not.
pub(crate) fn entry(
    ui: &mut Ui,
    strip: Rect,
    times: &Times,
    chords: &ShownChords,
    camera: &mut Camera,
    view: &View,
    intents: &mut Vec<Intent>,
) {
    let Some(mut entry) = camera.chord_entry.take() else { return };
    let Some(bar) = view.roll.score.bars.get(entry.bar_idx) else { return };
    camera.is_held = true;
    let width = (times.x_of(bar.end()) - times.x_of(bar.start)).clamp(WIDTH, 2.0 * WIDTH);
    let left = times.x_of(bar.start).min(strip.right() - width).max(strip.left());
    let rect = Rect::from_min_size(Pos2::new(left, strip.top()), vec2(width, strip.height()));
    let name = format!("Chords of bar {}", bar_number(bar));
    let (has_lost_focus, is_entered) = field(ui, rect, &name, &mut entry);
    let is_changed = entry.text.trim() != entry.before.trim() && !entry.text.trim().is_empty();
    let changed = chords.with_bar(entry.bar_idx, &entry.text, view, key_of_degrees(view));
    let is_given_up = ui.input(|input| input.key_pressed(Key::Escape));
    match changed {
        Ok(lane) if (is_entered || has_lost_focus && !is_given_up) && is_changed => {
            intents.push(Intent::SetChords(view.parameters.composing().slot, lane));
        }
        _ if is_given_up || (is_entered || has_lost_focus) && !is_changed => {}
        Err(error) if is_changed => {
            problem(ui, rect, &error.to_string());
            camera.chord_entry = Some(entry);
        }
        _ => camera.chord_entry = Some(entry),
    }
}

/// Draws the field; returns whether it has lost the keyboard and whether Enter was pressed in it.
fn field(ui: &mut Ui, rect: Rect, name: &str, entry: &mut ChordEntry) -> (bool, bool) {
    let id = Id::unique(("continuo chords of bar", entry.bar_idx));
    let field = TextEdit::singleline(&mut entry.text).id(id).font(theme::font(theme::SMALL));
    ui.painter().rect_filled(rect, 3.0, theme::palette(ui).panel);
    let response = ui.put(rect, field.margin(vec2(4.0, 1.0)));
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, name));
    if !entry.has_begun {
        entry.has_begun = true;
        response.request_focus();
        select_all(ui.ctx(), id, entry.text.chars().count());
        return (false, false);
    }
    (response.lost_focus(), response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)))
}

/// Says what is wrong below the field.
fn problem(ui: &Ui, field: Rect, text: &str) {
    Area::new(Id::unique("continuo chord problem"))
        .order(Order::Foreground)
        .fixed_pos(field.left_bottom())
        .interactable(false)
        .show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width(280.0);
                ui.label(RichText::new(text).size(theme::SMALL).color(theme::palette(ui).alarm));
            });
        });
}
