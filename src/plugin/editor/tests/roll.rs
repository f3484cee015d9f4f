//! The piano roll: its bars and parts by mouse and keys.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2};
use egui_kittest::kittest::Queryable;

use crate::composer::Edit;
use crate::music::{Family, Score, Voice};
use crate::player::{Knob, Part};
use crate::plugin::editor::tests::fixtures::{band, chorale, marks, view};
use crate::plugin::editor::tests::{Stage, turned};
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::midi_file::{Extent, Performance};

impl Stage {
    /// Drags over the numbers from one bar to another.
    pub(super) fn drag_over_bars(&mut self, from: usize, to: usize) {
        let [from, to] = [from, to].map(|bar| self.centre(Role::Button, &format!("Bar {bar}")));
        self.drag(from, to - from);
    }

    pub(super) fn key(&mut self, key: Key) -> Vec<Intent> {
        self.harness.key_press(key);
        self.harness.run();
        self.take_intents()
    }
}

#[test]
fn bars_are_selected_by_dragging_either_way() {
    let mut stage = Stage::new(view());
    for (from, to) in [(5, 8), (8, 5)] {
        stage.drag_over_bars(from, to);
        assert!(stage.has("Bars 5\u{2013}8"));
        assert_eq!(stage.press(Role::Button, "Keep"), [Intent::Edit(4..8, Edit::Keep)]);
    }
}

#[test]
fn a_selection_goes_on_beyond_the_edge_of_the_picture() {
    let mut stage = Stage::new(view());
    let from = stage.centre(Role::Button, "Bar 5");
    let far = Vec2::new(2000.0, 0.0);
    stage.harness.drag_at(from);
    stage.harness.run();
    for _ in 0..200 {
        stage.harness.hover_at(from + far);
        stage.harness.step();
    }
    stage.harness.drop_at(from + far);
    stage.harness.run();
    let n_bars = stage.view.borrow().roll.score.bars.len();
    assert!(!stage.has("Bar 5"), "it is out of sight by now");
    assert_eq!(stage.press(Role::Button, "Keep"), [Intent::Edit(4..n_bars, Edit::Keep)]);
}

#[test]
fn shift_extends_the_selection_and_the_right_button_leaves_it() {
    let mut stage = Stage::new(view());
    stage.press(Role::Button, "Bar 7");
    let extend = |stage: &mut Stage, bar: &str| {
        stage.harness.get_by_role_and_label(Role::Button, bar).click_modifiers(Modifiers::SHIFT);
        stage.harness.run();
    };
    extend(&mut stage, "Bar 9");
    assert!(stage.has("Bars 7\u{2013}9"));
    extend(&mut stage, "Bar 4");
    assert!(stage.has("Bars 4\u{2013}7"), "it begins where it began");
    stage.harness.get_by_role_and_label(Role::Button, "Bar 5").click_secondary();
    stage.harness.run();
    assert_eq!(stage.press(Role::Button, "Clear"), [Intent::Edit(3..7, Edit::Clear)]);
}

#[test]
fn the_menu_of_several_bars_saves_and_copies_them() {
    let mut stage = Stage::new(view());
    let mut choose = |item: &str| {
        stage.drag_over_bars(4, 7);
        stage.press(Role::Button, item)
    };
    assert_eq!(choose("Save as MIDI"), [Intent::SaveMidi(Extent::Bars(3, 4), Performance::AsHeard)]);
    assert_eq!(choose("Copy over take C"), [Intent::CopyBars(0, 2, 3..7)]);
    for (item, edit) in [
        ("Re-roll these bars", Edit::ReRoll),
        ("New rhythm only", Edit::ReRollRhythm),
        ("New pitches only", Edit::ReRollPitches),
        ("Clear", Edit::Clear),
    ] {
        assert_eq!(choose(item), [Intent::Edit(3..7, edit)]);
    }
}

#[test]
fn bars_that_are_all_kept_are_released() {
    let mut roll = view().roll;
    roll.marks = marks(&roll.score, &[4, 5], &[]);
    let mut stage = Stage::new(View { roll, ..view() });
    stage.drag_over_bars(5, 6);
    assert_eq!(stage.press(Role::Button, "Release"), [Intent::Edit(4..6, Edit::Release)]);
    stage.drag_over_bars(5, 7);
    assert_eq!(stage.press(Role::Button, "Keep"), [Intent::Edit(4..7, Edit::Keep)], "one is not");
}

