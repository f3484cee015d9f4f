//! The whole editor as a function: what there is to see goes in, what the user wants comes out.
//!
//! What only concerns how it is looked at (which page, where the roll is scrolled to, texts half typed)
//! stays in egui's memory as a [`Desk`].

use egui::{
    Align, CentralPanel, Color32, CursorIcon, Frame, Id, Key, Layout, Margin, Modifiers, Panel, Rect,
    RichText, Sense, Stroke, Theme, Ui, Vec2, vec2,
};

use crate::player::Conversation;
use crate::plugin::editor::guide::{self, Topic};
use crate::plugin::editor::knobs::{self, Group};
use crate::plugin::editor::roll::{self, Camera};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, Hands};
use crate::plugin::editor::{browser, emblem, theme, train_page};
use crate::plugin::knob::Knob;
use crate::plugin::midi_file::{Extent, Performance};

/// The smallest size at which everything is to be seen, in logical pixels.
pub const SMALLEST: (f32, f32) = (640.0, 400.0);

/// How large the corner is by which the window is made larger.
const GRIP: f32 = 14.0;

/// What only concerns how the editor is looked at.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    page: Page,
    /// The page of knobs; where two are seen at once, the left one.
    pub(super) group: Group,
    /// The right one.
    pub(super) second_group: Group,
    pub(super) camera: Camera,
    pub(super) topic: Topic,
    pub(super) forms: Forms,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            page: Page::Play,
            group: Group::Compose,
            second_group: Group::Perform,
            camera: Camera::default(),
            topic: Topic::default(),
            forms: Forms::default(),
        }
    }
}

/// Texts half typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Forms {
    pub(super) preset: String,
    pub(super) primer: String,
    pub(super) corpus: String,
    pub(super) model: String,
    pub(super) trainer: String,
    pub(super) size: usize,
    pub(super) starts_from_default: bool,
}

/// What fills the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Play,
    Models,
    Train,
    Guide,
}

impl Page {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Play, "Play"), (Self::Models, "Models"), (Self::Train, "Train"), (Self::Guide, "Guide")];
}

impl Desk {
    /// Turns to a page of the guide.
    pub(super) fn open_guide(&mut self, topic: Topic) {
        self.page = Page::Guide;
        self.topic = topic;
    }

    /// Turns to the browser of models.
    pub(super) fn open_models(&mut self) {
        self.page = Page::Models;
    }
}

/// Gives a fresh egui context the editor's looks.
pub fn prepare(ctx: &egui::Context) {
    theme::apply(ctx);
}

/// The colour that what [`show`] draws lies on. It does not fill the window itself: whoever draws begins with this
/// colour, which costs nothing, where a rectangle of that size is half of what there is to draw.
#[must_use]
pub fn ground(ctx: &egui::Context) -> Color32 {
    ctx.global_style().visuals.panel_fill
}

/// Draws the editor and returns what the user wants.
#[must_use]
pub fn show(ui: &mut Ui, view: &View) -> Vec<Intent> {
    let mut intents = Vec::new();
    let wanted = if view.settings.is_light { Theme::Light } else { Theme::Dark };
    if ui.ctx().theme() != wanted {
        ui.ctx().set_theme(wanted);
        // This frame has the old colours still.
        ui.ctx().request_repaint();
    }
    let id = Id::unique("continuo desk");
    let mut desk: Desk = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let outer = Frame::new().inner_margin(Margin::symmetric(10, 6));
    Panel::top("title")
        .frame(outer)
        .exact_size(38.0)
        .show_separator_line(false)
        .show(ui, |ui| title(ui, &mut desk, view, &mut intents));
    Panel::bottom("status")
        .frame(outer.inner_margin(Margin { left: 10, right: 10, top: 0, bottom: 4 }))
        .exact_size(26.0)
        .show_separator_line(false)
        .show(ui, |ui| status(ui, view, &mut intents));
    grip(ui, &mut intents);
    let page = outer.inner_margin(Margin { left: 10, right: 10, top: 0, bottom: 4 });
    match desk.page {
        Page::Play => play(ui, page, &mut desk, view, &mut intents),
        Page::Models => central(ui, page, |ui| browser::show(ui, view, &mut intents)),
        Page::Train => central(ui, page, |ui| train_page::show(ui, &mut desk, view, &mut intents)),
        Page::Guide => central(ui, page, |ui| guide::show(ui, &mut desk, view, &mut intents)),
    }
    shortcuts(ui, view, &mut intents);
    ui.data_mut(|data| data.insert_temp(id, desk));
    intents
}

