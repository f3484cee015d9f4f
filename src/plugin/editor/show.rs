//! The whole editor as a function: a view goes in, the user's intents come out.

use egui::{CentralPanel, Color32, Frame, Id, Key, Margin, Modifiers, Panel, Theme, Ui};

use crate::plugin::editor::frame::{grip, status, title, transport};
use crate::plugin::editor::pages::{guide, knobs, models, roll, train};
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{Page, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::window_size::WindowSize;

/// Applies the editor's fonts, sizes and colours to a fresh egui context.
pub fn prepare(ctx: &egui::Context) {
    theme::apply(ctx);
}

/// The colour behind what [`show`] draws. [`show`] does not fill the window itself: the window is cleared with this
/// colour, which costs nothing, where a rectangle of its size is half of all pixels to draw.
#[must_use]
pub fn background(ctx: &egui::Context) -> Color32 {
    ctx.global_style().visuals.panel_fill
}

/// Draws the editor and returns what the user wants.
#[must_use]
pub fn show(ui: &mut Ui, view: &View) -> Vec<Intent> {
    let mut intents = Vec::new();
    let wanted = if view.settings.is_light { Theme::Light } else { Theme::Dark };
    if ui.ctx().theme() != wanted {
        ui.ctx().set_theme(wanted);
        // This frame still has the old colours.
        ui.ctx().request_repaint();
    }
    zoom(ui, view.settings.zoom());
    let id = Id::unique("continuo state");
    let mut state: UiState = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    state.forms.take_over(&view.picked);
    let outer = Frame::new().inner_margin(Margin::symmetric(10, 6));
    Panel::top("title")
        .frame(outer)
        .exact_size(38.0)
        .show_separator_line(false)
        .show(ui, |ui| title(ui, &mut state, view, &mut intents));
    if let Some(shown) = &view.transport {
        Panel::top("transport")
            .frame(outer.inner_margin(Margin { left: 10, right: 10, top: 0, bottom: 6 }))
            .exact_size(32.0)
            .show_separator_line(false)
            .show(ui, |ui| transport(ui, shown, view, &mut intents));
    }
    Panel::bottom("status")
        .frame(outer.inner_margin(Margin { left: 10, right: 10, top: 0, bottom: 4 }))
        .exact_size(26.0)
        .show_separator_line(false)
        .show(ui, |ui| status(ui, &mut state.notice, view, &mut intents));
    grip(ui, &mut intents);
    let page = outer.inner_margin(Margin { left: 10, right: 10, top: 0, bottom: 4 });
    match state.page {
        Page::Play => play(ui, page, &mut state, view, &mut intents),
        Page::Models => central(ui, page, |ui| models::show(ui, view, &mut intents)),
        Page::Train => central(ui, page, |ui| train::show(ui, &mut state.forms, view, &mut intents)),
        Page::Guide => central(ui, page, |ui| guide::show(ui, &mut state, view, &mut intents)),
    }
    shortcuts(ui, view, &mut intents);
    ui.data_mut(|data| data.insert_temp(id, state));
    intents
}

/// Draws everything larger from the next frame on, as far as it has room. The window grows with it, if the host lets it.
fn zoom(ui: &Ui, wanted: f32) {
    let room = ui.ctx().content_rect().size() * ui.ctx().zoom_factor();
    let most = (room.x / WindowSize::SMALLEST.0).min(room.y / WindowSize::SMALLEST.1);
    ui.ctx().set_zoom_factor(wanted.min(most).max(1.0));
}

fn central(ui: &mut Ui, frame: Frame, contents: impl FnOnce(&mut Ui)) {
    CentralPanel::default().frame(frame).show(ui, contents);
}

fn play(ui: &mut Ui, frame: Frame, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    Panel::bottom("knobs")
        .frame(frame)
        .exact_size(knobs::HEIGHT + 4.0)
        .show_separator_line(false)
        .show(ui, |ui| knobs::show(ui, state, view, intents));
    central(ui, frame, |ui| {
        let rect = ui.available_rect_before_wrap();
        roll::show(ui, &mut state.camera, view, intents);
        if !view.settings.is_welcomed {
            guide::welcome(ui, rect, state, view, intents);
        }
    });
}

fn shortcuts(ui: &Ui, view: &View, intents: &mut Vec<Intent>) {
    if ui.ctx().text_edit_focused() {
        return;
    }
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    // A button that has the focus is pressed by the same key.
    let has_focus = ui.memory(|memory| memory.focused().is_some());
    if let Some(transport) = &view.transport
        && !has_focus
        && pressed(Modifiers::NONE, Key::Space)
    {
        intents.push(if transport.is_playing { Intent::Stop } else { Intent::Play });
    }
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
        if view.roll.n_redo > 0 {
            intents.push(Intent::Redo);
        }
    } else if pressed(Modifiers::COMMAND, Key::Z) && view.roll.n_undo > 0 {
        intents.push(Intent::Undo);
    }
}
