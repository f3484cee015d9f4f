//! "Train your own", as the editor does it: the companion trainer is started on a folder, watched, stopped and resumed,
//! and its model is loaded.
#![cfg(all(feature = "plugin", unix))]
#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use continuo::composer::{Take, Writer, compose_until};
use continuo::model::Model;
use continuo::music::{Family, Meter, Note, Tick};
use continuo::player::ComposingKnobs;
use continuo::player::handover::handover;
use continuo::plugin::Parameters;
use continuo::plugin::models::{ModelChoice, models_folder};
use continuo::plugin::trainer::{
    Job, Size, State, discard, learn, resume, start, status, stop, survey, wait, wait_for_survey,
};
use continuo::run_events::RunEvent;

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

/// The trainer, wrapped in a script that hands each line it prints to the test.
struct Trainer {
    script: PathBuf,
    lines: PathBuf,
}

impl Trainer {
    fn wrapped(folder: &Path) -> Self {
        let [script, output, lines] = ["trainer.sh", "output", "lines"].map(|name| folder.join(name));
        assert!(Command::new("mkfifo").args([&output, &lines]).status().unwrap().success());
        let trainer = env!("CARGO_BIN_EXE_continuo-trainer");
        let text = format!(
            "#!/bin/sh\ntee '{}' < '{output}' &\nexec '{trainer}' \"$@\" > '{output}'\n",
            lines.display(),
            output = output.display()
        );
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        Self { script, lines }
    }

    /// What the run that was just started prints. Each line is in the log before it comes here.
    fn output(&self) -> Output<Lines<BufReader<File>>> {
        Output(BufReader::new(File::open(&self.lines).unwrap()).lines())
    }
}

/// The lines that a trainer prints.
struct Output<L>(L);

impl<L: Iterator<Item = std::io::Result<String>>> Output<L> {
    /// Waits until the trainer reports more progress than this, 0 to 1.
    fn wait_for_progress(&mut self, progress: f32) {
        let reported = self.0.by_ref().find(|line| {
            matches!(RunEvent::parse(line.as_ref().unwrap()), Some(RunEvent::Progress(reached)) if reached.done > progress)
        });
        assert!(reported.is_some(), "the trainer ended before {progress}: {:?}", status(None));
    }

    /// Waits until the trainer has ended.
    fn wait_for_end(self) {
        self.0.for_each(|line| drop(line.unwrap()));
        wait();
    }
}

#[test]
fn a_training_is_started_watched_stopped_resumed_and_its_model_loaded() {
    if !with_a_home_of_its_own("a_training_is_started_watched_stopped_resumed_and_its_model_loaded") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trainer = Trainer::wrapped(folder.path());
    let script = Some(trainer.script.as_path());
    let job = Job {
        folder: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/odd-midi")),
        name: "Odd".to_owned(),
        size: Size::Sketch,
        starts_from_default: false,
    };
    assert_eq!(status(None).state, State::Idle);
    assert!(start(None, &job).is_err_and(|message| message.contains("trainer")));
    start(script, &job).unwrap();
    assert!(start(script, &job).is_err(), "two at once");
    let mut output = trainer.output();
    output.wait_for_progress(0.05);
    let early = status(None);
    let progress = early.seen.progress();
    assert!(early.state == State::Running && progress > 0.05 && progress < 0.9, "{early:?}");
    assert!(!early.seen.curve.is_empty() && early.seen.corpus.is_some(), "{early:?}");
    assert!(!early.seen.sample.is_empty(), "what it composes so far can be heard");

    stop().unwrap();
    output.wait_for_end();
    let stopped = status(None);
    let State::Stopped(Some(model)) = &stopped.state else { panic!("{stopped:?}") };
    let half = Model::load(model).unwrap();
    assert_eq!(half.card().styles, ["Odd"]);
    assert!(start(script, &job).is_err_and(|message| message.contains("already")));

    resume(script).unwrap();
    let mut output = trainer.output();
    output.wait_for_progress(stopped.seen.progress());
    output.wait_for_end();
    let finished = status(None);
    assert_eq!(finished.state, State::Finished(model.clone()), "{finished:?}");
    assert!((finished.seen.progress() - 1.0).abs() < 1e-6);
    assert!(finished.seen.report.as_ref().unwrap().is_file());
    assert_eq!(finished.seen.assessment.as_ref().unwrap().held_out.as_ref().unwrap().styles[0].name, "Odd");
    assert_ne!(Model::load(model).unwrap().hash(), half.hash(), "nothing more was learned");
    discard();
    assert_eq!(status(None).state, State::Idle);
    load(model);
}

