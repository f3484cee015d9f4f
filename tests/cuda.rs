//! The GPU against the processor: losses, every gradient, the optimiser, the carried hidden state.
//!
//! Needs a GPU and CUDA's libraries: `cargo test --no-default-features --features cuda --test cuda`.

#![allow(clippy::unwrap_used, reason = "helpers of tests; what fails here fails the test")]

use std::sync::Arc;

use continuo::model::Position;
use continuo::model::encoding::Encoding;
use continuo::model::network::{N_PARTS, Network, NetworkConfig};
use continuo::music::{Family, Feel, Meter, Mode, Note, Piece, Tick};
use continuo::training::config::Dropout;
use continuo::training::corpus::KeyedPiece;
use continuo::training::engines::WeightDropout;
use continuo::training::engines::cuda::{CudaTrainer, Precision, Staged};
use continuo::training::engines::fused::Worker;
use continuo::training::engines::optimiser::AdamW;
use continuo::training::threads::Threads;
use continuo::training::windows::{Reader, Telling, Window};

const N_STEPS: usize = 11;
/// Streams of each of two lanes.
const LANES: [usize; 2] = [3, 2];

/// A piece with chords, drums, a meter change and a long rest.
fn piece(seed: i64, n_notes: i64) -> Arc<KeyedPiece> {
    let mut notes: Vec<Note> = (0..n_notes)
        .map(|idx| Note {
            onset: Tick((idx / 2) * (6 + 6 * ((idx + seed) % 3)) + if idx > 9 { 500 } else { 0 }),
            duration: Tick(3 + (idx * seed) % 50),
            pitch: (40 + (idx * 7 * seed) % 40) as u8,
            velocity: (20 + idx * 9 % 100) as u8,
            family: if idx % 5 == 4 { Family::DRUMS } else { Family::PIANO },
            feel: (idx % 3 > 0).then(|| Feel::new((idx % 9) as i8 - 4)),
        })
        .collect();
    notes.sort();
    notes.dedup_by_key(|note| (note.onset, note.pitch, note.family));
    let waltz = Meter::new(3, 4).unwrap();
    let piece =
        Piece { notes, meters: vec![(Tick(0), waltz), (Tick(144), Meter::COMMON)], ..Piece::default() };
    Arc::new(KeyedPiece { style: (seed % 2) as usize, modes: vec![(Tick(0), Mode::Minor)], piece })
}

fn stream(seed: i64) -> Vec<Position> {
    [piece(seed, 4 + seed), piece(seed + 3, 20), piece(seed + 5, 40)]
        .into_iter()
        .flat_map(|piece| {
            let mut reader = Reader::new(piece, Encoding::Third, Telling::Everything);
            std::iter::from_fn(move || reader.next_position()).collect::<Vec<_>>()
        })
        .collect()
}

/// The `window_idx`th window of each lane; pieces begin inside.
fn windows(window_idx: usize) -> Vec<Window> {
    let part = window_idx * N_STEPS..(window_idx + 1) * N_STEPS;
    let mut seed = 0;
    LANES
        .map(|n_streams| {
            let streams: Vec<Vec<Position>> = (0..n_streams)
                .map(|_| {
                    seed += 1;
                    stream(seed)[part.clone()].to_vec()
                })
                .collect();
            let mut window = Window::default();
            window.fill(&streams);
            window
        })
        .to_vec()
}

fn distance(ours: &[f32], theirs: &[f32]) -> f64 {
    let sum = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let difference = sum(&mut ours.iter().zip(theirs).map(|(a, b)| f64::from(a - b)));
    difference / sum(&mut theirs.iter().map(|value| f64::from(*value)))
}

/// Three updates on both; the largest relative distance of a gradient, of the parameters in the end, and of
/// the losses.
fn compare(config: NetworkConfig, precision: Precision, dropout: Dropout) -> (f64, f64, f64) {
    let mut network = Network::random(config, 1);
    let mut optimiser = AdamW::new(&network.layout, 0.02);
    let n_streams: usize = LANES.iter().sum();
    let scale = 1.0 / (N_STEPS * n_streams) as f32;
    let mut gpu = CudaTrainer::new(&network, &optimiser, [N_STEPS, n_streams], dropout, precision).unwrap();
    let weight_dropout = WeightDropout::new(&network.layout, &dropout);
    let mut workers: Vec<Worker> = LANES.iter().map(|_| Worker::new(&network, 0.0, 1)).collect();
    let (mut of_gradients, mut of_losses) = (0.0_f64, 0.0_f64);
    for window_idx in 0..3 {
        let windows = windows(window_idx);
        let mut expected = [0.0; N_PARTS];
        let seed = window_idx as u64;
        let mut thinned = network.clone();
        weight_dropout.apply(&mut thinned.parameters, seed);
        for (worker, window) in workers.iter_mut().zip(&windows) {
            worker.clear_gradient();
            let losses = worker.train(&thinned, window, scale);
            weight_dropout.apply(&mut worker.gradient, seed);
            expected.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        }
        let gradients: Vec<&[f32]> = workers.iter().map(|worker| worker.gradient.as_slice()).collect();
        let sum: Vec<f32> =
            (0..network.parameters.len()).map(|idx| gradients.iter().map(|g| g[idx]).sum()).collect();
        optimiser.update(&mut network.parameters, &gradients, 1e-3, &Threads::new(1).unwrap());

        let losses = gpu.update(&Staged::new(&windows.iter().collect::<Vec<_>>()), 1e-3, seed).unwrap();
        for (ours, theirs) in losses.iter().zip(expected) {
            of_losses = of_losses.max((ours - theirs).abs() / theirs);
        }
        let gradient = gpu.gradient().unwrap();
        of_gradients = of_gradients.max(distance(&gradient, &sum));
        if precision == Precision::Full {
            // Rounding to tf32 can turn a unit of a head on or off, which moves one tensor by more than the
            // whole; in full precision each is held by itself.
            for slot in network.layout.slots() {
                let own = distance(&gradient[slot.range.clone()], &sum[slot.range.clone()]);
                assert!(own < 1e-3, "window {window_idx} {}: {own}", slot.name);
            }
        }
    }
    let mut downloaded = network.clone();
    gpu.download(&mut downloaded, &mut optimiser).unwrap();
    (of_gradients, distance(&downloaded.parameters, &network.parameters), of_losses)
}

