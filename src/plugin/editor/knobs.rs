//! The knobs, in groups: the two that everybody turns beside the big button, the rest on pages.

use egui::{
    Align, Frame, Layout, Margin, Rect, RichText, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, pos2,
    vec2,
};

use crate::music::{Family, names};
use crate::player::Conversation;
use crate::plugin::editor::desk::Desk;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::widgets::{self, Hands, LARGE, SMALL, choice, dial, switch};
use crate::plugin::editor::{theme, tips};
use crate::plugin::knob::Knob;
use crate::plugin::presets::Role;

/// How high all of it is.
pub(super) const HEIGHT: f32 = 190.0;
/// How wide the two large dials with their button are.
const HERO: f32 = 190.0;
/// From this width on two groups are seen at once.
const TWO_GROUPS: f32 = 660.0;

/// A page of knobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Group {
    #[default]
    Compose,
    Detail,
    Notes,
    Instruments,
    Perform,
    Touch,
    Converse,
    Style,
}

impl Group {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Compose, "Compose", "What is composed: how much, how new, in which key and range"),
        (Self::Detail, "Detail", "Temperature by part, and how choices are made"),
        (Self::Notes, "Notes", "Rhythm grid, note lengths, and a scale of your own"),
        (Self::Instruments, "Instruments", "Who may play"),
        (Self::Perform, "Perform", "How it is played, at once"),
        (Self::Touch, "Touch", "Humanize, strum and MIDI channels"),
        (Self::Converse, "Converse", "Playing together"),
        (Self::Style, "Style", "Style and presets"),
    ];
}

/// Draws the knobs.
pub(super) fn show(ui: &mut Ui, desk: &mut Desk, view: &View, intents: &mut Vec<Intent>) {
    let space = ui.available_rect_before_wrap();
    let space = Rect::from_min_size(space.min, vec2(space.width(), HEIGHT));
    let (left, right) = space.split_left_right_at_x(space.left() + HERO);
    let right = right.with_min_x(right.left() + theme::GAP);
    if right.width() < TWO_GROUPS {
        one_group(ui, space, desk, view, intents);
        return;
    }
    group(ui, left, "hero", |ui| {
        ui.add_space(6.0);
        hero(ui, view, intents, 48.0);
    });
    let (first, second) = right.split_left_right_at_fraction(0.5);
    // Each side keeps the page that it showed last.
    let (composing, playing) = Group::ALL.split_at(4);
    if playing.iter().any(|(group, ..)| *group == desk.group) {
        desk.second_group = desk.group;
        desk.group = Group::Compose;
    }
    group(ui, first.with_max_x(first.right() - theme::GAP / 2.0), "composing", |ui| {
        let mut chosen = desk.group;
        tabs(ui, composing, &mut chosen);
        desk.group = chosen;
        page(ui, chosen, desk, view, intents);
    });
    group(ui, second.with_min_x(second.left() + theme::GAP / 2.0), "playing", |ui| {
        let mut chosen = desk.second_group;
        tabs(ui, playing, &mut chosen);
        desk.second_group = chosen;
        page(ui, chosen, desk, view, intents);
    });
}

/// Where there is little room: the pages over the whole width, the large dials below their names.
fn one_group(ui: &mut Ui, space: Rect, desk: &mut Desk, view: &View, intents: &mut Vec<Intent>) {
    group(ui, space, "knobs", |ui| {
        let mut chosen = desk.group;
        tabs(ui, &Group::ALL, &mut chosen);
        desk.group = chosen;
        let below = ui.available_rect_before_wrap();
        let (left, right) = below.split_left_right_at_x(below.left() + HERO - 20.0);
        let part = |rect: Rect, name| {
            UiBuilder::new().max_rect(rect).id_salt(name).layout(Layout::top_down(Align::Min))
        };
        ui.scope_builder(part(left, "left"), |ui| hero(ui, view, intents, 40.0));
        let right = right.with_min_x(right.left() + 14.0);
        ui.painter().vline(right.left() - 7.0, below.y_range(), Stroke::new(1.0, theme::palette(ui).line));
        ui.scope_builder(part(right, "right"), |ui| page(ui, chosen, desk, view, intents));
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

/// The two large dials and the button.
fn hero(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>, button_height: f32) {
    let mut hands = Hands { parameters: &view.parameters, intents };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let width = (HERO - 26.0) / 2.0;
        dial(ui, &mut hands, Knob::Temperature, LARGE, width);
        dial(ui, &mut hands, Knob::Length, LARGE, width);
    });
    ui.add_space(4.0);
    let width = ui.available_width();
    if widgets::main_button(ui, "Re-roll", vec2(width, button_height))
        .on_hover_text(
            "Another seed: other music from the same knobs, from the next bar on. Bars that you keep stay.",
        )
        .clicked()
    {
        hands.intents.push(Intent::ReRoll);
    }
}

fn tabs(ui: &mut Ui, groups: &[(Group, &'static str, &'static str)], chosen: &mut Group) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (group, name, hint) in groups {
            if widgets::tab(ui, name, group == chosen).on_hover_text(*hint).clicked() {
                *chosen = *group;
            }
        }
    });
    ui.add_space(4.0);
}

