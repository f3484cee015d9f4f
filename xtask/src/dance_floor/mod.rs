//! Dance music made by rule: house and techno to learn a style from.
//!
//! No lawful corpus of dance music was found, so this writes one: loops of two and four bars over chords
//! that come round, varied every eight bars, in forms of intro, build, drop, break and outro. All of it
//! follows from a seed.

mod bass;
mod chance;
mod chords;
mod drum_lines;
mod drums;
mod file;
mod fills;
mod form;
mod harmony;
mod lead;
mod pattern;
mod style;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use chance::Chance;
use form::Form;
use harmony::Harmony;
use pattern::{Note, Part};
use style::Style;

/// What `cargo xtask dance-floor` is told.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Where to write; pieces go to `train` and `valid` in it.
    pub folder: PathBuf,
    /// How many pieces.
    #[arg(long, default_value_t = 400)]
    pub pieces: usize,
    /// What all chance follows from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// One piece in this many is held out for validation.
const HELD_OUT: usize = 10;

/// Writes the pieces.
///
/// # Errors
/// If a file cannot be written.
pub fn write(options: &Options) -> Result<()> {
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

/// Styles come round every seven pieces, so a tenth of all is about a tenth of each.
fn name(piece: &Piece, idx: usize) -> PathBuf {
    let part = if idx % HELD_OUT == HELD_OUT - 1 { "valid" } else { "train" };
    Path::new(part).join(format!("{}-{idx:04}.mid", piece.style.name()))
}

/// A piece, ready to be written.
#[derive(Debug)]
struct Piece {
    style: Style,
    tempo: i32,
    tonic: i32,
    is_minor: bool,
    sounds: Sounds,
    notes: Vec<Note>,
}

impl Piece {
    fn new(seed: u64, idx: usize) -> Self {
        let chance = Chance::new(seed).branch(idx as u64 + 1);
        let style = Style::ALL[idx % Style::ALL.len()];
        let form = Form::new(style, &mut chance.branch(1));
        let harmony = Harmony::new(style, &mut chance.branch(2));
        let mut notes = drums::drums(style, &form, &mut chance.branch(3));
        notes.extend(bass::bass(style, &form, &harmony, &mut chance.branch(4)));
        notes.extend(chords::stabs(style, &form, &harmony, &mut chance.branch(5)));
        notes.extend(chords::pad(&form, &harmony, &mut chance.branch(6)));
        notes.extend(lead::lead(style, &form, &harmony, &mut chance.branch(7)));
        // A key is struck once at a time, by the harder of two blows.
        notes.sort_by_key(|note| (note.part, note.at, note.key, u8::MAX - note.velocity));
        notes.dedup_by_key(|note| (note.part, note.at, note.key));
        Self {
            style,
            tempo: style.tempo(&mut chance.branch(8)),
            tonic: harmony.tonic,
            is_minor: harmony.scale.is_minor(),
            sounds: Sounds::new(style, &mut chance.branch(9)),
            notes,
        }
    }
}

/// The General MIDI program of each part.
#[derive(Clone, Copy, Debug)]
struct Sounds {
    bass: u8,
    chords: u8,
    pad: u8,
    lead: u8,
}

impl Sounds {
    fn new(style: Style, chance: &mut Chance) -> Self {
        // Pianos 0 to 7, organs 16 to 23, brass 60 to 63, leads 80 to 87, pads 88 to 95.
        let chords = chance.weigh(match style {
            Style::ClassicHouse => &[(0, 5), (16, 4), (4, 1), (62, 1)],
            Style::DeepHouse => &[(4, 5), (16, 3), (0, 1), (90, 2)],
            Style::Trance => &[(81, 5), (90, 2), (0, 1)],
            _ => &[(90, 4), (81, 4), (16, 1), (62, 1)],
        });
        Self {
            bass: chance.pick(&[38, 39]),
            chords,
            pad: chance.pick(&[89, 88, 95, 50]),
            lead: chance.weigh(&[(80, 4), (81, 5), (11, 1), (5, 1)]),
        }
    }

    fn program(self, part: Part) -> u8 {
        match part {
            Part::Drums => 0,
            Part::Bass => self.bass,
            Part::Chords => self.chords,
            Part::Pad => self.pad,
            Part::Lead => self.lead,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_pieces_and_another_seed_others() {
        for idx in 0..14 {
            assert_eq!(Piece::new(1, idx).notes, Piece::new(1, idx).notes);
            assert_ne!(Piece::new(1, idx).notes, Piece::new(2, idx).notes);
        }
    }

    #[test]
    fn every_piece_is_32_to_64_bars_on_the_grid_and_bass_and_drums_are_in_it() {
        for idx in 0..200 {
            let piece = Piece::new(3, idx);
            let end = piece.notes.iter().map(|note| note.at).max().unwrap() / (16 * pattern::STEP);
            assert!((28..64).contains(&end), "piece {idx} ends in bar {end}");
            assert!(piece.notes.iter().all(|note| note.at % pattern::STEP == 0));
            assert!(piece.notes.iter().all(|note| (1..=127).contains(&note.velocity) && note.key < 128));
            for part in [Part::Drums, Part::Bass] {
                assert!(piece.notes.iter().any(|note| note.part == part), "piece {idx} has no {part:?}");
            }
        }
    }

    #[test]
    fn a_bass_sings_one_note_at_a_time() {
        for idx in 0..70 {
            let piece = Piece::new(5, idx);
            let bass: Vec<&Note> = piece.notes.iter().filter(|note| note.part == Part::Bass).collect();
            for two in bass.windows(2) {
                assert!(two[0].at + two[0].length <= two[1].at, "piece {idx} at tick {}", two[1].at);
            }
        }
    }
}
