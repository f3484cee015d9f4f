//! The strip of chords between the bar numbers and the notes.

use egui::accesskit::Role;
use egui::{Align2, Color32, Painter, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::music::{Bar, Chord, Key, Tick};
use crate::plugin::editor::pages::roll::bars::bar_number;
use crate::plugin::editor::pages::roll::chord_border::{Touch, borders};
use crate::plugin::editor::pages::roll::chord_entry::{begin, entry};
use crate::plugin::editor::pages::roll::chords::{ShownChords, key_of_degrees};
use crate::plugin::editor::pages::roll::found::Chords;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme::{self, Palette};
use crate::plugin::editor::view::camera::Camera;
use crate::plugin::editor::view::{Intent, View};

/// Draws the chords of the bars in sight: those of the lane clear, those that were found in the music grey.
pub(crate) fn show(
    ui: &mut Ui,
    strip: Rect,
    times: &Times,
    camera: &mut Camera,
    view: &View,
    intents: &mut Vec<Intent>,
) {
    let palette = theme::palette(ui);
    let painter = ui.painter().with_clip_rect(strip);
    painter.rect_filled(strip, 0.0, palette.well);
    painter.hline(strip.x_range(), strip.bottom() - 0.5, Stroke::new(1.0, palette.line));
    let bars = &view.roll.score.bars;
    let in_sight: Vec<(usize, &Bar)> = times.bars_in_sight(&view.roll.score).collect();
    let mut chords = ShownChords::recall(ui, view);
    if let (Some((first, _)), Some((last, _))) = (in_sight.first(), in_sight.last()) {
        chords.find(ui, bars, &(*first..last + 1));
    }
    let key = key_of_degrees(view);
    let knobs = view.parameters.composing();
    let colour = if chords.lane().is_some() { palette.text } else { palette.dim };
    let mut labels = Labels { painter: &painter, strip, colour, key, next: f32::MIN, last: None };
    for (bar_idx, bar) in &in_sight {
        let text = chords.text_of_bar(*bar_idx, bar, &knobs, key);
        if bar_of_chords(ui, strip, times, *bar_idx, bar, &text, palette) {
            camera.chord_entry = Some(begin(*bar_idx, text));
        }
        labels.paint(times, &chords.of_bar(*bar_idx, bar, &knobs), palette);
    }
    for (bar_idx, bar) in in_sight {
        let words = chords.words_in_lane(bar_idx, bar, &knobs);
        match borders(ui, strip, times, (bar_idx, bar), &words, camera) {
            Some(Touch::Clicked) => {
                camera.chord_entry = Some(begin(bar_idx, chords.text_of_bar(bar_idx, bar, &knobs, key)));
            }
            Some(Touch::Dropped(text)) => {
                let lane = chords.with_bar(bar_idx, &text, view, key).ok();
                intents.extend(lane.map(|lane| Intent::SetChords(knobs.slot, lane)));
            }
            None => {}
        }
    }
    entry(ui, strip, times, &chords, camera, view, intents);
    chords.keep(ui);
}

/// The chords of one bar, to be clicked. Returns whether they have been.
fn bar_of_chords(
    ui: &Ui,
    strip: Rect,
    times: &Times,
    bar_idx: usize,
    bar: &Bar,
    text: &str,
    palette: &Palette,
) -> bool {
    let rect = Rect::from_x_y_ranges(times.x_of(bar.start)..=times.x_of(bar.end()) - 1.0, strip.y_range());
    let rect = rect.intersect(strip);
    let response = ui.interact(rect, ui.scope_id().with(("chords", bar_idx)), Sense::click());
    let number = bar_number(bar);
    let name = format!("Chords of bar {number}: {text}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.shrink(1.0), 3.0, palette.lit);
    }
    let is_clicked = response.clicked();
    response.on_hover_text(format!("{name}\nClick to type others, such as Am7, ii7 or C G7."));
    is_clicked
}

/// Writes the names of chords where they change, as far as there is room.
struct Labels<'a> {
    painter: &'a Painter,
    strip: Rect,
    colour: Color32,
    key: Option<Key>,
    /// From this x on there is room.
    next: f32,
    /// The chord before, and where it begins.
    last: Option<(Tick, Option<Chord>)>,
}

impl Labels<'_> {
    fn paint(&mut self, times: &Times, chords: &Chords, palette: &Palette) {
        for (at, chord) in chords {
            if self.last.is_some_and(|(_, last)| last == *chord) {
                continue;
            }
            self.last = Some((*at, *chord));
            let x = times.x_of(*at);
            if x > self.strip.left() {
                let y = self.strip.top() + 3.0..=self.strip.bottom() - 3.0;
                self.painter.vline(x.round() + 0.5, y, Stroke::new(1.0, palette.line));
            }
            let left = (x + 5.0).max(self.strip.left() + 5.0);
            if left >= self.next {
                let name = chord.map_or("N.C.".to_owned(), |chord| chord.name_in(self.key));
                let (place, font) = (pos2(left, self.strip.center().y), theme::font(theme::SMALL));
                let written = self.painter.text(place, Align2::LEFT_CENTER, name, font, self.colour);
                self.next = written.right() + 4.0;
            }
        }
    }
}

/// Draws the switch between names and degrees.
pub(crate) fn degrees_switch(ui: &Ui, rect: Rect, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let response = ui.interact(rect, ui.scope_id().with("degrees"), Sense::click());
    let is_on = view.settings.shows_degrees;
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_on, "Chords as degrees"));
    let is_lit = response.hovered() || response.has_focus();
    let body = Rect::from_center_size(rect.center(), vec2(30.0, rect.height() - 4.0));
    let fill = if is_lit { palette.lit } else { palette.raised };
    ui.painter().rect(body, 4.0, fill, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    let text = if is_on { "ii7" } else { "Am7" };
    let colour = if is_lit { palette.text } else { palette.dim };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, theme::font(theme::SMALL), colour);
    if response.clicked() {
        let mut settings = view.settings.clone();
        settings.shows_degrees = !is_on;
        intents.push(Intent::Set(settings));
    }
    let hint = if is_on {
        "Click to show chords by their names."
    } else {
        "Click to show chords as degrees of the key."
    };
    response.on_hover_text(hint);
}
