//! How a corpus of very many files is read: time and memory, from the files and from the cache.
//!
//! ```sh
//! cargo run --release --no-default-features --example large_corpus -- write corpora /tmp/large 100000
//! cargo run --release --no-default-features --example large_corpus -- read /tmp/large /tmp/large.dataset
//! cargo run --release --no-default-features --example large_corpus -- read /tmp/large /tmp/large.dataset
//! ```
//!
//! `write` makes the files out of those it finds: each transposed, and a share of its notes, other ones each time,
//! left out. `read` prints what was found, how long it took, and the most memory that was used; a second time it
//! reads the cache.

#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use continuo::model::encoding::Encoding;
use continuo::model::network::{Network, NetworkConfig};
use continuo::music::{Piece, smf};
use continuo::training::corpus::{Corpus, Part, StyleFolder};
use continuo::training::engines::validation::validate;
use continuo::training::threads::Threads;
use continuo::training::windows::Window;
use continuo::training::windows::{Source, Streams};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["write", from, to, n_files] => write(Path::new(from), Path::new(to), n_files.parse()?),
        ["read", folder, cache] => read(Path::new(folder), Path::new(cache)),
        _ => bail!("expected: write FROM TO N_FILES, or: read FOLDER CACHE"),
    }
}

fn write(from: &Path, to: &Path, n_files: usize) -> Result<()> {
    let mut files = Vec::new();
    list(from, &mut files)?;
    files.sort();
    let pieces: Vec<Piece> = files.iter().filter_map(|file| Some(smf::load(file).ok()?.to_piece())).collect();
    if pieces.is_empty() {
        bail!("no MIDI files below {}", from.display());
    }
    for idx in 0..n_files {
        let folder = to.join(format!("{:03}", idx / 1000));
        std::fs::create_dir_all(&folder)?;
        let bytes = smf::write(&varied(&pieces[idx % pieces.len()], idx as u64), "");
        std::fs::write(folder.join(format!("{idx:06}.mid")), bytes)?;
    }
    println!("{n_files} files, variations of {}", pieces.len());
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "mid") {
            files.push(path);
        }
    }
    Ok(())
}

fn varied(piece: &Piece, seed: u64) -> Piece {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let (semitones, share) = (rng.random_range(-3..=3), rng.random_range(0.0..0.3));
    let mut varied = piece.clone();
    varied.keys.clear();
    varied.notes.retain(|_| rng.random::<f32>() >= share);
    for note in varied.notes.iter_mut().filter(|note| !note.family.is_drums()) {
        note.pitch = note.pitch.saturating_add_signed(semitones).min(127);
    }
    varied
}

fn read(folder: &Path, cache: &Path) -> Result<()> {
    let began = Instant::now();
    let threads = Threads::on_all_cores()?;
    let style = StyleFolder { name: "Large".into(), path: folder.into() };
    let corpus = std::sync::Arc::new(Corpus::open(&[style], Some(cache), &threads)?);
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{} files{}, {} refused, {} duplicates, {} near-duplicates; {} pieces to train on with {} notes, {} to choose on",
        corpus.report.n_files,
        if corpus.is_cached { " from the cache" } else { "" },
        corpus.report.refused.len(),
        corpus.report.duplicates.len(),
        corpus.report.near_duplicates.len(),
        corpus.n_pieces(Part::Train),
        corpus.n_notes(),
        corpus.n_pieces(Part::Valid)
    );
    println!("read in {seconds:.1} s with {} threads; {}", threads.count(), memory());
    let began = Instant::now();
    let source =
        Source { corpus: std::sync::Arc::clone(&corpus), encoding: Encoding::Third, seed: 1, n_streams: 64 };
    let mut streams = Streams::begin(&source, 0..64);
    let mut window = Window::default();
    (0..100).for_each(|_| streams.next_window(128, &mut window));
    println!("100 windows of 64 x 128 notes in {:.2} s; {}", began.elapsed().as_secs_f64(), memory());
    let config = NetworkConfig {
        encoding: Encoding::Third,
        n_styles: 1,
        embedding: 8,
        hidden: 8,
        n_layers: 1,
        head: 8,
    };
    let began = Instant::now();
    let validation = validate(&Network::random(config, 1), &corpus, &threads, Some(2_000_000));
    println!(
        "two million notes looked at ({:.1} nats) in {:.1} s; {}",
        validation.mean,
        began.elapsed().as_secs_f64(),
        memory()
    );
    Ok(())
}

/// The most memory used so far, and how much of what is used now is not a file's (Linux only).
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).map_or(0.0, |kib| kib / 1024.0)
    };
    format!("peak {:.0} MiB, without mapped files {:.0} MiB now", value("VmHWM:"), value("RssAnon:"))
}
