//! The panel of knobs: the two large dials beside the big button, the rest on pages.

use egui::{Align, Button, Layout, Rect, RichText, Stroke, StrokeKind, Ui, UiBuilder, vec2};

use crate::player::Knob;
use crate::plugin::editor::controls::{KnobSetter, LARGE, dial};
use crate::plugin::editor::pages::knobs::page::{N_COMPOSING, PAGES, page};
use crate::plugin::editor::theme;
use crate::plugin::editor::view::state::{KnobPage, UiState};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets;

/// Height of the panel.
pub(crate) const HEIGHT: f32 = 190.0;
/// Width of the two large dials with their button.
const HERO: f32 = 190.0;
/// From this width on two pages are shown side by side.
const TWO_PAGES: f32 = 660.0;

/// Draws the panel.
pub(crate) fn show(ui: &mut Ui, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    let space = ui.available_rect_before_wrap();
    let space = Rect::from_min_size(space.min, vec2(space.width(), HEIGHT));
    let (left, right) = space.split_left_right_at_x(space.left() + HERO);
    let right = right.with_min_x(right.left() + theme::GAP);
    if right.width() < TWO_PAGES {
        one_page(ui, space, state, view, intents);
        return;
    }
    group(ui, left, "hero", |ui| {
        ui.add_space(6.0);
        hero(ui, view, intents, 42.0);
    });
    let (first, second) = right.split_left_right_at_fraction(0.5);
    // Each side keeps the page that it showed last.
    let (composing, playing) = PAGES.split_at(N_COMPOSING);
    if playing.iter().any(|(page, ..)| *page == state.knob_page) {
        state.second_knob_page = state.knob_page;
        state.knob_page = KnobPage::Compose;
    }
    group(ui, first.with_max_x(first.right() - theme::GAP / 2.0), "composing", |ui| {
        let mut chosen = state.knob_page;
        tabs(ui, composing, &mut chosen);
        state.knob_page = chosen;
        page(ui, chosen, state, view, intents);
    });
    group(ui, second.with_min_x(second.left() + theme::GAP / 2.0), "playing", |ui| {
        let mut chosen = state.second_knob_page;
        tabs(ui, playing, &mut chosen);
        state.second_knob_page = chosen;
        page(ui, chosen, state, view, intents);
    });
}

/// Draws the panel in a narrow window: the tabs over the whole width, the large dials below them.
fn one_page(ui: &mut Ui, space: Rect, state: &mut UiState, view: &View, intents: &mut Vec<Intent>) {
    group(ui, space, "knobs", |ui| {
        let mut chosen = state.knob_page;
        tabs(ui, &PAGES, &mut chosen);
        state.knob_page = chosen;
        let below = ui.available_rect_before_wrap();
        let (left, right) = below.split_left_right_at_x(below.left() + HERO - 20.0);
        let part = |rect: Rect, name| {
            UiBuilder::new().max_rect(rect).id_salt(name).layout(Layout::top_down(Align::Min))
        };
        ui.scope_builder(part(left, "left"), |ui| hero(ui, view, intents, 26.0));
        let right = right.with_min_x(right.left() + 14.0);
        ui.painter().vline(right.left() - 7.0, below.y_range(), Stroke::new(1.0, theme::palette(ui).line));
        ui.scope_builder(part(right, "right"), |ui| page(ui, chosen, state, view, intents));
    });
}

fn group(ui: &mut Ui, rect: Rect, name: &str, contents: impl FnOnce(&mut Ui)) {
    let palette = theme::palette(ui);
    ui.painter().rect(rect, 8.0, palette.panel, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    let builder = UiBuilder::new()
        .max_rect(rect.shrink2(vec2(10.0, 8.0)))
        .id_salt(name)
        .layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, contents);
}

/// Draws the two large dials and the buttons.
fn hero(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>, button_height: f32) {
    let mut setter = KnobSetter { parameters: &view.parameters, intents };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let width = (HERO - 26.0) / 2.0;
        dial(ui, &mut setter, Knob::Temperature, LARGE, width);
        dial(ui, &mut setter, Knob::Length, LARGE, width);
    });
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.spacing_mut().interact_size.y = 20.0;
    ui.spacing_mut().button_padding.y = 2.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let width = ui.available_width() - 6.0;
        let re_roll = widgets::main_button(ui, "Re-roll", vec2(0.6 * width, button_height));
        let hint = "Another idea: a new seed, and the music begins again with the next bar. Kept bars stay.";
        if re_roll.on_hover_text(hint).clicked() {
            setter.intents.push(Intent::ReRoll);
        }
        let vary = widgets::main_button(ui, "Vary", vec2(0.4 * width, button_height));
        let hint = "The same idea with new notes, from the next bar. Kept bars stay.";
        if vary.on_hover_text(hint).clicked() {
            setter.intents.push(Intent::Vary);
        }
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let size = vec2((ui.available_width() - 6.0) / 2.0, 20.0);
        if previous(ui, view, size) {
            intents.push(Intent::BringBack(view.ideas.len() - 1));
        }
        let is_locked = view.roll.is_phrase_kept(phrase_length(view));
        let lock = widgets::toggle_button(ui, "Lock phrase", is_locked, size);
        let hint = if is_locked {
            "Lets the phrase follow the knobs again."
        } else {
            "Keeps every bar of this phrase, and repeats it whatever knob you turn."
        };
        if lock.on_hover_text(hint).clicked() {
            intents.push(if is_locked { Intent::ReleasePhrase } else { Intent::KeepPhrase });
        }
    });
}

/// The bars in a phrase.
fn phrase_length(view: &View) -> usize {
    usize::from(view.parameters.composing().length).max(1)
}

/// Draws the button that goes back to the idea before; returns whether it was clicked.
fn previous(ui: &mut Ui, view: &View, size: egui::Vec2) -> bool {
    let text = RichText::new("Previous").size(theme::SMALL);
    let button = ui.add_enabled_ui(!view.ideas.is_empty(), |ui| ui.add_sized(size, Button::new(text))).inner;
    let about = view.ideas.last().map_or(String::new(), |idea| format!("\n{}. {}", idea.name, idea.about));
    let hint = format!("Brings back what you heard before this, to compare the two.{about}");
    button.on_hover_text(hint).on_disabled_hover_text("What you heard before a re-roll.").clicked()
}

fn tabs(ui: &mut Ui, pages: &[(KnobPage, &'static str, &'static str)], chosen: &mut KnobPage) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (page, name, hint) in pages {
            if widgets::tab(ui, name, page == chosen).on_hover_text(*hint).clicked() {
                *chosen = *page;
            }
        }
    });
    ui.add_space(4.0);
}
