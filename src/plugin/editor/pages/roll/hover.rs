//! What hovering over a note shows.

use egui::{Pos2, Response, Stroke, StrokeKind, Ui};

use crate::music::{Bar, Note, Tick, names};
use crate::plugin::editor::pages::roll::bars::bar_number;
use crate::plugin::editor::pages::roll::drums;
use crate::plugin::editor::pages::roll::rows::Rows;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::View;

/// Describes the note under the pointer.
pub(crate) fn explain(ui: &Ui, response: &Response, times: &Times, rows: &Rows, view: &View) {
    let Some(pointer) = response.hover_pos() else { return };
    let palette = theme::palette(ui);
    let text = if let Some((bar_idx, bar, note_idx, note)) = at(pointer, times, rows, view) {
        if let Some(rect) = rows.rect(note, times) {
            let stroke = Stroke::new(1.5, palette.text);
            ui.painter().rect_stroke(rect.expand(1.0), 2.0, stroke, StrokeKind::Outside);
        }
        let mark = view.roll.marks.get(bar_idx);
        let sureness = mark.and_then(|mark| mark.sureness.get(note_idx)).copied();
        let is_locked = mark.is_some_and(|mark| mark.is_locked(note_idx));
        let locked = if is_locked { "\nlocked: it stays when the bar is re-rolled" } else { "" };
        describe(note, bar, sureness) + locked
    } else {
        let is_here = |note: &&Note| rows.is_at(pointer, note, times);
        let Some(note) = view.roll.input.iter().find(is_here) else { return };
        format!("{}\nplayed in, velocity {}", pitch_name(note), note.velocity)
    };
    response.clone().on_hover_text_at_pointer(text);
}

/// The topmost note under a point, with its bar, and the indices of both.
pub(crate) fn at<'a>(
    point: Pos2,
    times: &Times,
    rows: &Rows,
    view: &'a View,
) -> Option<(usize, &'a Bar, usize, &'a Note)> {
    let mut found = None;
    for (bar_idx, bar) in times.bars_that_ring(&view.roll.score) {
        for (note_idx, note) in bar.notes.iter().enumerate() {
            if rows.is_at(point, note, times) {
                found = Some((bar_idx, bar, note_idx, note));
            }
        }
    }
    found
}

/// A note in words: pitch, time, and how sure the network was.
fn describe(note: &Note, bar: &Bar, sureness: Option<f32>) -> String {
    let beat = 1.0 + (note.onset - bar.start).0 as f64 / Tick::PER_BEAT as f64;
    let length = note.duration.0 as f64 / Tick::PER_BEAT as f64;
    let sure = sureness
        .map_or(String::new(), |sureness| format!("\nContinuo was {:.0}% sure of it", 100.0 * sureness));
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

pub(crate) fn pitch_name(note: &Note) -> String {
    if note.family.is_drums() {
        return drums::name(note.pitch).into_owned();
    }
    names::pitch(note.pitch)
}

/// A number with two decimals at most.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
