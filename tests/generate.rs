//! `continuo-trainer generate` and `inspect`, run as a user runs them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use continuo::composer::{Take, Writer, compose_until};
use continuo::model::Model;
use continuo::music::{Key, Meter, Mode, Note, Piece, Scale, Tick, smf};
use continuo::player::ComposingKnobs;

/// A folder with a small untrained model in it, where the trainer runs.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Model::random(2, 11).save(&folder.path().join("model.safetensors")).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_continuo-trainer"))
            .args(args)
            .current_dir(self.path())
            .output()
            .unwrap()
    }

    /// Composes into `out.mid` and reads it.
    fn generate(&self, args: &[&str]) -> Piece {
        let output =
            self.run(&[&["generate", "model.safetensors", "--out", "out.mid", "--force"], args].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let smf = smf::load(&self.path().join("out.mid")).unwrap();
        assert_eq!(smf.warnings, []);
        smf.to_piece()
    }

    /// The error message of the trainer.
    fn refusal(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn the_file_holds_what_the_composer_composes_with_these_knobs() {
    let folder = Folder::new();
    let piece = folder.generate(&["--bars", "60", "--seed", "9", "--temperature", "0.8", "--key", "Eb"]);
    let model = Model::load(&folder.path().join("model.safetensors")).unwrap();
    let knobs = ComposingKnobs { seed: 9, temperature: 0.8, tonic: 3, ..ComposingKnobs::default() };
    let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
    compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(60 * 96));
    let composed: Vec<Note> = take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect();
    // A file cannot hold two notes of one pitch and family that overlap: reading cuts the first.
    let onsets = |notes: &[Note]| {
        notes.iter().map(|note| (note.onset, note.pitch, note.family, note.velocity)).collect::<Vec<_>>()
    };
    assert!(composed.len() > 10, "{}", composed.len());
    assert_eq!(onsets(&piece.notes), onsets(&composed));
}

#[test]
fn the_same_seed_writes_the_same_file_and_another_seed_another() {
    let folder = Folder::new();
    let bytes = |seed: &str| {
        folder.generate(&["--notes", "80", "--seed", seed]);
        std::fs::read(folder.path().join("out.mid")).unwrap()
    };
    assert_eq!(bytes("4"), bytes("4"));
    assert_ne!(bytes("4"), bytes("5"));
}

#[test]
fn the_requested_number_of_notes_is_written() {
    let folder = Folder::new();
    assert_eq!(folder.generate(&[]).notes.len(), 500);
    assert_eq!(folder.generate(&["--notes", "7"]).notes.len(), 7);
    assert!(folder.generate(&["--bars", "3"]).notes.iter().all(|note| note.onset < Tick(3 * 96)));
}

#[test]
fn tempo_meter_and_key_are_in_the_file_and_the_constraints_hold() {
    let folder = Folder::new();
    let args = ["--tempo", "90", "--meter", "6/8", "--key", "Am", "--scale", "harmonic-minor"];
    let piece =
        folder.generate(&[&args[..], &["--lowest", "48", "--highest", "72", "--polyphony", "2"]].concat());
    assert_eq!(piece.tempos.len(), 1);
    assert!((piece.tempos[0].1 - 90.0).abs() < 1e-3);
    assert_eq!(piece.meters, [(Tick(0), Meter::new(6, 8).unwrap())]);
    assert_eq!(piece.keys, [(Tick(0), Key::new(9, Mode::Minor))]);
    let scale = Scale::HarmonicMinor.pitch_classes();
    for note in piece.notes.iter().filter(|note| !note.family.is_drums()) {
        assert!((48..=72).contains(&note.pitch) && scale.contains(note.pitch + 12 - 9), "{note:?}");
        let sounding = |other: &&Note| other.onset <= note.onset && note.onset < other.end();
        let pitched = piece.notes.iter().filter(|other| !other.family.is_drums());
        assert!(pitched.filter(sounding).count() <= 2, "{note:?}");
    }
}

#[test]
fn a_file_is_continued_in_its_key_meter_and_tempo() {
    let folder = Folder::new();
    let asked = ["--notes", "20", "--meter", "3/4", "--tempo", "72", "--key", "D", "--scale", "major"];
    let past = folder.generate(&asked);
    let n_past = past.notes.len();
    std::fs::rename(folder.path().join("out.mid"), folder.path().join("past.mid")).unwrap();
    let piece = folder.generate(&["--continue", "past.mid", "--with-beginning", "--bars", "20"]);
    // Notes that sound past the end may be cut by what follows.
    let onsets = |notes: &[Note]| notes.iter().map(|note| (note.onset, note.pitch)).collect::<Vec<_>>();
    assert_eq!(onsets(&piece.notes[..n_past]), onsets(&past.notes));
    assert!(piece.notes.len() > n_past);
    let end = Tick((past.notes[n_past - 1].onset.0 / 72 + 1) * 72);
    assert!(piece.notes[n_past].onset >= end);
    assert_eq!(piece.meters.last(), Some(&(end, Meter::new(3, 4).unwrap())));
    assert!((piece.tempos.last().unwrap().1 - 72.0).abs() < 1e-3);
    let alone = folder.generate(&["--continue", "past.mid", "--bars", "20"]);
    assert_eq!(alone.notes.len(), piece.notes.len() - n_past);
}

#[test]
fn nothing_is_overwritten_unasked() {
    let folder = Folder::new();
    folder.generate(&["--bars", "2"]);
    let before = std::fs::read(folder.path().join("out.mid")).unwrap();
    let said = folder.refusal(&["generate", "model.safetensors", "--out", "out.mid", "--seed", "2"]);
    assert!(said.contains("out.mid is already there; --force overwrites it"), "{said}");
    assert_eq!(std::fs::read(folder.path().join("out.mid")).unwrap(), before);
}

#[test]
fn errors_are_reported_with_their_causes() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("notes.txt"), "no music").unwrap();
    let said = folder.refusal(&["generate", "model.safetensors", "--style", "jazz"]);
    assert!(said.contains("no style jazz; its styles are Style 1, Style 2"), "{said}");
    let said = folder.refusal(&["generate", "notes.txt"]);
    assert!(said.contains("cannot use the model notes.txt: not a weights file of Continuo"), "{said}");
    let said = folder.refusal(&["generate", "model.safetensors", "--continue", "notes.txt"]);
    assert!(said.contains("cannot continue notes.txt: at byte 0: expected the MThd header"), "{said}");
    let said = folder.refusal(&["inspect", "missing.safetensors"]);
    assert!(said.contains("could not read the model file missing.safetensors"), "{said}");
}

