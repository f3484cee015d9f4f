//! `continuo-trainer train` as a user runs it: on a folder with files that cannot be read in it.

use std::path::Path;
use std::process::{Command, Output};

use continuo::model::Model;

fn train(arguments: &[&str], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_continuo-trainer"))
        .arg("train")
        .args(arguments)
        .arg("--out")
        .arg(out)
        .args(["--hidden", "8", "--embedding", "8", "--head", "8", "--batch", "2"])
        .args(["--sequence-length", "16", "--epochs", "0.02", "--threads", "1"])
        .output()
        .unwrap()
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
    assert!(said.contains("nats a note"), "{said}");
    let model = Model::load(&out).unwrap();
    assert_eq!(model.card().styles, ["Odd"]);
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
