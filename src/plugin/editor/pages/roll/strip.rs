//! The strip of bars above the notes: their numbers and marks.

use egui::accesskit::Role;
use egui::{
    Align2, Painter, PointerButton, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};

use crate::composer::Mark;
use crate::plugin::editor::pages::roll::bar_menu::bar_menu;
use crate::plugin::editor::pages::roll::bars::bar_number;
use crate::plugin::editor::pages::roll::repeats::{Repeats, repeats};
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme::{self, Palette};
use crate::plugin::editor::view::camera::Camera;
use crate::plugin::editor::view::{Intent, View};

/// Draws the strip.
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
    painter.rect_filled(strip, 0.0, palette.panel);
    let length = usize::from(view.parameters.composing().length).max(1);
    let drag = ui.interact(strip, ui.scope_id().with("bars"), Sense::drag());
    select_by_dragging(ui, &drag, strip, times, camera, view);
    let selected = camera.selected_bars(view.roll.score.bars.len()).unwrap_or_default();
    let mut next_label = f32::MIN;
    for (bar_idx, bar) in times.bars_in_sight(&view.roll.score) {
        let x = times.x_of(bar.start)..=times.x_of(bar.end()) - 1.0;
        let rect = Rect::from_x_y_ranges(x, strip.y_range());
        let number = bar_number(bar);
        let id = ui.scope_id().with(("bar", bar_idx));
        let response = ui.interact(rect.intersect(strip), id, Sense::click());
        let name = format!("Bar {number}");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let mark = view.roll.marks.get(bar_idx).cloned().unwrap_or_default();
        let is_lit = response.hovered() || response.has_focus() || selected.contains(&bar_idx);
        paint_bar(&painter, rect, &mark, is_lit, palette);
        let is_phrase = bar_idx % length == 0;
        let repeats = repeats(&view.roll.score, bar_idx, length);
        let repeats =
            repeats.map(|(how, idx)| (how, view.roll.score.bars.get(idx).map_or(0, |bar| bar_number(bar))));
        let left = rect.left() + if mark.is_kept { 18.0 } else { 5.0 };
        if left >= next_label && rect.left() > strip.left() - 12.0 {
            let colour = if is_phrase { palette.text } else { palette.dim };
            let at = pos2(left, strip.center().y);
            let label = painter.text(at, Align2::LEFT_CENTER, number, theme::font(theme::SMALL), colour);
            next_label = label.right() + 8.0;
            if rect.right() - label.right() > 34.0
                && let Some((how, other)) = repeats
            {
                let sign = if how == Repeats::Exactly { "=" } else { "≈" };
                let (at, font) = (pos2(label.right() + 5.0, strip.center().y), theme::font(10.0));
                let text = format!("{sign} {other}");
                painter.text(at, Align2::LEFT_CENTER, text, font, palette.dim.gamma_multiply(0.8));
            }
        }
        select(ui, &response, bar_idx, camera);
        if response.clicked() || response.secondary_clicked() {
            open_menu(camera, &response, strip, rect.left());
        }
        response.on_hover_text(hint(number, &mark, is_phrase, repeats));
    }
    if drag.drag_stopped_by(PointerButton::Primary) {
        open_menu(camera, &drag, strip, strip.left());
    }
    bar_menu(ui, camera, view, intents);
}

/// Opens the menu of the selected bars below the pointer, or else at `x`.
fn open_menu(camera: &mut Camera, response: &Response, strip: Rect, x: f32) {
    let x = response.interact_pointer_pos().map_or(x, |pointer| pointer.x);
    camera.menu = Some(pos2(x.clamp(strip.left(), strip.right()), strip.bottom()));
}

