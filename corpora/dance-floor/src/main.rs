//! Dance music by rule: house and techno to train a style on.
//!
//! No corpus of dance music with a suitable licence was found, so this writes one: loops of two and four bars
//! over a cycle of chords, varied every eight bars, in forms of intro, build, drop, break and outro. All of it
//! follows from a seed.

mod rng;

mod style;

mod form;
mod harmony;
mod keys;
mod pattern;

mod bass;
mod chords;
mod drum_lines;
mod drums;
mod fills;
mod lead;

mod piece;

mod file;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Parser;

use piece::Piece;

/// Writes dance music by rule, to train a style on.
#[derive(Debug, Parser)]
struct Options {
    /// The folder to write to: pieces go to `train` and `valid` in it.
    folder: PathBuf,
    /// How many pieces.
    #[arg(long, default_value_t = 400)]
    pieces: usize,
    /// The random seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// One piece in this many is held out for validation.
const HELD_OUT: usize = 10;

fn main() -> Result<()> {
    let options = Options::parse();
    let mut n_notes = 0;
    for part in ["train", "valid"] {
        let folder = options.folder.join(part);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    for idx in 0..options.pieces {
        let piece = Piece::new(options.seed, idx);
        n_notes += piece.notes.len();
        file::write(&piece, &options.folder.join(name(&piece, idx)))?;
    }
    println!("{} pieces, {n_notes} notes: {}", options.pieces, options.folder.display());
    Ok(())
}

/// Styles repeat every seven pieces, so a tenth of all is about a tenth of each.
fn name(piece: &Piece, idx: usize) -> PathBuf {
    let part = if idx % HELD_OUT == HELD_OUT - 1 { "valid" } else { "train" };
    Path::new(part).join(format!("{}-{idx:04}.mid", piece.style.name()))
}
