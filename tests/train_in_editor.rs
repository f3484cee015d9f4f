//! "Train your own", as the editor does it: the companion trainer started on a folder, watched, stopped, gone
//! on with, and its model loaded.
#![cfg(all(feature = "plugin", unix))]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use continuo::model::Model;
use continuo::player::handover::handover;
use continuo::plugin::Parameters;
use continuo::plugin::models::ModelChoice;
use continuo::plugin::trainer::{Job, Size, State, Status, discard, resume, start, status, stop};

const PATIENCE: Duration = Duration::from_mins(4);

/// Looks until things stand so.
fn wait_until(told: &str, stands: impl Fn(&Status) -> bool) -> Status {
    let begun = Instant::now();
    loop {
        let training = status(None);
        if stands(&training) {
            return training;
        }
        assert!(begun.elapsed() < PATIENCE, "never {told}: {training:?}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// Runs this test again in a process of its own whose user has this folder for data.
fn with_a_home_of_its_own(test: &str) -> bool {
    const MARK: &str = "CONTINUO_TEST_HOME";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let home = tempfile::tempdir().unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args([test, "--exact", "--nocapture"]).env(MARK, "1");
    for variable in ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        again.env(variable, home.path());
    }
    assert!(again.status().unwrap().success());
    false
}

#[test]
fn a_training_is_started_watched_stopped_gone_on_with_and_its_model_loaded() {
    if !with_a_home_of_its_own("a_training_is_started_watched_stopped_gone_on_with_and_its_model_loaded") {
        return;
    }
    let trainer = Path::new(env!("CARGO_BIN_EXE_continuo-trainer"));
    let job = Job {
        folder: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/odd-midi")),
        name: "Odd".to_owned(),
        size: Size::Sketch,
        starts_from_default: false,
    };
    assert_eq!(status(None).state, State::Idle);
    assert!(start(None, &job).is_err_and(|words| words.contains("trainer")));
    start(Some(trainer), &job).unwrap();
    assert!(start(Some(trainer), &job).is_err(), "two at once");
    let early = wait_until("getting on", |training| training.progress > 0.05);
    assert!(early.state == State::Running && early.progress < 0.9, "{early:?}");
    assert!(early.lines.iter().any(|line| line.contains("notes")), "{early:?}");

    stop();
    let stopped = wait_until("stopped", |training| training.state != State::Running);
    let State::Stopped(Some(model)) = &stopped.state else { panic!("{stopped:?}") };
    let half = Model::load(model).unwrap();
    assert_eq!(half.card().styles, ["Odd"]);
    assert!(start(Some(trainer), &job).is_err_and(|words| words.contains("already")));

    resume(Some(trainer)).unwrap();
    wait_until("further on", |training| training.progress > stopped.progress);
    let finished = wait_until("finished", |training| training.state != State::Running);
    assert_eq!(finished.state, State::Finished(model.clone()), "{finished:?}");
    assert!((finished.progress - 1.0).abs() < 1e-6);
    assert_ne!(Model::load(model).unwrap().hash(), half.hash(), "nothing more was learned");
    discard();
    assert_eq!(status(None).state, State::Idle);
    load(model);
}

/// Loads the model into an instance, as choosing it in the browser does.
fn load(model: &Path) {
    let (end, _player) = handover();
    let parameters = Parameters::new(end);
    parameters.session.start();
    parameters.session.choose(ModelChoice::File(model.to_owned()));
    let begun = Instant::now();
    while parameters.session.model().is_none_or(|model| model.card().styles != ["Odd"]) {
        let messages = parameters.session.messages();
        assert!(messages.is_empty() && begun.elapsed() < PATIENCE, "it is not loaded: {messages:?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    parameters.session.stop();
}
