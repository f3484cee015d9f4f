//! The status line: what the plugin is doing, and messages, which go away by themselves.

use std::time::Duration;

use egui::containers::menu::MenuButton;
use egui::{Align, Button, Label, Layout, RichText, Ui};

use crate::player::Conversation;
use crate::plugin::editor::frame::grip::GRIP;
use crate::plugin::editor::pages::roll::bar_number;
use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::Notice;
use crate::plugin::editor::view::{Intent, View};

/// How long a message is shown, in seconds, and how much longer for each of its characters.
const SHOWN: f64 = 5.0;
const PER_CHARACTER: f64 = 0.06;

/// Draws the status line.
pub(crate) fn status(ui: &mut Ui, notice: &mut Notice, view: &View, intents: &mut Vec<Intent>) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(GRIP);
        theme_button(ui, view, intents);
        size_menu(ui, view, intents);
        let is_shown = follow(ui, notice, view);
        if !view.messages.is_empty() && !is_shown {
            let words = if view.messages.len() == 1 { "message" } else { "messages" };
            let button = ui.small_button(format!("{} {words}", view.messages.len()));
            if button.on_hover_text(view.messages.join("\n")).clicked() {
                notice.until = f64::INFINITY;
            }
        }
        if is_shown && ui.small_button("Dismiss").clicked() {
            intents.push(Intent::Dismiss);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let activity = theme::small(ui, activity(view));
            let last = view.messages.last().filter(|_| is_shown);
            let Some(last) = last else {
                ui.add(Label::new(activity).truncate());
                return;
            };
            ui.label(activity);
            message(ui, notice, view, last);
        });
    });
}

/// Draws a message, which stays while the pointer is on it.
fn message(ui: &mut Ui, notice: &mut Notice, view: &View, text: &str) {
    let palette = theme::palette(ui);
    let is_good = text.starts_with("Saved ");
    let colour = if is_good { palette.text } else { palette.alarm };
    let label = ui.add(Label::new(RichText::new(text).color(colour)).truncate());
    if label.contains_pointer() {
        notice.until = notice.until.max(ui.input(|input| input.time) + SHOWN);
    }
    label.on_hover_text(view.messages.join("\n"));
}

/// Notices a new message, and returns whether the last one is to be shown.
fn follow(ui: &Ui, notice: &mut Notice, view: &View) -> bool {
    let now = ui.input(|input| input.time);
    if notice.messages != view.messages {
        let is_new =
            view.messages.last() != notice.messages.last() || view.messages.len() > notice.messages.len();
        notice.messages.clone_from(&view.messages);
        if is_new && let Some(last) = view.messages.last() {
            notice.until = now + SHOWN + PER_CHARACTER * last.chars().count() as f64;
        }
    }
    let is_shown = !view.messages.is_empty() && now < notice.until;
    if is_shown && notice.until.is_finite() {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(notice.until - now));
    }
    is_shown
}

fn theme_button(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let name = if view.settings.is_light { "Dark" } else { "Light" };
    if ui.small_button(name).on_hover_text(format!("{name} colours")).clicked() {
        let mut settings = view.settings.clone();
        settings.is_light = !settings.is_light;
        intents.push(Intent::Set(settings));
    }
}

/// The sizes in which everything can be drawn, in percent.
const SIZES: [u32; 5] = [100, 125, 150, 175, 200];

fn size_menu(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let now = 100 + view.settings.enlarged_by;
    let button = Button::new(format!("{now}%")).small();
    let (response, _) = MenuButton::from_button(button).ui(ui, |ui| {
        for size in SIZES {
            if ui.selectable_label(size == now, format!("{size}%")).clicked() {
                let settings = view.settings.clone();
                intents.push(Intent::Set(Settings { enlarged_by: size - 100, ..settings }));
            }
        }
    });
    response.on_hover_text("How large everything is drawn");
}

/// What the plugin is doing, in a few words.
fn activity(view: &View) -> String {
    let roll = &view.roll;
    let what = match (view.parameters.bypass.value(), roll.playing) {
        (true, _) => "Bypassed",
        (false, true) => "Playing",
        (false, false) => "Stopped",
    };
    let bar = roll.score.bar_at(roll.playhead.to_ticks_floor());
    let bar = bar.map(|bar| format!(", bar {}", bar_number(bar))).unwrap_or_default();
    let model = match (&view.card, view.is_loading) {
        (_, true) => format!("loading {} …", view.chosen.name()),
        _ if !view.is_activated => "not started by the host yet".to_owned(),
        (Some(card), false) => card.name.clone(),
        (None, false) => "No model".to_owned(),
    };
    format!("{what}{bar}{}  ·  {model}", turn(view))
}

/// Whose turn it is in a conversation, to go on with the sentence.
fn turn(view: &View) -> &'static str {
    let (roll, knobs) = (&view.roll, view.parameters.composing());
    let now = roll.playhead.to_ticks_floor();
    let bar_idx = roll.score.bars.partition_point(|bar| bar.end() <= now);
    match knobs.conversation {
        Conversation::Continue if roll.input.is_empty() => ", waiting for you to play",
        Conversation::Trade if (bar_idx / usize::from(knobs.trade).max(1)).is_multiple_of(2) => ", your bars",
        Conversation::Trade => ", Continuo's bars",
        _ => "",
    }
}
