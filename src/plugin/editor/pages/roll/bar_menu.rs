//! The menu of the selected bars, and its keys.

use std::ops::Range;

use egui::accesskit::Role;
use egui::{Align, Button, Id, Key, Layout, Modifiers, Popup, PopupCloseBehavior, PopupKind, Ui, WidgetInfo};

use crate::composer::Edit;
use crate::player::Knob;
use crate::player::knobs::Form;
use crate::plugin::editor::pages::roll::bars::bar_number;
use crate::plugin::editor::theme;
use crate::plugin::editor::view::camera::Camera;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::midi_file::{Extent, Performance};

/// Draws the menu of the selected bars, if it is open.
pub(crate) fn bar_menu(ui: &Ui, camera: &mut Camera, view: &View, intents: &mut Vec<Intent>) {
    let Some(at) = camera.menu else { return };
    let Some(bars) = camera.selected_bars(view.roll.score.bars.len()) else {
        camera.menu = None;
        return;
    };
    let mut is_open = true;
    // Each click that opens it opens another, so that it does not close its own.
    let id = Id::unique(("continuo bar menu", bars.start, bars.end, at.x.to_bits()));
    Popup::new(id, ui.ctx().clone(), at, ui.layer_id())
        .kind(PopupKind::Menu)
        .open_bool(&mut is_open)
        .close_behavior(PopupCloseBehavior::CloseOnClick)
        .layout(Layout::top_down_justified(Align::Min))
        .show(|ui| {
            ui.set_min_width(150.0);
            ui.label(theme::small(ui, title(&bars, view)));
            for (text, edit, is_enabled) in items(&bars, view) {
                if ui.add_enabled(is_enabled, Button::new(text)).clicked() {
                    intents.push(Intent::Edit(bars.clone(), edit));
                }
            }
            ui.separator();
            if ui.button("Save as MIDI").clicked() {
                let extent = Extent::Bars(bars.start, bars.len());
                intents.push(Intent::SaveMidi(extent, Performance::AsHeard));
            }
            copy_over(ui, &bars, view, intents);
        });
    if !is_open {
        camera.menu = None;
    }
}

/// Draws a button for each of the other takes.
fn copy_over(ui: &mut Ui, bars: &Range<usize>, view: &View, intents: &mut Vec<Intent>) {
    let here = view.parameters.step(Knob::Slot, view.parameters.position(Knob::Slot));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        ui.label(theme::small(ui, "Copy over take"));
        for (slot, name) in Form::TAKES.into_iter().enumerate().filter(|(slot, _)| *slot != here) {
            let button = ui.button(name);
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Copy over take {name}")));
            if button.clicked() {
                intents.push(Intent::CopyBars(here as u8, slot as u8, bars.clone()));
            }
        }
    });
}

/// Escape selects nothing; Delete clears the selected bars, and K keeps or releases them.
pub(crate) fn keys(ui: &Ui, camera: &mut Camera, view: &View, intents: &mut Vec<Intent>) {
    if ui.ctx().text_edit_focused() {
        return;
    }
    let Some(bars) = camera.selected_bars(view.roll.score.bars.len()) else { return };
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let [.., (_, keep, _), (_, clear, can_clear)] = items(&bars, view);
    if ui.input(|input| input.key_pressed(Key::Escape)) {
        (camera.selection, camera.menu) = (None, None);
    } else if pressed(Key::K) {
        intents.push(Intent::Edit(bars, keep));
    } else if (pressed(Key::Delete) || pressed(Key::Backspace)) && can_clear {
        intents.push(Intent::Edit(bars, clear));
    }
}

fn title(bars: &Range<usize>, view: &View) -> String {
    let bars = view.roll.score.bars.get(bars.clone()).unwrap_or_default();
    match bars {
        [] => String::new(),
        [bar] => format!("Bar {}", bar_number(bar)),
        [first, .., last] => format!("Bars {}\u{2013}{}", bar_number(first), bar_number(last)),
    }
}

/// The edits of bars, with their names and whether they are possible. Kept bars are only released.
fn items(bars: &Range<usize>, view: &View) -> [(&'static str, Edit, bool); 5] {
    let is_kept = |bar_idx: usize| view.roll.marks.get(bar_idx).is_some_and(|mark| mark.is_kept);
    let are_all_kept = bars.clone().all(is_kept);
    let (keep, edit) = if are_all_kept { ("Release", Edit::Release) } else { ("Keep", Edit::Keep) };
    let re_roll = if bars.len() == 1 { "Re-roll this bar" } else { "Re-roll these bars" };
    let has_locked =
        |bar_idx: usize| view.roll.marks.get(bar_idx).is_some_and(|mark| mark.locked.contains(&true));
    let can_change = !are_all_kept || bars.clone().any(has_locked);
    [
        (re_roll, Edit::ReRoll, can_change),
        ("New rhythm only", Edit::ReRollRhythm, can_change),
        ("New pitches only", Edit::ReRollPitches, can_change),
        (keep, edit, true),
        ("Clear", Edit::Clear, !are_all_kept),
    ]
}
