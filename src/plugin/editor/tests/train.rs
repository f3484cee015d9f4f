//! The page "Train your own".

use std::path::PathBuf;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

use crate::plugin::editor::settings::Settings;
use crate::plugin::editor::tests::Stage;
use crate::plugin::editor::tests::fixtures::view;
use crate::plugin::editor::view::{Intent, View};
use crate::plugin::models::choice::ModelChoice;
use crate::plugin::picker::{Picked, Wanted};
use crate::plugin::trainer::{Job, Seen, Size, State, Survey};
use crate::run_events::{Assessment, CorpusFound, Estimate, FileProblem, Reached, StyleFound};

/// A view with the trainer beside the plugin.
fn with_trainer() -> View {
    let mut view = view();
    view.training.trainer = Some(PathBuf::from("/opt/continuo-trainer"));
    view
}

fn stage() -> Stage {
    let mut stage = Stage::new(with_trainer());
    stage.turn_to("Train");
    stage
}

fn tangos() -> PathBuf {
    PathBuf::from("/home/ada/tangos")
}

/// What the trainer finds in a folder of tangos.
pub(super) fn survey() -> Survey {
    let estimate = |choice: &str, seconds, n_layers, hidden| Estimate {
        choice: choice.to_owned(),
        seconds,
        notes_per_second: 20_000.0,
        n_layers,
        hidden,
    };
    let style = StyleFound { name: "style".to_owned(), n_pieces: 72, n_notes: 61_234, n_held_out: 8 };
    let problem = FileProblem { file: "a.mid".to_owned(), reason: "it has no notes".to_owned() };
    Survey {
        folder: tangos(),
        corpus: Some(CorpusFound {
            n_files: 84,
            styles: vec![style],
            n_refused: 1,
            refused: vec![problem],
            n_duplicates: 3,
            ..CorpusFound::default()
        }),
        estimates: vec![
            estimate("sketch", 38.0, 2, 128),
            estimate("standard", 250.0, 2, 256),
            estimate("large", 30_000.0, 3, 512),
        ],
        ..Survey::default()
    }
}

#[test]
fn what_was_played_in_is_learned_at_one_click() {
    let mut view = view();
    view.training.trainer = Some("/usr/local/bin/continuo-trainer".into());
    let mut stage = Stage::new(View { ..view.clone() });
    stage.turn_to("Train");
    assert_eq!(stage.press(Role::Button, "Learn what I played"), [], "nothing was played in");
    view.roll.n_played = 30;
    let mut stage = Stage::new(view);
    stage.turn_to("Train");
    let learn = |name: &str| [Intent::LearnPlayed(name.to_owned())];
    assert_eq!(stage.press(Role::Button, "Learn what I played"), learn("My playing"));
    stage.type_into("Name of the model", "Tango");
    assert_eq!(stage.press(Role::Button, "Learn what I played"), learn("Tango"));
}

#[test]
fn a_training_is_started_watched_stopped_and_played() {
    let mut stage = stage();
    assert_eq!(stage.press(Role::Button, "Start training"), [], "no folder and no name yet");
    stage.type_into("Folder of MIDI files", "'/home/ada/tangos' ");
    stage.type_into("Name of the model", "Tango");
    stage.press(Role::CheckBox, "Standard");
    stage.press(Role::CheckBox, "The built-in model");
    let job =
        Job { folder: tangos(), name: "Tango".to_owned(), size: Size::Standard, starts_from_default: true };
    assert_eq!(stage.press(Role::Button, "Start training"), [Intent::Train(job)]);

    let mut in_state = |state: State, button: &str| {
        let mut view = with_trainer();
        view.training.state = state;
        view.training.name = "Tango".to_owned();
        view.training.seen = Arc::new(Seen { report: Some("Tango.html".into()), ..Seen::default() });
        *stage.view.borrow_mut() = view;
        stage.harness.run();
        stage.press(Role::Button, button)
    };
    let file = PathBuf::from("mine/Tango.safetensors");
    let play = Intent::Choose(ModelChoice::File(file.clone()));
    assert_eq!(in_state(State::Running, "Stop"), [Intent::StopTraining]);
    assert_eq!(in_state(State::Stopped(None), "Continue"), [Intent::ResumeTraining]);
    assert_eq!(
        in_state(State::Stopped(Some(file.clone())), "Play the best so far"),
        std::slice::from_ref(&play)
    );
    assert_eq!(in_state(State::Stopped(None), "Discard"), [Intent::DiscardTraining]);
    assert_eq!(in_state(State::Finished(file.clone()), "Play it"), [play]);
    let report = Intent::OpenReport("Tango.html".into());
    assert_eq!(in_state(State::Finished(file), "Open the report"), [report]);
    assert_eq!(in_state(State::Failed("no music".to_owned()), "Done"), [Intent::DiscardTraining]);
}