#[test]
fn keys_keep_and_clear_the_selected_bars_and_escape_selects_none() {
    let mut stage = Stage::new(view());
    assert_eq!(stage.key(Key::K), [], "nothing is selected");
    stage.drag_over_bars(5, 6);
    assert_eq!(stage.key(Key::K), [Intent::Edit(4..6, Edit::Keep)]);
    assert_eq!(stage.key(Key::Delete), [Intent::Edit(4..6, Edit::Clear)]);
    assert_eq!(stage.key(Key::Escape), []);
    assert_eq!(stage.key(Key::Delete), []);
    // While something is typed, the keys belong to the text.
    stage.drag_over_bars(5, 6);
    stage.turn_to("Chords");
    stage.harness.get_by_role_and_label(Role::TextInput, "Chords").focus();
    stage.harness.run();
    assert_eq!(stage.key(Key::K), []);
}

#[test]
fn the_picture_rests_while_bars_are_selected_and_then_follows_again() {
    let mut stage = Stage::new(view());
    let at = |stage: &Stage| stage.centre(Role::Button, "Bar 6");
    let here = at(&stage);
    stage.harness.drag_at(here);
    stage.harness.hover_at(here + Vec2::new(30.0, 0.0));
    stage.harness.run_steps(2);
    stage.view.borrow_mut().roll.playhead.0 += 1.0;
    stage.harness.run_steps(2);
    assert_eq!(at(&stage), here);
    stage.harness.drop_at(here + Vec2::new(30.0, 0.0));
    stage.harness.run_steps(3);
    assert!(at(&stage).x < here.x - 20.0);
}

fn with_score(score: Arc<Score>) -> View {
    let mut roll = view().roll;
    roll.score = score;
    View { roll, ..view() }
}

#[test]
fn a_part_is_muted_and_played_alone_in_the_legend() {
    let mut stage = Stage::new(with_score(band(16)));
    let bass = Part::Instrument(Family::BASS);
    let solo = |stage: &Stage, step| {
        turned(Knob::Solo, stage.view.borrow().parameters.position_of_step(Knob::Solo, step))
    };
    assert_eq!(stage.press(Role::Button, "Mute Bass"), turned(Knob::Mutes(bass), 1.0));
    let alone = solo(&stage, bass.index() + 1);
    assert_eq!(stage.press(Role::Button, "Solo Bass"), alone);
    stage.harness.get_by_role_and_label(Role::Button, "Mute Bass").click_modifiers(Modifiers::ALT);
    stage.harness.run();
    assert_eq!(stage.take_intents(), alone);
    // And back.
    let put = |stage: &Stage, knob, position| stage.view.borrow().parameters.put(knob, position);
    put(&stage, Knob::Mutes(bass), 1.0);
    assert_eq!(stage.press(Role::Button, "Mute Bass"), turned(Knob::Mutes(bass), 0.0));
    let Intent::Turn(_, position) = alone[1] else { panic!("{alone:?}") };
    put(&stage, Knob::Solo, position);
    assert_eq!(stage.press(Role::Button, "Solo Bass"), solo(&stage, 0));
    for part in ["Drums", "Piano", "Strings", "Pipe"] {
        assert!(stage.has(&format!("Mute {part}")) && stage.has(&format!("Solo {part}")), "{part}");
    }
}

#[test]
fn muted_notes_are_drawn_dimmer() {
    let mut stage = Stage::new(with_score(band(16)));
    let before = stage.picture();
    stage.view.borrow().parameters.put(Knob::Mutes(Part::Instrument(Family::STRINGS)), 1.0);
    assert_ne!(before, stage.picture());
    // A voice, too.
    let mut stage = Stage::new(with_score(chorale(16, Family::STRINGS)));
    let before = stage.picture();
    stage.view.borrow().parameters.put(Knob::Mutes(Part::Voice(Voice::Second)), 1.0);
    assert_ne!(before, stage.picture());
}

#[test]
fn four_voices_of_one_instrument_are_parts() {
    for (family, names) in [
        (Family::STRINGS, ["Violin 1", "Violin 2", "Viola", "Cello"]),
        (Family::ENSEMBLE, ["Soprano", "Alto", "Tenor", "Bass"]),
    ] {
        let mut stage = Stage::new(with_score(chorale(16, family)));
        for (voice, name) in Voice::ALL.into_iter().zip(names) {
            let muted = turned(Knob::Mutes(Part::Voice(voice)), 1.0);
            assert_eq!(stage.press(Role::Button, &format!("Mute {name}")), muted);
        }
    }
    assert!(!Stage::new(view()).has("Mute Soprano"), "several instruments have names of their own");
}
