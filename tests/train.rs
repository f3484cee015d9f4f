//! `continuo-trainer train` as a user runs it: on a folder with files that cannot be read in it.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use continuo::model::Model;
use continuo::music::{Family, Key, Note, Piece, Tick, smf};
use continuo::training::corpus::{Corpus, StyleFolder};
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

/// A run of some seconds, of two lanes, with dropout; checkpoints at validations and between them.
const LONG: [&str; 16] = [
    CORPUS,
    "--no-report",
    "--name=long",
    "--epochs=20",
    "--batch=20",
    "--sequence-length=16",
    "--dropout=0.3",
    "--validate-every=20000",
    "--patience=1000",
    "--save-every=0.1",
    "--seed=5",
    "--licence=none",
    "--lr=0.01",
    "--weight-decay=0.05",
    "--description=d",
    "--credit=c",
];

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
    assert!(said.contains("nats a note"), "{said}");
    let log = std::fs::read_to_string(folder.path().join("odd.log")).unwrap();
    assert!(said.contains("odd.log") && log.contains("302_synthetic__empty_file.mid"), "{log}");
    assert!(log.contains("repaired") && log.contains("319_synthetic__no_eot.mid"), "{log}");
    let model = Model::load(&out).unwrap();
    assert_eq!(model.card().styles, ["Odd"]);
}

#[test]
fn a_run_leaves_a_page_with_its_pictures_inside_that_needs_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("odd.safetensors");
    let output =
        trainer(&[CORPUS, "--epochs=0.05", "--batch=2", "--sequence-length=16"], &out).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let page = std::fs::read_to_string(folder.path().join("odd.html")).unwrap();
    for told in [
        "Loss curves",
        "302_synthetic__empty_file.mid",
        "sample at temperature 0.7",
        ">real<",
        "velocity",
        "Markov",
    ] {
        assert!(page.contains(told), "the page does not tell of {told}");
    }
    let n_pictures = page.matches("<svg").count();
    assert!(n_pictures >= 14, "{n_pictures} pictures");
    let outside: Vec<&str> =
        ["src=", "href=", "@import", "<script"].into_iter().filter(|way| page.contains(way)).collect();
    assert!(outside.is_empty(), "the page fetches something: {outside:?}");
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

/// The values of one tensor of a checkpoint.
fn of_checkpoint(path: &Path, name: &str) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let data = tensors.tensor(name).unwrap().data().to_vec();
    data.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn the_network_of_the_end_is_kept_where_that_is_asked_and_else_the_best_one() {
    let folder = tempfile::tempdir().unwrap();
    // Steps so large that the run goes astray, up to its last look.
    let astray =
        [CORPUS, "--no-report", "--epochs=2", "--batch=4", "--sequence-length=16", "--lr=1", "--hold=0.99"];
    let weights = |name: &str, more: &[&str]| {
        let out = folder.path().join(name).with_extension("safetensors");
        let output = trainer(&[&astray, more].concat(), &out).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        Model::load(&out).unwrap().network().parameters.clone()
    };
    let (best, last) = (weights("best", &[]), weights("last", &["--keep-last"]));
    assert!(best != last, "the run ended with its best network");
    for (name, weights, tensor) in [("best", best, "best"), ("last", last, "parameters")] {
        let expected = of_checkpoint(&folder.path().join(name).with_extension("checkpoint"), tensor);
        let rounded: Vec<f32> = expected.iter().map(|value| half::f16::from_f32(*value).to_f32()).collect();
        assert!(weights == rounded, "{name}");
    }
}

#[test]
fn a_model_that_exists_is_neither_overwritten_nor_trained_again_untold() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("odd.safetensors");
    assert!(train(&[CORPUS], &out).status.success());
    let first = std::fs::read(&out).unwrap();

    let again = train(&[CORPUS], &out);
    assert!(again.status.success() && text(&again).contains("--force"), "{}", text(&again));
    assert_eq!(std::fs::read(&out).unwrap(), first);

    let forced = train(&[CORPUS, "--force", "--seed", "2"], &out);
    assert!(forced.status.success(), "{}", text(&forced));
    assert_ne!(std::fs::read(&out).unwrap(), first);

    let resumed = train(&[CORPUS, "--resume", "--seed", "2"], &out);
    assert!(resumed.status.success(), "{}", text(&resumed));
}

