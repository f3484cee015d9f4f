//! New drum loops out of those of a corpus, for music to begin from that no model has learned note for note.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::midi::{Note, Song};

/// What to mix.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The folder to write to: loops go to `train` and `valid` in it.
    to: PathBuf,
    /// Folders of drum loops, each with a folder `train`; loops are mixed with others of their folder.
    #[arg(required = true)]
    from: Vec<PathBuf>,
}

/// Parts of a drum kit.
const N_PARTS: usize = 4;
/// One loop in this many is for validation.
const HELD_OUT: usize = 10;

/// Writes as many loops as there are. Each has the kick of one, the snare of another, the hats of a third and what else
/// there is of a fourth, and each loop gives each of its parts to one.
///
/// # Errors
/// If two folders have the same name, one has fewer than four loops or cannot be read, or a file cannot be written. A file
/// that is no MIDI file is named and left out.
pub fn mix(options: &Options) -> Result<()> {
    let mut names = BTreeSet::new();
    for from in &options.from {
        let is_new = names.insert(name(from)?);
        ensure!(is_new, "expected folders of different names, found two called {}", name(from)?);
    }
    let mut n_files = 0;
    for folder in ["train", "valid"] {
        let folder = options.to.join(folder);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    for from in &options.from {
        let name = name(from)?;
        for (idx, song) in mixed(&loops(&from.join("train"))?).into_iter().enumerate() {
            let part = if idx % HELD_OUT == HELD_OUT - 1 { "valid" } else { "train" };
            song.write(&options.to.join(part).join(format!("{name}_{idx:03}.mid")))?;
            n_files += 1;
        }
    }
    println!("Wrote {n_files} files to {}", options.to.display());
    Ok(())
}

/// The name of a folder, with which the files begin that are made of its loops.
fn name(folder: &Path) -> Result<Cow<'_, str>> {
    Ok(folder.file_name().with_context(|| folder.display().to_string())?.to_string_lossy())
}

/// The loops of a folder, by name.
fn loops(folder: &Path) -> Result<Vec<Song>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    files.sort();
    let read = |file: PathBuf| {
        Song::read(&file).inspect_err(|error| eprintln!("left out {}: {error}", file.display())).ok()
    };
    let loops: Vec<Song> = files.into_iter().filter_map(read).collect();
    ensure!(loops.len() >= N_PARTS, "expected four loops or more in {}", folder.display());
    Ok(loops)
}

fn mixed(loops: &[Song]) -> Vec<Song> {
    let with_parts_of_others = |(idx, first): (usize, &Song)| {
        let of_part = |part: usize| {
            // Loops beside each other in the order of their names are often alike.
            let other = &loops[(idx + part * loops.len() / N_PARTS) % loops.len()];
            other.notes.iter().filter(move |note| part_of(note.key) == part).copied()
        };
        let mut notes: Vec<Note> = (0..N_PARTS).flat_map(of_part).collect();
        notes.sort_by(|a, b| a.beat.total_cmp(&b.beat).then(a.key.cmp(&b.key)));
        Song { notes, ..first.clone() }
    };
    loops.iter().enumerate().map(with_parts_of_others).collect()
}

/// The part of the kit that a key of General MIDI belongs to: kick and cymbals, snare and toms, hats and ride, or others.
fn part_of(key: u8) -> usize {
    match key {
        35 | 36 | 49 | 52 | 55 | 57 => 0,
        37..=41 | 43 | 45 | 47 | 48 | 50 => 1,
        42 | 44 | 46 | 51 | 53 | 59 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_folders_of_one_name_are_refused_before_anything_is_written() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let to = folder.path().join("mixed");
        let options = Options { to: to.clone(), from: vec!["a/house".into(), "b/house".into()] };
        let error = mix(&options).unwrap_err().to_string();
        assert_eq!(error, "expected folders of different names, found two called house");
        assert!(!to.exists());
        Ok(())
    }

    #[test]
    fn each_loop_gives_each_of_its_parts_to_another() {
        let of = |velocity: u8| Song {
            notes: [36, 38, 42, 56]
                .map(|key| Note { beat: f64::from(velocity), length: 0.25, channel: 9, key, velocity })
                .to_vec(),
            meters: vec![(0.0, (4, 4))],
            tempo: 120.0,
        };
        let loops = [1, 2, 3, 4, 5].map(of);
        let mixed = mixed(&loops);
        assert_eq!(mixed.len(), loops.len());
        for key in [36, 38, 42, 56] {
            let in_key = |song: &Song| song.notes.iter().find(|note| note.key == key).copied();
            let mut from: Vec<u8> = mixed.iter().filter_map(in_key).map(|note| note.velocity).collect();
            from.sort_unstable();
            assert_eq!(from, [1, 2, 3, 4, 5]);
        }
        for song in mixed {
            let mut from: Vec<u8> = song.notes.iter().map(|note| note.velocity).collect();
            assert!(from.is_sorted(), "by onset");
            from.dedup();
            assert_eq!(from.len(), N_PARTS);
        }
    }
}
