//! Projects, takes and weights files of released versions load and play the same notes for ever.
//!
//! `tests/golden/projects` and `tests/golden/weights` can only be added to. To add what this version saves, under
//! a name of its own (nothing that exists is replaced):
//!
//! ```sh
//! CONTINUO_NEW_GOLDEN=0.1-format-4 cargo test --test golden
//! ```
//!
//! A weights file comes first into a folder of its own in `tests/golden/weights`, as `model.safetensors`.
#![cfg(feature = "plugin")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use continuo::composer::{Edit, SavedTake, Take, Writer, compose_until, edit_bar};
use continuo::model::Model;
use continuo::music::{Meter, Tick};
use continuo::player::ComposingKnobs;
use xtask::hosts::clap::ClapHost;
use xtask::hosts::daw::{Press, press};
use xtask::hosts::{Daw, Host as _, Meanwhile, Pace, Recording, RenderMode, Setup};

/// How many bars of four quarter notes each golden piece has.
const N_BARS: u32 = 8;

/// A project to save: its name, its knobs and what is played to it.
struct Recipe {
    name: &'static str,
    knobs: &'static [(&'static str, &'static str)],
    is_played_in: bool,
}

const RECIPES: [Recipe; 3] = [
    Recipe {
        name: "knobs",
        knobs: &[
            ("style", "1"),
            ("seed", "12"),
            ("temp", "0.9"),
            ("dens", "130%"),
            ("variet", "80%"),
            ("length", "4 bars"),
            ("evolve", "50%"),
            ("tonic", "Eb"),
            ("scale", "Dorian"),
            ("grid", "1/8"),
            ("octave", "1"),
            ("swing", "40%"),
            ("humtim", "50%"),
            ("humvel", "50%"),
            ("strum", "20 ms"),
            ("gate", "80%"),
        ],
        is_played_in: false,
    },
    Recipe {
        name: "blend",
        knobs: &[
            ("style", "10"),
            ("style2", "6"),
            ("blend", "50%"),
            ("seed", "34"),
            ("bestof", "2"),
            ("nucleu", "95%"),
            ("low", "C2"),
            ("high", "C6"),
            ("poly", "3"),
            ("short", "1/16"),
            ("long", "1/2"),
            ("chins", "On"),
            ("velspr", "150%"),
            ("transp", "-2"),
        ],
        is_played_in: false,
    },
    Recipe {
        name: "conversation",
        knobs: &[("mode", "Continue"), ("seed", "6"), ("thru", "On"), ("instr", "Piano")],
        is_played_in: true,
    },
];

fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder)
}

/// The folders in `tests/golden/<folder>`, by name.
fn entries(folder: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(golden(folder))?.map(|entry| Ok(entry?.path()));
    let mut entries = entries.collect::<Result<Vec<_>>>()?;
    entries.sort();
    ensure!(!entries.is_empty(), "no golden {folder}");
    Ok(entries)
}

/// The folder of a new golden file, where one was asked for and is not there yet.
fn new_entry(folder: &str, name: &str) -> Result<Option<PathBuf>> {
    let Some(version) = std::env::var_os("CONTINUO_NEW_GOLDEN") else { return Ok(None) };
    let path = golden(folder).join(format!("{}-{name}", version.display()));
    if path.exists() {
        return Ok(None);
    }
    std::fs::create_dir_all(&path)?;
    Ok(Some(path))
}

