//! The strip of bars above the notes: their numbers and marks.

use egui::accesskit::Role;
use egui::{Align2, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::composer::Mark;
use crate::plugin::editor::pages::roll::bar_menu::bar_menu;
use crate::plugin::editor::pages::roll::bars::bar_number;
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
    let mut next_label = f32::MIN;
    for (bar_idx, bar) in times.bars_in_sight(&view.roll.score) {
        let x = times.x_of(bar.start)..=times.x_of(bar.end()) - 1.0;
        let rect = Rect::from_x_y_ranges(x, strip.y_range());
        let number = bar_number(bar);
        let response =
            ui.interact(rect.intersect(strip), ui.scope_id().with(("bar", bar_idx)), Sense::click());
        let name = format!("Bar {number}");
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let mark = view.roll.marks.get(bar_idx).cloned().unwrap_or_default();
        let is_open = camera.menu.is_some_and(|(open, _)| open == bar_idx);
        paint_bar(&painter, rect, &mark, response.hovered() || response.has_focus() || is_open, palette);
        let is_phrase = bar_idx % length == 0;
        let left = rect.left() + if mark.is_kept { 18.0 } else { 5.0 };
        if left >= next_label && rect.left() > strip.left() - 12.0 {
            let colour = if is_phrase { palette.text } else { palette.dim };
            let at = pos2(left, strip.center().y);
            let label = painter.text(at, Align2::LEFT_CENTER, number, theme::font(theme::SMALL), colour);
            next_label = label.right() + 8.0;
        }
        if response.clicked() || response.secondary_clicked() {
            camera.menu = Some((bar_idx, pos2(rect.left().max(strip.left()), strip.bottom())));
        }
        response.on_hover_text(hint(number, &mark, is_phrase));
    }
    bar_menu(ui, camera, view, intents);
}

fn hint(number: i64, mark: &Mark, is_phrase: bool) -> String {
    let phrase = if is_phrase { ", where the phrase begins" } else { "" };
    let kept = if mark.is_kept { ", kept" } else { "" };
    let edited = if mark.is_edited { ", changed by you" } else { "" };
    format!("Bar {number}{phrase}{kept}{edited}\nClick to compose it again, keep it or clear it.")
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