#[test]
fn too_little_music_is_refused_in_words() {
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
fn nothing_to_resume_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let output = train(&[CORPUS, "--resume"], &folder.path().join("none.safetensors"));
    assert!(!output.status.success() && text(&output).contains("nothing to resume"), "{}", text(&output));
}

#[test]
fn a_run_killed_at_any_moment_goes_on_to_the_very_weights_of_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed.safetensors");
    let began = Instant::now();
    let output = trainer(&LONG, &undisturbed).arg("--threads=1").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let whole = began.elapsed();

    let killed = folder.path().join("killed.safetensors");
    let checkpoint = folder.path().join("killed.checkpoint");
    let mut n_kills = 0;
    // Odd shares of the run, so that kills fall before, in and after the writing of checkpoints.
    for (idx, share) in [0.11, 0.23, 0.07, 0.31, 0.17].into_iter().enumerate() {
        let threads = format!("--threads={}", 1 + idx % 3);
        let mut command = trainer(&LONG, &killed);
        command.arg(threads).args(checkpoint.is_file().then_some("--resume"));
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        while began.elapsed() < whole.mul_f64(share) || !checkpoint.is_file() {
            std::thread::sleep(Duration::from_millis(1));
        }
        // SIGKILL on Unix: nothing can be saved on the way out.
        n_kills += usize::from(run.try_wait().unwrap().is_none());
        run.kill().unwrap();
        run.wait().unwrap();
    }
    assert!(n_kills >= 3, "{n_kills}");
    let output = trainer(&LONG, &killed).args(["--threads=2", "--resume"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(std::fs::read(&undisturbed).unwrap() == std::fs::read(&killed).unwrap(), "other weights");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_saves_says_so_and_goes_on_to_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed.safetensors");
    // Not what every processor would choose: the resumed run, told nothing, keeps to it.
    let f32_products = "--precision=f32";
    assert!(trainer(&LONG, &undisturbed).arg(f32_products).output().unwrap().status.success());

    let out = folder.path().join("interrupted.safetensors");
    let checkpoint = folder.path().join("interrupted.checkpoint");
    let run =
        trainer(&LONG, &out).arg(f32_products).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !checkpoint.is_file() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let interrupt = Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success() && text(&output).contains("--resume"), "{}", text(&output));
    assert!(Model::load(&out).is_ok(), "the best so far is written");

    let output = trainer(&LONG, &out).arg("--resume").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(std::fs::read(&undisturbed).unwrap() == std::fs::read(&out).unwrap(), "other weights");
}

/// Twenty little pieces of one kind: a broken chord below, steps above, four bars that come back.
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
fn from_a_model_a_style_of_ones_own_is_learned_sooner_than_from_nothing_and_the_old_styles_stay() {
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
    let anew = learn("anew.safetensors", &["--preset=standard"]);

    let shipped = Model::embedded().unwrap();
    let threads = Threads::new(2).unwrap();
    let mut corpus = Corpus::read(&[StyleFolder::parse(music.to_str().unwrap())], &threads).unwrap();
    let untouched = validate(&start_from(&shipped, &mut corpus), &corpus, &threads, None).mean;
    let n_shipped = shipped.card().styles.len();
    assert_eq!(tuned.card().styles[..n_shipped], shipped.card().styles);
    assert_eq!(tuned.card().styles[n_shipped..], ["little pieces"]);
    assert_eq!(tuned.card().sources[n_shipped], ["little_pieces"]);
    assert!(tuned.primers().len() >= shipped.primers().len());
    let loss = tuned.card().nats_per_note[n_shipped];
    let scratch = anew.card().nats_per_note[0];
    assert!(
        loss < untouched && loss < scratch,
        "tuned {loss}, untouched {untouched}, from nothing {scratch}"
    );
}
