//! Notes by hand: a note is dragged, lengthened, made louder or softer, added and deleted.

use egui::{Align, CursorIcon, Event, Id, Key, Layout, Modifiers, Popup, PopupCloseBehavior, PopupKind};
use egui::{Pos2, Rect, Response, Stroke, StrokeKind, Ui};

use crate::music::{Note, Tick};
use crate::plugin::editor::pages::roll::hover;
use crate::plugin::editor::pages::roll::note_edit::{Bars, Drag, added, dragged, grid_of, replaced};
use crate::plugin::editor::pages::roll::rows::Rows;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::camera::{Camera, Grip, Hold, PickedNote};
use crate::plugin::editor::view::{Intent, View};

/// What the hand sees.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) picture: Rect,
    pub(crate) times: &'a Times,
    pub(crate) rows: &'a Rows,
    pub(crate) view: &'a View,
}

/// How near to its end a note is lengthened, and how long it has to be for that, in pixels.
const END: f32 = 5.0;
const LONG: f32 = 14.0;
/// What a notch of the wheel adds to a velocity.
const LOUDER: i32 = 6;

/// The note under a point, and by what it would be held there.
fn under(ui: &Ui, point: Pos2, scene: Scene<'_>) -> Option<(PickedNote, Hold)> {
    let Scene { times, rows, view, .. } = scene;
    let (bar_idx, _, _, note) = hover::at(point, times, rows, view)?;
    let rect = rows.rect(note, times)?;
    let is_at_end = !note.family.is_drums() && rect.width() > LONG && point.x > rect.right() - END;
    let hold = match ui.input(|input| input.modifiers.command) {
        true => Hold::Velocity,
        false if is_at_end => Hold::End,
        false => Hold::Body,
    };
    Some((PickedNote { bar_idx, note: *note }, hold))
}

/// Takes hold of the note where a drag begins. Where there is none, the picture is dragged.
pub(crate) fn grip(ui: &Ui, response: &Response, scene: Scene<'_>, camera: &mut Camera) {
    let Some(press) = ui.input(|input| input.pointer.press_origin()).filter(|_| response.drag_started())
    else {
        return;
    };
    camera.grip = under(ui, press, scene).map(|(picked, hold)| {
        camera.pick(picked);
        Grip { picked, hold, press, to: picked.note }
    });
}

/// Follows what the user does to notes.
pub(crate) fn edit(
    ui: &Ui,
    response: &Response,
    scene: Scene<'_>,
    camera: &mut Camera,
    intents: &mut Vec<Intent>,
) {
    let changes = [
        drag(ui, response, scene, camera),
        clicks(ui, response, scene, camera),
        keys(ui, camera, scene.view, intents),
        wheel(ui, response, scene, camera),
        menu(ui, camera, scene.view, intents),
    ];
    intents.extend(changes.into_iter().filter(|bars| !bars.is_empty()).map(Intent::WriteNotes));
    frame(ui, response, scene, camera);
}

/// Moves the note that is held, and lets go of it.
fn drag(ui: &Ui, response: &Response, scene: Scene<'_>, camera: &mut Camera) -> Bars {
    let Scene { times, rows, view, .. } = scene;
    let (Some(mut grip), Some(pointer)) = (camera.grip.take(), response.interact_pointer_pos()) else {
        return Vec::new();
    };
    let pitch_at = |y: f32| rows.nearest(y, grip.picked.note.family.is_drums());
    let pitch = pitch_at(pointer.y).zip(pitch_at(grip.press.y));
    let by = Drag {
        time: times.beats(pointer.x).to_ticks_round() - times.beats(grip.press.x).to_ticks_round(),
        pitch: pitch.map_or(0, |(to, from)| i32::from(to) - i32::from(from)),
        velocity: (grip.press.y - pointer.y).round() as i32,
    };
    let is_free = ui.input(|input| input.modifiers.alt);
    let grid = if is_free { Tick(1) } else { grid_of(view.parameters.composing().grid) };
    grip.to = dragged(&grip.picked.note, grip.hold, by, grid, &view.roll.score);
    camera.is_held = true;
    if !response.drag_stopped() {
        camera.grip = Some(grip);
        return Vec::new();
    }
    change(camera, view, grip.picked, grip.to)
}

/// Replaces a note by another, which is picked then.
fn change(camera: &mut Camera, view: &View, old: PickedNote, new: Note) -> Bars {
    if old.note == new {
        return Vec::new();
    }
    let bars = replaced(&view.roll.score, Some(old), Some(new));
    let bar_idx = bars.iter().find(|(_, bar)| bar.notes.contains(&new)).map(|(bar_idx, _)| *bar_idx);
    camera.picked = bar_idx.map(|bar_idx| PickedNote { bar_idx, note: new });
    bars
}

/// A click picks a note, a double click beside the notes adds one, and the right button opens a note's menu.
fn clicks(ui: &Ui, response: &Response, scene: Scene<'_>, camera: &mut Camera) -> Bars {
    let Scene { times, rows, view, .. } = scene;
    let is_clicked = response.clicked() || response.secondary_clicked();
    let Some(pointer) = response.interact_pointer_pos().filter(|_| is_clicked) else { return Vec::new() };
    let here = under(ui, pointer, scene).map(|(picked, _)| picked);
    camera.note_menu = here.filter(|_| response.secondary_clicked()).map(|_| pointer);
    match here {
        Some(picked) => camera.pick(picked),
        None => camera.picked = None,
    }
    if here.is_some() || !response.double_clicked() {
        return Vec::new();
    }
    let at = times.beats(pointer.x).to_ticks_floor();
    let (Some(bar), Some(row)) = (view.roll.score.bar_at(at), rows.at(pointer.y)) else { return Vec::new() };
    let grid = grid_of(view.parameters.composing().grid);
    replaced(&view.roll.score, None, Some(added(at, row.pitch, row.is_drum, grid, bar)))
}

