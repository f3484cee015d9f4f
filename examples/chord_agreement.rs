//! How well the chords found from the notes alone agree with those that a folder's files carry as text events:
//! `cargo run --release --example chord_agreement --no-default-features -- FOLDER...`
//!
//! Every beat at which a chord is written counts. They agree when the roots are equal, and the thirds too where the
//! written chord has one.

use std::path::{Path, PathBuf};

use continuo::music::{Chord, Piece, Tick, smf};

fn main() {
    println!("folder\tfiles\tbeats\troot and third\troot\tchanges written\tchanges found\texplained");
    for folder in std::env::args().skip(1) {
        println!("{folder}\t{}", agreement(Path::new(&folder)));
    }
}

fn agreement(folder: &Path) -> String {
    let (mut n_files, mut n_beats, mut n_same, mut n_same_root) = (0, 0, 0, 0);
    let (mut n_written, mut n_found, mut explained) = (0, 0, 0.0);
    for path in midi_files(folder) {
        let Ok(piece) = smf::load(&path).map(|smf| smf.to_piece()) else { continue };
        if piece.chords.is_empty() {
            continue;
        }
        let (found, share) = Piece { chords: Vec::new(), ..piece.clone() }.find_chords();
        n_files += 1;
        n_written += piece.chords.len();
        n_found += found.len();
        explained += f64::from(share);
        for tick in (0..piece.end().0).step_by(Tick::PER_BEAT as usize).map(Tick) {
            let (Some(written), Some(found)) = (chord_at(&piece.chords, tick), chord_at(&found, tick)) else {
                continue;
            };
            n_beats += 1;
            let is_same_root = written.root() == found.root();
            let is_same_third = written.third().is_none_or(|third| found.third() == Some(third));
            n_same_root += usize::from(is_same_root);
            n_same += usize::from(is_same_root && is_same_third);
        }
    }
    let share = |n: usize| n as f64 / n_beats.max(1) as f64;
    format!(
        "{n_files}\t{n_beats}\t{:.3}\t{:.3}\t{n_written}\t{n_found}\t{:.3}",
        share(n_same),
        share(n_same_root),
        explained / f64::from(n_files.max(1))
    )
}

fn chord_at(chords: &[(Tick, Option<Chord>)], tick: Tick) -> Option<Chord> {
    let idx = chords.partition_point(|(at, _)| *at <= tick).checked_sub(1)?;
    chords.get(idx)?.1
}

fn midi_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths.flat_map(|path| if path.is_dir() { midi_files(&path) } else { vec![path] }).collect()
}
