//! Training on a GPU, in notes a second: `cargo bench --no-default-features --features cuda --bench cuda`.
//!
//! Updates on prepared windows of 128 notes; the median of the rounds. `peers/python/torch_cuda.py`
//! measures the same network in `PyTorch` with cuDNN.

use std::sync::Arc;
use std::time::Instant;

use continuo::model::encoding::Encoding;
use continuo::model::network::{Network, NetworkConfig};
use continuo::music::{Family, Mode, Note, Piece, Tick};
use continuo::training::config::Dropout;
use continuo::training::corpus::KeyedPiece;
use continuo::training::engines::cuda::{CudaTrainer, Precision, Staged};
use continuo::training::engines::optimiser::AdamW;
use continuo::training::windows::{Reader, Telling, Window};

const N_STEPS: usize = 128;
const LANE_STREAMS: usize = 16;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    println!("{:>7} {:>7} {:>7} {:>14}", "layers", "hidden", "batch", "notes/s");
    for (n_layers, hidden, embedding, head) in [(2, 256, 192, 128), (2, 512, 256, 192), (3, 512, 256, 192)] {
        let config =
            NetworkConfig { encoding: Encoding::Third, n_styles: 10, embedding, hidden, n_layers, head };
        let network = Network::random(config, 1);
        for n_lanes in [1, 4, 8, 16] {
            let windows: Vec<Window> = (0..n_lanes).map(|lane| window(lane as u64)).collect();
            let lanes = Staged::new(&windows.iter().collect::<Vec<_>>());
            let n_notes = n_lanes * LANE_STREAMS * N_STEPS;
            let optimiser = AdamW::new(&network.layout, 0.02);
            let shape = [N_STEPS, n_lanes * LANE_STREAMS];
            let mut gpu =
                CudaTrainer::new(&network, &optimiser, shape, Dropout::of_outputs(0.2), Precision::Tensor)?;
            let mut seconds: Vec<f64> = Vec::new();
            for _ in 0..30 {
                let begin = Instant::now();
                gpu.update(&lanes, 1e-3, 1)?;
                seconds.push(begin.elapsed().as_secs_f64());
            }
            seconds.sort_by(f64::total_cmp);
            let median = seconds[seconds.len() / 2];
            println!(
                "{n_layers:>7} {hidden:>7} {:>7} {:>14.0}",
                n_lanes * LANE_STREAMS,
                n_notes as f64 / median
            );
        }
    }
    Ok(())
}

/// Four voices in chords, endless.
fn window(seed: u64) -> Window {
    let notes: Vec<Note> = (0..4000)
        .map(|idx: i64| Note {
            onset: Tick(idx / 4 * 12),
            duration: Tick(12),
            pitch: (36 + 12 * (idx % 4) + (idx * 7 + seed as i64) % 11) as u8,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        })
        .collect();
    let piece = Piece { notes, ..Piece::default() };
    let piece = Arc::new(KeyedPiece { style: 0, modes: vec![(Tick(0), Mode::Major)], piece });
    let streams: Vec<_> = (0..LANE_STREAMS)
        .map(|stream| {
            let mut reader = Reader::new(Arc::clone(&piece), Encoding::Third, Telling::Everything);
            std::iter::from_fn(|| reader.next_position()).skip(100 * stream).take(N_STEPS).collect()
        })
        .collect();
    let mut window = Window::default();
    window.fill(&streams);
    window
}
