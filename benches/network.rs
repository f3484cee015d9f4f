//! How fast the network trains and plays: `cargo bench --no-default-features --bench network`.
#![allow(clippy::unwrap_used, reason = "what fails here fails the benchmark")]

use std::sync::Arc;

use continuo::model::Position;
use continuo::model::encoding::Encoding;
use continuo::model::network::{Network, NetworkConfig};
use continuo::model::packed::PackedNetwork;
use continuo::model::simd::Products;
use continuo::model::step::{Advance, HiddenState, Stepper};
use continuo::model::{Card, Constraints, Generator, Given, Model, Sampling};
use continuo::music::{Family, Meter, Mode, Note, Piece, Tick};
use continuo::training::corpus::KeyedPiece;
use continuo::training::engines::fused::Worker;
use continuo::training::engines::optimiser::AdamW;
use continuo::training::threads::Threads;
use continuo::training::windows::{Reader, Telling, Window};
use divan::Bencher;
use divan::counter::ItemsCount;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

fn main() {
    divan::main();
}

const SMALL: NetworkConfig = NetworkConfig {
    encoding: Encoding::Third,
    n_styles: 10,
    embedding: 192,
    hidden: 256,
    n_layers: 2,
    head: 128,
};
const LARGE: NetworkConfig = NetworkConfig {
    encoding: Encoding::Third,
    n_styles: 10,
    embedding: 256,
    hidden: 512,
    n_layers: 3,
    head: 192,
};
const MIDDLE: NetworkConfig = NetworkConfig { n_layers: 2, ..LARGE };

/// Notes in a window.
const N_STEPS: usize = 128;
/// Streams in a lane.
const N_STREAMS: usize = 16;

/// Four voices in random walks, as dense as a chorale.
fn piece(seed: u64) -> Arc<KeyedPiece> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut voices = [48_i32, 55, 62, 70];
    let mut notes = Vec::new();
    for beat in 0..100 {
        for voice in &mut voices {
            *voice = (*voice + rng.random_range(-3..=3)).clamp(36, 84);
            notes.push(Note {
                onset: Tick(beat * 24),
                duration: Tick(24),
                pitch: *voice as u8,
                velocity: rng.random_range(60..100),
                family: Family::PIANO,
                feel: None,
            });
        }
    }
    notes.sort();
    notes.dedup();
    let mut piece = Piece { notes, meters: vec![(Tick(0), Meter::COMMON)], ..Piece::default() };
    piece.chords = piece.find_chords().0;
    Arc::new(KeyedPiece { style: 0, modes: vec![(Tick(0), Mode::Major)], piece })
}

/// One piece after another, endlessly.
struct Stream {
    seed: u64,
    reader: Reader,
}

fn reader(seed: u64) -> Reader {
    Reader::new(piece(seed % 50), Encoding::Third, Telling::Some(seed))
}

impl Stream {
    fn read_into(&mut self, position: &mut Position) {
        while !self.reader.read_into(position) {
            self.seed += 1;
            self.reader = reader(self.seed);
        }
    }
}

struct Lane {
    streams: Vec<Stream>,
    window: Window,
    worker: Worker,
}

fn lane(products: Products, network: &Network, seed: u64) -> Lane {
    let stream = |idx| Stream { seed: seed + idx, reader: reader(seed + idx) };
    let streams = (0..N_STREAMS as u64).map(stream).collect();
    Lane { streams, window: Window::default(), worker: Worker::with_products(products, network, 0.2, seed) }
}

/// One update as the trainer makes it: read, forward, backward, `AdamW`; two threads of 16 streams.
#[divan::bench(args = [("2x256", SMALL), ("2x512", MIDDLE), ("3x512", LARGE)], sample_count = 12, sample_size = 1)]
fn training_update(bencher: Bencher, (_, config): &(&str, NetworkConfig)) {
    update(bencher, config, Products::f32());
}

/// The same with products of bf16, where the processor has them.
#[divan::bench(args = [("2x256", SMALL), ("2x512", MIDDLE), ("3x512", LARGE)], sample_count = 12, sample_size = 1)]
fn training_update_in_bf16(bencher: Bencher, (_, config): &(&str, NetworkConfig)) {
    if let Some(products) = Products::bf16() {
        update(bencher, config, products);
    }
}

