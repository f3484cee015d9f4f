//! What the trainer does with files that are in its way, that are no files, or that it should not touch.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

use std::path::PathBuf;
use std::process::{Command, Output};

use continuo::model::Model;

const ODD: &str = concat!("Odd=", env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/odd-midi");

/// A run of some seconds; the sizes come first.
const N_SIZES: usize = 3;
const SHORT: [&str; 9] = [
    "--hidden=8",
    "--embedding=8",
    "--head=8",
    "--batch=2",
    "--sequence-length=16",
    "--epochs=0.02",
    "--threads=1",
    "--no-cache",
    "--save-every=0",
];

/// A folder where the trainer runs.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_continuo-trainer"));
        command.args(args).current_dir(self.0.path()).output().unwrap()
    }

    fn train(&self, args: &[&str]) -> Output {
        // A model to start from has its own sizes.
        let has_sizes = args.iter().any(|arg| arg.starts_with("--from"));
        self.run(&[&["train"], args, &SHORT[if has_sizes { N_SIZES } else { 0 }..]].concat())
    }

    fn succeeds(&self, args: &[&str]) -> String {
        let output = if args[0] == "train" { self.train(&args[1..]) } else { self.run(args) };
        assert!(output.status.success(), "{args:?}: {}", text(&output));
        text(&output)
    }

    /// The message with which this is refused; every file stays as it was.
    fn refusal(&self, args: &[&str]) -> String {
        let contents = |folder: &Self| {
            let files = folder.names().into_iter().filter(|name| folder.path(name).is_file());
            files.map(|name| (folder.read(&name), name)).collect::<Vec<_>>()
        };
        let before = (self.names(), contents(self));
        let output = if args[0] == "train" { self.train(&args[1..]) } else { self.run(args) };
        assert!(!output.status.success(), "{args:?}: {}", text(&output));
        assert!((self.names(), contents(self)) == before, "{args:?}: {:?}", self.names());
        String::from_utf8(output.stderr).unwrap()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn files_of_the_user_beside_the_weights_are_left_alone() {
    for name in ["mine.safetensors", "mine.html", "mine.log", "mine.checkpoint", "mine.lock"] {
        let folder = Folder::new();
        folder.write(name, "Dear Ada");
        for force in [&[][..], &["--force"]] {
            let message = folder.refusal(&[&["train", ODD, "--out", "mine.safetensors"], force].concat());
            assert_says(&message, &["could not write", name]);
        }
        assert_eq!(folder.read(name), b"Dear Ada");
    }
}

#[test]
fn the_weights_may_have_any_name_and_nothing_is_written_over_them() {
    for name in ["m.html", "m.log", "m.checkpoint", "m.lock", "m.part", "m", "m.mid"] {
        let folder = Folder::new();
        let said = folder.succeeds(&["train", ODD, "--out", name]);
        assert!(Model::load(&folder.path(name)).is_ok(), "{name}: {said}");
        let [report, log] = ["html", "log"].map(|extension| format!("{name}.{extension}"));
        assert!(String::from_utf8(folder.read(&report)).unwrap().contains("training report"));
        assert_says(&said, &[&format!("Wrote {name}\n"), &format!("Wrote {report}"), &log]);
        let mut names = [name.to_owned(), format!("{name}.checkpoint"), report, log];
        names.sort();
        assert_eq!(folder.names(), names);
        // Again, over all files of the first run.
        folder.succeeds(&["train", ODD, "--out", name, "--force"]);
    }
}

#[test]
fn no_input_is_written_over() {
    let folder = Folder::new();
    Model::random(1, 1).save(&folder.path("model")).unwrap();
    folder.succeeds(&["generate", "model", "--bars=4", "--out=a.mid"]);
    std::fs::hard_link(folder.path("a.mid"), folder.path("hard.mid")).unwrap();
    std::fs::hard_link(folder.path("model"), folder.path("hard")).unwrap();
    std::fs::create_dir(folder.path("corpus")).unwrap();
    std::fs::copy(folder.path("a.mid"), folder.path("corpus/a.mid")).unwrap();
    for (args, named) in [
        (&["train", "corpus", "--out=corpus/a.mid", "--force"][..], "corpus/a.mid"),
        (&["train", "corpus", "--from=model", "--out=model", "--force"], "model is the model to start from"),
        (&["train", "corpus", "--from=model", "--out=hard", "--force"], "hard is the model to start from"),
        (&["generate", "model", "--out=model", "--force"], "model is the model"),
        (&["generate", "model", "--out=hard", "--force"], "hard is the model"),
        (
            &["generate", "model", "--out=./a.mid", "--continue=a.mid", "--force"],
            "a.mid is the file to continue",
        ),
        (&["generate", "model", "--out=hard.mid", "--continue=a.mid", "--force"], "hard.mid is the file to"),
        (&["generate", "model", "--out=a.mid", "--played=a.mid", "--force"], "a.mid is the input"),
    ] {
        assert_says(&folder.refusal(args), &[named]);
    }
    assert_eq!(folder.read("corpus/a.mid"), folder.read("a.mid"));
}

#[test]
fn generate_replaces_midi_files_only() {
    let folder = Folder::new();
    folder.write("letter.mid", "Dear Ada");
    let message = folder.refusal(&["generate", "--bars=1", "--out=letter.mid", "--force"]);
    assert_says(&message, &["could not write letter.mid", "is not a MIDI file"]);
    folder.write("empty.mid", "");
    for _ in 0..2 {
        folder.succeeds(&["generate", "--bars=1", "--out=empty.mid", "--force"]);
    }
    assert_says(&folder.refusal(&["generate", "--bars=1", "--out=no/x.mid"]), &["no/x.mid", "no folder"]);
    assert_says(&folder.refusal(&["generate", "--bars=1", "--out=."]), &["could not write ."]);
}

#[test]
fn the_model_that_ships_is_called_default() {
    let folder = Folder::new();
    folder.succeeds(&["generate", "default", "--bars=1", "--out=a.mid"]);
    assert_eq!(folder.succeeds(&["inspect", "default"]), folder.succeeds(&["inspect"]));
    let model = folder.refusal(&["inspect", "a.mid"]);
    assert_eq!(
        model,
        "error: cannot use the model a.mid: not a weights file of Continuo: it is a MIDI file\n"
    );
    let said = folder.refusal(&["train", ODD, "--out=m", "--from=a.mid"]);
    assert_says(&said, &["cannot use the model a.mid"]);
}

#[test]
fn a_number_out_of_its_range_is_refused_with_the_range() {
    let folder = Folder::new();
    let number = |command: &[&str], options: &[(&str, &str)]| {
        for (option, right) in options {
            for wrong in ["nan", "inf", "-inf", "-1", "1e400", "", "five"] {
                let option = format!("--{option}={wrong}");
                let output = folder.run(&[command, &[&option]].concat());
                assert_eq!(output.status.code(), Some(2), "{option}: {}", text(&output));
                assert_says(&text(&output), &["expected a number from ", " to "]);
            }
            let output = folder.run(&[command, &[&format!("--{option}={right}")]].concat());
            assert_eq!(output.status.code(), Some(1), "--{option}={right}: {}", text(&output));
            assert_says(&text(&output), &["nowhere"]);
        }
    };
    number(
        &["train", "nowhere", "--out=m"],
        &[
            ("epochs", "0.5"),
            ("patience", "3"),
            ("minutes", "0.5"),
            ("batch", "8"),
            ("sequence-length", "8"),
            ("hidden", "8"),
            ("embedding", "8"),
            ("head", "8"),
            ("layers", "1"),
            ("dropout", "0.9"),
            ("weight-dropout", "0.9"),
            ("row-dropout", "0.9"),
            ("lr", "1e-3"),
            ("hold", "0.5"),
            ("weight-decay", "0.1"),
            ("balance", "1"),
            ("threads", "1"),
            ("validate-every", "1000"),
            ("save-every", "0.5"),
            ("form", "1,0.5"),
            ("temperature", "1,0.5"),
            ("variety", "1,0.5"),
            ("min-p", "1,0.5"),
        ],
    );
    number(
        &["evaluate", "nowhere", "no"],
        &[("samples", "3"), ("bars", "4"), ("temperature", "0.5"), ("variety", "0.5"), ("threads", "1")],
    );
    number(
        &["generate", "nowhere", "--played=a.mid", "--conversation=trade"],
        &[
            ("bars", "4"),
            ("notes", "4"),
            ("tempo", "90"),
            ("temperature", "0.5"),
            ("trade", "2"),
            ("keep", "1,2"),
            ("roll", "1,2"),
            ("roll-rhythm", "1"),
            ("roll-pitches", "1"),
            ("clear", "1"),
        ],
    );
    for apart in [["--lr", "-1"], ["--dropout", "-0.5"]] {
        let output = folder.run(&[&["train", "no", "--out=m"][..], &apart].concat());
        assert_says(&text(&output), &["expected a number from 0"]);
    }
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn with_nothing_held_out_the_trainer_says_so_in_words() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("few")).unwrap();
    for name in ["one", "two", "three"] {
        let (seed, file) = (format!("--seed={}", name.len()), format!("--out=few/{name}.mid"));
        folder.succeeds(&["generate", "--style=Folk", "--notes=60", &seed, &file]);
        let said = folder.succeeds(&["train", "few", "--out=m", "--force"]);
        assert_says(&said, &["No piece is held out", "0 pieces to validate on"]);
        for nonsense in ["valid 0.000", "best:", "w/o velocity", " 1 pieces", " 1 files"] {
            assert!(!said.contains(nonsense), "{said}");
        }
        let report = String::from_utf8(folder.read("m.html")).unwrap();
        assert_says(&report, &["none held out", "No piece was held out"]);
        assert!(!report.contains(">0.000<"));
    }
}

