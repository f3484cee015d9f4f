//! `continuo-trainer train` as a user runs it, on a folder that also has unreadable files.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use continuo::model::Model;
use continuo::model::encoding::Encoding;
use continuo::music::{Family, Key, Note, Piece, Tick, smf};
use continuo::run_events::{Assessment, RunEvent};
use continuo::training::corpus::{Corpus, Part, StyleFolder};
use continuo::training::engines::validation::validate;
use continuo::training::start_from;
use continuo::training::threads::Threads;

fn trainer(arguments: &[&str], out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_continuo-trainer"));
    command.arg("train").args(arguments).arg("--out").arg(out);
    command.args(["--hidden", "8", "--embedding", "8", "--head", "8"]);
    command.arg("--cache").arg(out.parent().unwrap());
    command
}

fn train(arguments: &[&str], out: &Path) -> Output {
    trainer(arguments, out)
        .args([
            "--batch",
            "2",
            "--sequence-length",
            "16",
            "--epochs",
            "0.02",
            "--threads",
            "1",
            "--no-report",
        ])
        .output()
        .unwrap()
}

/// A run on two lanes with dropout, forty validations, and checkpoints at them and between them.
///
/// The events of its validations name the style, so they are long: while nobody reads them, the pipe fills up and the run
/// waits instead of ending.
fn long_run(out: &Path) -> Command {
    let corpus = format!("{}{CORPUS}", "very ".repeat(800));
    let mut command = trainer(&[&corpus, "--no-report", "--json"], out);
    command.args(["--name=long", "--licence=none", "--description=d", "--credit=c", "--seed=5", "--lr=0.01"]);
    command.args([
        "--epochs=50",
        "--batch=20",
        "--sequence-length=16",
        "--dropout=0.3",
        "--weight-dropout=0.3",
        "--row-dropout=0.1",
        "--weight-decay=0.05",
    ]);
    command.args(["--validate-every=1600", "--patience=1000", "--save-every=0.1"]);
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const CORPUS: &str = concat!("Odd=", env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/odd-midi");

#[test]
fn a_folder_with_bad_files_becomes_a_model_and_the_bad_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("odd.safetensors");
    let output = train(&[CORPUS], &out);
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("refused") && said.contains("302_synthetic__empty_file.mid"), "{said}");
    assert!(said.contains("nats per note"), "{said}");
    let log = std::fs::read_to_string(folder.path().join("odd.log")).unwrap();
    assert!(said.contains("odd.log") && log.contains("302_synthetic__empty_file.mid"), "{log}");
    assert!(log.contains("repaired") && log.contains("319_synthetic__no_eot.mid"), "{log}");
    let model = Model::load(&out).unwrap();
    assert_eq!(model.card().styles, ["Odd"]);
}

fn events(output: &Output) -> Vec<RunEvent> {
    let printed = String::from_utf8_lossy(&output.stdout);
    let events: Vec<RunEvent> = printed.lines().filter_map(RunEvent::parse).collect();
    assert_eq!(events.len(), printed.lines().count(), "a line is no event: {printed}");
    events
}

#[test]
fn another_program_reads_a_run_event_by_event() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("odd.safetensors");
    let output = train(&[CORPUS, "--json"], &out);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output));
    let events = events(&output);
    assert!(matches!(&events[0], RunEvent::Started { is_resumed: false, .. }), "{events:?}");
    let RunEvent::Corpus(found) = &events[1] else { panic!("{events:?}") };
    assert_eq!(found.styles[0].name, "Odd");
    assert!(found.n_refused > 0 && !found.refused.is_empty() && found.log.as_ref().unwrap().is_file());
    assert!(
        matches!(&events[2], RunEvent::Estimate(estimate) if estimate.notes_per_second > 0.0),
        "{events:?}"
    );
    assert!(
        events.iter().any(|event| matches!(event, RunEvent::Progress(reached) if reached.held_out.is_some()))
    );
    assert!(events.contains(&RunEvent::Saved { file: out.clone() }));
    let Some(RunEvent::Finished(Assessment { held_out, .. })) = events.last() else { panic!("{events:?}") };
    assert!(held_out.as_ref().unwrap().error > 0.0);

    let again = train(&[CORPUS, "--json"], &out);
    let refused = crate::events(&again);
    assert!(
        matches!(&refused[..], [RunEvent::Error { message }] if message.contains("--force")),
        "{refused:?}"
    );
}