fn update(bencher: Bencher, config: &NetworkConfig, products: Products) {
    let mut network = Network::random(*config, 1);
    let mut optimiser = AdamW::new(&network.layout, 0.01);
    let mut lanes = [1, 2].map(|seed| lane(products, &network, seed));
    let threads = Threads::new(lanes.len()).unwrap();
    let n_notes = lanes.len() * N_STREAMS * N_STEPS;
    bencher.counter(ItemsCount::new(n_notes)).bench_local(|| {
        threads.map(&mut lanes, |Lane { streams, window, worker }| {
            window.fill_with([N_STEPS, N_STREAMS], |idx, position| streams[idx].read_into(position));
            worker.clear_gradient();
            worker.train(&network, window, 1.0 / n_notes as f32)
        });
        let gradients = lanes.each_ref().map(|lane| lane.worker.gradient.as_slice());
        optimiser.update(&mut network.parameters, &gradients, 1e-3, &threads)
    });
}

/// One step of the LSTM in playing, with the rows of a real position.
#[divan::bench(args = [("2x256", SMALL), ("2x512", MIDDLE), ("3x512", LARGE)], sample_count = 200, sample_size = 10)]
fn playing_step(bencher: Bencher, (_, config): &(&str, NetworkConfig)) {
    let network = Network::random(*config, 1);
    let played = PackedNetwork::new(&network);
    let mut stream = Stream { seed: 1, reader: reader(1) };
    let mut next = || {
        let mut position = Position::padding();
        stream.read_into(&mut position);
        position
    };
    let positions: Vec<Position> = (0..300).map(|_| next()).collect();
    let mut rows = positions.iter().map(|position| &position.step_rows).cycle();
    let (mut stepper, mut state) = (Stepper::new(config), HiddenState::zero(config));
    bencher.bench_local(|| stepper.step(&played, rows.next().unwrap(), &mut state));
}

/// The same for eight streams of notes, one after the other and together, as with several instances of the plugin.
#[divan::bench(args = [1, 8], sample_count = 100, sample_size = 10)]
fn eight_playing_steps_in_groups_of(bencher: Bencher, n_together: usize) {
    let played = PackedNetwork::new(&Network::random(LARGE, 1));
    let mut streams = (0..8).map(|seed| Stream { seed, reader: reader(seed) }).collect::<Vec<_>>();
    let mut positions = vec![Position::padding(); 8];
    for (stream, position) in streams.iter_mut().zip(&mut positions) {
        stream.read_into(position);
    }
    let (mut stepper, mut states) = (Stepper::new(&LARGE), vec![HiddenState::zero(&LARGE); 8]);
    bencher.bench_local(|| {
        let lanes = positions.iter().zip(&mut states);
        let advances =
            lanes.map(|(position, state)| Advance { rows: &position.step_rows, extra_row: &[], state });
        let mut advances: Vec<Advance<'_>> = advances.collect();
        advances.chunks_mut(n_together).for_each(|group| stepper.step_batch(&played, group));
    });
}

/// One note as the composer makes it: all parts drawn, then fed back; bar lines included.
#[divan::bench(args = [("2x256", SMALL), ("2x512", MIDDLE), ("3x512", LARGE)], sample_count = 200, sample_size = 10)]
fn composed_note(bencher: Bencher, (_, config): &(&str, NetworkConfig)) {
    let styles = (0..config.n_styles).map(|style| style.to_string()).collect();
    let card = Card { styles, ..Card::default() };
    let model = Model::new(Network::random(*config, 1), card, Vec::new()).unwrap();
    let mut generator = Generator::new(Arc::new(model));
    let mut rng = Pcg64Mcg::seed_from_u64(1);
    let mut bar_end = Meter::COMMON.bar_length();
    bencher.bench_local(|| {
        loop {
            let drawn =
                generator.draw(&Sampling::default(), &Constraints::default(), &Given::default(), &mut rng);
            if let Some(note) = drawn.map(|drawn| drawn.note).filter(|note| note.onset < bar_end) {
                generator.feed(&note);
                break;
            }
            generator.begin_bar(bar_end, Meter::COMMON);
            bar_end += Meter::COMMON.bar_length();
        }
    });
}
