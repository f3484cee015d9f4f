//! The hand-written training step against candle: losses and every gradient, at odd sizes, with pieces that begin inside
//! a window.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::float_cmp, reason = "the same computation gives the same bits")]

use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarBuilder;
use continuo::model::Position;
use continuo::model::encoding::Encoding;
use continuo::model::network::{Network, NetworkConfig};
use continuo::model::reference::Reference;
use continuo::model::simd::Products;
use continuo::music::{Family, Feel, Meter, Mode, Note, Piece, Tick};
use continuo::training::corpus::KeyedPiece;
use continuo::training::engines::fused::Worker;
use continuo::training::windows::{Reader, Telling, Window};

const CONFIG: NetworkConfig =
    NetworkConfig { encoding: Encoding::Third, n_styles: 2, embedding: 5, hidden: 7, n_layers: 2, head: 3 };

/// A piece with chords, ties over bar lines, drums, a meter change and long rests.
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
    let meters = vec![(Tick(0), waltz), (Tick(144), Meter::COMMON)];
    let mut piece = Piece { notes, meters, ..Piece::default() };
    piece.chords = piece.find_chords().0;
    Arc::new(KeyedPiece { style: (seed % 2) as usize, modes: vec![(Tick(0), Mode::Minor)], piece })
}

fn positions(pieces: &[Arc<KeyedPiece>], encoding: Encoding) -> Vec<Position> {
    pieces
        .iter()
        .flat_map(|piece| {
            let mut reader = Reader::new(Arc::clone(piece), encoding, Telling::Everything);
            std::iter::from_fn(move || reader.next_position()).collect::<Vec<_>>()
        })
        .collect()
}

/// Three streams of eleven notes; pieces begin in the middle of each.
fn streams() -> Vec<Vec<Position>> {
    streams_in(Encoding::Third)
}

fn streams_in(encoding: Encoding) -> Vec<Vec<Position>> {
    let stream = |seed| positions(&[piece(seed, 4 + seed), piece(seed + 3, 20)], encoding)[..11].to_vec();
    [1, 2, 3].map(stream).to_vec()
}

fn window(streams: &[Vec<Position>]) -> Window {
    let mut window = Window::default();
    window.fill(streams);
    window
}

#[test]
fn the_fast_step_has_the_losses_and_gradients_of_candle() {
    [Encoding::Second, Encoding::Third].into_iter().for_each(has_the_losses_and_gradients_of_candle);
}

fn has_the_losses_and_gradients_of_candle(encoding: Encoding) {
    let network = Network::random(NetworkConfig { encoding, ..CONFIG }, 1);
    let streams = streams_in(encoding);
    let variables: HashMap<String, Var> = network
        .tensors()
        .unwrap()
        .into_iter()
        .map(|(name, tensor)| (name, Var::from_tensor(&tensor).unwrap()))
        .collect();
    let tensors = variables.iter().map(|(name, variable)| (name.clone(), variable.as_tensor().clone()));
    let tensors = VarBuilder::from_tensors(tensors.collect(), DType::F32, &Device::Cpu);
    let reference = Reference::new(network.config, &tensors).unwrap();
    let pieces = streams.iter().flat_map(|stream| stream.chunk_by(|_, next| !next.is_beginning));
    let all = reference.log_probabilities(&pieces.collect::<Vec<_>>()).unwrap();
    let by_part: Vec<f32> = Tensor::cat(&all, 0).unwrap().sum(0).unwrap().neg().unwrap().to_vec1().unwrap();
    let loss = Tensor::cat(&all, 0).unwrap().sum_all().unwrap().neg().unwrap();
    let gradients = loss.backward().unwrap();

    let mut worker = Worker::new(&network, 0.0, 1);
    let losses = worker.train(&network, &window(&streams), 1.0);
    for (fast, slow) in losses.iter().zip(&by_part) {
        assert!((fast - f64::from(*slow)).abs() < 1e-3, "{losses:?} {by_part:?}");
    }
    for slot in network.layout.slots() {
        let slow =
            gradients.get(&variables[&slot.name]).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let fast = &worker.gradient[slot.range.clone()];
        assert!(slow.iter().any(|g| *g != 0.0), "{} has no gradient to compare", slot.name);
        for (idx, (fast, slow)) in fast.iter().zip(&slow).enumerate() {
            assert!((fast - slow).abs() < 2e-4 * (1.0 + slow.abs()), "{} {idx}: {fast} {slow}", slot.name);
        }
    }
}