/// Delete takes the picked note away, L locks or unlocks it; Escape picks none.
fn keys(ui: &Ui, camera: &mut Camera, view: &View, intents: &mut Vec<Intent>) -> Bars {
    let Some(picked) = camera.picked.filter(|_| !ui.ctx().text_edit_focused()) else { return Vec::new() };
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if ui.input(|input| input.key_pressed(Key::Escape)) {
        camera.picked = None;
    } else if pressed(Key::L) {
        intents.extend(lock(picked, view));
    } else if pressed(Key::Delete) || pressed(Key::Backspace) {
        camera.picked = None;
        return replaced(&view.roll.score, Some(picked), None);
    }
    Vec::new()
}

/// Locks a note, or unlocks it; nothing if the note is no longer there.
fn lock(picked: PickedNote, view: &View) -> Option<Intent> {
    Some(Intent::LockNote(picked.bar_idx, picked.note, !is_locked(picked, view)?))
}

/// Whether a note stays when its bar is composed again; `None` if it is no longer there.
fn is_locked(picked: PickedNote, view: &View) -> Option<bool> {
    let bar = view.roll.score.bars.get(picked.bar_idx)?;
    let idx = bar.notes.iter().position(|note| *note == picked.note)?;
    Some(view.roll.marks.get(picked.bar_idx).is_some_and(|mark| mark.is_locked(idx)))
}

/// The wheel with Alt makes the note under the pointer louder or softer.
fn wheel(ui: &Ui, response: &Response, scene: Scene<'_>, camera: &mut Camera) -> Bars {
    let Some(pointer) = response.hover_pos() else { return Vec::new() };
    let turned = |event: &Event| match event {
        Event::MouseWheel { delta, modifiers, .. } if modifiers.alt => (delta.x + delta.y).signum() as i32,
        _ => 0,
    };
    let velocity = LOUDER * ui.input(|input| input.events.iter().map(turned).sum::<i32>());
    let picked = under(ui, pointer, scene).filter(|_| velocity != 0);
    let Some((picked, _)) = picked else { return Vec::new() };
    let by = Drag { velocity, ..Drag::default() };
    let new = dragged(&picked.note, Hold::Velocity, by, Tick(1), &scene.view.roll.score);
    change(camera, scene.view, picked, new)
}

/// The menu of the picked note.
fn menu(ui: &Ui, camera: &mut Camera, view: &View, intents: &mut Vec<Intent>) -> Bars {
    let (Some(at), Some(picked)) = (camera.note_menu, camera.picked) else { return Vec::new() };
    let (mut is_open, mut bars) = (true, Vec::new());
    Popup::new(Id::unique(("continuo note menu", at.x.to_bits())), ui.ctx().clone(), at, ui.layer_id())
        .kind(PopupKind::Menu)
        .open_bool(&mut is_open)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .layout(Layout::top_down_justified(Align::Min))
        .show(|ui| {
            ui.label(theme::small(ui, hover::pitch_name(&picked.note)));
            let is_locked = is_locked(picked, view).unwrap_or(false);
            if ui.button(if is_locked { "Unlock note" } else { "Lock note" }).clicked() {
                intents.extend(lock(picked, view));
            }
            if ui.button("Delete note").clicked() {
                bars = replaced(&view.roll.score, Some(picked), None);
                camera.picked = None;
            }
        });
    if !is_open {
        camera.note_menu = None;
    }
    bars
}

/// Frames the note that is picked or held, and shows by the pointer what can be done with the one under it.
fn frame(ui: &Ui, response: &Response, scene: Scene<'_>, camera: &Camera) {
    let Scene { picture, times, rows, .. } = scene;
    let palette = theme::palette(ui);
    let painter = ui.painter().with_clip_rect(picture);
    if let Some(grip) = &camera.grip
        && let Some(rect) = rows.rect(&grip.to, times)
    {
        let fill = palette.note(grip.to.family, grip.to.velocity);
        painter.rect(rect, 2.0, fill, Stroke::new(1.5, palette.accent), StrokeKind::Outside);
    } else if let Some(picked) = camera.picked
        && let Some(rect) = rows.rect(&picked.note, times)
    {
        painter.rect_stroke(rect.expand(1.0), 2.0, Stroke::new(1.5, palette.accent), StrokeKind::Outside);
    }
    let hold = camera.grip.as_ref().map(|grip| grip.hold);
    let hold = hold.or_else(|| under(ui, response.hover_pos()?, scene).map(|(_, hold)| hold));
    let icon = match hold {
        Some(Hold::Body) => CursorIcon::Move,
        Some(Hold::End) => CursorIcon::ResizeHorizontal,
        Some(Hold::Velocity) => CursorIcon::ResizeVertical,
        None => return,
    };
    ui.ctx().set_cursor_icon(icon);
}