#[test]
fn a_quiet_run_prints_nothing_and_a_dry_one_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("odd.safetensors");
    let dry = trainer(&[CORPUS, "--dry-run", "--json"], &out).output().unwrap();
    let events = events(&dry);
    assert!(dry.status.success() && matches!(&events[0], RunEvent::Corpus(found) if found.log.is_none()));
    let is_estimate = |event: &RunEvent| matches!(event, RunEvent::Estimate(_));
    assert!(events.len() == 4 && events[1..].iter().all(is_estimate), "{events:?}");
    assert!(!out.exists() && !out.with_extension("log").exists());

    let quiet = train(&[CORPUS, "--quiet"], &out);
    assert!(quiet.status.success() && text(&quiet).is_empty(), "{}", text(&quiet));
    assert!(out.is_file());
}

#[test]
fn a_run_writes_a_report_with_its_pictures_inside_that_needs_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("odd.safetensors");
    let output =
        trainer(&[CORPUS, "--epochs=0.05", "--batch=2", "--sequence-length=16"], &out).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let page = std::fs::read_to_string(folder.path().join("odd.html")).unwrap();
    for content in [
        "Loss curves",
        "302_synthetic__empty_file.mid",
        "sample at temperature 0.7",
        ">real<",
        "velocity",
        "Markov",
    ] {
        assert!(page.contains(content), "the page does not have {content}");
    }
    let n_pictures = page.matches("<svg").count();
    assert!(n_pictures >= 14, "{n_pictures} pictures");
    let outside: Vec<&str> = ["src=", "href=", "@import", "url(", "http:", "https:"]
        .into_iter()
        .filter(|way| page.contains(way))
        .collect();
    assert!(outside.is_empty(), "the page fetches something: {outside:?}");
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

/// The values of one tensor of a checkpoint.
fn tensor_of(path: &Path, name: &str) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let data = tensors.tensor(name).unwrap().data().to_vec();
    data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn the_best_network_is_kept_or_the_last_one_if_asked() {
    let folder = tempfile::tempdir().unwrap();
    // A learning rate so high that the run diverges and ends with a bad network.
    let diverging =
        [CORPUS, "--no-report", "--epochs=2", "--batch=4", "--sequence-length=16", "--lr=1", "--hold=0.99"];
    let weights = |name: &str, more: &[&str]| {
        let out = folder.path().join(name).with_extension("safetensors");
        let output = trainer(&[&diverging, more].concat(), &out).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        Model::load(&out).unwrap().network().unwrap().into_owned().parameters
    };
    let (best, last) = (weights("best", &[]), weights("last", &["--keep-last"]));
    assert!(best != last, "the run ended with its best network");
    for (name, weights, tensor) in [("best", best, "best"), ("last", last, "parameters")] {
        let expected = tensor_of(&folder.path().join(name).with_extension("checkpoint"), tensor);
        let rounded: Vec<f32> = expected.iter().map(|value| half::f16::from_f32(*value).to_f32()).collect();
        assert!(weights == rounded, "{name}");
    }
}

#[test]
fn a_model_that_exists_is_neither_overwritten_nor_trained_again_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("odd.safetensors");
    assert!(train(&[CORPUS], &out).status.success());
    let first = std::fs::read(&out).unwrap();

    let again = train(&[CORPUS], &out);
    assert!(!again.status.success() && text(&again).contains("nothing was trained"), "{}", text(&again));
    assert!(text(&again).contains("--force") && text(&again).contains("--resume"), "{}", text(&again));
    assert_eq!(std::fs::read(&out).unwrap(), first);

    let forced = train(&[CORPUS, "--force", "--seed", "2"], &out);
    assert!(forced.status.success(), "{}", text(&forced));
    assert_ne!(std::fs::read(&out).unwrap(), first);

    let resumed = train(&[CORPUS, "--resume", "--seed", "2"], &out);
    assert!(resumed.status.success(), "{}", text(&resumed));
}

