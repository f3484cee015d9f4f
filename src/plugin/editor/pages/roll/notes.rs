//! The notes themselves, and what hovering over one tells.

use egui::{Color32, Mesh, Painter, Pos2, Rect, Response, Shape, Ui};

use crate::music::{Bar, Note, Tick, names};
use crate::plugin::editor::pages::roll::bars::{bar_number, is_certain};
use crate::plugin::editor::pages::roll::drums;
use crate::plugin::editor::pages::roll::rows::Rows;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme::{self, Palette, loudness, mix};
use crate::plugin::editor::view::View;

/// How much of its colour a note keeps inside whose bar may still change. Its frame stands out.
const UNCERTAIN: f32 = 0.42;

/// Draws all notes in sight.
pub(crate) fn paint(ui: &Ui, painter: &Painter, times: &Times, rows: &Rows, view: &View) {
    let palette = theme::palette(ui);
    let mut mesh = Mesh::default();
    let now = view.roll.playhead.to_ticks_floor();
    let range = times.range();
    for (bar_idx, bar) in times.bars_that_ring(&view.roll.score) {
        let is_certain = is_certain(view, bar_idx, bar);
        for note in &bar.notes {
            let Some(rect) = rows.rect(note, times) else { continue };
            if rect.right() < range.min || rect.left() > range.max {
                continue;
            }
            let sounds = view.roll.playing && note.onset <= now && now < note.end().max(note.onset + Tick(2));
            let colour = palette.note(note.family, note.velocity);
            if sounds {
                add(&mut mesh, rect, mix(palette.family(note.family), palette.text, 0.75), palette);
            } else if is_certain {
                add(&mut mesh, rect, colour, palette);
            } else {
                mesh.add_colored_rect(rect, palette.frame(note.family));
                fill(&mut mesh, rect, 1.0, mix(palette.well, colour, UNCERTAIN));
            }
        }
    }
    for note in view.roll.input.iter() {
        let Some(rect) = rows.rect(note, times) else { continue };
        if rect.right() >= range.min && rect.left() <= range.max {
            let colour = mix(palette.well, palette.incoming, loudness(note.velocity));
            add(&mut mesh, rect, colour, palette);
            // Hollow, so that they are told apart without colour, too.
            fill(&mut mesh, rect, 1.5, mix(palette.well, palette.incoming, 0.25));
        }
    }
    painter.add(Shape::mesh(mesh));
}

/// A note with a brighter edge where it begins.
fn add(mesh: &mut Mesh, rect: Rect, colour: Color32, palette: &Palette) {
    mesh.add_colored_rect(rect, colour);
    if rect.width() > 6.0 {
        let edge = rect.with_max_x(rect.left() + 2.0);
        mesh.add_colored_rect(edge, mix(colour, palette.text, 0.55));
    }
}

/// The inside of a note with a frame, if there is room for one.
fn fill(mesh: &mut Mesh, rect: Rect, frame: f32, colour: Color32) {
    let inner = rect.shrink(frame);
    if inner.width() > 2.0 && inner.height() > 1.0 {
        mesh.add_colored_rect(inner, colour);
    }
}

/// The note under a point: the one that lies on top, with its bar.
pub(crate) fn at<'a>(
    point: Pos2,
    times: &Times,
    rows: &Rows,
    view: &'a View,
) -> Option<(usize, &'a Bar, usize, &'a Note)> {
    let mut found = None;
    for (bar_idx, bar) in times.bars_that_ring(&view.roll.score) {
        for (note_idx, note) in bar.notes.iter().enumerate() {
            if rows.rect(note, times).is_some_and(|rect| rect.expand(1.0).contains(point)) {
                found = Some((bar_idx, bar, note_idx, note));
            }
        }
    }
    found
}

/// Tells about the note under the pointer.
pub(crate) fn explain(ui: &Ui, response: &Response, times: &Times, rows: &Rows, view: &View) {
    let Some(pointer) = response.hover_pos() else { return };
    let palette = theme::palette(ui);
    let text = if let Some((bar_idx, bar, note_idx, note)) = at(pointer, times, rows, view) {
        if let Some(rect) = rows.rect(note, times) {
            let stroke = egui::Stroke::new(1.5, palette.text);
            ui.painter().rect_stroke(rect.expand(1.0), 2.0, stroke, egui::StrokeKind::Outside);
        }
        let mark = view.roll.marks.get(bar_idx);
        let sureness = mark.and_then(|mark| mark.sureness.get(note_idx)).copied();
        describe(note, bar, sureness)
    } else {
        let played = view
            .roll
            .input
            .iter()
            .find(|note| rows.rect(note, times).is_some_and(|rect| rect.expand(1.0).contains(pointer)));
        let Some(note) = played else { return };
        format!("{}\nplayed in, velocity {}", pitch_name(note), note.velocity)
    };
    response.clone().on_hover_text_at_pointer(text);
}

/// A note in words: what, when, and how sure the network was.
pub(crate) fn describe(note: &Note, bar: &Bar, sureness: Option<f32>) -> String {
    let beat = 1.0 + (note.onset - bar.start).0 as f64 / Tick::PER_BEAT as f64;
    let length = note.duration.0 as f64 / Tick::PER_BEAT as f64;
    let sure = sureness
        .map_or(String::new(), |sureness| format!("\nthe network was {:.0}% sure of it", 100.0 * sureness));
    format!(
        "{}, {}\nbar {}, beat {}, {} beats long, velocity {}{sure}",
        pitch_name(note),
        note.family.name(),
        bar_number(bar),
        trimmed(beat),
        trimmed(length),
        note.velocity,
    )
}

fn pitch_name(note: &Note) -> String {
    if note.family.is_drums() {
        return drums::name(note.pitch).into_owned();
    }
    names::pitch(note.pitch)
}

/// A number with two places at most.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