/// Selects the bar that is clicked; with shift, all up to it.
fn select(ui: &Ui, response: &Response, bar_idx: usize, camera: &mut Camera) {
    let is_extending = ui.input(|input| input.modifiers.shift);
    let is_new = response.clicked() || response.secondary_clicked();
    let is_selected = camera.selection.is_some_and(|selection| selection.bars().contains(&bar_idx));
    if is_new && is_extending {
        camera.extend_to(bar_idx);
    } else if is_new && !(response.secondary_clicked() && is_selected) {
        camera.select(bar_idx);
    }
}

/// How fast the picture moves while bars are selected beyond its edge: widths a second.
const EDGE_SPEED: f32 = 0.6;

/// Selects the bars over which the pointer is dragged; with shift, all up to it. Beyond an edge the picture moves on.
fn select_by_dragging(
    ui: &Ui,
    drag: &Response,
    strip: Rect,
    times: &Times,
    camera: &mut Camera,
    view: &View,
) {
    let Some(pointer) = drag.interact_pointer_pos().filter(|_| drag.dragged_by(PointerButton::Primary))
    else {
        return;
    };
    let bars = &view.roll.score.bars;
    let bar_at = |x: f32| {
        let here = times.beats(x).to_ticks_floor();
        bars.partition_point(|bar| bar.end() <= here).min(bars.len().saturating_sub(1))
    };
    if drag.drag_started() && !ui.input(|input| input.modifiers.shift) {
        let press = ui.input(|input| input.pointer.press_origin()).unwrap_or(pointer);
        camera.select(bar_at(press.x));
    }
    let idx = bar_at(pointer.x.clamp(strip.left(), strip.right()));
    camera.extend_to(idx);
    camera.is_held = true;
    let [Some(first), Some(last)] = [bars.first(), bars.last()] else { return };
    let is_after = pointer.x > strip.right() && times.x_of(last.end()) > strip.right();
    let is_before = pointer.x < strip.left() && times.x_of(first.start) < strip.left();
    if is_after || is_before {
        let pixels = EDGE_SPEED * strip.width() * ui.input(|input| input.stable_dt.min(0.1));
        camera.move_by(if is_after { pixels } else { -pixels });
        ui.request_repaint();
    }
}

/// What hovering over a bar shows; `repeats` has the number of the bar that it repeats.
fn hint(number: i64, mark: &Mark, is_phrase: bool, repeats: Option<(Repeats, i64)>) -> String {
    let repeated = match repeats {
        Some((Repeats::Exactly, other)) => format!(", plays what bar {other} plays"),
        Some((Repeats::Varies, other)) => format!(", varies bar {other}"),
        None => String::new(),
    };
    let phrase = if is_phrase { ", where the phrase begins" } else { "" };
    let kept = if mark.is_kept { ", kept" } else { "" };
    let edited = if mark.is_edited { ", changed by you" } else { "" };
    format!(
        "Bar {number}{phrase}{repeated}{kept}{edited}\nClick to compose it again, keep it or clear it; drag over several bars."
    )
}

fn paint_bar(painter: &Painter, rect: Rect, mark: &Mark, is_lit: bool, palette: &Palette) {
    let body = rect.shrink2(vec2(0.5, 2.0));
    if is_lit {
        painter.rect_filled(body, 3.0, palette.lit);
    }
    if mark.is_kept {
        let (fill, stroke) = (palette.accent.gamma_multiply(0.22), Stroke::new(1.0, palette.accent));
        painter.rect(body, 3.0, fill, stroke, StrokeKind::Inside);
        padlock(painter, pos2(rect.left() + 10.5, rect.center().y), palette);
    }
    if mark.is_edited {
        painter.circle_filled(pos2(rect.right() - 6.0, rect.center().y), 2.5, palette.accent);
    }
}

/// Paints a closed padlock.
fn padlock(painter: &Painter, centre: Pos2, palette: &Palette) {
    let body = Rect::from_center_size(centre + vec2(0.0, 2.0), vec2(8.0, 6.0));
    painter.circle_stroke(centre - vec2(0.0, 1.5), 2.6, Stroke::new(1.3, palette.accent));
    painter.rect_filled(body, 1.5, palette.accent);
}