fn page(ui: &mut Ui, group: Group, desk: &mut Desk, view: &View, intents: &mut Vec<Intent>) {
    let mut hands = Hands { parameters: &view.parameters, intents };
    match group {
        Group::Compose => rows(
            ui,
            &mut hands,
            view,
            &[
                &[Knob::Density, Knob::Variety, Knob::Evolve, Knob::Polyphony],
                &[Knob::Tonic, Knob::Scale, Knob::Lowest, Knob::Highest],
            ],
        ),
        Group::Detail => rows(
            ui,
            &mut hands,
            view,
            &[
                &[Knob::RhythmTemperature, Knob::PitchTemperature, Knob::VelocityTemperature],
                &[Knob::Nucleus, Knob::MinP, Knob::BestOf, Knob::Seed],
            ],
        ),
        Group::Notes => {
            rows(ui, &mut hands, view, &[&[Knob::Grid, Knob::Shortest, Knob::Longest]]);
            own_scale(ui, &mut hands);
        }
        Group::Instruments => instruments(ui, &mut hands),
        Group::Perform => rows(
            ui,
            &mut hands,
            view,
            &[
                &[Knob::Octave, Knob::Transpose, Knob::Velocity, Knob::NoteLength],
                &[Knob::Swing, Knob::ChordFollow, Knob::Preview, Knob::PreviewLevel],
            ],
        ),
        Group::Touch => rows(
            ui,
            &mut hands,
            view,
            &[
                &[Knob::HumanizeTiming, Knob::HumanizeVelocity, Knob::VelocitySpread, Knob::Strum],
                &[Knob::SwingGrid, Knob::Channel, Knob::ChannelPerInstrument, Knob::Thru],
            ],
        ),
        Group::Converse => converse(ui, desk, view, &mut hands),
        Group::Style => style(ui, desk, view, &mut hands),
    }
}

/// Knobs in rows, each as its kind asks.
fn rows(ui: &mut Ui, hands: &mut Hands<'_>, view: &View, rows: &[&[Knob]]) {
    ui.spacing_mut().item_spacing = vec2(0.0, 4.0);
    let whole = ui.available_width();
    for row in rows {
        let shares: f32 = row.iter().map(|knob| share(*knob)).sum();
        ui.horizontal(|ui| {
            for knob in *row {
                control(ui, hands, view, *knob, (whole * share(*knob) / shares).floor());
            }
        });
    }
}

/// How much of a row's width a knob asks for: long names need room.
fn share(knob: Knob) -> f32 {
    match knob {
        Knob::Tonic => 0.72,
        Knob::Scale => 1.5,
        _ => 1.0,
    }
}

fn control(ui: &mut Ui, hands: &mut Hands<'_>, view: &View, knob: Knob, width: f32) {
    match knob {
        Knob::Style | Knob::SecondStyle => {
            let styles = view.card.as_ref().map_or(&[][..], |card| &card.styles);
            choice(ui, hands, knob, styles, width);
        }
        Knob::Tonic
        | Knob::Scale
        | Knob::Grid
        | Knob::Shortest
        | Knob::Longest
        | Knob::SwingGrid
        | Knob::Instrument => {
            let names = hands.parameters.step_names(knob);
            choice(ui, hands, knob, &names, width);
        }
        Knob::ChordFollow | Knob::Preview | Knob::ChannelPerInstrument | Knob::Thru => {
            switch(ui, hands, knob, width)
        }
        _ => dial(ui, hands, knob, SMALL, width),
    }
}

