//! The whole editor as a function: what there is to see goes in, what the user wants comes out.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Align, CentralPanel, Color32, Frame, Layout, Margin, Panel, RichText, ScrollArea, Ui};

use crate::composer::Edit;
use crate::model::Card;
use crate::music::Scale;
use crate::plugin::editor::roll::{self, Roll};
use crate::plugin::editor::{theme, widgets};
use crate::plugin::knob::Knob;
use crate::plugin::midi_file::{Extent, Performance};
use crate::plugin::parameters::{Parameters, tonic_name};
use crate::plugin::presets::{PresetEntry, PresetId};

/// What the user wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// To take hold of a knob.
    Begin(Knob),
    /// To have it at this position, 0 to 1.
    Turn(Knob, f32),
    /// To let go of it.
    End(Knob),
    /// Another seed.
    ReRoll,
    /// Another model.
    Choose(Choice),
    /// To look again which model files there are.
    ListModels,
    /// Not to see the messages any more.
    Dismiss,
    /// One bar of the take changed, by its index.
    Edit(usize, Edit),
    /// The last edit taken back.
    Undo,
    /// The last edit taken back done again.
    Redo,
    /// One take copied over another, by their slots, 0 to 3.
    CopyTake(u8, u8),
    /// A MIDI file for the music to start from.
    LoadPrimer(PathBuf),
    /// The music to start from the model's own primers again.
    ClearPrimer,
    /// Music in a file of the user's.
    SaveMidi(Extent, Performance),
    /// The knobs where a preset has them.
    LoadPreset(PresetId),
    /// The knobs as they stand kept under a name.
    SavePreset(String),
    /// To look again which presets there are.
    ListPresets,
}

/// A model that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The one inside the plugin.
    BuiltIn,
    /// One in a file.
    File(PathBuf),
}

impl Choice {
    fn name(&self) -> String {
        match self {
            Self::BuiltIn => "Built in".to_owned(),
            Self::File(path) => path
                .file_stem()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
        }
    }
}

/// What there is to see.
#[derive(Clone)]
pub struct View {
    /// Where the knobs stand.
    pub parameters: Arc<Parameters>,
    /// The card of the model that composes, if there is one.
    pub card: Option<Card>,
    /// The model that was asked for.
    pub chosen: Choice,
    /// The models in the user's folder.
    pub files: Vec<PathBuf>,
    /// The user's folder.
    pub folder: String,
    /// The presets there are, those that come with the plugin first.
    pub presets: Vec<PresetEntry>,
    /// The music.
    pub roll: Roll,
    /// What to tell the user, the latest last.
    pub messages: Vec<String>,
}

/// Gives a fresh egui context the editor's looks.
pub fn prepare(ctx: &egui::Context) {
    theme::apply(ctx);
}

/// Draws the editor and returns what the user wants.
#[must_use]
pub fn show(ui: &mut Ui, view: &View) -> Vec<Intent> {
    let mut intents = Vec::new();
    let outer = Frame::new()
        .fill(theme::BACKGROUND)
        .inner_margin(Margin::symmetric(12, 8));
    Panel::top("title")
        .frame(outer)
        .show_separator_line(false)
        .show(ui, |ui| title(ui, view, &mut intents));
    Panel::bottom("messages")
        .frame(outer)
        .show_separator_line(false)
        .show(ui, |ui| messages(ui, view, &mut intents));
    Panel::bottom("knobs")
        .frame(outer)
        .show_separator_line(false)
        .show(ui, |ui| knobs(ui, view, &mut intents));
    CentralPanel::default()
        .frame(outer)
        .show(ui, |ui| roll::show(ui, &view.roll));
    intents
}

fn title(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal(|ui| {
        ui.heading("Continuo");
        let name = view.card.as_ref().map_or("No model", |card| card.name.as_str());
        ui.colored_label(theme::DIM, name);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .button("Rescan")
                .on_hover_text(format!("Look again in {}", view.folder))
                .clicked()
            {
                intents.push(Intent::ListModels);
            }
            models(ui, view, intents);
        });
    });
}

