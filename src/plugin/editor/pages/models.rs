//! The models, as cards.

use egui::{Align, Layout, Mesh, Rect, RichText, ScrollArea, Sense, Shape, Stroke, Ui, pos2, vec2};

use crate::model::Card;
use crate::music::Note;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::card_frame;
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::models::library::ModelEntry;

/// How wide a card is at least.
const CARD: f32 = 296.0;
const THUMBNAIL: f32 = 54.0;

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Models").size(theme::LARGE));
        let hint = format!("Yours are files in {}", view.folder);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Rescan").on_hover_text("Look again which files there are").clicked() {
                intents.push(Intent::ListModels);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(
                    egui::Label::new(RichText::new(hint).size(theme::SMALL).color(palette.dim)).truncate(),
                );
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
            let text = "Models that you train, and .safetensors files that you put into the folder above, stand here.";
            ui.label(RichText::new(text).color(palette.dim));
        }
    });
}

fn card(ui: &mut Ui, entry: &ModelEntry, view: &View, width: f32, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let is_chosen = entry.choice == view.chosen;
    let frame = card_frame(ui);
    let frame = if is_chosen { frame.stroke(Stroke::new(1.5, palette.accent)) } else { frame };
    ui.push_id(&entry.choice.name(), |ui| {
        frame.show(ui, |ui| {
            ui.set_width(width - 26.0);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                head(ui, entry, view, is_chosen, intents);
                match &entry.card {
                    None => {
                        ui.label(RichText::new("Reading it …").color(palette.dim));
                    }
                    Some(Err(words)) => {
                        ui.add(egui::Label::new(RichText::new(words).color(palette.alarm)).wrap());
                    }
                    Some(Ok(card)) => {
                        thumbnail(ui, &entry.thumbnail);
                        about(ui, card);
                    }
                }
            });
        });
    });
}

fn head(ui: &mut Ui, entry: &ModelEntry, view: &View, is_chosen: bool, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let file = entry.choice.name();
    let name = match &entry.card {
        Some(Ok(card)) if !card.name.is_empty() => card.name.clone(),
        _ => file.clone(),
    };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if is_chosen {
                let text = if view.is_loading { "Loading …" } else { "Plays" };
                ui.label(RichText::new(text).color(palette.accent));
            } else {
                let is_sound = !matches!(entry.card, Some(Err(_)));
                let button = ui.add_enabled(is_sound, egui::Button::new("Use"));
                button.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::accesskit::Role::Button, is_sound, format!("Use {file}"))
                });
                if button
                    .on_hover_text("Loads it in the background. What plays goes on; the new model composes from the next bar on.")
                    .clicked()
                {
                    intents.push(Intent::Choose(entry.choice.clone()));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(RichText::new(name).size(theme::LARGE)).truncate());
            });
        });
    });
    let kind = if entry.choice == ModelChoice::BuiltIn {
        "comes with Continuo".to_owned()
    } else {
        format!("{file}.safetensors")
    };
    ui.label(RichText::new(kind).size(theme::SMALL).color(palette.dim));
}

/// Notes as a picture without axes.
fn thumbnail(ui: &mut Ui, notes: &[Note]) {
    let palette = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), THUMBNAIL), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, palette.well);
    let inner = rect.shrink(4.0);
    let (Some(lowest), Some(highest), Some(end)) = (
        notes.iter().map(|note| note.pitch).min(),
        notes.iter().map(|note| note.pitch).max(),
        notes.iter().map(|note| note.end().0).max(),
    ) else {
        let text = "It has no music of its own to show.";
        ui.painter().text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            text,
            theme::font(theme::SMALL),
            palette.dim,
        );
        return;
    };
    let mut mesh = Mesh::default();
    let row = inner.height() / f32::from((highest - lowest).max(12) + 1);
    let x = |tick: i64| inner.left() + tick as f32 / end.max(1) as f32 * inner.width();
    for note in notes {
        let y = inner.bottom() - f32::from(note.pitch - lowest + 1) * row;
        let left_top = pos2(x(note.onset.0), y);
        let right_bottom = pos2((x(note.end().0) - 1.0).max(left_top.x + 1.5), y + row.max(1.5));
        mesh.add_colored_rect(
            Rect::from_min_max(left_top, right_bottom),
            palette.note(note.family, note.velocity),
        );
    }
    ui.painter().add(Shape::mesh(mesh));
}

fn about(ui: &mut Ui, card: &Card) {
    let mut paragraph = |heading: &str, text: &str| {
        if text.is_empty() {
            return;
        }
        let palette = theme::palette(ui);
        let mut job = egui::text::LayoutJob::default();
        let format = |colour| egui::TextFormat {
            font_id: theme::font(theme::SMALL),
            color: colour,
            ..Default::default()
        };
        job.append(heading, 0.0, format(palette.text));
        job.append(text, if heading.is_empty() { 0.0 } else { 4.0 }, format(palette.dim));
        ui.add(egui::Label::new(job).wrap());
    };
    paragraph("", &card.description);
    paragraph("Styles", &styles(card));
    paragraph("Licence", &card.licence);
    ui.collapsing(RichText::new("What it was trained on").size(theme::SMALL), |ui| {
        let palette = theme::palette(ui);
        for line in card.credits.iter().chain(std::iter::once(&card.training)).filter(|line| !line.is_empty())
        {
            ui.add(egui::Label::new(RichText::new(line).size(theme::SMALL).color(palette.dim)).wrap());
        }
    });
}

/// The styles with their scores: nats a note on pieces that were kept from the training.
fn styles(card: &Card) -> String {
    let mut names = Vec::new();
    for (idx, style) in card.styles.iter().enumerate() {
        match card.nats_per_note.get(idx).filter(|nats| **nats > 0.0) {
            Some(nats) => names.push(format!("{style} {nats:.2}")),
            None => names.push(style.clone()),
        }
    }
    let unit =
        if card.nats_per_note.iter().any(|nats| *nats > 0.0) { " (nats a note; lower is surer)" } else { "" };
    names.join(", ") + unit
}
