//! The models, as cards.

use egui::accesskit::Role;
use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Button, Color32, Label, Layout, RichText, ScrollArea, Sense, Stroke, Ui, WidgetInfo, vec2,
};

use crate::model::Card;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{card_frame, paint_thumbnail};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::models::library::ModelEntry;

/// Smallest width of a card.
const CARD: f32 = 296.0;
/// Height of a thumbnail.
const THUMBNAIL: f32 = 54.0;

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Models").size(theme::LARGE));
        let hint = format!("Yours are files in {}", view.folder);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Rescan").on_hover_text("List the files again").clicked() {
                intents.push(Intent::ListModels);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(theme::small(ui, hint)).truncate());
            });
        });
    });
    ui.add_space(2.0);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let n_columns = (((ui.available_width() + theme::GAP) / (CARD + theme::GAP)) as usize).clamp(1, 4);
        let width = ((ui.available_width() + theme::GAP) / n_columns as f32 - theme::GAP - 2.0).floor();
        for row in view.models.chunks(n_columns) {
            ui.horizontal_top(|ui| {
                for entry in row {
                    card(ui, entry, view, width, intents);
                }
            });
            ui.add_space(2.0);
        }
        if view.models.len() <= 1 {
            let text = "Models that you train, and .safetensors files that you put into the folder above, are shown here.";
            ui.label(RichText::new(text).color(theme::palette(ui).dim));
        }
    });
}

fn card(ui: &mut Ui, entry: &ModelEntry, view: &View, width: f32, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let is_chosen = entry.choice == view.chosen;
    let frame = card_frame(ui);
    let frame = if is_chosen { frame.stroke(Stroke::new(1.5, palette.accent)) } else { frame };
    ui.push_id(entry.choice.name(), |ui| {
        frame.show(ui, |ui| {
            ui.set_width(width - 26.0);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                head(ui, entry, view, is_chosen, intents);
                match &entry.card {
                    None => {
                        ui.label(RichText::new("Reading …").color(palette.dim));
                    }
                    Some(Err(message)) => {
                        ui.add(Label::new(RichText::new(message).color(palette.alarm)).wrap());
                    }
                    Some(Ok(card)) => {
                        let size = vec2(ui.available_width(), THUMBNAIL);
                        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
                        paint_thumbnail(ui, rect, &entry.thumbnail, "It has no music to show.");
                        about(ui, card);
                    }
                }
            });
        });
    });
}

/// Draws the model's name, whether it plays, and its file.
fn head(ui: &mut Ui, entry: &ModelEntry, view: &View, is_chosen: bool, intents: &mut Vec<Intent>) {
    let file = entry.choice.name();
    let name = match &entry.card {
        Some(Ok(card)) if !card.name.is_empty() => card.name.clone(),
        _ => file.clone(),
    };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if is_chosen {
                let text = if view.is_loading { "Loading …" } else { "Plays" };
                ui.label(RichText::new(text).color(theme::palette(ui).accent));
            } else if use_button(ui, entry, &file) {
                intents.push(Intent::Choose(entry.choice.clone()));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(RichText::new(name).size(theme::LARGE)).truncate());
            });
        });
    });
    let kind = if entry.choice == ModelChoice::BuiltIn {
        "comes with Continuo".to_owned()
    } else {
        format!("{file}.safetensors")
    };
    ui.label(theme::small(ui, kind));
}

/// Draws the button that chooses the model; returns whether it was clicked.
fn use_button(ui: &mut Ui, entry: &ModelEntry, file: &str) -> bool {
    let is_usable = !matches!(entry.card, Some(Err(_)));
    let button = ui.add_enabled(is_usable, Button::new("Use"));
    button.widget_info(|| WidgetInfo::labeled(Role::Button, is_usable, format!("Use {file}")));
    let hint = "Loads it in the background. The music continues; the new model composes from the next bar.";
    button.on_hover_text(hint).clicked()
}

/// Draws what the card says of the model.
fn about(ui: &mut Ui, card: &Card) {
    let mut paragraph = |heading: &str, text: &str| {
        if text.is_empty() {
            return;
        }
        let palette = theme::palette(ui);
        let mut job = LayoutJob::default();
        let format = |colour: Color32| TextFormat::simple(theme::font(theme::SMALL), colour);
        job.append(heading, 0.0, format(palette.text));
        job.append(text, if heading.is_empty() { 0.0 } else { 4.0 }, format(palette.dim));
        ui.add(Label::new(job).wrap());
    };
    paragraph("", &card.description);
    paragraph("Styles", &card.styles.join(", "));
    paragraph("Licence", &card.licence);
    ui.collapsing(RichText::new("Details").size(theme::SMALL), |ui| {
        let rest = [&card.training, &errors(card)];
        for line in card.credits.iter().chain(rest).filter(|line| !line.is_empty()) {
            ui.add(Label::new(theme::small(ui, line)).wrap());
        }
    });
}

/// How well it predicts pieces that were kept out of the training, by style; empty if that was not measured.
fn errors(card: &Card) -> String {
    let measured = card.styles.iter().zip(&card.nats_per_note).filter(|(_, nats)| **nats > 0.0);
    let errors: Vec<String> = measured.map(|(style, nats)| format!("{style} {nats:.2}")).collect();
    if errors.is_empty() {
        return String::new();
    }
    format!("Prediction error on pieces that it did not learn from, lower is better: {}", errors.join(", "))
}
