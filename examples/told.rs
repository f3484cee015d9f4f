//! How far the music follows the chords and the end that the network is told:
//! `cargo run --release --example told --no-default-features -- MODEL STYLE=FOLDER...`
//!
//! For each piece of a folder, 16 bars are composed in its meter and mode from a primer of the style: told the piece's
//! chords, told those of the next piece, told nothing, and told that the music ends with them. A beat agrees if all
//! pitched notes that sound at it belong to the chord; told nothing, it is compared with the piece's chords. A piece
//! ends on the tonic if the lowest note that begins in its last bar is the tonic.

use std::path::Path;
use std::sync::Arc;

use continuo::model::encoding::Told;
use continuo::model::{Beginning, Constraints, Generator, Given, Model, Sampling, StyleMix};
use continuo::music::{Chord, Meter, Note, Tick};
use continuo::training::corpus::{KeyedPiece, StyleFolder, read_folder};
use continuo::training::threads::Threads;
use rand::SeedableRng;
use rand_pcg::Pcg64;

const N_BARS: i64 = 16;
/// The most pieces of a folder.
const MOST_PIECES: usize = 60;
/// A bar has fewer notes than this.
const MOST_NOTES: usize = 400;

type Chords = Arc<[(Tick, Option<Chord>)]>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().ok_or("expected a model and folders")?;
    let model = if path == "default" { Model::embedded() } else { Model::load(Path::new(&path)) };
    let (model, threads) = (model?, Threads::on_all_cores()?);
    println!(
        "style\tpieces\treal\ttold its chords\ttold others\ttold none\tends on the tonic: real\ttold\tnot told"
    );
    for folder in arguments {
        let folder = StyleFolder::parse(&folder);
        let Some(style) = model.card().style_named(&folder.name) else {
            println!("{}: the model has no such style", folder.name);
            continue;
        };
        let (mut pieces, _) = read_folder(&folder.path.join("valid"), style, &threads)?;
        pieces.retain(|piece| is_measured(piece));
        pieces.truncate(MOST_PIECES);
        let idxs: Vec<usize> = (0..pieces.len()).collect();
        let found = threads.map(&idxs, |idx| measure(&model, &pieces, *idx));
        let mean = |of: fn(&Found) -> Option<f64>| {
            let values: Vec<f64> = found.iter().filter_map(of).collect();
            format!("{:.2}", values.iter().sum::<f64>() / values.len() as f64)
        };
        println!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            folder.name,
            pieces.len(),
            mean(|found| found.real),
            mean(|found| found.told),
            mean(|found| found.told_others),
            mean(|found| found.told_none),
            mean(|found| found.real_end),
            mean(|found| found.told_end),
            mean(|found| found.no_end),
        );
    }
    Ok(())
}

/// What was found for one piece; `None` where nothing sounds that could be measured.
struct Found {
    real: Option<f64>,
    told: Option<f64>,
    told_others: Option<f64>,
    told_none: Option<f64>,
    real_end: Option<f64>,
    told_end: Option<f64>,
    no_end: Option<f64>,
}

fn measure(model: &Arc<Model>, pieces: &[Arc<KeyedPiece>], idx: usize) -> Found {
    let (piece, other) = (&pieces[idx], &pieces[(idx + 1) % pieces.len()]);
    let end = length(piece);
    let chords: Chords = piece.piece.chords.clone().into();
    let others: Chords = other.piece.chords.clone().into();
    let told = |chords: &Chords| Told { chords: Arc::clone(chords), end: None };
    let free = compose(model, piece, Told::default(), idx);
    let ended = compose(model, piece, Told { end: Some(end), ..Told::default() }, idx);
    let (meter, last) = (piece.piece.meter_at(Tick::ZERO).unwrap_or(Meter::COMMON), piece.piece.notes.last());
    let last_bar = last.map_or(Tick::ZERO, |last| {
        Tick(last.onset.0.div_euclid(meter.bar_length().0) * meter.bar_length().0)
    });
    let from = end - meter.bar_length();
    Found {
        real: agreement(&piece.piece.notes, &chords, end),
        told: agreement(&compose(model, piece, told(&chords), idx), &chords, end),
        told_others: agreement(&compose(model, piece, told(&others), idx), &others, end),
        told_none: agreement(&free, &chords, end),
        real_end: ends_on_tonic(&piece.piece.notes, last_bar),
        told_end: ends_on_tonic(&ended, from),
        no_end: ends_on_tonic(&free, from),
    }
}

