//! The chord lane of the take that plays: its text, common progressions, and how strictly it is followed.

use egui::{Button, Key, Label, ScrollArea, Ui};

use crate::music::{COMMON_PROGRESSIONS, Progression};
use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::pages::knobs::rows::control;
use crate::plugin::editor::pages::roll::{key_of_degrees, phrase, phrase_text};
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::Forms;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::text_field;

/// Draws the text of the lane, what is wrong with it, and its knobs.
pub(crate) fn chords(ui: &mut Ui, forms: &mut Forms, view: &View, setter: &mut KnobSetter<'_>) {
    let slot = setter.step(Knob::Slot) as u8;
    // A text half typed stays until it is entered; otherwise the field shows the lane.
    let mut text = forms.chords.take().unwrap_or_else(|| view.chords.clone());
    ui.horizontal(|ui| {
        let hint = "Chords, such as Am7 | F | C/E G | %  or  ii7 | V7 | I";
        let width = (ui.available_width() - 76.0).max(80.0);
        let field = text_field(ui, "Chords", &mut text, hint, width);
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let is_changed = text.trim() != view.chords.trim();
        let use_them = ui.add_enabled(is_changed, Button::new("Use"));
        if (use_them.clicked() || is_entered) && is_changed && problem(&text).is_none() {
            setter.intents.push(Intent::SetChords(slot, text.trim().to_owned()));
        } else if is_changed {
            forms.chords = Some(text.clone());
        }
    });
    ui.horizontal(|ui| {
        ui.menu_button("Common", |ui| common(ui, slot, setter.intents, forms));
        let capture = ui.button("Capture").on_hover_text("Use the chords that you have played in");
        if capture.clicked() {
            forms.chords = None;
            setter.intents.push(Intent::CaptureChords(slot));
        }
        let has_music = !view.roll.score.bars.is_empty();
        let use_played = ui.add_enabled(has_music, Button::new("Use what is played"));
        let use_played = use_played.on_hover_text("Keep the chords that this phrase has now");
        if use_played.clicked()
            && let Some(played) = chords_of_phrase(view)
        {
            forms.chords = None;
            setter.intents.push(Intent::SetChords(slot, played));
        }
        let clear = ui.add_enabled(!view.chords.is_empty() || forms.chords.is_some(), Button::new("Clear"));
        if clear.on_hover_text("Let the music find its own chords").clicked() {
            forms.chords = None;
            setter.intents.push(Intent::SetChords(slot, String::new()));
        }
    });
    ui.horizontal(|ui| {
        control(ui, setter, view, Knob::Strictness, 100.0);
        control(ui, setter, view, Knob::ChordsByPhrase, 140.0);
        let note =
            problem(&text).unwrap_or_else(|| "Each of the takes A to D has chords of its own.".to_owned());
        ui.add(Label::new(theme::small(ui, note)).wrap());
    });
}

/// The chords that the music of the phrase at the playhead makes, if it makes any.
fn chords_of_phrase(view: &View) -> Option<String> {
    let bars = &view.roll.score.bars;
    let here = bars.partition_point(|bar| bar.end().to_beats() <= view.roll.playhead);
    let here = here.min(bars.len().checked_sub(1)?);
    phrase_text(bars, phrase(here, &view.parameters.composing()), key_of_degrees(view))
}

/// Why a text makes no sense as chords; none if it does.
fn problem(text: &str) -> Option<String> {
    if text.trim().is_empty() { None } else { Progression::parse(text).err().map(|error| error.to_string()) }
}

fn common(ui: &mut Ui, slot: u8, intents: &mut Vec<Intent>, forms: &mut Forms) {
    ui.set_min_width(120.0);
    for genre in COMMON_PROGRESSIONS.chunk_by(|a, b| a.genre == b.genre) {
        let Some(first) = genre.first() else { continue };
        ui.menu_button(first.genre, |ui| {
            ScrollArea::vertical().max_height(280.0).show(ui, |ui| {
                for progression in genre {
                    if ui.button(progression.name).on_hover_text(progression.text).clicked() {
                        forms.chords = None;
                        intents.push(Intent::SetChords(slot, progression.text.to_owned()));
                        ui.close();
                    }
                }
            });
        });
    }
}