#[test]
fn too_little_music_is_refused_with_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("little");
    std::fs::create_dir(&music).unwrap();
    let fixture = "303_synthetic__header_only.mid";
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/odd-midi").join(fixture);
    std::fs::copy(from, music.join(fixture)).unwrap();
    let output = train(&[music.to_str().unwrap()], &folder.path().join("x.safetensors"));
    assert!(!output.status.success());
    assert!(text(&output).contains("at least 20 notes"), "{}", text(&output));
}

#[test]
fn a_run_without_a_checkpoint_cannot_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let output = train(&[CORPUS, "--resume"], &folder.path().join("none.safetensors"));
    assert!(!output.status.success() && text(&output).contains("nothing to resume"), "{}", text(&output));
}

#[test]
fn a_second_run_with_one_output_says_which_process_writes_there_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("one.safetensors");
    let mut first = long_run(&out).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    wait_for_validations(&mut first, 1);
    for option in [None, Some("--force"), Some("--resume")] {
        let second = long_run(&out).args(option).output().unwrap();
        let said = text(&second);
        assert!(!second.status.success() && said.contains("another run is writing"), "{said}");
        let process = format!("process {}", first.id());
        assert!(!cfg!(unix) || said.contains(&process) && said.contains("started"), "{said}");
    }
    assert!(first.try_wait().unwrap().is_none(), "the first run goes on");
    first.kill().unwrap();
    first.wait().unwrap();
    // What a killed run leaves locks nothing.
    let third = train(&[CORPUS, "--force"], &out);
    assert!(third.status.success(), "{}", text(&third));
    assert!(!folder.path().join("one.lock").exists());
}

