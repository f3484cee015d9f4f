//! Notes of the roll, changed by hand.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{CursorIcon, Event, Key, Modifiers, Pos2, Rect, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable};

use crate::music::{Bar, Beats, Family, Grid, Note, Tick};
use crate::player::Knob;
use crate::plugin::editor::tests::Stage;
use crate::plugin::editor::tests::fixtures::{band, marks, view};
use crate::plugin::editor::view::{Intent, View};

/// Pixels to the quarter note.
const BEAT: f32 = 36.0;

/// A stage with the song at its beginning, and the first note of the tune: the highest in its place.
fn stage() -> (Stage, Pos2, Note) {
    let mut roll = view().roll;
    (roll.playing, roll.playhead, roll.score) = (false, Beats(0.0), band(16));
    let mut stage = Stage::new(View { roll, ..view() });
    let tune = stage.view.borrow().roll.score.bars[0].notes.clone();
    let tune = tune.into_iter().find(|note| note.pitch == 76).unwrap();
    let at = stage.highest_note(0.75);
    (stage, at, tune)
}

impl Stage {
    fn canvas(&self) -> Rect {
        self.harness.get_by_role_and_label(Role::Canvas, "Piano roll").rect()
    }

    /// Half a beat before the song begins is at the left edge.
    fn x(&self, beats: f32) -> f32 {
        self.canvas().left() + (beats + 0.5) * BEAT
    }

    fn cursor_at(&mut self, at: Pos2) -> CursorIcon {
        self.harness.hover_at(at);
        self.harness.run_steps(2);
        self.harness.output().platform_output.cursor_icon
    }

    /// The highest note that sounds at a beat, as the pointer tells it.
    fn highest_note(&mut self, beats: f32) -> Pos2 {
        let (x, canvas) = (self.x(beats), self.canvas());
        let mut heights = (0..canvas.height() as i32).map(|down| canvas.top() + down as f32);
        let y = heights.find(|y| self.cursor_at(Pos2::new(x, *y)) == CursorIcon::Move);
        Pos2::new(x, y.unwrap() + 2.0)
    }

    fn click_at(&mut self, at: Pos2) {
        self.harness.drag_at(at);
        self.harness.step();
        self.harness.drop_at(at);
        self.harness.step();
    }

    /// The one change of notes so far: for each bar its index, the notes that are gone and those that have come.
    fn change(&mut self) -> Vec<(usize, Vec<Note>, Vec<Note>)> {
        let intents = self.take_intents();
        let [Intent::WriteNotes(bars)] = &intents[..] else { panic!("{intents:?}") };
        let view = self.view.borrow();
        let change = |(bar_idx, bar): &(usize, std::sync::Arc<crate::music::Bar>)| {
            let old = &view.roll.score.bars[*bar_idx];
            assert_eq!((old.start, old.meter), (bar.start, bar.meter));
            assert!(bar.notes.is_sorted());
            let gone = old.notes.iter().filter(|note| !bar.notes.contains(note)).copied().collect();
            let come = bar.notes.iter().filter(|note| !old.notes.contains(note)).copied().collect();
            (*bar_idx, gone, come)
        };
        bars.iter().map(change).collect()
    }

    fn open_note_menu(&mut self, at: Pos2) {
        self.harness.hover_at(at);
        for pressed in [true, false] {
            let (pos, button) = (at, egui::PointerButton::Secondary);
            self.harness.event(Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE });
            self.harness.step();
        }
        self.harness.run();
    }

    fn with_modifiers(&mut self, modifiers: Modifiers) {
        self.harness.event(Event::ModifiersChanged(modifiers));
        self.harness.step();
    }
}