fn central(ui: &mut Ui, frame: Frame, contents: impl FnOnce(&mut Ui)) {
    CentralPanel::default().frame(frame).show(ui, contents);
}

fn play(ui: &mut Ui, frame: Frame, desk: &mut Desk, view: &View, intents: &mut Vec<Intent>) {
    Panel::bottom("knobs")
        .frame(frame)
        .exact_size(knobs::HEIGHT + 4.0)
        .show_separator_line(false)
        .show(ui, |ui| knobs::show(ui, desk, view, intents));
    central(ui, frame, |ui| {
        let rect = ui.available_rect_before_wrap();
        roll::show(ui, &mut desk.camera, view, intents);
        if !view.settings.is_welcomed {
            guide::welcome(ui, rect, desk, view, intents);
        }
    });
}

fn title(ui: &mut Ui, desk: &mut Desk, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        emblem::name_plate(ui);
        ui.add_space(8.0);
        for (page, name) in Page::ALL {
            if widgets::tab(ui, name, desk.page == page).clicked() {
                desk.page = page;
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            save_menu(ui, intents);
            takes(ui, view, intents);
            let roll = &view.roll;
            if widgets::small_button(ui, "Redo", "↪", roll.n_redo > 0)
                .on_hover_text("Do the last change of a bar again (Ctrl+Shift+Z)")
                .clicked()
            {
                intents.push(Intent::Redo);
            }
            if widgets::small_button(ui, "Undo", "↩", roll.n_undo > 0)
                .on_hover_text("Take the last change of a bar back (Ctrl+Z)")
                .clicked()
            {
                intents.push(Intent::Undo);
            }
        });
    });
}

fn looks(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let name = if view.settings.is_light { "Dark" } else { "Light" };
    if ui.small_button(name).on_hover_text(format!("{name} colours")).clicked() {
        let mut settings = view.settings.clone();
        settings.is_light = !settings.is_light;
        intents.push(Intent::Set(settings));
    }
}

/// The four takes, from the right to the left.
fn takes(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let mut hands = Hands { parameters: &view.parameters, intents };
    let chosen = hands.step(Knob::Slot);
    ui.add_space(4.0);
    for (slot, name) in ["D", "C", "B", "A"].into_iter().rev().enumerate().rev() {
        let tab = widgets::tab(ui, name, slot == chosen);
        if tab.clicked() {
            hands.set_step(Knob::Slot, slot);
        }
        tab.context_menu(|ui| {
            for (from, other) in ["A", "B", "C", "D"].into_iter().enumerate() {
                if from != slot && ui.button(format!("Copy take {other} here")).clicked() {
                    hands.intents.push(Intent::CopyTake(from as u8, slot as u8));
                    ui.close();
                }
            }
        });
        tab.on_hover_text(format!(
            "Take {name}: {} Right-click to copy another take here.",
            super::tips::tip(Knob::Slot)
        ));
    }
    ui.add_space(4.0);
}

fn save_menu(ui: &mut Ui, intents: &mut Vec<Intent>) {
    let menu = ui.menu_button("Save MIDI", |ui| {
        let mut items = |ui: &mut Ui, name: &str, performance: Performance| {
            ui.label(RichText::new(name).size(theme::SMALL).color(theme::palette(ui).dim));
            let extents = [
                (Extent::Phrase, "this phrase"),
                (Extent::LastBars(4), "the last 4 bars"),
                (Extent::LastBars(8), "the last 8 bars"),
                (Extent::LastBars(16), "the last 16 bars"),
                (Extent::Take, "the whole take"),
            ];
            for (extent, text) in extents {
                let text = format!("Save {text}, {}", name.to_lowercase());
                if ui.button(text).clicked() {
                    intents.push(Intent::SaveMidi(extent, performance));
                    ui.close();
                }
            }
        };
        items(ui, "As heard", Performance::AsHeard);
        ui.separator();
        items(ui, "As composed", Performance::AsComposed);
    });
    menu.response.on_hover_text("Writes a .mid file into the folder Continuo among your music.");
}

