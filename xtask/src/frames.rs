//! MIDI files of music that is given in frames, as the standard polyphonic benchmark is: N. Boulanger-Lewandowski,
//! Y. Bengio, P. Vincent, *Modeling Temporal Dependencies in High-Dimensional Sequences* (ICML 2012).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value};

use crate::midi::{Note, Song};

/// What to convert.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// A JSON file: an object of parts (train, valid, test), each an array of pieces, a piece an array of frames, a
    /// frame an array of MIDI keys.
    json: PathBuf,
    /// The folder to write to, in which each part becomes a folder.
    folder: PathBuf,
    /// How many frames a quarter note has: 1 in JSB chorales, 2 in Nottingham.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=24))]
    frames_a_beat: u32,
}

/// How much a part holds.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    pieces: usize,
    frames: usize,
    notes: usize,
}

/// Writes each piece as a MIDI file, each frame as notes of its length, and prints how many notes a frame has: nats a
/// frame are nats a note times this.
///
/// # Errors
/// If the file cannot be read or holds something else, or a file cannot be written.
pub fn convert(options: &Options) -> Result<()> {
    let text = fs::read_to_string(&options.json).with_context(|| options.json.display().to_string())?;
    let parts: Map<String, Value> = serde_json::from_str(&text).context("not an object of parts")?;
    for (name, part) in parts {
        let pieces = serde_json::from_value(part).with_context(|| format!("the part {name:?}"))?;
        let counts = write_part(pieces, &options.folder.join(&name), options.frames_a_beat)?;
        let notes_a_frame = counts.notes as f64 / counts.frames.max(1) as f64;
        let Counts { pieces, frames, notes } = counts;
        println!("{name}: {pieces} pieces, {frames} frames, {notes} notes, {notes_a_frame:.4} notes a frame");
    }
    Ok(())
}

fn write_part(pieces: Vec<Vec<Vec<u8>>>, folder: &Path, frames_a_beat: u32) -> Result<Counts> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut counts = Counts::default();
    for (idx, frames) in pieces.into_iter().enumerate() {
        let song = song(&frames, frames_a_beat)?;
        counts.pieces += 1;
        counts.frames += frames.len();
        counts.notes += song.notes.len();
        song.write(&folder.join(format!("{idx:04}.mid")))?;
    }
    Ok(counts)
}

fn song(frames: &[Vec<u8>], frames_a_beat: u32) -> Result<Song> {
    let length = f64::from(frames_a_beat).recip();
    let mut notes = Vec::new();
    for (idx, frame) in frames.iter().enumerate() {
        for &key in frame {
            ensure!(key < 128, "{key} is no MIDI key");
            notes.push(Note { beat: idx as f64 * length, length, channel: 0, key, velocity: 80 });
        }
    }
    Ok(Song { notes, meters: vec![(0.0, (4, 4))], tempo: 120.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_follow_one_another_and_an_empty_one_is_a_rest() {
        let folder = tempfile::tempdir().unwrap();
        let json = folder.path().join("frames.json");
        fs::write(&json, r#"{"train": [[[60, 64], [], [60]], [[48]]], "test": []}"#).unwrap();
        for (frames_a_beat, length) in [(1, 1.0), (2, 0.5)] {
            let options = Options { json: json.clone(), folder: folder.path().join("midi"), frames_a_beat };
            convert(&options).unwrap();
            let song = Song::read(&options.folder.join("train/0000.mid")).unwrap();
            let read: Vec<_> = song.notes.iter().map(|note| (note.beat, note.length, note.key)).collect();
            assert_eq!(read, [(0.0, length, 60), (0.0, length, 64), (2.0 * length, length, 60)]);
        }
        let counts = write_part(vec![vec![vec![60, 64], vec![]]], folder.path(), 1).unwrap();
        assert_eq!(counts, Counts { pieces: 1, frames: 2, notes: 2 });
    }

    #[test]
    fn what_is_no_music_in_frames_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["[]", r#"{"train": [60]}"#, r#"{"train": [[[128]]]}"#, r#"{"train": [[["C4"]]]}"#] {
            let json = folder.path().join("frames.json");
            fs::write(&json, text).unwrap();
            let options = Options { json, folder: folder.path().join("midi"), frames_a_beat: 1 };
            assert!(convert(&options).is_err(), "{text}");
        }
    }
}