#[test]
fn a_note_is_dragged_by_the_grid_and_with_alt_freely() {
    let (mut stage, at, tune) = stage();
    let moved = |ticks| vec![(0, vec![tune], vec![Note { onset: tune.onset + Tick(ticks), ..tune }])];
    stage.drag(at, Vec2::new(BEAT / 2.0, 0.0));
    assert_eq!(stage.change(), moved(12));
    // Eight ticks: by sixteenths it is one of them.
    stage.drag(at, Vec2::new(BEAT / 3.0, 0.0));
    assert_eq!(stage.change(), moved(6));
    stage.with_modifiers(Modifiers::ALT);
    stage.drag(at, Vec2::new(BEAT / 3.0, 0.0));
    assert_eq!(stage.change(), moved(8));
    stage.with_modifiers(Modifiers::NONE);
    let grid = Grid::ALL.iter().position(|grid| *grid == Grid::Quarter).unwrap();
    let position = stage.view.borrow().parameters.position_of_step(Knob::Grid, grid);
    stage.view.borrow().parameters.put(Knob::Grid, position);
    stage.drag(at, Vec2::new(BEAT * 0.8, 0.0));
    assert_eq!(stage.change(), moved(24));
}

#[test]
fn a_note_is_dragged_to_other_pitches_and_over_the_bar_line() {
    let (mut stage, at, tune) = stage();
    stage.drag(at, Vec2::new(0.0, -30.0));
    let change = stage.change();
    let [(0, gone, come)] = &change[..] else { panic!("{change:?}") };
    assert_eq!((&gone[..], come[0].onset), (&[tune][..], tune.onset));
    assert!((79..86).contains(&come[0].pitch), "{come:?}");
    stage.drag(at, Vec2::new(4.5 * BEAT, 0.0));
    let moved = Note { onset: tune.onset + Tick(108), ..tune };
    assert_eq!(stage.change(), [(0, vec![tune], vec![]), (1, vec![], vec![moved])], "one step");
    stage.drag(at, Vec2::new(-2.0 * BEAT, 0.0));
    assert_eq!(stage.take_intents(), [], "nothing is before the song");
}

#[test]
fn the_right_edge_of_a_note_is_dragged() {
    let (mut stage, at, tune) = stage();
    // It lasts 34 ticks.
    let end = Pos2::new(stage.x(34.0 / 24.0) - 3.0, at.y);
    assert_eq!(stage.cursor_at(end), CursorIcon::ResizeHorizontal);
    stage.drag(end, Vec2::new(BEAT, 0.0));
    assert_eq!(stage.change(), [(0, vec![tune], vec![Note { duration: Tick(58), ..tune }])]);
    stage.drag(end, Vec2::new(-4.0 * BEAT, 0.0));
    assert_eq!(stage.change(), [(0, vec![tune], vec![Note { duration: Tick(6), ..tune }])]);
}

#[test]
fn velocity_is_dragged_with_control_and_turned_with_alt_and_the_wheel() {
    let (mut stage, at, tune) = stage();
    stage.with_modifiers(Modifiers::COMMAND);
    stage.drag(at, Vec2::new(0.0, -20.0));
    let louder = |by: u8| vec![(0, vec![tune], vec![Note { velocity: tune.velocity + by, ..tune }])];
    assert_eq!(stage.change(), louder(20));
    stage.with_modifiers(Modifiers::ALT);
    stage.harness.hover_at(at);
    stage.harness.run_steps(2);
    stage.harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: Vec2::new(0.0, 1.0),
        modifiers: Modifiers::ALT,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
    });
    stage.harness.run();
    assert_eq!(stage.change(), louder(6));
}

#[test]
fn a_double_click_beside_the_notes_adds_one_and_does_not_scroll() {
    let (mut stage, at, tune) = stage();
    let empty = Pos2::new(stage.x(1.6), stage.canvas().top() + 4.0);
    stage.click_at(empty);
    stage.click_at(empty);
    let change = stage.change();
    let [(0, gone, come)] = &change[..] else { panic!("{change:?}") };
    assert_eq!((gone.len(), come[0].onset, come[0].duration), (0, Tick(36), Tick(6)));
    assert_eq!(come[0].family, tune.family, "that of the nearest note");
    assert!(come[0].pitch > 80);
    // On a note it adds nothing.
    stage.harness.run();
    stage.click_at(at);
    stage.click_at(at);
    assert_eq!(stage.take_intents(), []);
}

