//! The chords above the notes: shown, typed and moved.

use egui::accesskit::Role;
use egui::{Key, Vec2};
use egui_kittest::kittest::Queryable;

use crate::player::Knob;
use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::tests::Stage;
use crate::plugin::editor::tests::fixtures::{beat, view};
use crate::plugin::editor::view::{Intent, View};

/// The lane of take A.
fn lane(text: &str) -> [Intent; 1] {
    [Intent::SetChords(0, text.to_owned())]
}

impl Stage {
    /// Clicks the chords of a bar, types others and presses Enter.
    fn type_chords(&mut self, bar: &str, text: &str) -> Vec<Intent> {
        assert_eq!(self.press(Role::Button, bar), []);
        let field = bar.split(':').next().unwrap();
        self.harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
        self.harness.run();
        self.harness.key_press(Key::Enter);
        self.harness.run();
        self.take_intents()
    }

    fn has_button(&self, name: &str) -> bool {
        self.harness.query_by_role_and_label(Role::Button, name).is_some()
    }
}

fn with_lane(text: &str) -> View {
    View { chords: text.to_owned(), ..view() }
}

#[test]
fn the_chords_of_the_lane_are_shown_and_come_round() {
    let stage = Stage::new(with_lane("Am7 | F | C/E G | %"));
    for name in ["5: Am7", "6: F", "7: C/E G", "8: C/E G", "9: Am7"] {
        assert!(stage.has_button(&format!("Chords of bar {name}")), "{name}");
    }
}

#[test]
fn without_a_lane_the_chords_of_the_music_are_shown_by_name_or_as_degrees() {
    let mut stage = Stage::new(view());
    assert!(stage.has_button("Chords of bar 6: Em") && stage.has_button("Chords of bar 7: F"));
    let settings = Settings { shows_degrees: true, ..view().settings };
    assert_eq!(stage.press(Role::CheckBox, "Chords as degrees"), [Intent::Set(settings.clone())]);
    let stage = Stage::new(View { settings, ..view() });
    assert!(stage.has_button("Chords of bar 6: iii"));
}

#[test]
fn the_chords_of_a_bar_are_typed_in_place() {
    let mut stage = Stage::new(with_lane("Am7 | F | C/E G | %"));
    let changed = stage.type_chords("Chords of bar 7: C/E G", "ii7 V7");
    assert_eq!(changed, lane("Am7 | F | ii7 V7 | C/E G"));
    assert!(!stage.has_button("ii7"), "the field has closed");
    assert_eq!(stage.type_chords("Chords of bar 5: Am7", "Am7"), [], "nothing has changed");
    let changed = stage.type_chords("Chords of bar 8: C/E G", "D | E");
    assert_eq!(changed, lane("E | F | C/E G | D"), "more than one bar");
}

#[test]
fn where_there_is_no_lane_it_is_made_of_the_chords_that_are_there() {
    let mut stage = Stage::new(view());
    let changed = stage.type_chords("Chords of bar 6: Em", "E7");
    assert_eq!(changed, lane("C | Am | F | G | C | E7 | F | G7"));
}

#[test]
fn what_makes_no_sense_is_said_in_place_and_nothing_is_lost() {
    let mut stage = Stage::new(with_lane("Am7 | F"));
    assert_eq!(stage.type_chords("Chords of bar 5: Am7", "Am Hx"), []);
    assert!(stage.harness.query_by_label_contains("at character 4").is_some());
    let text = stage.harness.get_by_role_and_label(Role::TextInput, "Chords of bar 5").value();
    assert_eq!(text.as_deref(), Some("Am Hx"));
    // Clicking elsewhere does not lose it either; Escape does.
    stage.press(Role::Button, "Bar 7");
    assert!(stage.harness.query_by_role_and_label(Role::TextInput, "Chords of bar 5").is_some());
    stage.press(Role::Button, "Chords of bar 6: F");
    assert_eq!(stage.key(Key::Escape), []);
    assert!(stage.harness.query_by_role_and_label(Role::TextInput, "Chords of bar 6").is_none());
}

#[test]
fn the_border_between_two_chords_is_dragged_by_eighths() {
    let mut stage = Stage::new(with_lane("Am7 | C/E G | N.C. F"));
    let border = |stage: &Stage| stage.centre(Role::Splitter, "Where G begins in bar 8");
    // Thirty-six pixels are a beat.
    for (pixels, text) in
        [(36.0, "C/E C/E C/E G"), (-20.0, "C/E C/E C/E G G G G G"), (500.0, "C/E C/E C/E C/E C/E C/E C/E G")]
    {
        let from = border(&stage);
        stage.drag(from, Vec2::new(pixels, 0.0));
        assert_eq!(stage.take_intents(), lane(&format!("Am7 | {text} | N.C. F")));
    }
}

#[test]
fn what_is_played_becomes_the_lane_at_a_click() {
    let mut stage = Stage::new(view());
    stage.turn_to("Chords");
    assert_eq!(stage.press(Role::Button, "Use what is played"), lane("C | Am | F | G | C | Em | F | G7"));
}

#[test]
fn drums_alone_have_no_chords() {
    let mut roll = view().roll;
    roll.score = beat(16);
    let stage = Stage::new(View { roll, ..view() });
    assert!(stage.harness.query_by_label_contains("Chords of bar").is_none());
}

#[test]
fn a_muted_part_does_not_change_the_chords() {
    let view = view();
    view.parameters.put(Knob::Mutes(crate::player::Part::Instrument(crate::music::Family::BASS)), 1.0);
    assert!(Stage::new(view).has_button("Chords of bar 6: Em"));
}
