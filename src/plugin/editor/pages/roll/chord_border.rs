//! The borders between the chords of a bar, which can be dragged.

use egui::accesskit::Role;
use egui::{CursorIcon, Rect, Sense, Stroke, Ui, WidgetInfo};

use crate::music::{Bar, Tick, spread_words};
use crate::plugin::editor::pages::roll::bars::bar_number;
use crate::plugin::editor::pages::roll::times::Times;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::camera::Camera;

/// Changes are moved by eighths.
const STEP: i64 = Tick::PER_BEAT / 2;
/// How near to a border the pointer takes hold of it, in pixels.
const REACH: f32 = 4.0;

/// The chords of a bar as they are typed, each with the place in the bar where it begins.
pub(crate) type Words = Vec<(Tick, String)>;

/// What the user has done to a border.
pub(crate) enum Touch {
    /// Clicked it, as any other place of the bar.
    Clicked,
    /// Dropped it where the bar has this text.
    Dropped(String),
}

/// Draws the borders within a bar.
pub(crate) fn borders(
    ui: &Ui,
    strip: Rect,
    times: &Times,
    (bar_idx, bar): (usize, &Bar),
    words: &Words,
    camera: &mut Camera,
) -> Option<Touch> {
    let mut touch = None;
    for (idx, (at, word)) in words.iter().enumerate().skip(1) {
        let x = times.x_of(bar.start + *at);
        let rect = Rect::from_x_y_ranges(x - REACH..=x + REACH, strip.y_range());
        if !strip.contains_rect(rect) {
            continue;
        }
        let response =
            ui.interact(rect, ui.scope_id().with(("border", bar_idx, idx)), Sense::click_and_drag());
        let name = format!("Where {word} begins in bar {}", bar_number(bar));
        response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, &name));
        if response.hovered() || response.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        }
        if response.clicked() {
            touch = Some(Touch::Clicked);
        }
        let pointer = response.interact_pointer_pos();
        let wanted = pointer.map(|pointer| times.beats(pointer.x).to_ticks_round() - bar.start);
        let Some((place, text)) = wanted.and_then(|wanted| moved(words, idx, wanted, bar)) else { continue };
        if response.dragged() {
            camera.is_held = true;
            let x = times.x_of(bar.start + place);
            ui.painter().vline(x, strip.y_range(), Stroke::new(2.0, theme::palette(ui).accent));
        } else if response.drag_stopped() && place != *at {
            touch = Some(Touch::Dropped(text));
        }
    }
    touch
}

/// The place nearest to the one that is wanted to which a change can be moved, and the text of the bar then.
fn moved(words: &Words, idx: usize, wanted: Tick, bar: &Bar) -> Option<(Tick, String)> {
    let length = bar.end() - bar.start;
    let (before, _) = words.get(idx.checked_sub(1)?)?;
    let after = words.get(idx + 1).map_or(length, |(at, _)| *at);
    let mut places: Vec<Tick> = (0..length.0 / STEP).map(|step| Tick(step * STEP)).collect();
    places.retain(|place| place > before && *place < after);
    places.sort_by_key(|place| (*place - wanted).0.abs());
    places.into_iter().find_map(|place| {
        let mut words: Vec<(Tick, &str)> = words.iter().map(|(at, word)| (*at, word.as_str())).collect();
        words.get_mut(idx)?.0 = place;
        Some((place, spread_words(&words, bar.meter)?))
    })
}