fn status(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(GRIP);
        looks(ui, view, intents);
        let Some((last, earlier)) = view.messages.split_last() else {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(
                    egui::Label::new(RichText::new(state(view)).size(theme::SMALL).color(palette.dim))
                        .truncate(),
                );
            });
            return;
        };
        if ui.small_button("Dismiss").clicked() {
            intents.push(Intent::Dismiss);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let is_good = last.starts_with("Saved ");
            let colour = if is_good { palette.text } else { palette.alarm };
            let label = ui.add(egui::Label::new(RichText::new(last).color(colour)).truncate());
            if !earlier.is_empty() {
                label.on_hover_text(view.messages.join("\n"));
            }
        });
    });
}

/// What goes on, in a few words.
fn state(view: &View) -> String {
    let roll = &view.roll;
    let what = if roll.playing { "Playing" } else { "Stopped" };
    let bar = roll.score.bar_at(roll.playhead.to_ticks_floor());
    let bar = bar.map(|bar| format!(", bar {}", roll::bar_number(bar))).unwrap_or_default();
    let model = match (&view.card, view.is_loading) {
        (_, true) => format!("loading {} …", view.chosen.name()),
        (Some(card), false) => card.name.clone(),
        (None, false) => "No model".to_owned(),
    };
    format!("{what}{bar}{}  ·  {model}", turn(view))
}

/// Whose turn it is in a conversation.
fn turn(view: &View) -> &'static str {
    let (roll, knobs) = (&view.roll, view.parameters.composing());
    let now = roll.playhead.to_ticks_floor();
    let bar_idx = roll.score.bars.partition_point(|bar| bar.end() <= now);
    match knobs.conversation {
        Conversation::Continue if roll.input.is_empty() => ", waits for you to play",
        Conversation::Trade if (bar_idx / usize::from(knobs.trade)).is_multiple_of(2) => ", your bars",
        Conversation::Trade => ", its bars",
        _ => "",
    }
}

/// The corner by which the window is made larger or smaller where the host offers none.
fn grip(ui: &Ui, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let window = ui.ctx().content_rect();
    let corner = Rect::from_min_max(window.max - Vec2::splat(GRIP), window.max);
    let id = Id::unique("continuo grip");
    let response = ui.interact(corner, id, Sense::drag()).on_hover_cursor(CursorIcon::ResizeNwSe);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Splitter, true, "Resize"));
    if response.drag_started() {
        ui.data_mut(|data| data.insert_temp(id, window.size()));
    }
    if response.dragged()
        && let Some(begun) = ui.data(|data| data.get_temp::<Vec2>(id))
        && let Some(moved) = response.total_drag_delta()
    {
        let size = (begun + moved).max(vec2(SMALLEST.0, SMALLEST.1)).round();
        if size != window.size() {
            intents.push(Intent::Resize(size.x, size.y));
        }
    }
    let colour = if response.hovered() || response.dragged() { palette.text } else { palette.dim };
    for distance in [4.0, 8.0, 12.0] {
        let ends = [window.max - vec2(distance, 2.0), window.max - vec2(2.0, distance)];
        ui.painter().line_segment(ends, Stroke::new(1.0, colour));
    }
}

fn shortcuts(ui: &Ui, view: &View, intents: &mut Vec<Intent>) {
    if ui.ctx().text_edit_focused() {
        return;
    }
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
        if view.roll.n_redo > 0 {
            intents.push(Intent::Redo);
        }
    } else if pressed(Modifiers::COMMAND, Key::Z) && view.roll.n_undo > 0 {
        intents.push(Intent::Undo);
    }
}