#[test]
fn a_drum_is_added_in_its_lane() {
    let (mut stage, ..) = stage();
    let lane = Pos2::new(stage.x(1.1), stage.canvas().bottom() - 4.0);
    stage.click_at(lane);
    stage.click_at(lane);
    let change = stage.change();
    let [(0, _, come)] = &change[..] else { panic!("{change:?}") };
    assert_eq!((come[0].family, come[0].pitch, come[0].onset), (Family::DRUMS, 36, Tick(24)));
}

#[test]
fn a_note_is_deleted_by_key_and_from_its_menu() {
    let (mut stage, at, tune) = stage();
    let deleted = [(0, vec![tune], vec![])];
    stage.click_at(at);
    stage.harness.key_press(Key::Delete);
    stage.harness.run();
    assert_eq!(stage.change(), deleted);
    assert_eq!(stage.key(Key::Delete), [], "once");
    stage.open_note_menu(at);
    stage.click("Delete note");
    assert_eq!(stage.change(), deleted);
    // Escape leaves it.
    stage.click_at(at);
    assert_eq!(stage.key(Key::Escape), []);
    assert_eq!(stage.key(Key::Delete), []);
}

#[test]
fn a_note_is_locked_by_key_and_from_its_menu_and_its_bar_re_rolled_around_it() {
    let (mut stage, at, tune) = stage();
    stage.click_at(at);
    assert_eq!(stage.key(Key::L), [Intent::LockNote(0, tune, true)]);
    stage.open_note_menu(at);
    stage.click("Lock note");
    assert_eq!(stage.take_intents(), [Intent::LockNote(0, tune, true)]);
    let score = stage.view.borrow().roll.score.clone();
    let mut marks = marks(&score, &[0, 1], &[]).to_vec();
    marks[0].locked = score.bars[0].notes.iter().map(|note| *note == tune).collect();
    stage.view.borrow_mut().roll.marks = marks.into();
    stage.harness.run();
    assert_eq!(stage.key(Key::L), [Intent::LockNote(0, tune, false)]);
    stage.open_note_menu(at);
    stage.click("Unlock note");
    assert_eq!(stage.take_intents(), [Intent::LockNote(0, tune, false)]);
    // Both bars are kept: what is not locked of the first can be composed again.
    for (bar, is_possible) in [("Bar 1", true), ("Bar 2", false)] {
        stage.press(Role::Button, bar);
        let re_roll = stage.harness.get_by_role_and_label(Role::Button, "Re-roll this bar");
        assert_eq!(!re_roll.accesskit_node().is_disabled(), is_possible, "{bar}");
        stage.key(Key::Escape);
        stage.key(Key::Escape);
        stage.take_intents();
    }
}

#[test]
fn a_picked_note_and_selected_bars_exclude_each_other() {
    let (mut stage, at, tune) = stage();
    stage.press(Role::Button, "Bar 2");
    stage.key(Key::Escape);
    stage.press(Role::Button, "Bar 2");
    stage.click_at(at);
    stage.harness.run();
    stage.harness.key_press(Key::Delete);
    stage.harness.run();
    assert_eq!(stage.change(), [(0, vec![tune], vec![])], "the note, not the bar");
}

#[test]
fn a_note_that_is_no_longer_there_cannot_be_locked() {
    let (mut stage, at, tune) = stage();
    stage.click_at(at);
    let mut score = (*band(16)).clone();
    let without = Bar { notes: Vec::new(), ..(*score.bars[0]).clone() };
    score.bars[0] = Arc::new(without);
    assert_eq!(stage.key(Key::L), [Intent::LockNote(0, tune, true)]);
    stage.view.borrow_mut().roll.score = Arc::new(score);
    assert_eq!(stage.key(Key::L), []);
}