#[test]
fn what_can_be_known_before_the_music_is_read_is_said_before() {
    let folder = Folder::new();
    folder.write("poem.checkpoint", "So many gods, so many creeds");
    for (args, named) in [
        #[cfg(not(feature = "cuda"))]
        (&["train", "nowhere", "--out=m", "--device=gpu"][..], "GPU"),
        (&["train", "nowhere", "--out=m", "--from=no-model"][..], "no-model"),
        (&["train", "nowhere", "--out=no/m"], "no/m"),
        (&["train", "nowhere", "--out=m"], "nowhere"),
        (&["train", "nowhere", "--out=poem", "--resume"], "is not a checkpoint of Continuo"),
    ] {
        assert_says(&folder.refusal(args), &[named]);
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt, symlink};

    use super::*;

    #[test]
    fn what_is_no_regular_file_is_neither_read_nor_replaced() {
        let folder = Folder::new();
        assert!(Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap().success());
        folder.succeeds(&["generate", "--bars=1", "--out=a.mid"]);
        for (path, found) in
            [("pipe", "found a pipe"), ("/dev/zero", "found a device"), (".", "found a folder")]
        {
            for args in [
                &["train", ODD, "--from", path, "--out=m"][..],
                &["generate", path, "--out=b.mid"],
                &["generate", "--out=b.mid", "--continue", path],
                &["generate", "--out=b.mid", "--played", path],
                &["inspect", path],
                &["evaluate", path, "."],
                &["tune", path, ".", "--out=m"],
            ] {
                assert_says(&folder.refusal(args), &[path, found]);
            }
        }
        for path in ["pipe", "/dev/null", "/dev/stdout"] {
            for args in [
                &["train", ODD, "--out", path][..],
                &["train", ODD, "--force", "--out", path],
                &["generate", "--bars=1", "--out", path],
                &["generate", "--bars=1", "--force", "--out", path],
                &["tune", "default", "Chorales=.", "--force", "--out", path],
            ] {
                assert_says(&folder.refusal(args), &[path, "expected a file, found"]);
            }
        }
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert!(std::fs::metadata(folder.path("pipe")).unwrap().file_type().is_fifo());
    }

    #[test]
    fn links_are_followed_also_where_nothing_is_yet() {
        let folder = Folder::new();
        std::fs::create_dir(folder.path("disk")).unwrap();
        for name in ["m.safetensors", "a.mid"] {
            symlink(folder.path("disk").join(name), folder.path(name)).unwrap();
        }
        for force in [&[][..], &["--force"]] {
            folder.succeeds(&[&["train", ODD, "--out=m.safetensors"], force].concat());
            folder.succeeds(&[&["generate", "--bars=1", "--out=a.mid"], force].concat());
        }
        for name in ["m.safetensors", "a.mid"] {
            assert!(folder.path(name).is_symlink() && folder.path("disk").join(name).is_file(), "{name}");
        }
    }

    /// The trainer where no file may be longer than some kilobytes, as on a disk that is full.
    fn on_a_full_disk(folder: &Folder, args: &[&str]) -> Output {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\""]);
        command.arg(env!("CARGO_BIN_EXE_continuo-trainer")).args(args).current_dir(folder.0.path());
        command.output().unwrap()
    }

    #[test]
    fn a_full_disk_leaves_the_old_files_whole_and_nothing_else() {
        let folder = Folder::new();
        folder.succeeds(&["generate", "--notes=2000", "--out=a.mid"]);
        folder.succeeds(&["train", ODD, "--out=m", "--no-report"]);
        let names = folder.names();
        let before: Vec<Vec<u8>> = names.iter().map(|name| folder.read(name)).collect();
        let train = [&["train", ODD, "--out=m", "--no-report", "--force"], &SHORT[..]].concat();
        for (args, named) in [
            (&["generate", "--notes=2000", "--out=a.mid", "--force", "--seed=2"][..], "a.mid"),
            (&train, "m."),
        ] {
            let output = on_a_full_disk(&folder, args);
            assert!(!output.status.success());
            assert_says(&text(&output), &[named]);
        }
        assert_eq!(folder.names(), names);
        for (name, before) in names.iter().zip(before).filter(|(name, _)| *name != "m.log") {
            assert!(folder.read(name) == before, "{name} has changed");
        }
    }

    // macOS has no such names.
    #[cfg(target_os = "linux")]
    #[test]
    fn folders_and_files_may_have_names_that_are_not_unicode() {
        use std::os::unix::ffi::OsStringExt;

        let folder = Folder::new();
        let music = folder.0.path().join(std::ffi::OsString::from_vec(b"m\xfcsik".to_vec()));
        std::fs::create_dir(&music).unwrap();
        let mut named = std::ffi::OsString::from("Tunes=");
        named.push(&music);
        folder.succeeds(&["generate", "--style=Folk", "--notes=60", "--out=a.mid"]);
        std::fs::rename(folder.path("a.mid"), music.join("a.mid")).unwrap();
        for (argument, style) in [(music.as_os_str(), "m\u{fffd}sik"), (&named, "Tunes")] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_continuo-trainer"));
            command.arg("train").arg(argument).args(SHORT).args(["--no-report", "--force", "--out"]);
            let output = command.arg(music.join("m")).output().unwrap();
            assert!(output.status.success(), "{}", text(&output));
            assert_eq!(Model::load(&music.join("m")).unwrap().card().styles, [style]);
        }
    }
}