fn models(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let choices = std::iter::once(Choice::BuiltIn).chain(view.files.iter().cloned().map(Choice::File));
    let list = egui::ComboBox::from_id_salt("models")
        .width(210.0)
        .selected_text(view.chosen.name());
    let list = list.show_ui(ui, |ui| {
        for choice in choices {
            if ui
                .selectable_label(choice == view.chosen, choice.name())
                .clicked()
            {
                intents.push(Intent::Choose(choice));
            }
        }
        if view.files.is_empty() {
            let hint = format!("Put model files (.safetensors) into\n{}", view.folder);
            ui.label(RichText::new(hint).small().color(theme::DIM));
        }
    });
    let label = ui.colored_label(theme::DIM, "Model file");
    list.response.labelled_by(label.id);
}

fn knobs(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    ui.columns_const(|[compose, shape, perform, card]| {
        group(compose, "Compose", |ui| composing(ui, view, intents));
        group(shape, "Phrase", |ui| phrase(ui, view, intents));
        group(perform, "Perform", |ui| performing(ui, view, intents));
        group(card, "Model", |ui| show_card(ui, view));
    });
}

/// How high a group of knobs is inside.
const GROUP_HEIGHT: f32 = 206.0;

fn group(ui: &mut Ui, name: &str, contents: impl FnOnce(&mut Ui)) {
    Frame::new()
        .fill(theme::PANEL)
        .corner_radius(theme::ROUND)
        .inner_margin(Margin::same(10))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.set_height(GROUP_HEIGHT);
            ui.label(RichText::new(name).strong());
            // Columns spread their text over the whole width, which tears words apart.
            ui.with_layout(Layout::top_down(Align::Min), contents);
        });
}

fn composing(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let parameters = &*view.parameters;
    let styles = view.card.as_ref().map_or(&[][..], |card| &card.styles);
    widgets::choice(ui, parameters, Knob::Style, styles, intents);
    widgets::bar(ui, parameters, Knob::Temperature, intents);
    widgets::bar(ui, parameters, Knob::Seed, intents);
    let hint = "Another seed: other music from the same knobs";
    if ui
        .add_sized([ui.available_width(), 26.0], egui::Button::new("Re-roll"))
        .on_hover_text(hint)
        .clicked()
    {
        intents.push(Intent::ReRoll);
    }
}

fn phrase(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let parameters = &*view.parameters;
    let tonics: Vec<String> = (0..12).map(|tonic| tonic_name(tonic).to_owned()).collect();
    let scales: Vec<String> = Scale::ALL.iter().map(|scale| scale.name().to_owned()).collect();
    widgets::choice(ui, parameters, Knob::Tonic, &tonics, intents);
    widgets::choice(ui, parameters, Knob::Scale, &scales, intents);
    widgets::bar(ui, parameters, Knob::Length, intents);
    widgets::bar(ui, parameters, Knob::Evolve, intents);
}

fn performing(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let parameters = &*view.parameters;
    widgets::bar(ui, parameters, Knob::Octave, intents);
    widgets::bar(ui, parameters, Knob::Velocity, intents);
    widgets::bar(ui, parameters, Knob::NoteLength, intents);
    widgets::switch(ui, parameters, Knob::Preview, intents);
    widgets::bar(ui, parameters, Knob::PreviewLevel, intents);
}

fn show_card(ui: &mut Ui, view: &View) {
    let Some(card) = &view.card else {
        ui.colored_label(theme::DIM, "No model is loaded, so nothing new is composed.");
        return;
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.label(&card.name);
        paragraph(ui, "", &card.description);
        paragraph(ui, "Styles: ", &card.styles.join(", "));
        paragraph(ui, "Licence: ", &card.licence);
        paragraph(ui, "", &card.credits.join("\n"));
    });
}

fn paragraph(ui: &mut Ui, heading: &str, text: &str) {
    if !text.is_empty() {
        ui.label(
            RichText::new(format!("{heading}{text}"))
                .small()
                .color(theme::DIM),
        );
    }
}

fn messages(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal(|ui| {
        ui.set_height(22.0);
        let Some((last, earlier)) = view.messages.split_last() else {
            let state = if view.roll.playing { "Playing" } else { "Stopped" };
            ui.colored_label(theme::DIM, state);
            return;
        };
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Dismiss").clicked() {
                intents.push(Intent::Dismiss);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let label = ui.add(egui::Label::new(coloured(last, theme::ALARM)).truncate());
                if !earlier.is_empty() {
                    label.on_hover_text(view.messages.join("\n"));
                }
            });
        });
    });
}

fn coloured(text: &str, colour: Color32) -> RichText {
    RichText::new(text).color(colour)
}