fn length(piece: &KeyedPiece) -> Tick {
    Tick(N_BARS * piece.piece.meter_at(Tick::ZERO).unwrap_or(Meter::COMMON).bar_length().0)
}

/// Whether a piece has pitches, chords, and one meter for as long as is composed.
fn is_measured(piece: &KeyedPiece) -> bool {
    let end = length(piece);
    let changes = piece.piece.meters.iter().filter(|(at, _)| *at > Tick::ZERO && *at < end).count();
    let has_pitches = piece.piece.notes.iter().any(|note| !note.family.is_drums());
    changes == 0 && has_pitches && !piece.piece.chords.is_empty() && piece.piece.end() >= end
}

fn compose(model: &Arc<Model>, piece: &KeyedPiece, told: Told, seed: usize) -> Vec<Note> {
    let meter = piece.piece.meter_at(Tick::ZERO).unwrap_or(Meter::COMMON);
    let mode = piece.mode_at(Tick::ZERO);
    let fits: Vec<_> = model
        .primers()
        .iter()
        .filter(|primer| (primer.style, primer.meter, primer.mode) == (piece.style, meter, mode))
        .collect();
    let primer = fits.get(seed % fits.len().max(1)).copied();
    let mut generator = Generator::new(Arc::clone(model));
    generator.tell(told);
    generator.begin(&Beginning { style: StyleMix::of(piece.style), mode, start: Tick::ZERO, meter, primer });
    let mut rng = Pcg64::seed_from_u64(seed as u64);
    let sampling = Sampling::as_tuned();
    let mut notes = Vec::new();
    for bar in 0..N_BARS {
        let start = Tick(bar * meter.bar_length().0);
        generator.begin_bar(start, meter);
        for _ in 0..MOST_NOTES {
            let drawn = generator.draw(&sampling, &Constraints::default(), &Given::default(), &mut rng);
            let Some(note) = drawn.map(|drawn| drawn.note) else { break };
            if note.onset >= start + meter.bar_length() {
                break;
            }
            generator.feed(&note);
            notes.push(note);
        }
    }
    notes
}

/// The share of the beats with a chord and a pitched note at which all that sounds belongs to the chord.
fn agreement(notes: &[Note], chords: &[(Tick, Option<Chord>)], end: Tick) -> Option<f64> {
    let (mut n_beats, mut n_agreeing) = (0, 0);
    for beat in (0..end.0).step_by(Tick::PER_BEAT as usize).map(Tick) {
        let idx = chords.partition_point(|(at, _)| *at <= beat);
        let Some(chord) = idx.checked_sub(1).and_then(|idx| chords[idx].1) else { continue };
        let mut sounding = notes
            .iter()
            .filter(|note| !note.family.is_drums() && note.onset <= beat && beat < note.end())
            .peekable();
        if sounding.peek().is_some() {
            n_beats += 1;
            n_agreeing += usize::from(sounding.all(|note| chord.contains(note.pitch)));
        }
    }
    (n_beats > 0).then(|| f64::from(n_agreeing as u32) / f64::from(n_beats))
}

/// Whether the lowest note that begins at or after `from` is the tonic, which is C; 0 or 1.
fn ends_on_tonic(notes: &[Note], from: Tick) -> Option<f64> {
    let last = notes.iter().filter(|note| !note.family.is_drums() && note.onset >= from);
    last.map(|note| note.pitch).min().map(|lowest| f64::from(u8::from(lowest % 12 == 0)))
}