/// The plugin as cargo built it for this test.
fn library() -> Result<PathBuf> {
    let name = format!("{}continuo{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let program = std::env::current_exe()?;
    Ok(program.parent().context("a program without a folder")?.join(name))
}

/// Plays a project through CLAP as a bounce does, and returns its notes a line each (sample of the note-on and of
/// the note-off, channel, key, velocity) and the project as it is saved afterwards.
fn play(knobs: &[(&str, &str)], project: Option<&[u8]>, presses: &[Press]) -> Result<(String, Vec<u8>)> {
    let mut host = ClapHost::load(&library()?)?;
    for (id, value) in knobs {
        host.set(id, value)?;
    }
    if let Some(project) = project {
        host.load(project)?;
    }
    let mut daw = Daw::default();
    host.activate(Setup { sample_rate: daw.sample_rate, max_frames: 8192, mode: RenderMode::Offline })?;
    let mut blocks = daw.play(4.0 * f64::from(N_BARS));
    press(&mut blocks, daw.sample_rate, presses);
    blocks.extend(daw.stand(24_000));
    let mut recording = Recording::default();
    host.play(&mut blocks.into_iter(), Pace::AsFastAsPossible, Meanwhile::Answer, &mut recording)?;
    let mut lines = String::new();
    for note in recording.notes()? {
        writeln!(lines, "{}\t{}\t{}\t{}\t{}", note.on, note.off, note.channel, note.key, note.velocity)?;
    }
    ensure!(lines.lines().count() > 20, "hardly a note: {lines}");
    Ok((lines, host.save()?))
}

/// A tune of two bars from the second beat on.
fn tune() -> Vec<Press> {
    let keys = [60, 64, 67, 72, 71, 67, 65, 62, 64, 60].into_iter().enumerate();
    keys.map(|(idx, key)| Press { beat: 1.0 + 0.5 * idx as f64, length: 0.45, key, velocity: 90 }).collect()
}

#[test]
fn projects_of_released_versions_play_the_same_notes() -> Result<()> {
    for recipe in RECIPES {
        if let Some(folder) = new_entry("projects", recipe.name)? {
            let presses = if recipe.is_played_in { tune() } else { Vec::new() };
            let (_, project) = play(recipe.knobs, None, &presses)?;
            let (notes, _) = play(&[], Some(&project), &[])?;
            // Eight bytes of length stand before the JSON object.
            std::fs::write(folder.join("project.json"), project.get(8..).context("no project")?)?;
            std::fs::write(folder.join("notes.tsv"), notes)?;
        }
    }
    for folder in entries("projects")? {
        let json = std::fs::read(folder.join("project.json"))?;
        let project = [&(json.len() as u64).to_le_bytes()[..], &json].concat();
        let (notes, _) = play(&[], Some(&project), &[])?;
        let expected = std::fs::read_to_string(folder.join("notes.tsv"))?;
        assert_eq!(notes, expected, "{}", folder.display());
    }
    Ok(())
}

/// A take's notes, a line each: onset, duration, pitch, velocity, index of the family, and the feel of those that
/// have one.
fn lines(take: &Take) -> String {
    let score = take.score();
    let notes = score.bars.iter().flat_map(|bar| &bar.notes);
    let line = |n: &continuo::music::Note| {
        let feel = n.feel.map(|feel| format!("\t{}", feel.quarter_ticks())).unwrap_or_default();
        format!("{}\t{}\t{}\t{}\t{}{feel}\n", n.onset.0, n.duration.0, n.pitch, n.velocity, n.family.index())
    };
    notes.map(line).collect()
}

/// The bars that are composed again by hand in [`edited_take`]. How that is done may change: bars once composed are saved.
const ROLLED: [i64; 3] = [1, 5, 6];

/// The lines of the notes that are not in bars composed again by hand.
fn not_rolled(lines: &str) -> Vec<&str> {
    let bar = |line: &str| line.split('\t').next().and_then(|onset| onset.parse::<i64>().ok());
    let is_rolled =
        |line: &&str| bar(line).is_some_and(|onset| ROLLED.contains(&(onset / Meter::COMMON.bar_length().0)));
    lines.lines().filter(|line| !is_rolled(line)).collect()
}

/// A take with bars that were rolled again, kept, cleared and undone, and another take of the same knobs.
fn edited_take(model: &Arc<Model>) -> Take {
    let mut take = Take::default();
    let mut writer = Writer::new(Arc::clone(model));
    let end = Tick(i64::from(N_BARS) * Meter::COMMON.bar_length().0);
    let knobs = ComposingKnobs { seed: 3, length: 4, evolve: 0.5, ..ComposingKnobs::default() };
    for slot in [1, 0] {
        compose_until(&mut take, &mut writer, &ComposingKnobs { slot, ..knobs }, Meter::COMMON, end);
    }
    for (bar_idx, edit) in [
        (1, Edit::ReRoll),
        (2, Edit::Keep),
        (3, Edit::Clear),
        (5, Edit::ReRollRhythm),
        (6, Edit::ReRollPitches),
    ] {
        edit_bar(&mut take, Some(&mut writer), bar_idx, edit);
    }
    take
}

/// Weights files of released versions compose the same notes, and the takes saved with them are the same.
#[test]
fn weights_files_and_takes_of_released_versions_are_the_same_music() -> Result<()> {
    for folder in entries("weights")? {
        let model = Arc::new(Model::load(&folder.join("model.safetensors"))?);
        let take = edited_take(&model);
        let (notes, saved) = (folder.join("notes.tsv"), folder.join("take.json"));
        if !notes.exists() && std::env::var_os("CONTINUO_NEW_GOLDEN").is_some() {
            std::fs::write(&notes, lines(&take))?;
            std::fs::write(&saved, serde_json::to_vec(&SavedTake::of(&take, Some(&model)))?)?;
        }
        let expected = std::fs::read_to_string(&notes)?;
        ensure!(expected.lines().count() > 20, "hardly a note in {}", folder.display());
        assert!(not_rolled(&expected).len() > 10, "hardly a note in {}", folder.display());
        assert_eq!(not_rolled(&lines(&take)), not_rolled(&expected), "composed with {}", folder.display());
        let saved: SavedTake = serde_json::from_slice(&std::fs::read(&saved)?)?;
        assert_eq!(lines(&saved.restore()?), expected, "the take of {}", folder.display());
    }
    Ok(())
}
