//! Whether a style that was learned from one's own playing plays more like it than the built-in styles do:
//! `cargo run --release --example learned --no-default-features -- PLAYED.mid MODEL`
//!
//! `MODEL` has been trained from `PLAYED.mid` with `continuo-trainer train MINE=FOLDER --from default`; its first style is
//! the new one. Printed is how far the means of the judge's features over eight bars lie from those of what was played, in
//! standard deviations over all passages: for the new style, and for each built-in style.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use continuo::composer::{Take, Writer, compose_until};
use continuo::model::Model;
use continuo::music::{Meter, Piece, Tick, smf};
use continuo::player::ComposingKnobs;
use continuo::training::measures::judge::passages;
use continuo::training::threads::Threads;

const N_SEEDS: u32 = 6;
const N_BARS: i64 = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [played, tuned] = &arguments[..] else { return Err("expected PLAYED.mid and MODEL".into()) };
    let played = smf::load(Path::new(played))?.to_piece();
    let meter = played.meter_at(Tick::ZERO).unwrap_or(Meter::COMMON);
    let (tuned, shipped, threads) =
        (Model::load(Path::new(tuned))?, Model::embedded()?, Threads::on_all_cores()?);
    let real = vectors(&[played], meter);
    let mut kinds = vec![("learned".to_owned(), Arc::clone(&tuned), 0)];
    let built_in = shipped.card().styles.iter().zip(0..);
    kinds.extend(built_in.map(|(name, style)| (name.clone(), Arc::clone(&shipped), style)));
    let samples = threads.map(&kinds, |(_, model, style)| vectors(&compose(model, *style, meter), meter));
    let all: Vec<&Vec<f64>> = real.iter().chain(samples.iter().flatten()).collect();
    let n_features = all.first().map_or(0, |vector| vector.len());
    let deviation: Vec<f64> = (0..n_features).map(|feature| deviation(&all, feature)).collect();
    let mut distances: Vec<(f64, &str)> = kinds
        .iter()
        .zip(&samples)
        .map(|((name, ..), samples)| (distance(&real, samples, &deviation), name.as_str()))
        .collect();
    distances.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("{} passages were played", real.len());
    for (distance, name) in distances {
        println!("{distance:.2}  {name}");
    }
    Ok(())
}

fn compose(model: &Arc<Model>, style: u8, meter: Meter) -> Vec<Piece> {
    let piece = |seed: u32| {
        let knobs = ComposingKnobs { style, seed, evolve: 1.0, ..ComposingKnobs::default() };
        let mut take = Take::default();
        let end = Tick(meter.bar_length().0 * N_BARS);
        compose_until(&mut take, &mut Writer::new(Arc::clone(model)), &knobs, meter, end);
        let notes = take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect();
        Piece { notes, meters: vec![(Tick::ZERO, meter)], ..Piece::default() }
    };
    (1..=N_SEEDS).map(piece).collect()
}

/// The features of each eight bars.
fn vectors(pieces: &[Piece], meter: Meter) -> Vec<Vec<f64>> {
    passages(pieces.iter(), meter).into_iter().flatten().collect()
}

fn mean(vectors: &[&Vec<f64>], feature: usize) -> f64 {
    vectors.iter().map(|vector| vector[feature]).sum::<f64>() / vectors.len().max(1) as f64
}

fn deviation(vectors: &[&Vec<f64>], feature: usize) -> f64 {
    let mean = mean(vectors, feature);
    let squares = vectors.iter().map(|vector| (vector[feature] - mean).powi(2)).sum::<f64>();
    (squares / vectors.len().max(1) as f64).sqrt()
}

fn distance(real: &[Vec<f64>], samples: &[Vec<f64>], deviation: &[f64]) -> f64 {
    let [real, samples] = [real, samples].map(|vectors| vectors.iter().collect::<Vec<_>>());
    let of = |(feature, deviation): (usize, &f64)| {
        if *deviation > 0.0 {
            (mean(&real, feature) - mean(&samples, feature)).abs() / deviation
        } else {
            0.0
        }
    };
    deviation.iter().enumerate().map(of).sum::<f64>() / deviation.len().max(1) as f64
}