#[test]
fn summaries_are_json_when_asked_for() {
    let folder = Folder::new();
    let args = ["generate", "model.safetensors", "--bars", "2", "--out", "two.mid", "--json", "--style", "2"];
    let composed: serde_json::Value = serde_json::from_slice(&folder.run(&args).stdout).unwrap();
    assert_eq!(composed["with"]["style"], "Style 2");
    assert_eq!(composed["with"]["min_p"], 0.02);
    assert_eq!(composed["composed"]["bars"], 2);
    let card: serde_json::Value =
        serde_json::from_slice(&folder.run(&["inspect", "model.safetensors", "--json"]).stdout).unwrap();
    assert_eq!(card["sha256"], composed["with"]["sha256"]);
    assert_eq!(card["styles"].as_array().unwrap().len(), 2);
}

#[test]
fn performing_knobs_change_how_the_file_is_played_and_not_what_is_composed() {
    let folder = Folder::new();
    let load = || smf::load(&folder.path().join("out.mid")).unwrap();
    folder.generate(&["--bars", "4", "--key", "D", "--scale", "major"]);
    let plain = load();
    assert_eq!(plain.ticks_per_beat, 480);
    let scale = ["--bars", "4", "--key", "D", "--scale", "major"];
    let args = ["--transpose", "-7", "--octave", "1", "--velocity-spread", "0", "--velocity-level", "0.5"];
    folder.generate(&[&scale[..], &args[..]].concat());
    let played = load();
    assert_eq!(played.ticks_per_beat, 960);
    // Seven steps of the scale down and an octave up is where it was.
    let place = |smf: &smf::Smf, scale: u64| -> Vec<_> {
        smf.notes.iter().map(|n| (n.start * scale, n.pitch, n.family())).collect()
    };
    assert_eq!(place(&plain, 2), place(&played, 1));
    assert!(played.notes.iter().all(|note| note.velocity == 32));

    folder.generate(&[&scale[..], &["--swing", "1", "--swing-grid", "1/16", "--channel", "4"]].concat());
    let swung = load();
    assert!(swung.notes.iter().all(|note| note.channel >= 3));
    assert_eq!(swung.notes.len(), plain.notes.len());
    for (straight, swung) in plain.notes.iter().zip(&swung.notes) {
        // The second sixteenth of a pair comes at two thirds of it.
        let (pair, within) = (straight.start / 240, straight.start % 240);
        let warped = if within <= 120 { within * 4 / 3 } else { 160 + (within - 120) * 2 / 3 };
        assert!(swung.start.abs_diff(2 * (pair * 240 + warped)) <= 2, "{straight:?} {swung:?}");
    }
}

