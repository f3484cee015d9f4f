//! The status line: what the plugin is doing, or a message.

use egui::{Align, Label, Layout, RichText, Ui};

use crate::player::Conversation;
use crate::plugin::editor::frame::grip::GRIP;
use crate::plugin::editor::pages::roll::bar_number;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::{Intent, View};

/// Draws the status line.
pub(crate) fn status(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add_space(GRIP);
        theme_button(ui, view, intents);
        let Some((last, earlier)) = view.messages.split_last() else {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(theme::small(ui, activity(view))).truncate());
            });
            return;
        };
        if ui.small_button("Dismiss").clicked() {
            intents.push(Intent::Dismiss);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let is_good = last.starts_with("Saved ");
            let colour = if is_good { palette.text } else { palette.alarm };
            let label = ui.add(Label::new(RichText::new(last).color(colour)).truncate());
            if !earlier.is_empty() {
                label.on_hover_text(view.messages.join("\n"));
            }
        });
    });
}

fn theme_button(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let name = if view.settings.is_light { "Dark" } else { "Light" };
    if ui.small_button(name).on_hover_text(format!("{name} colours")).clicked() {
        let mut settings = view.settings.clone();
        settings.is_light = !settings.is_light;
        intents.push(Intent::Set(settings));
    }
}

/// What the plugin is doing, in a few words.
fn activity(view: &View) -> String {
    let roll = &view.roll;
    let what = if roll.playing { "Playing" } else { "Stopped" };
    let bar = roll.score.bar_at(roll.playhead.to_ticks_floor());
    let bar = bar.map(|bar| format!(", bar {}", bar_number(bar))).unwrap_or_default();
    let model = match (&view.card, view.is_loading) {
        (_, true) => format!("loading {} …", view.chosen.name()),
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
