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
}

/// How much a part holds.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    pieces: usize,
    frames: usize,
    notes: usize,
}

/// Writes each piece as a MIDI file, a frame as a quarter note, and prints how many notes a frame has: nats a frame
/// are nats a note times this.
///
/// # Errors
/// If the file cannot be read or holds something else, or a file cannot be written.
pub fn convert(options: &Options) -> Result<()> {
    let text = fs::read_to_string(&options.json).with_context(|| options.json.display().to_string())?;
    let parts: Map<String, Value> = serde_json::from_str(&text).context("not an object of parts")?;
    for (name, part) in parts {
        let pieces = serde_json::from_value(part).with_context(|| format!("the part {name:?}"))?;
        let counts = write_part(pieces, &options.folder.join(&name))?;
        let notes_a_frame = counts.notes as f64 / counts.frames.max(1) as f64;
        let Counts { pieces, frames, notes } = counts;
        println!("{name}: {pieces} pieces, {frames} frames, {notes} notes, {notes_a_frame:.4} notes a frame");
    }
    Ok(())
}

fn write_part(pieces: Vec<Vec<Vec<u8>>>, folder: &Path) -> Result<Counts> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut counts = Counts::default();
    for (idx, frames) in pieces.into_iter().enumerate() {
        let song = song(&frames)?;
        counts.pieces += 1;
        counts.frames += frames.len();
        counts.notes += song.notes.len();
        song.write(&folder.join(format!("{idx:04}.mid")))?;
    }
    Ok(counts)
}

fn song(frames: &[Vec<u8>]) -> Result<Song> {
    let mut notes = Vec::new();
    for (idx, frame) in frames.iter().enumerate() {
        for &key in frame {
            ensure!(key < 128, "{key} is no MIDI key");
            notes.push(Note { beat: idx as f64, length: 1.0, channel: 0, key, velocity: 80 });
        }
    }
    Ok(Song { notes, meters: vec![(0.0, (4, 4))], tempo: 120.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_a_quarter_note_and_an_empty_one_a_rest() {
        let folder = tempfile::tempdir().unwrap();
        let json = folder.path().join("frames.json");
        fs::write(&json, r#"{"train": [[[60, 64], [], [60]], [[48]]], "test": []}"#).unwrap();
        let options = Options { json, folder: folder.path().join("midi") };
        convert(&options).unwrap();
        let song = Song::read(&options.folder.join("train/0000.mid")).unwrap();
        let read: Vec<_> = song.notes.iter().map(|note| (note.beat, note.length, note.key)).collect();
        assert_eq!(read, [(0.0, 1.0, 60), (0.0, 1.0, 64), (2.0, 1.0, 60)]);
        let counts = write_part(vec![vec![vec![60, 64], vec![]]], folder.path()).unwrap();
        assert_eq!(counts, Counts { pieces: 1, frames: 2, notes: 2 });
    }

    #[test]
    fn what_is_no_music_in_frames_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["[]", r#"{"train": [60]}"#, r#"{"train": [[[128]]]}"#, r#"{"train": [[["C4"]]]}"#] {
            let json = folder.path().join("frames.json");
            fs::write(&json, text).unwrap();
            let options = Options { json, folder: folder.path().join("midi") };
            assert!(convert(&options).is_err(), "{text}");
        }
    }
}