#[test]
fn an_input_file_is_answered_and_bars_are_edited() {
    let folder = Folder::new();
    let run = |args: &[&str]| {
        let output = folder.run(args);
        assert!(output.status.success(), "{output:?}");
    };
    run(&["generate", "--style", "folk", "--bars", "4", "--out", "tune.mid"]);
    let trade = [
        "generate",
        "--played",
        "tune.mid",
        "--conversation",
        "trade",
        "--trade",
        "2",
        "--bars",
        "8",
        "--out",
    ];
    run(&[&trade[..], &["answer.mid"]].concat());
    run(&[&trade[..], &["edited.mid", "--clear", "4"]].concat());
    let bars = |name: &str| {
        let piece = smf::load(&folder.path().join(name)).unwrap().to_piece();
        let count = |bar: i64| piece.notes.iter().filter(|note| note.onset.0 / 96 == bar).count();
        (0..8).map(count).collect::<Vec<usize>>()
    };
    let (tune, answer, edited) = (bars("tune.mid"), bars("answer.mid"), bars("edited.mid"));
    assert_eq!(answer[..2], tune[..2], "the first two bars are the file's own");
    assert!(answer[2..4].iter().sum::<usize>() > tune[2..4].iter().sum::<usize>(), "{answer:?}");
    assert_eq!(edited[3], tune[3], "the composed bar 4 is silent, the file's own is not: {edited:?}");
    assert_ne!(edited, answer);
}

#[test]
fn a_kept_bar_comes_back_with_the_phrase() {
    let folder = Folder::new();
    let bars = |args: &[&str]| -> Vec<Vec<_>> {
        let piece = folder.generate(&[&["--bars", "12", "--length", "4", "--evolve", "1"], args].concat());
        let in_bar = |bar: i64| {
            let notes = piece.notes.iter().filter(move |note| note.onset.0.div_euclid(96) == bar);
            notes.map(|note| (note.onset.0 - 96 * bar, note.pitch, note.velocity, note.duration)).collect()
        };
        (0..12).map(in_bar).collect()
    };
    let free = bars(&[]);
    // An untrained model leaves some bars empty.
    let mut fullest = [0, 1, 2, 3];
    fullest.sort_by_key(|bar| std::cmp::Reverse(free[*bar].len()));
    let [first, second, ..] = fullest;
    let kept = bars(&["--keep", &format!("{},{}", first + 1, second + 1)]);
    assert_eq!(free[..4], kept[..4], "keeping a bar does not change it");
    for bar in [first, second] {
        assert!(!kept[bar].is_empty() && free[bar + 4] != free[bar]);
        assert_eq!((&kept[bar + 4], &kept[bar + 8]), (&kept[bar], &kept[bar]));
    }
}
