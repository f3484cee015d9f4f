//! The whole roll: its areas, and how it is moved by hand.

use egui::{
    Align2, Color32, Mesh, Painter, Rect, Response, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use crate::music::Beats;
use crate::plugin::editor::pages::roll::keyboard::{paint_keys, paint_rows, width};
use crate::plugin::editor::pages::roll::note_hand::{Scene, edit, grip};
use crate::plugin::editor::pages::roll::rows::{Content, Rows, content};
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::pages::roll::{bar_menu, chord_strip, hover, notes, overview, strip};
use crate::plugin::editor::theme::{self, Palette};
use crate::plugin::editor::view::camera::Camera;
use crate::plugin::editor::view::{Intent, View};

/// Height of the strip of bars, of the strip of chords, and of the line below the notes.
const STRIP: f32 = 20.0;
const CHORDS: f32 = 19.0;
const BELOW: f32 = 26.0;

/// Where the parts of the roll are.
struct Areas {
    /// The column of keys and names.
    left: Rect,
    strip: Rect,
    chords: Rect,
    picture: Rect,
    below: Rect,
}

impl Areas {
    fn new(inside: Rect, content: Content) -> Self {
        let (left, right) = inside.split_left_right_at_x(inside.left() + width(content));
        let strip = right.with_max_y(right.top() + STRIP);
        // Drums alone have no chords.
        let height = if content == Content::Drums { 0.0 } else { CHORDS };
        let chords = Rect::from_min_size(strip.left_bottom(), vec2(strip.width(), height));
        let below = Rect::from_min_max(pos2(inside.left(), inside.bottom() - BELOW), inside.max);
        let picture = Rect::from_min_max(chords.left_bottom(), pos2(right.right(), below.top()));
        Self { left, strip, chords, picture, below }
    }

    /// What of the left column is beside an area.
    fn beside(&self, area: Rect) -> Rect {
        Rect::from_x_y_ranges(self.left.x_range(), area.y_range())
    }
}

/// Draws the roll into all the available space.
pub(crate) fn show(ui: &mut Ui, camera: &mut Camera, view: &View, intents: &mut Vec<Intent>) {
    let palette = theme::palette(ui);
    let (whole, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    ui.painter().rect(whole, 8.0, palette.well, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    let content = content(&view.roll);
    let areas = Areas::new(whole.shrink(1.0), content);
    let response = ui.interact(areas.picture, ui.scope_id().with("roll"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Canvas, true, "Piano roll"));
    hold(ui, camera, &response, areas.picture, view);
    move_by_hand(ui, camera, &response, areas.picture);
    camera.follow(view.roll.playhead, areas.picture.width());
    let times = Times::new(areas.picture, camera.left, camera.zoom);
    music(ui, &response, &areas, &times, camera, view, intents);
    bar_menu::keys(ui, camera, view, intents);
    strip::show(ui, areas.strip, &times, camera, view, intents);
    paint_playhead(ui, &times, areas.strip, areas.picture, view, palette);
    if content != Content::Drums {
        chord_strip::show(ui, areas.chords, &times, camera, view, intents);
        chord_strip::degrees_switch(ui, areas.beside(areas.chords), view, intents);
    }
    overview::show(ui, areas.below, camera, &times, view, intents);
}

/// Draws the rows with their names and the notes, and follows what the user does to these.
fn music(
    ui: &Ui,
    response: &Response,
    areas: &Areas,
    times: &Times,
    camera: &mut Camera,
    view: &View,
    intents: &mut Vec<Intent>,
) {
    let (palette, knobs, picture) = (theme::palette(ui), view.parameters.composing(), areas.picture);
    let rows = Rows::new(ui, picture, &view.roll, times);
    let painter = ui.painter().with_clip_rect(picture);
    paint_rows(&painter, picture, &rows, &knobs, palette);
    paint_bar_lines(&painter, times, view, palette);
    notes::paint(ui, &painter, times, &rows, view, camera);
    edit(ui, response, Scene { picture, times, rows: &rows, view }, camera, intents);
    let keys = areas.beside(picture);
    paint_keys(&ui.painter().with_clip_rect(keys), keys, &rows, &knobs, palette);
    if view.roll.score.bars.is_empty() {
        let font = theme::font(theme::BODY);
        painter.text(picture.center(), Align2::CENTER_CENTER, why_empty(view), font, palette.dim);
    }
    if response.hovered() && !response.dragged() && camera.note_menu.is_none() {
        hover::explain(ui, response, times, &rows, view);
    }
}

fn why_empty(view: &View) -> &'static str {
    match (&view.card, &view.transport) {
        _ if !view.is_activated => {
            "The host has not started the plugin yet: its audio is off, or the track is not active."
        }
        (None, _) => "No model is loaded, so nothing is composed. Choose one under Models.",
        (Some(_), None) => "Nothing has been composed here yet. Press play in the host.",
        (Some(_), Some(_)) => "Nothing has been composed here yet. Press Play.",
    }
}

/// Takes hold of a note where a drag begins, in the picture as it was seen.
fn hold(ui: &Ui, camera: &mut Camera, response: &Response, picture: Rect, view: &View) {
    if response.drag_started() {
        let times = Times::new(picture, camera.left, camera.zoom);
        let rows = Rows::new(ui, picture, &view.roll, &times);
        grip(ui, response, Scene { picture, times: &times, rows: &rows, view }, camera);
    }
}

fn move_by_hand(ui: &Ui, camera: &mut Camera, response: &Response, picture: Rect) {
    if response.dragged() && camera.grip.is_none() {
        camera.move_by(-response.drag_delta().x);
    }
    // With Alt the wheel is for velocities.
    let Some(pointer) = response.hover_pos().filter(|_| !ui.input(|input| input.modifiers.alt)) else {
        return;
    };
    let (scroll, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    if (zoom - 1.0).abs() > 1e-3 {
        camera.zoom_by(zoom, pointer.x - picture.left());
    } else {
        camera.move_by(-scroll.x - scroll.y);
    }
}

fn paint_bar_lines(painter: &Painter, times: &Times, view: &View, palette: &Palette) {
    let mut mesh = Mesh::default();
    let length = usize::from(view.parameters.composing().length);
    let height = painter.clip_rect().y_range();
    let mut line = |x: f32, width: f32, colour: Color32| {
        let x = x.round();
        mesh.add_colored_rect(Rect::from_x_y_ranges(x..=x + width, height), colour);
    };
    for (bar_idx, bar) in times.bars_in_sight(&view.roll.score) {
        let pulse = 4.0 / f64::from(bar.meter.denominator());
        let gap = times.zoom() * pulse as f32;
        if gap > 7.0 {
            for idx in 1..bar.meter.numerator() {
                let x = times.x(bar.start.to_beats() + Beats(f64::from(idx) * pulse));
                line(x, 1.0, palette.line.gamma_multiply(0.4));
            }
        }
        let is_phrase = bar_idx % length.max(1) == 0;
        line(times.x(bar.start.to_beats()), if is_phrase { 2.0 } else { 1.0 }, palette.line);
    }
    painter.add(Shape::mesh(mesh));
}

fn paint_playhead(ui: &Ui, times: &Times, strip: Rect, picture: Rect, view: &View, palette: &Palette) {
    let x = times.x(view.roll.playhead);
    if !picture.x_range().contains(x) {
        return;
    }
    let colour = if view.roll.playing { palette.accent } else { palette.dim };
    let painter = ui.painter();
    painter.vline(x, strip.center().y..=picture.bottom(), Stroke::new(1.5, colour));
    let tip = pos2(x, strip.bottom());
    let triangle = vec![tip, tip + vec2(-5.0, -8.0), tip + vec2(5.0, -8.0)];
    painter.add(Shape::convex_polygon(triangle, colour, Stroke::NONE));
}
