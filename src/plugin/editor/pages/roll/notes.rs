//! The notes.

use egui::{Color32, Mesh, Painter, Rect, Shape, Ui};

use crate::music::Tick;
use crate::plugin::editor::pages::roll::bars::is_certain;
use crate::plugin::editor::pages::roll::parts::Heard;
use crate::plugin::editor::pages::roll::rows::Rows;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme::{self, Palette, loudness, mix};
use crate::plugin::editor::view::View;
use crate::plugin::editor::view::camera::{Camera, PickedNote};

/// How much of its colour the inside of a note keeps while its bar may still change. Its frame keeps more.
const UNCERTAIN: f32 = 0.42;
/// How much of its colour a note keeps that is muted.
const MUTED: f32 = 0.28;

/// Draws all notes in sight.
pub(crate) fn paint(ui: &Ui, painter: &Painter, times: &Times, rows: &Rows, view: &View, camera: &Camera) {
    let palette = theme::palette(ui);
    let mut mesh = Mesh::default();
    let heard = Heard::new(ui, view);
    let held = camera.grip.map(|grip| grip.picked);
    let now = view.roll.playhead.to_ticks_floor();
    let range = times.range();
    for (bar_idx, bar) in times.bars_that_ring(&view.roll.score) {
        let is_certain = is_certain(view, bar_idx, bar);
        let mark = view.roll.marks.get(bar_idx);
        for (note_idx, note) in bar.notes.iter().enumerate() {
            let Some(rect) = rows.rect(note, times) else { continue };
            if rect.right() < range.min || rect.left() > range.max {
                continue;
            }
            if mark.is_some_and(|mark| mark.is_locked(note_idx)) {
                mesh.add_colored_rect(rect.expand(1.5), palette.text);
            }
            let sounds = view.roll.playing && note.onset <= now && now < note.end().max(note.onset + Tick(2));
            let colour = palette.note(note.family, note.velocity);
            // The one that is dragged is drawn where it will be.
            let is_held = held.is_some_and(|held| held == PickedNote { bar_idx, note: *note });
            if is_held || !heard.is_heard(bar, note_idx, note) {
                mesh.add_colored_rect(rect, mix(palette.well, palette.family(note.family), MUTED));
            } else if sounds {
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
            // Hollow, so that they can be told apart without colour, too.
            fill(&mut mesh, rect, 1.5, mix(palette.well, palette.incoming, 0.25));
        }
    }
    painter.add(Shape::mesh(mesh));
}

/// Adds a note with a brighter edge where it begins.
fn add(mesh: &mut Mesh, rect: Rect, colour: Color32, palette: &Palette) {
    mesh.add_colored_rect(rect, colour);
    if rect.width() > 6.0 {
        let edge = rect.with_max_x(rect.left() + 2.0);
        mesh.add_colored_rect(edge, mix(colour, palette.text, 0.55));
    }
}

/// Adds the inside of a note with a frame, if there is room for one.
fn fill(mesh: &mut Mesh, rect: Rect, frame: f32, colour: Color32) {
    let inner = rect.shrink(frame);
    if inner.width() > 2.0 && inner.height() > 1.0 {
        mesh.add_colored_rect(inner, colour);
    }
}