/// The twelve keys of one octave above the tonic: which of them the user's own scale has.
fn own_scale(ui: &mut Ui, hands: &mut Hands<'_>) {
    let palette = theme::palette(ui);
    let width = ui.available_width().min(300.0);
    let (rect, _) = ui.allocate_exact_size(vec2(width, 56.0), Sense::hover());
    let bits = hands.parameters.plain(Knob::OwnNotes) as u16;
    let label = "Own notes, used by the scale of that name";
    ui.painter().text(rect.left_top(), egui::Align2::LEFT_TOP, label, theme::font(theme::SMALL), palette.dim);
    let keys = rect.with_min_y(rect.top() + 18.0);
    for (semitones, degree) in names::DEGREES.into_iter().enumerate() {
        let step = keys.width() / 12.0;
        let left = keys.left() + step * semitones as f32;
        let key = Rect::from_min_max(pos2(left, keys.top()), pos2(left + step - 2.0, keys.bottom()));
        let response = ui.interact(key, ui.scope_id().with(("own note", semitones)), Sense::click());
        let is_on = bits >> semitones & 1 == 1;
        response.widget_info(|| {
            egui::WidgetInfo::selected(
                egui::accesskit::Role::CheckBox,
                true,
                is_on,
                format!("Own note {degree}"),
            )
        });
        let is_black = matches!(semitones, 1 | 3 | 6 | 8 | 10);
        let fill = match (is_on, response.hovered()) {
            (true, _) => palette.accent,
            (false, true) => palette.lit,
            (false, false) => {
                if is_black {
                    palette.well
                } else {
                    palette.raised
                }
            }
        };
        let stroke = if response.has_focus() {
            Stroke::new(1.5, palette.text)
        } else {
            Stroke::new(1.0, palette.line)
        };
        ui.painter().rect(key, 4.0, fill, stroke, StrokeKind::Inside);
        let text = if is_on { palette.on_accent } else { palette.dim };
        ui.painter().text(key.center(), egui::Align2::CENTER_CENTER, degree, theme::font(theme::SMALL), text);
        if response.clicked() {
            let changed = f32::from(bits ^ 1 << semitones);
            hands.set(Knob::OwnNotes, hands.parameters.position_of_plain(Knob::OwnNotes, changed));
        }
        response.on_hover_text(tips::tip(Knob::OwnNotes));
    }
}

fn instruments(ui: &mut Ui, hands: &mut Hands<'_>) {
    let palette = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 5.0);
        for family in (0..).map_while(Family::from_index) {
            let knob = Knob::Heard(family);
            let is_on = hands.is_on(knob);
            let chip = widgets::chip(ui, family.name(), is_on, Some(palette.family(family)));
            if chip.clicked() {
                hands.set(knob, if is_on { 0.0 } else { 1.0 });
            }
            chip.on_hover_text(tips::tip(knob));
        }
        if ui.small_button("All").clicked() {
            for family in (0..).map_while(Family::from_index) {
                if !hands.is_on(Knob::Heard(family)) {
                    hands.set(Knob::Heard(family), 1.0);
                }
            }
        }
    });
}

fn converse(ui: &mut Ui, desk: &mut Desk, view: &View, hands: &mut Hands<'_>) {
    let palette = theme::palette(ui);
    let chosen = hands.step(Knob::Conversation);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (step, mode) in Conversation::ALL.into_iter().enumerate() {
            let is_on = step == chosen;
            let dot = if is_on { Some(palette.incoming) } else { None };
            let chip = widgets::chip(ui, mode.name(), is_on, dot);
            if chip.clicked() && !is_on {
                hands.set_step(Knob::Conversation, step);
            }
            chip.on_hover_text(says(mode));
        }
    });
    let mode = Conversation::ALL.get(chosen).copied().unwrap_or_default();
    ui.horizontal(|ui| {
        dial(ui, hands, Knob::Trade, SMALL, 84.0);
        control(ui, hands, view, Knob::Instrument, 140.0);
        let width = ui.available_width();
        ui.allocate_ui(vec2(width, SMALL.height()), |ui| {
            ui.add(egui::Label::new(RichText::new(says(mode)).size(theme::SMALL).color(palette.dim)).wrap());
        });
    });
    primer(ui, desk, view, hands);
}

