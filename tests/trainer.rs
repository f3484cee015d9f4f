//! What the trainer offers around a run: options from a file, a choice by time, two runs side by side, shells.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

use std::path::Path;
use std::process::{Command, Output};

use continuo::model::Model;
use continuo::run_events::RunEvent;

const CORPUS: &str = concat!("Odd=", env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/odd-midi");
const SHORT: [&str; 7] = [
    "--hidden=8",
    "--embedding=8",
    "--head=8",
    "--batch=2",
    "--sequence-length=16",
    "--threads=1",
    "--no-cache",
];

fn run(args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_continuo-trainer"));
    command.args(args).current_dir(folder).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn succeeds(args: &[&str], folder: &Path) -> String {
    let output = run(args, folder);
    assert!(output.status.success(), "{args:?}: {}", text(&output));
    text(&output)
}

#[test]
fn a_long_run_has_its_options_in_a_file_and_what_is_typed_wins() {
    let folder = tempfile::tempdir().unwrap();
    let write = |text: &str| std::fs::write(folder.path().join("run.toml"), text).unwrap();
    let options = format!(
        "folders = [{CORPUS:?}]\nout = \"from-file.safetensors\"\nname = \"From a file\"\nepochs = 0.02\nseed = 7\n\
         no-report = true\nno-cache = true\ncredit = [\"one\", \"two\"]\nhidden = 8\nembedding = 8\nhead = 8\nbatch = 2\n"
    );
    write(&options);
    succeeds(
        &["train", "--config", "run.toml", "--out=typed.safetensors", "--sequence-length=16"],
        folder.path(),
    );
    assert!(!folder.path().join("from-file.safetensors").exists());
    assert!(!folder.path().join("typed.html").exists());
    let model = Model::load(&folder.path().join("typed.safetensors")).unwrap();
    assert_eq!((model.card().name.as_str(), model.card().styles.len()), ("From a file", 1));
    assert_eq!(model.card().credits, ["one", "two"]);
    assert!(model.card().training.contains("seed 7"), "{}", model.card().training);
    // What is typed also wins over an option that it cannot stand beside, and a path may begin at home. Windows does not
    // take the home from a variable: the file would go to the user's own.
    #[cfg(unix)]
    {
        write(&options.replace("from-file", "~/from-file"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_continuo-trainer"));
        command.args(["train", "--config=run.toml", "--time=1s", "--force"]).env("HOME", folder.path());
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        assert!(folder.path().join("from-file.safetensors").exists());
    }
    for (emphasis, said) in
        [("Odd=3", None), ("Even=3", Some("found Even")), ("Odd=0", Some("from 0.01 to 100"))]
    {
        let out = ["--out=emphasis.safetensors", "--force", "--epochs=0.02", "--no-report"];
        let args = [&["train", CORPUS, "--emphasis", emphasis], &out[..], &SHORT[..]].concat();
        let output = run(&args, folder.path());
        assert_eq!(output.status.success(), said.is_none(), "{}", text(&output));
        assert!(said.is_none_or(|said| text(&output).contains(said)), "{}", text(&output));
    }
    let model = Model::load(&folder.path().join("emphasis.safetensors")).unwrap();
    assert!(model.card().training.contains("Odd 3 times"), "{}", model.card().training);
    for (wrong, named) in [
        ("sped = 7", "no option sped"),
        ("no-report = 7", "expected true or false"),
        ("out = 2001-02-03", "expected a text"),
        ("out =", "is not TOML"),
    ] {
        write(wrong);
        let output = run(&["train", "--config=run.toml"], folder.path());
        assert!(!output.status.success() && text(&output).contains(named), "{}", text(&output));
    }
}

#[test]
fn a_time_is_kept_and_a_run_that_was_stopped_by_it_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let out = ["--json", "--no-report", "--out=m.safetensors"];
    let args = [&["train", CORPUS, "--time=1s"], &SHORT[..], &out].concat();
    let said = succeeds(&args, folder.path());
    let estimate = said.lines().find_map(|line| match RunEvent::parse(line) {
        Some(RunEvent::Estimate(estimate)) => Some(estimate),
        _ => None,
    });
    assert!(estimate.unwrap().seconds <= 1.0, "{said}");
    let resumed = succeeds(&[&args[..], &["--resume"]].concat(), folder.path());
    assert!(resumed.contains("finished"), "{resumed}");
    // Also of a size that the model to start from had given to another preset.
    let args = ["train", CORPUS, "--time=1s", "--from=default", "--threads=1", "--no-cache", "--no-report"];
    let args = [&args[..], &["--out=from.safetensors"]].concat();
    succeeds(&args, folder.path());
    succeeds(&[&args[..], &["--resume"]].concat(), folder.path());
    for wrong in ["", "4", "x", "4m3", "-1s", "1e99h"] {
        let output = run(&["train", CORPUS, "--out=n", &format!("--time={wrong}")], folder.path());
        assert!(text(&output).contains("expected a time such as 90s"), "{wrong}: {}", text(&output));
    }
}

#[test]
fn two_runs_are_laid_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    for (name, lr) in [("slow", "--lr=0.001"), ("fast", "--lr=0.01")] {
        let name = format!("--out={name}.safetensors");
        let args = [&["train", CORPUS, "--epochs=0.05", lr, &name], &SHORT[..]].concat();
        succeeds(&args, folder.path());
    }
    let said = succeeds(&["compare", "slow.safetensors", "fast.html", "--out=both.html"], folder.path());
    assert!(said.contains("both.html"), "{said}");
    let page = std::fs::read_to_string(folder.path().join("both.html")).unwrap();
    for content in ["1: slow", "2: fast", "learning rate", "lr 0.001", "lr 0.01", "Odd"] {
        assert!(page.contains(content), "the page does not have {content}");
    }
    let before = std::fs::read(folder.path().join("slow.html")).unwrap();
    succeeds(&["compare", "slow.html", "fast.html", "--out=both.html"], folder.path());
    let output = run(&["compare", "slow.html", "fast.html", "--out=slow.html"], folder.path());
    assert!(text(&output).contains("is not a comparison of Continuo"), "{}", text(&output));
    assert_eq!(std::fs::read(folder.path().join("slow.html")).unwrap(), before, "no report is lost");
    std::fs::write(folder.path().join("poem.html"), "So many gods, so many creeds").unwrap();
    let output = run(&["compare", "slow.html", "poem.html"], folder.path());
    assert!(text(&output).contains("poem.html is not the report of a run"), "{}", text(&output));
}

#[test]
fn shells_and_man_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let completions = succeeds(&["completions", shell], folder.path());
        assert!(completions.contains("dry-run") && completions.contains("evaluate"), "{shell}");
    }
    let page = succeeds(&["man"], folder.path());
    assert!(page.contains(".TH continuo-trainer") && page.contains("generate"), "{page}");
    let page = succeeds(&["man", "train"], folder.path());
    assert!(page.contains("continuo\\-trainer train") && page.contains("\\-\\-time"), "{page}");
    assert!(text(&run(&["man", "sing"], folder.path())).contains("found sing"));
}