#[test]
fn a_training_that_another_program_started_is_watched_and_stopped() {
    if !with_a_home_of_its_own("a_training_that_another_program_started_is_watched_and_stopped") {
        return;
    }
    let models = models_folder().unwrap();
    std::fs::create_dir_all(&models).unwrap();
    let file = |name: &str| models.join(name);
    let (folder, name) = (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/odd-midi"), "Odd".to_owned());
    let job = Job { folder: folder.into(), name, size: Size::Sketch, starts_from_default: false };
    std::fs::write(file("Odd.training.json"), serde_json::to_vec(&job).unwrap()).unwrap();
    let mut trainer = Command::new(env!("CARGO_BIN_EXE_continuo-trainer"))
        .args(["train", &format!("Odd={folder}"), "--json", "--preset", "sketch", "--out"])
        .arg(file("Odd.safetensors"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = File::create(file("Odd.training.txt")).unwrap();
    let lines = BufReader::new(trainer.stdout.take().unwrap()).lines();
    let mut output = Output(lines.inspect(|line| writeln!(log, "{}", line.as_ref().unwrap()).unwrap()));
    output.wait_for_progress(0.05);
    assert_eq!(status(None).state, State::Running);
    discard();
    assert_eq!(status(None).state, State::Running, "a training that runs is not discarded");
    stop().unwrap();
    output.wait_for_end();
    assert!(trainer.wait().unwrap().success());
    assert!(matches!(status(None).state, State::Stopped(Some(_))), "{:?}", status(None));
}

#[test]
fn what_was_played_in_becomes_a_style_that_sounds() {
    if !with_a_home_of_its_own("what_was_played_in_becomes_a_style_that_sounds") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trainer = Trainer::wrapped(folder.path());
    let script = Some(trainer.script.as_path());
    let mut take = Take::default();
    let note = |idx: u32| Note {
        onset: Tick(12 * i64::from(idx)),
        duration: Tick(12),
        pitch: [60, 62, 63, 67, 65, 63][idx as usize % 6] + (idx / 24 % 2) as u8 * 5,
        velocity: 80,
        family: Family::PIANO,
        feel: None,
    };
    take.play_in(&[note(0)]);
    let too_little = learn(script, &take.played_piece(Family::PIANO), "My playing").unwrap_err();
    assert!(too_little.starts_with("expected at least 20 notes to learn from"), "{too_little}");
    take.play_in(&(0..96).map(note).collect::<Vec<_>>());
    learn(script, &take.played_piece(Family::PIANO), "My playing").unwrap();
    trainer.output().wait_for_end();
    let State::Finished(model) = status(None).state else { panic!("{:?}", status(None)) };
    let model = Model::load(&model).unwrap();
    assert_eq!(model.card().styles[0], "My playing");
    let mut take = Take::default();
    let knobs = ComposingKnobs::default();
    compose_until(&mut take, &mut Writer::new(model), &knobs, Meter::COMMON, Tick(4 * 96));
    let notes = take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect::<Vec<_>>();
    assert!(!notes.is_empty() && notes.iter().all(|note| note.family == Family::PIANO), "{notes:?}");
    let again = learn(script, &Take::default().played_piece(Family::PIANO), "My playing");
    assert!(again.is_err());
}

#[test]
fn a_folder_is_surveyed_before_it_is_learned() {
    if !with_a_home_of_its_own("a_folder_is_surveyed_before_it_is_learned") {
        return;
    }
    let music = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/odd-midi"));
    let trainer = Path::new(env!("CARGO_BIN_EXE_continuo-trainer"));
    survey(Some(trainer), Path::new("nowhere"), false);
    assert!(status(None).survey.unwrap().error.is_some_and(|error| error.contains("not a folder")));
    survey(Some(trainer), music, false);
    wait_for_survey();
    let found = status(None).survey.unwrap();
    assert!(!found.is_running);
    let corpus = found.corpus.unwrap();
    assert!(corpus.n_files > 50 && corpus.n_refused > 0 && corpus.styles[0].n_notes > 20, "{corpus:?}");
    let seconds: Vec<f64> = found.estimates.iter().map(|estimate| estimate.seconds).collect();
    assert!(
        seconds.len() == 3 && seconds[0] < seconds[1] && seconds[1] < seconds[2],
        "{:?}",
        found.estimates
    );
}

/// Loads the model into an instance, as choosing it in the browser does.
fn load(model: &Path) {
    let (end, _player) = handover();
    let parameters = Parameters::new(end);
    parameters.session.start();
    parameters.session.choose(ModelChoice::File(model.to_owned()));
    parameters.session.wait_until_idle();
    assert_eq!(parameters.session.messages(), [""; 0]);
    assert_eq!(parameters.session.styles(), ["Odd"]);
    parameters.session.stop();
}