fn says(mode: Conversation) -> &'static str {
    match mode {
        Conversation::Generate => "Composes by itself. What you play in is not heard.",
        Conversation::Continue => "Listens while you play, and goes on where you stop, from the next bar on.",
        Conversation::Trade => "You have some bars, then it answers for as many.",
        Conversation::Accompany => "Plays along with what you play, from the next beat on.",
    }
}

fn primer(ui: &mut Ui, desk: &mut Desk, view: &View, hands: &mut Hands<'_>) {
    ui.horizontal(|ui| {
        let hint = "A MIDI file to start from: type or paste its path";
        let width = (ui.available_width() - 150.0).max(80.0);
        let field = TextEdit::singleline(&mut desk.forms.primer).hint_text(hint).desired_width(width);
        let field = ui.add(field);
        field
            .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, "Primer file"));
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let path = desk.forms.primer.trim().trim_matches('"').to_owned();
        let start = ui.add_enabled(!path.is_empty(), egui::Button::new("Start from"));
        if (start.clicked() || is_entered) && !path.is_empty() {
            hands.intents.push(Intent::LoadPrimer(path.into()));
        }
        let is_primed = view.primer.is_some();
        if ui
            .add_enabled(is_primed, egui::Button::new("Clear"))
            .on_hover_text("Start from the model's own music again")
            .clicked()
        {
            desk.forms.primer.clear();
            hands.intents.push(Intent::ClearPrimer);
        }
    });
}

fn style(ui: &mut Ui, desk: &mut Desk, view: &View, hands: &mut Hands<'_>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ((ui.available_width() - 84.0) / 2.0).min(170.0);
        control(ui, hands, view, Knob::Style, width);
        control(ui, hands, view, Knob::SecondStyle, width);
        dial(ui, hands, Knob::Blend, SMALL, 76.0);
    });
    ui.horizontal(|ui| {
        ui.menu_button("Presets", |ui| presets(ui, view, hands.intents)).response.on_hover_text(
            "Knobs for a style or a role, and your own. A preset never touches what was composed.",
        );
        let field = TextEdit::singleline(&mut desk.forms.preset).hint_text("Name of a preset of yours");
        let field = ui.add(field.desired_width((ui.available_width() - 70.0).min(190.0)));
        field
            .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::TextInput, true, "Preset name"));
        let name = desk.forms.preset.trim().to_owned();
        if ui
            .add_enabled(!name.is_empty(), egui::Button::new("Keep"))
            .on_hover_text("Keep the knobs as they stand under this name")
            .clicked()
        {
            hands.intents.push(Intent::SavePreset(name));
            desk.forms.preset.clear();
        }
    });
    let model = view.card.as_ref().map_or("No model", |card| &card.name);
    ui.horizontal(|ui| {
        ui.label(RichText::new(format!("Model: {model}")).size(theme::SMALL).color(palette.dim));
        if ui.small_button("Browse models").clicked() {
            desk.open_models();
        }
    });
}

fn presets(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    ui.set_min_width(160.0);
    for role in Role::ALL {
        let mut entries = view.presets.iter().filter(|entry| entry.role == role).peekable();
        if entries.peek().is_none() {
            continue;
        }
        ui.menu_button(role.name(), |ui| {
            egui::ScrollArea::vertical().max_height(280.0).show(ui, |ui| {
                for entry in entries {
                    if ui.button(&entry.name).clicked() {
                        intents.push(Intent::LoadPreset(entry.id.clone()));
                        ui.close();
                    }
                }
            });
        });
    }
    if ui.button("Look for new ones").clicked() {
        intents.push(Intent::ListPresets);
        ui.close();
    }
}

/// The frame of a page with text.
pub(super) fn card_frame(ui: &Ui) -> Frame {
    let palette = theme::palette(ui);
    Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(8.0)
        .inner_margin(Margin::same(12))
}