#[test]
fn what_will_be_learned_and_how_long_it_takes_is_known_before_it_begins() {
    let mut stage = stage();
    stage.type_into("Folder of MIDI files", "/home/ada/tangos");
    assert_eq!(stage.take_intents(), [], "while it is being typed nothing is read");
    assert_eq!(stage.press(Role::CheckBox, "Large"), [Intent::Survey(tangos(), false)]);
    assert_eq!(stage.press(Role::CheckBox, "Sketch"), [], "it is read once");
    let show = |stage: &mut Stage, survey: Survey| {
        stage.view.borrow_mut().training.survey = Some(survey);
        stage.harness.run();
    };
    show(&mut stage, Survey { folder: tangos(), is_running: true, ..Survey::default() });
    assert!(stage.has("Reading the files …"));
    show(&mut stage, survey());
    let found = "84 files: 72 pieces with 61,234 notes to learn from, 8 to measure on. 1 file cannot be used. 3 files left \
                 out: the same again.";
    assert!(stage.has(found));
    for estimate in ["40 seconds at most", "4 minutes at most", "8 hours at most"] {
        assert!(stage.has(estimate), "{estimate}");
    }
    let asked = stage.press(Role::CheckBox, "The built-in model");
    assert_eq!(asked, [Intent::Survey(tangos(), true)], "it takes another time");
    assert!(!stage.has(found), "what is shown is of another choice");
    show(
        &mut stage,
        Survey { error: Some("no MIDI file".to_owned()), starts_from_default: true, ..survey() },
    );
    assert!(stage.has("no MIDI file"));
}

#[test]
fn a_folder_is_chosen_in_the_dialog_of_the_system_or_typed() {
    let mut stage = stage();
    let choose = "Choose a folder of MIDI files";
    assert_eq!(stage.press(Role::Button, choose), [Intent::Pick(Wanted::MidiFolder, PathBuf::new())]);
    let show = |stage: &mut Stage, picked: Picked| {
        stage.view.borrow_mut().picked = picked;
        stage.harness.run();
    };
    show(&mut stage, Picked { is_open: true, ..Picked::default() });
    assert_eq!(stage.press(Role::Button, choose), [], "it is open");
    show(&mut stage, Picked { n_closed: 1, path: Some(tangos()), ..Picked::default() });
    assert_eq!(stage.take_intents(), [Intent::Survey(tangos(), false)]);
    let begins_there = [Intent::Pick(Wanted::MidiFolder, tangos())];
    assert_eq!(stage.press(Role::Button, choose), begins_there);
    show(&mut stage, Picked { n_closed: 2, ..Picked::default() });
    assert_eq!(stage.press(Role::Button, choose), begins_there, "closed without a choice");
}

#[test]
fn a_run_is_told_in_a_musicians_words_with_numbers_under_details() {
    let mut view = with_trainer();
    view.training.name = "Tango".to_owned();
    view.training.state = State::Running;
    let reached = Reached {
        done: 0.5,
        n_notes: 600_000,
        notes_per_second: 9_000.0,
        seconds_left: 170.0,
        learning_rate: 0.004,
        training_error: 2.1,
        held_out: None,
    };
    let seen = Seen { corpus: Some(CorpusFound::default()), reached: Some(reached), ..Seen::default() };
    view.training.seen = Arc::new(seen.clone());
    let mut stage = Stage::new(view.clone());
    stage.turn_to("Train");
    assert!(stage.has("Training Tango: 3 minutes left"));
    assert!(stage.harness.query_by_label("Hear it so far").is_none(), "nothing was composed yet");
    let numbers = "600,000 notes learned from, 9,000 notes a second; error 2.100";
    assert!(!stage.has(numbers));
    stage.click("Details");
    assert!(stage.has(numbers));
    let notes = stage.view.borrow().roll.score.bars[0].notes.clone();
    stage.view.borrow_mut().training.seen = Arc::new(Seen { sample: notes, ..seen.clone() });
    stage.harness.run();
    assert_eq!(stage.press(Role::Button, "Hear it so far"), [Intent::HearTraining]);

    let assessment =
        Assessment { grade: "Good".to_owned(), sentence: "it has learned this.".to_owned(), held_out: None };
    view.training.seen = Arc::new(Seen { assessment: Some(assessment), ..seen });
    view.training.state = State::Finished("Tango.safetensors".into());
    let mut stage = Stage::new(view);
    stage.turn_to("Train");
    assert!(stage.has("Tango is trained, and is among your models."));
    assert!(stage.has("Good: it has learned this."));
}

#[test]
fn a_trainer_that_is_not_found_is_asked_for() {
    let mut stage = Stage::new(view());
    stage.turn_to("Train");
    assert!(stage.harness.query_by_label_contains("The trainer was not found").is_some());
    stage.type_into("Path of the trainer", "/opt/continuo-trainer");
    let settings = Settings { trainer: Some(PathBuf::from("/opt/continuo-trainer")), ..view().settings };
    assert_eq!(stage.press(Role::Button, "Use this"), [Intent::Set(settings)]);
}

#[test]
fn the_path_of_a_trainer_that_the_user_gave_can_be_changed_and_taken_back() {
    let mut view = with_trainer();
    let mut stage = Stage::new(view.clone());
    stage.turn_to("Train");
    assert!(!stage.has("Change"), "it was found without the user");
    view.settings.trainer = Some(PathBuf::from("/bin/ls"));
    let set = |path: Option<&str>| {
        let settings = Settings { trainer: path.map(PathBuf::from), ..view.settings.clone() };
        [Intent::Set(settings)]
    };
    let mut stage = Stage::new(view.clone());
    stage.turn_to("Train");
    stage.click("Change");
    stage.type_into("Path of the trainer", "2");
    let typed = stage.press(Role::Button, "Use this");
    assert!(typed == set(Some("/bin/ls2")) || typed == set(Some("2/bin/ls")), "{typed:?}");
    assert!(!stage.has("Use this"), "the field closes");
    stage.click("Change");
    let field = stage.harness.get_by_role_and_label(Role::TextInput, "Path of the trainer");
    field.focus();
    stage.harness.run();
    stage.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    stage.harness.key_press(Key::Delete);
    stage.harness.run();
    assert_eq!(stage.press(Role::Button, "Use this"), set(None), "it is searched for again");
}
