//! The transport of the application: play, stop, tempo, meter and loop. In a host there is none, since the host has one.

use egui::accesskit::Role;
use egui::{Align, DragValue, Label, Layout, RichText, Ui, WidgetInfo, vec2};

use crate::music::Meter;
use crate::player::Knob;
use crate::plugin::editor::controls::KnobSetter;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::{Intent, TransportView, View};
use crate::plugin::editor::widgets;
use crate::plugin::own_transport::Song;

/// The meters to choose from, numerator and denominator.
const METERS: [(u32, u32); 9] = [(2, 4), (3, 4), (4, 4), (5, 4), (7, 4), (3, 8), (6, 8), (9, 8), (12, 8)];
/// The loops to choose from, in bars.
const LOOPS: [u32; 7] = [0, 1, 2, 4, 8, 16, 32];

/// Draws the transport.
pub(crate) fn transport(ui: &mut Ui, shown: &TransportView, view: &View, intents: &mut Vec<Intent>) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let start = widgets::small_button(ui, "To the first bar", "⇤", true);
        if start.on_hover_text("To the first bar").clicked() {
            intents.push(Intent::ReturnToStart);
        }
        let (name, intent) =
            if shown.is_playing { ("■  Stop", Intent::Stop) } else { ("▶  Play", Intent::Play) };
        if widgets::main_button(ui, name, vec2(84.0, 24.0)).on_hover_text("Space").clicked() {
            intents.push(intent);
        }
        ui.add_space(6.0);
        tempo(ui, shown.song, intents);
        meter(ui, shown.song, intents);
        loop_length(ui, shown.song, intents);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            preview(ui, view, intents);
            if shown.has_lost_audio {
                let words = "The audio device is gone. Save what you want to keep, and start Continuo again.";
                let colour = theme::palette(ui).alarm;
                ui.add(Label::new(RichText::new(words).color(colour)).truncate());
            }
        });
    });
}

fn tempo(ui: &mut Ui, song: Song, intents: &mut Vec<Intent>) {
    ui.label(theme::small(ui, "Tempo"));
    let mut tempo = song.tempo;
    let field = DragValue::new(&mut tempo).range(Song::TEMPOS).speed(0.2).max_decimals(2).suffix(" bpm");
    let response = ui.add_sized(vec2(76.0, 24.0), field);
    response.widget_info(|| WidgetInfo::slider(true, tempo, "Tempo"));
    if response.on_hover_text("Quarter notes a minute: drag it, or click and type").changed() {
        intents.push(Intent::SetSong(Song { tempo, ..song }));
    }
}

fn meter(ui: &mut Ui, song: Song, intents: &mut Vec<Intent>) {
    let choices = METERS.into_iter().filter_map(|(numerator, denominator)| {
        let meter = Meter::new(numerator, denominator).ok()?;
        Some((format!("{numerator}/{denominator}"), Song { meter, ..song }))
    });
    let name = format!("{}/{}", song.meter.numerator(), song.meter.denominator());
    choose(ui, "Meter", &name, song, choices, intents);
}

fn loop_length(ui: &mut Ui, song: Song, intents: &mut Vec<Intent>) {
    let name = |bars: u32| match bars {
        0 => "Off".to_owned(),
        1 => "1 bar".to_owned(),
        _ => format!("{bars} bars"),
    };
    let choices = LOOPS.into_iter().map(|bars| (name(bars), Song { loop_bars: bars, ..song }));
    choose(ui, "Loop", &name(song.loop_bars), song, choices, intents);
}

/// Draws a menu of songs by their names.
fn choose(
    ui: &mut Ui,
    label: &str,
    chosen: &str,
    song: Song,
    choices: impl Iterator<Item = (String, Song)>,
    intents: &mut Vec<Intent>,
) {
    ui.label(theme::small(ui, label));
    let menu = ui.menu_button(format!("{chosen} ▾"), |ui| {
        for (name, choice) in choices {
            if ui.selectable_label(choice == song, name).clicked() {
                intents.push(Intent::SetSong(choice));
                ui.close();
            }
        }
    });
    menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, label));
}

/// Draws the switch of the preview sound, which is what the application sounds by.
fn preview(ui: &mut Ui, view: &View, intents: &mut Vec<Intent>) {
    let is_on = view.parameters.plain(Knob::Preview) > 0.5;
    let button = widgets::toggle_button(ui, "Sound", is_on, vec2(64.0, 24.0));
    if button.on_hover_text(Knob::Preview.spec().hint).clicked() {
        let mut setter = KnobSetter { parameters: &view.parameters, intents };
        setter.set(Knob::Preview, f32::from(u8::from(!is_on)));
    }
}