#[test]
fn the_gpu_agrees_with_the_processor_in_full_precision() {
    for (hidden, n_layers) in [(7, 2), (64, 1), (96, 3)] {
        let config =
            NetworkConfig { encoding: Encoding::Third, n_styles: 2, embedding: 5, hidden, n_layers, head: 9 };
        // The outputs that are left out are drawn differently.
        for dropout in [Dropout::default(), Dropout { outputs: 0.0, weights: 0.4, rows: 0.2 }] {
            let (gradients, parameters, losses) = compare(config, Precision::Full, dropout);
            assert!(
                gradients < 1e-3 && parameters < 1e-4 && losses < 1e-5,
                "{gradients} {parameters} {losses}"
            );
        }
    }
}

/// Large enough for tensor cores.
const SMALL: NetworkConfig = NetworkConfig {
    encoding: Encoding::Third,
    n_styles: 2,
    embedding: 32,
    hidden: 64,
    n_layers: 2,
    head: 16,
};

#[test]
fn the_gpu_agrees_with_the_processor_to_three_digits_on_tensor_cores() {
    let (gradients, parameters, losses) = compare(SMALL, Precision::Tensor, Dropout::default());
    assert!(gradients < 2e-2 && parameters < 2e-3 && losses < 1e-3, "{gradients} {parameters} {losses}");
}

#[test]
fn the_same_run_gives_the_same_bits_again() {
    let run = || {
        let mut network = Network::random(SMALL, 1);
        let mut optimiser = AdamW::new(&network.layout, 0.02);
        let n_streams: usize = LANES.iter().sum();
        let dropout = Dropout { outputs: 0.25, weights: 0.3, rows: 0.1 };
        let mut gpu =
            CudaTrainer::new(&network, &optimiser, [N_STEPS, n_streams], dropout, Precision::Tensor).unwrap();
        for window_idx in 0..3 {
            let windows = windows(window_idx);
            gpu.update(&Staged::new(&windows.iter().collect::<Vec<_>>()), 1e-3, window_idx as u64).unwrap();
        }
        gpu.download(&mut network, &mut optimiser).unwrap();
        network.parameters
    };
    assert_eq!(run(), run());
}

#[test]
fn evaluating_gives_the_processors_losses_and_leaves_padding_out() {
    let network = Network::random(SMALL, 1);
    let optimiser = AdamW::new(&network.layout, 0.02);
    let dropout = Dropout { outputs: 0.5, weights: 0.5, rows: 0.5 };
    let mut gpu = CudaTrainer::new(&network, &optimiser, [N_STEPS, 5], dropout, Precision::Full).unwrap();
    let mut worker = Worker::new(&network, 0.0, 1);
    for window_idx in 0..2 {
        let streams: Vec<Vec<Position>> =
            (1..4).map(|seed| stream(seed)[window_idx * 7..(window_idx + 1) * 7].to_vec()).collect();
        let (mut padded, mut plain) = (Window::default(), Window::default());
        padded.fill_to(&streams, [N_STEPS, 5]);
        plain.fill(&streams);
        let losses = gpu.evaluate(&Staged::new(&[&padded])).unwrap();
        let expected = worker.evaluate(&network, &plain);
        for (part, expected) in expected.into_iter().enumerate() {
            let sum: f64 = losses.iter().skip(part).step_by(N_PARTS).map(|loss| f64::from(*loss)).sum();
            // Padding moves the hidden state on, so only the first window is the same on both.
            assert!(window_idx > 0 || (sum - expected).abs() < 1e-3, "part {part}: {sum} {expected}");
        }
        assert_eq!(
            losses.chunks_exact(N_PARTS).filter(|parts| parts.iter().any(|loss| *loss != 0.0)).count(),
            21
        );
    }
}