/// On processors that have such products. Their rounding and sums are tested in `model::matrix`.
#[test]
fn products_of_bf16_change_losses_and_gradients_by_less_than_a_hundredth() {
    let Some(products) = Products::bf16() else {
        println!("skipped: this processor has no products of bf16");
        return;
    };
    let sizes = NetworkConfig { embedding: 48, hidden: 65, head: 33, ..CONFIG };
    let network = Network::random(sizes, 5);
    let window = window(&streams());
    let [mut whole, mut rounded] =
        [Products::f32(), products].map(|products| Worker::with_products(products, &network, 0.0, 1));
    let losses = whole.train(&network, &window, 1.0).into_iter().zip(rounded.train(&network, &window, 1.0));
    for (whole, rounded) in losses {
        assert!((whole - rounded).abs() < 2e-3 * whole, "{whole} {rounded}");
    }
    assert_ne!(whole.gradient, rounded.gradient);
    for slot in network.layout.slots() {
        let gradients =
            || whole.gradient[slot.range.clone()].iter().zip(&rounded.gradient[slot.range.clone()]);
        let length: f32 = gradients().map(|(whole, _)| whole * whole).sum::<f32>().sqrt();
        let distance: f32 = gradients().map(|(whole, rounded)| (whole - rounded).powi(2)).sum::<f32>().sqrt();
        assert!(distance < 1e-2 * length, "{}: {distance} of {length}", slot.name);
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let network = Network::random(CONFIG, 2);
    let window = window(&streams());
    let mut worker = Worker::new(&network, 0.0, 1);
    worker.train(&network, &window, 1.0);
    let loss_at = |idx: usize, value: f32| {
        let mut moved = network.clone();
        moved.parameters[idx] = value;
        Worker::new(&network, 0.0, 1).evaluate(&moved, &window).iter().sum::<f64>()
    };
    for slot in network.layout.slots() {
        let steepest = slot
            .range
            .clone()
            .max_by(|a, b| worker.gradient[*a].abs().total_cmp(&worker.gradient[*b].abs()))
            .unwrap();
        let (value, distance) = (network.parameters[steepest], 2e-3);
        let rise = loss_at(steepest, value + distance) - loss_at(steepest, value - distance);
        let slope = rise / (2.0 * f64::from(distance));
        let gradient = f64::from(worker.gradient[steepest]);
        assert!(
            (slope - gradient).abs() < 0.02 * (1.0 + gradient.abs()),
            "{}: {slope} {gradient}",
            slot.name
        );
    }
}

#[test]
fn the_hidden_state_is_carried_from_window_to_window() {
    let network = Network::random(CONFIG, 3);
    let streams = streams();
    let halves: [Vec<Vec<Position>>; 2] =
        [0..6, 6..11].map(|part| streams.iter().map(|stream| stream[part.clone()].to_vec()).collect());
    let whole: f64 = Worker::new(&network, 0.0, 1).evaluate(&network, &window(&streams)).iter().sum();
    let mut worker = Worker::new(&network, 0.0, 1);
    let parts: f64 = halves.iter().flat_map(|half| worker.evaluate(&network, &window(half))).sum();
    assert!((whole - parts).abs() < 1e-3, "{whole} {parts}");
}

#[test]
fn a_worker_continues_where_another_stopped() {
    let network = Network::random(CONFIG, 4);
    let window = window(&streams());
    let mut worker = Worker::new(&network, 0.3, 9);
    worker.train(&network, &window, 1.0);
    let mut other = Worker::new(&network, 0.3, 9);
    other.carry_on(worker.carried());
    worker.clear_gradient();
    assert_eq!(worker.train(&network, &window, 1.0), other.train(&network, &window, 1.0));
    assert_eq!(worker.gradient, other.gradient);
    assert_eq!(worker.carried(), other.carried());
}
