//! The line below the notes: who plays, the whole take at a glance, zoom and follow.

use egui::{
    Align, Align2, Color32, Layout, Mesh, Rect, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2,
};

use crate::music::Family;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::view::View;
use crate::plugin::editor::view::camera::Camera;
use crate::plugin::editor::{theme, widgets};

/// What a click on a zoom button multiplies the zoom by.
const ZOOM_STEP: f32 = 1.35;

/// Draws the line.
pub(crate) fn show(ui: &mut Ui, line: Rect, camera: &mut Camera, times: &Times, view: &View) {
    let builder = UiBuilder::new()
        .max_rect(line.shrink2(vec2(6.0, 1.0)))
        .id_salt("overview")
        .layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let middle = times.range().span() / 2.0;
        if widgets::small_button(ui, "Zoom in", "+", true)
            .on_hover_text("Closer (Ctrl and the wheel)")
            .clicked()
        {
            camera.zoom_by(ZOOM_STEP, middle);
        }
        if widgets::small_button(ui, "Zoom out", "−", true)
            .on_hover_text("Farther (Ctrl and the wheel)")
            .clicked()
        {
            camera.zoom_by(1.0 / ZOOM_STEP, middle);
        }
        let follow = widgets::chip(ui, "Follow", camera.is_following, None);
        if follow.clicked() {
            camera.is_following = !camera.is_following;
        }
        follow.on_hover_text("The picture goes with the song. Scrolling by hand ends it.");
        ui.add_space(5.0);
        let width = (ui.available_width() * 0.5).max(120.0).min(ui.available_width());
        let (rect, response) = ui.allocate_exact_size(vec2(width, 14.0), Sense::click_and_drag());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::ScrollBar, true, "Whole take"));
        whole_take(ui, rect, camera, times, view, &response);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| legend(ui, times, view));
    });
}

/// The take from end to end, with a frame around what is in sight.
fn whole_take(
    ui: &Ui,
    rect: Rect,
    camera: &mut Camera,
    times: &Times,
    view: &View,
    response: &egui::Response,
) {
    let palette = theme::palette(ui);
    let painter = ui.painter();
    painter.rect_filled(rect, 3.0, palette.row);
    let bars = &view.roll.score.bars;
    let end = bars.last().map_or(0.0, |bar| bar.end().to_beats().0);
    let total = end.max(view.roll.playhead.0 + 4.0).max(16.0);
    let x = |beats: f64| rect.left() + (beats / total).clamp(0.0, 1.0) as f32 * rect.width();
    let mut mesh = Mesh::default();
    // As many bars as there are pixels are enough.
    let every = (bars.len() as f32 / rect.width().max(1.0)).ceil().max(1.0) as usize;
    let most = bars.iter().map(|bar| bar.notes.len()).max().unwrap_or(0).max(1) as f32;
    for (bar_idx, bar) in bars.iter().enumerate().step_by(every) {
        let range = x(bar.start.to_beats().0)..=(x(bar.end().to_beats().0) - 0.5);
        let share = (bar.notes.len() as f32 / most).min(1.0);
        let height = 2.0 + (rect.height() - 4.0) * share;
        let y = rect.bottom() - 1.0 - height..=rect.bottom() - 1.0;
        let is_kept = view.roll.marks.get(bar_idx).is_some_and(|mark| mark.is_kept);
        let colour = if is_kept { palette.accent } else { palette.dim.gamma_multiply(0.55) };
        mesh.add_colored_rect(Rect::from_x_y_ranges(range, y), colour);
    }
    painter.add(Shape::mesh(mesh));
    let sight = times.range();
    let window = x(times.beats(sight.min).0)..=x(times.beats(sight.max).0);
    let frame = Rect::from_x_y_ranges(window, rect.y_range());
    let stroke = Stroke::new(1.0, if response.hovered() { palette.text } else { palette.dim });
    painter.rect(frame, 3.0, palette.text.gamma_multiply(0.08), stroke, StrokeKind::Inside);
    let colour = if view.roll.playing { palette.accent } else { palette.text };
    painter.vline(x(view.roll.playhead.0), rect.y_range(), Stroke::new(1.5, colour));
    if (response.clicked() || response.dragged())
        && let Some(pointer) = response.interact_pointer_pos()
    {
        camera.is_following = false;
        let beats = f64::from((pointer.x - rect.left()) / rect.width()) * total;
        camera.left = beats - f64::from(sight.span() / camera.zoom) / 2.0;
    }
    response.clone().on_hover_text("The whole take. Click or drag to look elsewhere.");
}

/// Who plays what is in sight, with their colours.
fn legend(ui: &mut Ui, times: &Times, view: &View) {
    let palette = theme::palette(ui);
    let mut is_heard = [false; Family::COUNT];
    for (_, bar) in times.bars_in_sight(&view.roll.score) {
        for note in &bar.notes {
            is_heard[note.family.index()] = true;
        }
    }
    let families = (0..).map_while(Family::from_index).filter(|family| is_heard[family.index()]);
    let mut entries: Vec<(&str, Color32)> =
        families.map(|family| (family.name(), palette.family(family))).collect();
    if !view.roll.input.is_empty() {
        entries.push(("You", palette.incoming));
    }
    ui.spacing_mut().item_spacing.x = 10.0;
    let n_entries = entries.len();
    for (idx, (name, colour)) in entries.into_iter().enumerate() {
        let galley = ui.painter().layout_no_wrap(name.to_owned(), theme::font(theme::SMALL), palette.dim);
        let width = galley.size().x + 14.0;
        let is_last = idx + 1 == n_entries;
        // Whole names or none: the rest is told by hovering.
        if width + if is_last { 0.0 } else { 30.0 } > ui.available_width() {
            let rest = n_entries - idx;
            ui.label(egui::RichText::new(format!("+{rest}")).size(theme::SMALL).color(palette.dim));
            return;
        }
        let (rect, _) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
        let dot = Rect::from_center_size(pos2(rect.left() + 5.0, rect.center().y), vec2(9.0, 7.0));
        ui.painter().rect_filled(dot, 1.5, colour);
        ui.painter().text(
            pos2(rect.left() + 14.0, rect.center().y),
            Align2::LEFT_CENTER,
            name,
            theme::font(theme::SMALL),
            palette.dim,
        );
    }
}
