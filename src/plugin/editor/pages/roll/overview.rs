//! The line below the notes: the instruments, the whole take at a glance, zoom and follow.

use egui::accesskit::Role;
use egui::{Align, Layout, Mesh, Rect, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, vec2};

use crate::music::{Beats, Tick};
use crate::plugin::editor::pages::roll::legend::legend;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::view::camera::Camera;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::editor::{theme, widgets};

/// The factor on the zoom of a click on a zoom button.
const ZOOM_STEP: f32 = 1.35;

/// Draws the line.
pub(crate) fn show(
    ui: &mut Ui,
    line: Rect,
    camera: &mut Camera,
    times: &Times,
    view: &View,
    intents: &mut Vec<Intent>,
) {
    let builder = UiBuilder::new()
        .max_rect(line.shrink2(vec2(6.0, 1.0)))
        .id_salt("overview")
        .layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let middle = times.range().span() / 2.0;
        let closer = widgets::small_button(ui, "Zoom in", "+", true);
        if closer.on_hover_text("Zoom in (Ctrl and the wheel)").clicked() {
            camera.zoom_by(ZOOM_STEP, middle);
        }
        let farther = widgets::small_button(ui, "Zoom out", "−", true);
        if farther.on_hover_text("Zoom out (Ctrl and the wheel)").clicked() {
            camera.zoom_by(1.0 / ZOOM_STEP, middle);
        }
        let follow = widgets::chip(ui, "Follow", camera.is_following, None);
        if follow.clicked() {
            camera.is_following = !camera.is_following;
        }
        follow.on_hover_text("Follows the song until you scroll.");
        ui.add_space(5.0);
        let width = (ui.available_width() * 0.5).max(120.0).min(ui.available_width());
        whole_take(ui, width, camera, times, view);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| legend(ui, times, view, intents));
    });
}

/// Draws the take from end to end, with a frame around what is in sight; a click or a drag moves the frame.
fn whole_take(ui: &mut Ui, width: f32, camera: &mut Camera, times: &Times, view: &View) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, 14.0), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Whole take"));
    let end = view.roll.score.bars.last().map_or(0.0, |bar| bar.end().to_beats().0);
    let total = end.max(view.roll.playhead.0 + 4.0).max(16.0);
    paint_take(ui, rect, total, view);
    let palette = theme::palette(ui);
    let x = |beats: Beats| x_in(rect, beats, total);
    let sight = times.range();
    let window = x(times.beats(sight.min))..=x(times.beats(sight.max));
    let frame = Rect::from_x_y_ranges(window, rect.y_range());
    let stroke = Stroke::new(1.0, if response.hovered() { palette.text } else { palette.dim });
    ui.painter().rect(frame, 3.0, palette.text.gamma_multiply(0.08), stroke, StrokeKind::Inside);
    let colour = if view.roll.playing { palette.accent } else { palette.text };
    ui.painter().vline(x(view.roll.playhead), rect.y_range(), Stroke::new(1.5, colour));
    if (response.clicked() || response.dragged())
        && let Some(pointer) = response.interact_pointer_pos()
    {
        camera.is_following = false;
        let beats = f64::from((pointer.x - rect.left()) / rect.width()) * total;
        camera.left = beats - f64::from(sight.span() / camera.zoom) / 2.0;
    }
    response.on_hover_text("The whole take. Click or drag to go elsewhere.");
}

/// Paints a column for each bar, as high as it has notes.
fn paint_take(ui: &Ui, rect: Rect, total: f64, view: &View) {
    let palette = theme::palette(ui);
    let bars = &view.roll.score.bars;
    let mut mesh = Mesh::default();
    // As many bars as there are pixels are enough.
    let every = (bars.len() as f32 / rect.width().max(1.0)).ceil().max(1.0) as usize;
    let most = bars.iter().map(|bar| bar.notes.len()).max().unwrap_or(0).max(1) as f32;
    for (bar_idx, bar) in bars.iter().enumerate().step_by(every) {
        let x = |tick: Tick| x_in(rect, tick.to_beats(), total);
        let height = 2.0 + (rect.height() - 4.0) * (bar.notes.len() as f32 / most).min(1.0);
        let y = rect.bottom() - 1.0 - height..=rect.bottom() - 1.0;
        let is_kept = view.roll.marks.get(bar_idx).is_some_and(|mark| mark.is_kept);
        let colour = if is_kept { palette.accent } else { palette.dim.gamma_multiply(0.55) };
        mesh.add_colored_rect(Rect::from_x_y_ranges(x(bar.start)..=x(bar.end()) - 0.5, y), colour);
    }
    ui.painter().rect_filled(rect, 3.0, palette.row);
    ui.painter().add(Shape::mesh(mesh));
}

/// The x of a time in the picture of `total` quarter notes.
fn x_in(rect: Rect, time: Beats, total: f64) -> f32 {
    rect.left() + (time.0 / total).clamp(0.0, 1.0) as f32 * rect.width()
}
