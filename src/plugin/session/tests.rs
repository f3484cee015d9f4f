use std::path::PathBuf;

use serde_json::json;

use crate::music::{Piece, smf};
use crate::player::Knob;
use crate::player::handover::handover;
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::parameters::Parameters;
use crate::plugin::session::handle::Session;

fn session() -> Session {
    Session::new(handover().0)
}

fn model_hash(session: &Session) -> Option<String> {
    session.model().map(|model| model.hash().to_owned())
}

#[test]
fn a_state_that_cannot_be_read_gives_a_message_and_changes_nothing() {
    let session = session();
    session.start();
    session.dismiss();
    let before = session.saved();
    session.restore(json!({ "version": 99 }));
    session.restore(json!([1, 2, 3]));
    let messages = session.messages();
    assert!(messages[0].contains("later version"), "{messages:?}");
    assert!(messages[1].contains("cannot be read"), "{messages:?}");
    assert_eq!(session.saved(), before);
    session.dismiss();
    assert!(session.messages().is_empty());
}

#[test]
fn a_project_loaded_before_the_first_activation_is_not_lost() {
    let mut project = session().saved().into_json().unwrap();
    project["model_file"] = json!("nowhere/Tango.safetensors");
    let session = session();
    session.restore(project.clone());
    assert_eq!(session.saved().into_json().unwrap(), project, "saved again before it was started");
    session.start();
    let tango = PathBuf::from("nowhere/Tango.safetensors");
    assert_eq!(session.chosen(), ModelChoice::File(tango));
    // The file is not there; the project still says which one it was.
    assert_eq!(session.saved().into_json().unwrap()["model_file"], project["model_file"]);
}

#[test]
fn what_is_chosen_before_the_first_activation_is_not_lost() {
    let session = session();
    let tango = ModelChoice::File(PathBuf::from("nowhere/Tango.safetensors"));
    session.choose(tango.clone());
    session.set_chords(1, "C | F").unwrap();
    assert!(!session.is_activated());
    let asked_for = |session: &Session| {
        session.wait_until_idle();
        (session.chosen(), session.chords(1), session.messages())
    };
    let (chosen, chords, messages) = asked_for(&session);
    assert_eq!((&chosen, chords.as_str()), (&tango, "C | F"));
    assert!(messages[0].contains("Tango.safetensors"), "it is loaded: {messages:?}");
    session.start();
    assert!(session.is_activated());
    assert_eq!(asked_for(&session), (chosen, chords, messages));
}

#[test]
fn what_is_chosen_after_a_project_was_loaded_wins_over_it() {
    let saved = {
        let session = session();
        session.choose(ModelChoice::File(PathBuf::from("nowhere/Tango.safetensors")));
        session.set_chords(0, "C | F").unwrap();
        session.set_chords(1, "G").unwrap();
        session.wait_until_idle();
        session.saved().into_json().unwrap()
    };
    let session = session();
    session.restore(saved);
    assert_ne!(session.chosen(), ModelChoice::BuiltIn, "it waits, and is known");
    session.choose(ModelChoice::BuiltIn);
    session.set_chords(1, "Am").unwrap();
    session.start();
    session.wait_until_idle();
    assert_eq!(session.chosen(), ModelChoice::BuiltIn);
    assert_eq!(["C | F", "Am"], [0, 1].map(|slot| session.chords(slot)).each_ref().map(String::as_str));
}

#[test]
fn a_missing_model_gives_a_message_and_the_present_one_stays() {
    let session = session();
    session.start();
    let before = model_hash(&session);
    assert!(before.is_some(), "{:?}", session.messages());
    session.choose(ModelChoice::File(PathBuf::from("nowhere/Tango.safetensors")));
    session.wait_until_idle();
    let messages = session.messages();
    assert!(messages[0].contains("Tango.safetensors"), "{messages:?}");
    assert_eq!(model_hash(&session), before);
    session.dismiss();
    assert!(session.messages().is_empty());
    session.choose(ModelChoice::BuiltIn);
    assert_eq!(model_hash(&session), before);
}

#[test]
fn the_style_knob_shows_the_names_that_the_model_gives() {
    let parameters = Parameters::new(handover().0);
    assert_eq!(parameters.text(Knob::Style, 0.0), "1");
    parameters.session.start();
    let names = parameters.session.styles();
    assert!(!names.is_empty());
    for (idx, name) in names.iter().enumerate() {
        let position = parameters.position_of_step(Knob::Style, idx);
        assert_eq!(&parameters.text(Knob::Style, position), name);
        assert_eq!(parameters.position_of_text(Knob::Style, name), Some(position));
    }
    let beyond = parameters.position_of_step(Knob::Style, 15);
    assert_eq!(parameters.position_of_text(Knob::Style, &parameters.text(Knob::Style, beyond)), Some(beyond));
}

#[test]
fn a_file_to_start_from_that_holds_no_music_gives_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let session = session();
    session.start();
    let (text, empty) = (folder.path().join("letter.mid"), folder.path().join("silence.mid"));
    std::fs::write(&text, "Dear Ada").unwrap();
    std::fs::write(&empty, smf::write(&Piece::default(), "Silence")).unwrap();
    for (path, expected) in
        [(text, "expected the MThd header"), (empty, "holds no notes"), ("no.mid".into(), "no.mid")]
    {
        session.dismiss();
        assert_eq!(session.read_opening(&path), None);
        let messages = session.messages();
        assert!(messages[0].contains(expected), "{messages:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_as_the_model_is_reported_and_neither_the_editor_nor_the_removal_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("Tango.safetensors");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut project = session().saved().into_json().unwrap();
    project["model_file"] = json!(pipe);
    let session = session();
    session.start();
    session.restore(project);
    session.wait_until_idle();
    let messages = session.messages();
    assert!(
        messages[0].contains("Tango.safetensors") && messages[0].contains("found a pipe"),
        "{messages:?}"
    );
    session.choose(ModelChoice::File(pipe.clone()));
    assert_eq!(session.read_opening(&pipe), None);
    session.stop();
}

#[test]
fn a_stopped_session_still_answers() {
    let session = session();
    session.start();
    session.stop();
    session.choose(ModelChoice::BuiltIn);
    assert!(session.picture().score.bars.is_empty());
    assert!(session.model().is_none());
}
