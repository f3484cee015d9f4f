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

    /// Composes into `out.mid`, on the grid, and reads it.
    fn generate(&self, args: &[&str]) -> Piece {
        self.generate_with_feel(&[args, &["--feel", "0"]].concat())
    }

    /// The same with the feel that `args` say.
    fn generate_with_feel(&self, args: &[&str]) -> Piece {
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
    let notes = composed["notes"].as_array().unwrap();
    assert!(!notes.is_empty() && composed["composed"]["notes"] == notes.len());
    let last = notes.last().unwrap();
    assert!(
        last["onset"].as_f64().unwrap() < 8.0 && last["pitch"].is_u64() && last["instrument"].is_string()
    );
    let card: serde_json::Value =
        serde_json::from_slice(&folder.run(&["inspect", "model.safetensors", "--json"]).stdout).unwrap();
    assert_eq!(card["sha256"], composed["with"]["sha256"]);
    assert_eq!(card["styles"].as_array().unwrap().len(), 2);
}

#[test]
fn a_preset_sets_the_knobs_and_what_is_typed_wins() {
    let folder = Folder::new();
    let with = |args: &[&str]| -> serde_json::Value {
        let usual = ["generate", "default", "--bars=1", "--out=out.mid", "--force", "--json"];
        let output = folder.run(&[&usual[..], args].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["with"].clone()
    };
    let bass = with(&["--preset", "walking bass"]);
    assert_eq!(bass["style"], "Hymns");
    assert_eq!(
        (&bass["polyphony"], &bass["lowest"], &bass["temperature"]),
        (&1.into(), &36.into(), &1.1.into())
    );
    let other = with(&["--preset=Walking", "--style=Folk tunes", "--temperature=0.8"]);
    assert_eq!(other["style"], "Folk tunes");
    assert_eq!((&other["polyphony"], &other["temperature"]), (&1.into(), &0.8.into()));
    assert_eq!(with(&["--preset=Dance bass"])["instruments"], serde_json::json!(["bass"]));
    let unknown = folder.refusal(&["generate", "--preset=Sneeze", "--bars=1", "--out=no.mid"]);
    assert!(unknown.contains("Walking bass") && unknown.contains("found Sneeze"), "{unknown}");
    let little = folder.refusal(&["generate", "model.safetensors", "--preset=Dance bass", "--out=no.mid"]);
    assert!(little.contains("this model has no style 10"), "{little}");
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
    // All notes of a bar have half their mean velocity.
    for (bar_idx, bar) in plain.notes.chunk_by(|a, b| a.start / 1920 == b.start / 1920).enumerate() {
        let mean = bar.iter().map(|note| f32::from(note.velocity)).sum::<f32>() / bar.len() as f32;
        let is_in_bar = |note: &&smf::SmfNote| note.start / 3840 == bar[0].start / 1920;
        let bar_played: Vec<u8> = played.notes.iter().filter(is_in_bar).map(|note| note.velocity).collect();
        assert_eq!(bar_played, vec![(0.5 * mean).round() as u8; bar.len()], "bar {bar_idx}");
    }

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
fn parts_that_are_written_apart_are_together_the_whole() {
    let folder = Folder::new();
    let written = |parts: &[&str]| {
        let chorale = ["generate", "--style", "chorales", "--bars", "8", "--out", "out.mid", "--force"];
        let output = folder.run(&[&chorale, parts].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let smf = smf::load(&folder.path().join("out.mid")).unwrap();
        let note = |note: &smf::SmfNote| (note.start, note.duration, note.channel, note.pitch, note.velocity);
        let mut notes: Vec<_> = smf.notes.iter().map(note).collect();
        notes.sort_unstable();
        notes
    };
    let whole = written(&["--channel-per-voice"]);
    let voices = ["Voice 1", "voice 2", "voice 3", "voice 4"];
    let apart = voices.map(|voice| written(&["--channel-per-voice", "--solo", voice]));
    for (idx, voice) in apart.iter().enumerate() {
        assert!(voice.len() > 7 && voice.iter().all(|note| usize::from(note.2) == idx), "{voice:?}");
    }
    let mut together = apart.concat();
    together.sort_unstable();
    assert_eq!(together, whole);
    let lower = written(&["--channel-per-voice", "--mute", "voice 1", "--mute", "drums"]);
    assert_eq!(lower, whole.iter().filter(|note| note.2 != 0).copied().collect::<Vec<_>>());
    let silent = ["generate", "--style", "chorales", "--bars", "8", "--out", "no.mid", "--solo", "drums"];
    assert!(
        folder.refusal(&silent).contains("there is nothing to write: the parts that have notes are muted")
    );
    assert!(!folder.path().join("no.mid").exists());
}

#[test]
fn a_file_has_the_feel_that_its_notes_are_played_with() {
    let folder = Folder::new();
    let load = |feel: &[&str]| {
        folder.generate_with_feel(&[&["--bars", "8"], feel].concat());
        smf::load(&folder.path().join("out.mid")).unwrap()
    };
    let (on_grid, played) = (load(&["--feel", "0"]), load(&[]));
    assert_eq!((on_grid.ticks_per_beat, played.ticks_per_beat), (480, 960));
    assert!(on_grid.notes.iter().all(|note| note.start % 20 == 0));
    assert_eq!(on_grid.notes.len(), played.notes.len());
    // A feel is four ticks of 1/24 of a beat at most.
    for note in &played.notes {
        let is_it = |written: &&smf::SmfNote| {
            written.pitch == note.pitch && (2 * written.start).abs_diff(note.start) <= 160
        };
        assert!(on_grid.notes.iter().any(|written| is_it(&written)), "{note:?}");
    }
    let n_off_grid = played.notes.iter().filter(|note| note.start % 40 != 0).count();
    assert!(2 * n_off_grid > played.notes.len(), "{n_off_grid} of {}", played.notes.len());
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
        // More bars than are compared, since notes end where the file ends.
        let piece = folder.generate(&[&["--bars", "20", "--length", "4", "--evolve", "1"], args].concat());
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

impl Folder {
    /// Writes a file with these tracks, 96 ticks to the quarter note; each is ended at the given delta time.
    fn write(&self, name: &str, tracks: &[(&[u8], &[u8])]) {
        let mut bytes = b"MThd\0\0\0\x06\0\x01\0".to_vec();
        bytes.extend([tracks.len() as u8, 0, 96]);
        for (track, end) in tracks {
            bytes.extend(b"MTrk");
            bytes.extend(((track.len() + end.len() + 3) as u32).to_be_bytes());
            bytes.extend([track, end, &b"\xff\x2f\0"[..]].concat());
        }
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    /// Where a continuation of this file begins.
    fn continued_at(&self, name: &str) -> Tick {
        let piece = self.generate(&["--continue", name, "--with-beginning", "--bars", "2"]);
        piece.tempos.last().unwrap().0
    }
}

/// Twelve quarter notes, 96 ticks each.
fn twelve_quarters() -> Vec<u8> {
    b"\0\x90\x3c\x40\x60\x3c\0".repeat(12)
}

#[test]
fn a_file_is_continued_where_its_tracks_end() {
    let folder = Folder::new();
    folder.write("twelve.mid", &[(&twelve_quarters(), b"\0")]);
    assert_eq!(folder.continued_at("twelve.mid"), Tick(12 * 24));
    // 384 ticks of silence at the end: a track of 1536 ticks.
    folder.write("rest.mid", &[(&twelve_quarters(), b"\x83\0")]);
    assert_eq!(folder.continued_at("rest.mid"), Tick(16 * 24));
    folder.write("chord.mid", &[(b"\0\x90\x3c\x40\0\x40\x40\x8c\0\x3c\0\0\x40\0", b"\0")]);
    assert_eq!(folder.continued_at("chord.mid"), Tick(16 * 24));
    folder.write("hours.mid", &[(&twelve_quarters(), b"\xff\xff\x7f")]);
    assert_eq!(folder.continued_at("hours.mid"), Tick(12 * 24));
}

#[test]
fn tempo_and_meter_are_those_in_force_where_the_music_begins() {
    let folder = Folder::new();
    // 120 at the beginning; 30 and 3/4 after 8192 ticks.
    let changes = b"\0\xff\x51\x03\x07\xa1\x20\xc0\0\xff\x51\x03\x1e\x84\x80\0\xff\x58\x04\x03\x02\x18\x08";
    folder.write("past.mid", &[(changes, b"\0"), (&twelve_quarters(), b"\0")]);
    for args in [
        &["--continue", "past.mid"][..],
        &["--continue", "past.mid", "--with-beginning"],
        &["--played", "past.mid"],
    ] {
        let piece = folder.generate(&[args, &["--bars", "8"]].concat());
        assert!(
            piece.tempos.iter().all(|(_, tempo)| (tempo - 120.0).abs() < 1e-3),
            "{args:?}: {:?}",
            piece.tempos
        );
        assert!(
            piece.meters.iter().all(|(_, meter)| *meter == Meter::COMMON),
            "{args:?}: {:?}",
            piece.meters
        );
    }
    // What is set in the middle of the music holds at its end, and not at its beginning.
    let slower = b"\0\xff\x51\x03\x07\xa1\x20\x84\0\xff\x51\x03\x0f\x42\x40";
    folder.write("slower.mid", &[(slower, b"\0"), (&twelve_quarters(), b"\0")]);
    let tempo = |option: &str| folder.generate(&[option, "slower.mid", "--bars", "8"]).tempos[0].1.round();
    assert_eq!((tempo("--continue"), tempo("--played")), (60.0, 120.0));
}

#[test]
fn chords_cadences_and_endings_are_told_to_models_that_know_of_them() {
    let folder = Folder::new();
    let free = folder.generate(&["--bars", "6"]);
    for told in [&["--chords", "Am | F"][..], &["--ending"], &["--cadence", "every phrase"]] {
        assert_ne!(folder.generate(&[&["--bars", "6"], told].concat()).notes, free.notes, "{told:?}");
    }
    let nonsense = folder.run(&["generate", "model.safetensors", "--bars", "2", "--chords", "Am | H"]);
    assert!(!nonsense.status.success());
    let said = String::from_utf8_lossy(&nonsense.stderr).into_owned();
    assert!(said.contains("at character 6: expected a chord"), "{said}");
    let deaf = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/weights/0.1-encoding-2/model.safetensors");
    let output = folder.run(&[
        "generate",
        deaf,
        "--bars",
        "2",
        "--out",
        "deaf.mid",
        "--chords",
        "C",
        "--strictness",
        "0",
        "--ending",
    ]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("--chords has no effect"), "{said}");
    assert!(said.contains("--ending has no effect") && !said.contains("--cadence"), "{said}");
    let output =
        folder.run(&["generate", "model.safetensors", "--bars", "2", "--out", "a.mid", "--strictness", "1"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && said.contains("--strictness has no effect without --chords"),
        "{said}"
    );
}

#[test]
fn files_end_where_their_bars_end() {
    let folder = Folder::new();
    let end = |args: &[&str]| {
        folder.generate(args);
        let smf = smf::load(&folder.path().join("out.mid")).unwrap();
        (smf.end / u64::from(smf.ticks_per_beat), smf.end % u64::from(smf.ticks_per_beat))
    };
    assert_eq!(end(&["--bars", "4"]), (16, 0));
    assert_eq!(end(&["--bars", "4", "--swing", "1", "--note-length", "2"]), (16, 0));
    assert_eq!(end(&["--bars", "5", "--meter", "3/4", "--density", "0.6"]), (15, 0));
}

#[test]
fn programs_that_were_read_are_written() {
    let folder = Folder::new();
    let track = [&b"\0\xc0\x06"[..], &twelve_quarters()].concat();
    let lower = [&b"\0\xc1\x16"[..], &b"\0\x91\x30\x40\x60\x30\0".repeat(12)].concat();
    folder.write("past.mid", &[(&track, b"\0"), (&lower, b"\0")]);
    for args in [&["--with-beginning"][..], &[], &["--with-beginning", "--swing", "0.5"]] {
        folder.generate(
            &[&["--continue", "past.mid", "--bars", "20", "--instruments", "piano,organ"], args].concat(),
        );
        let smf = smf::load(&folder.path().join("out.mid")).unwrap();
        let programs: std::collections::BTreeSet<u8> = smf.notes.iter().map(|note| note.program).collect();
        assert_eq!(programs.into_iter().collect::<Vec<_>>(), [6, 22], "{args:?}");
    }
}

#[test]
fn constraints_that_leave_nothing_are_reported_in_words_and_soon() {
    let folder = Folder::new();
    let refused = |args: &[&str]| {
        folder.refusal(&[&["generate", "model.safetensors", "--out", "out.mid"], args].concat())
    };
    let said = refused(&["--notes", "20", "--density", "0"]);
    assert!(said.contains("no note fits: the density is 0"), "{said}");
    let alone = ["--lowest", "61", "--highest", "61", "--scale", "major", "--instruments", "piano"];
    let said = refused(&[&["--bars", "4"], &alone[..]].concat());
    assert!(
        said.contains("no note fits: the range is Db4 alone, and no note of the scale lies there"),
        "{said}"
    );
    // The shipped model knows that there are no drums in chorales.
    let chorales = ["generate", "--style", "chorales", "--bars", "4", "--out", "out.mid"];
    let said = folder.refusal(&[&chorales[..], &alone[..6]].concat());
    assert!(said.contains("no note fits"), "{said}");
    assert!(!folder.path().join("out.mid").exists());
}

#[test]
fn drums_play_what_drums_play() {
    let folder = Folder::new();
    let drums =
        ["generate", "--style", "drums", "--bars", "24", "--density", "2", "--temperature", "1.6", "--out"];
    assert!(folder.run(&[&drums[..], &["out.mid"]].concat()).status.success());
    let piece = smf::load(&folder.path().join("out.mid")).unwrap().to_piece();
    assert!(piece.notes.len() > 100);
    for note in piece.notes.iter().filter(|note| note.family.is_drums()) {
        assert!((27..=87).contains(&note.pitch), "{note:?}");
    }
}

#[test]
fn options_without_effect_are_refused_or_reported() {
    let folder = Folder::new();
    let run = |args: &[&str]| {
        let output = folder.run(
            &[&["generate", "model.safetensors", "--bars", "4", "--out", "out.mid", "--force"], args]
                .concat(),
        );
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    for (args, words) in [
        (&["--keep", "99"][..], "--keep: there is no bar 99, only 4 are composed"),
        (&["--roll", "5"], "--roll: there is no bar 5, only 4 are composed"),
        (&["--trade", "2"], "--played"),
        (&["--instrument", "bass"], "--played"),
    ] {
        let (is_done, said) = run(args);
        assert!(!is_done && said.contains(words), "{args:?}: {said}");
    }
    for (args, words) in [
        (&["--keep", "2"][..], "--keep 2 has no effect"),
        (&["--swing-grid", "1/16"], "--swing-grid has no effect without --swing"),
    ] {
        let (is_done, said) = run(args);
        assert!(is_done && said.contains(words), "{args:?}: {said}");
    }
    assert_eq!(run(&["--keep", "2", "--length", "2"]), (true, String::new()));
}

#[test]
fn no_seed_shifts_a_tune_off_the_beat() {
    let folder = Folder::new();
    // The first four chose a primer that was written against its bar lines.
    for seed in ["12", "42", "51", "61", "1"] {
        let args =
            ["generate", "--style", "folk", "--bars", "8", "--force", "--seed", seed, "--out", "out.mid"];
        assert!(folder.run(&args).status.success());
        let notes = smf::load(&folder.path().join("out.mid")).unwrap().to_piece().notes;
        let n_on = notes.iter().filter(|note| note.onset.0 % 6 == 0 || note.onset.0 % 4 == 0).count();
        assert!(
            2 * n_on > notes.len(),
            "seed {seed}: {n_on} of {} notes are on a sixteenth or triplet",
            notes.len()
        );
    }
}