/// Reads the output of a run until it has printed this many validations.
fn wait_for_validations(run: &mut Child, n_validations: usize) {
    let lines = BufReader::new(run.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let n_found = lines.filter(|line| has_validation(line)).take(n_validations).count();
    assert_eq!(n_found, n_validations, "the run ended too early");
}

/// Whether a line is progress with a validation.
fn has_validation(line: &str) -> bool {
    matches!(RunEvent::parse(line), Some(RunEvent::Progress(reached)) if reached.held_out.is_some())
}

#[test]
fn a_run_killed_at_any_moment_resumes_to_the_weights_of_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed.safetensors");
    let output = long_run(&undisturbed).arg("--threads=1").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));

    let killed = folder.path().join("killed.safetensors");
    let checkpoint = folder.path().join("killed.checkpoint");
    // A run prints each validation just before it writes a checkpoint.
    for (idx, n_validations) in [0, 1, 3, 2, 4].into_iter().enumerate() {
        let mut command = long_run(&killed);
        command.arg(format!("--threads={}", 1 + idx % 3)).args(checkpoint.is_file().then_some("--resume"));
        let mut run = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        wait_for_validations(&mut run, n_validations);
        // SIGKILL on Unix: nothing can be saved on the way out.
        run.kill().unwrap();
        assert!(!run.wait().unwrap().success(), "the run ended before it was killed");
    }
    let output = long_run(&killed).args(["--threads=2", "--resume"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(std::fs::read(&undisturbed).unwrap() == std::fs::read(&killed).unwrap(), "other weights");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_saves_its_state_and_resumes_to_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed.safetensors");
    // Not the default on every processor: the resumed run keeps it without being asked.
    let f32_products = "--precision=f32";
    assert!(long_run(&undisturbed).arg(f32_products).output().unwrap().status.success());

    let out = folder.path().join("interrupted.safetensors");
    let mut command = long_run(&out);
    let mut run = command.arg(f32_products).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_validations(&mut run, 1);
    let interrupt = Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = run.wait_with_output().unwrap();
    let stopped = text(&output).lines().any(|line| RunEvent::parse(line) == Some(RunEvent::Stopped));
    assert!(output.status.success() && stopped, "{}", text(&output));
    assert!(Model::load(&out).is_ok(), "the best so far is written");

    let output = long_run(&out).arg("--resume").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(std::fs::read(&undisturbed).unwrap() == std::fs::read(&out).unwrap(), "other weights");
}

/// Twenty small pieces of one kind: a broken chord below, steps above, four bars that repeat.
fn write_little_pieces(folder: &Path) {
    for idx in 0..20usize {
        let mut notes = Vec::new();
        for bar in 0..16usize {
            let root = [0, 5, 7, 0, 2, 7, 4, 0][(bar % 4 + idx) % 8];
            for step in 0..8usize {
                let onset = Tick((bar * 96 + step * 12) as i64);
                let note = |pitch: usize, velocity| Note {
                    onset,
                    duration: Tick(12),
                    pitch: pitch as u8,
                    velocity,
                    family: Family::PIANO,
                    feel: None,
                };
                notes.push(note(48 + root + [0, 7, 12, 7][step % 4], 60));
                notes.push(note(
                    72 + [0, 2, 4, 5, 7, 9, 11, 12][(step * (idx % 3 + 1) + bar % 4 + idx) % 8],
                    90,
                ));
            }
        }
        notes.sort();
        let piece = Piece { notes, keys: vec![(Tick(0), Key::default())], ..Piece::default() };
        std::fs::write(folder.join(format!("{idx}.mid")), smf::write(&piece, "")).unwrap();
    }
}

#[test]
fn fine_tuning_learns_a_style_better_than_training_from_scratch_and_keeps_the_old_styles() {
    let folder = tempfile::tempdir().unwrap();
    let music = folder.path().join("little_pieces");
    std::fs::create_dir(&music).unwrap();
    write_little_pieces(&music);
    let learn = |out: &str, from: &[&str]| {
        let out = folder.path().join(out);
        let output = Command::new(env!("CARGO_BIN_EXE_continuo-trainer"))
            .args(["train", music.to_str().unwrap(), "--no-cache", "--no-report"])
            .args(["--epochs=2", "--batch=16", "--sequence-length=32", "--out"])
            .arg(&out)
            .args(from)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
        Model::load(&out).unwrap()
    };
    let tuned = learn("tuned.safetensors", &["--from=default"]);
    let scratch = learn("scratch.safetensors", &["--preset=standard"]);

    let shipped = Model::embedded().unwrap();
    let threads = Threads::new(2).unwrap();
    let mut corpus = Corpus::read(&[StyleFolder::parse(music.to_str().unwrap())], &threads).unwrap();
    let untouched = validate(&start_from(&shipped, &mut corpus).unwrap(), &corpus, &threads, None).mean;
    // The new style comes first, where hosts reach it.
    assert_eq!(tuned.card().styles[1..], shipped.card().styles);
    assert_eq!(tuned.card().styles[0], "little pieces");
    assert_eq!(tuned.card().sources[0], ["little_pieces"]);
    assert!(tuned.primers().iter().any(|primer| primer.style == 0));
    assert!(tuned.primers().len() >= shipped.primers().len());
    // What was learned before is still protected from being copied.
    assert_eq!(tuned.card().longest_shared[1..], shipped.card().longest_shared);
    assert_eq!(tuned.card().longest_run[1..], shipped.card().longest_run);
    assert_eq!(tuned.card().nats_per_note[1..], shipped.card().nats_per_note);
    for primer in shipped.primers() {
        let longest = |model: &Model| model.passages().unwrap().longest_shared(&primer.notes);
        assert!(longest(&tuned) >= longest(&shipped));
    }
    let learned = corpus.piece(Part::Train, 0);
    assert_eq!(tuned.passages().unwrap().share_known(&learned.piece.notes), Some(1.0));
    for model in [&tuned, &scratch] {
        assert_eq!(model.config().encoding, Encoding::Third);
    }
    let mut known = Corpus::read(&[StyleFolder::parse(music.to_str().unwrap())], &threads).unwrap();
    let loss = validate(&start_from(&tuned, &mut known).unwrap(), &known, &threads, None).mean;
    let mut alone = Corpus::read(&[StyleFolder::parse(music.to_str().unwrap())], &threads).unwrap();
    let from_scratch = validate(&start_from(&scratch, &mut alone).unwrap(), &alone, &threads, None).mean;
    assert!(
        loss < untouched && loss < from_scratch,
        "tuned {loss}, untouched {untouched}, from scratch {from_scratch}"
    );
}
