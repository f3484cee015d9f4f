//! The application's own transport.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

use crate::music::Meter;
use crate::player::Knob;
use crate::plugin::editor::tests::fixtures::view;
use crate::plugin::editor::tests::{Stage, turned};
use crate::plugin::editor::view::{Intent, TransportView, View};
use crate::plugin::own_transport::Song;

fn application(is_playing: bool) -> View {
    let song = Song { tempo: 90.0, loop_bars: 4, ..Song::default() };
    View { transport: Some(TransportView { is_playing, song, has_lost_audio: false }), ..view() }
}

#[test]
fn a_host_has_the_transport_and_the_editor_none() {
    let mut stage = Stage::new(view());
    assert!(!stage.has("Tempo") && !stage.has("▶  Play"));
    stage.harness.key_press(Key::Space);
    stage.harness.run();
    assert_eq!(stage.take_intents(), []);
}

#[test]
fn the_application_plays_and_stops_by_a_click_or_the_space_bar() {
    for (is_playing, name, intent) in [(false, "▶  Play", Intent::Play), (true, "■  Stop", Intent::Stop)]
    {
        let mut stage = Stage::new(application(is_playing));
        stage.click(name);
        stage.harness.key_press(Key::Space);
        stage.harness.run();
        assert_eq!(stage.take_intents(), [intent.clone(), intent]);
    }
}

#[test]
fn the_first_minute_speaks_of_the_applications_own_transport() {
    let mut new = application(false);
    new.settings.is_welcomed = false;
    let in_a_host = |stage: &Stage| stage.harness.query_all_by_label_contains("host").count();
    let in_the_application =
        |stage: &Stage| stage.harness.query_all_by_label_contains("Press Play above").count();
    let stage = Stage::new(new.clone());
    assert_eq!((in_a_host(&stage), in_the_application(&stage)), (0, 1));
    let stage = Stage::new(View { transport: None, ..new });
    assert_eq!((in_a_host(&stage), in_the_application(&stage)), (1, 0));
}

#[test]
fn a_space_that_is_typed_does_not_start_the_song() {
    let mut stage = Stage::new(application(false));
    stage.harness.get_by_role_and_label(Role::Tab, "Models").click();
    stage.harness.run();
    stage.turn_to("Train");
    let field = stage.harness.query_all_by_role(Role::TextInput).next().unwrap();
    field.focus();
    stage.harness.run();
    stage.harness.key_press_modifiers(Modifiers::NONE, Key::Space);
    stage.harness.run();
    assert!(!stage.take_intents().contains(&Intent::Play));
}

#[test]
fn meter_and_loop_are_two_clicks_and_keep_the_rest() {
    let song = application(false).transport.unwrap().song;
    let meter = Meter::new(6, 8).unwrap();
    for (menu, choice, set) in [
        ("Meter", "6/8", Song { meter, ..song }),
        ("Loop", "8 bars", Song { loop_bars: 8, ..song }),
        ("Loop", "Off", Song { loop_bars: 0, ..song }),
    ] {
        let mut stage = Stage::new(application(false));
        stage.harness.get_by_role_and_label(Role::ComboBox, menu).click();
        stage.harness.run();
        stage.click(choice);
        assert_eq!(stage.take_intents(), [Intent::SetSong(set)], "{choice}");
    }
}

#[test]
fn the_first_bar_and_the_preview_sound_are_a_click_each() {
    let mut stage = Stage::new(application(true));
    stage.click("To the first bar").click("Sound");
    let preview = turned(Knob::Preview, 1.0);
    assert_eq!(stage.take_intents(), [vec![Intent::ReturnToStart], preview].concat());
}

#[test]
fn a_device_that_is_gone_is_reported() {
    let mut gone = application(true);
    gone.transport.as_mut().unwrap().has_lost_audio = true;
    let stage = Stage::new(gone);
    assert!(stage.harness.query_by_label_contains("audio device is gone").is_some());
}
