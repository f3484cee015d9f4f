//! The training loop: windows through the workers, an update, now and then a look at the validation pieces.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::network::{Network, NetworkConfig};
use crate::model::reference::Position;
use crate::training::checkpoint::{Checkpoint, CheckpointError};
use crate::training::corpus::{Corpus, Part};
use crate::training::fused::{Losses, Worker};
use crate::training::optimiser::learning_rate;
use crate::training::windows::{KeyedPiece, Reader, Streams, Window};

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainingConfig {
    /// Sizes of the network.
    pub network: NetworkConfig,
    /// Passes over as many notes as the training pieces hold.
    pub epochs: f64,
    /// Sequences side by side.
    pub batch: usize,
    /// Notes in a window; the hidden state is carried on to the next.
    pub sequence_length: usize,
    /// Highest learning rate.
    pub lr: f32,
    /// Share of each layer's outputs that is dropped.
    pub dropout: f32,
    /// Share of a weight that an update takes away, times the learning rate.
    pub weight_decay: f32,
    /// First number of every random sequence.
    pub seed: u64,
    /// Threads to compute on.
    pub n_threads: usize,
    /// End here even if epochs are left; the learning rate falls in time.
    pub time_limit: Option<Duration>,
    /// Validate after this many notes.
    pub validate_every: usize,
    /// Where to keep what a resumed run goes on from.
    pub checkpoint: PathBuf,
}

/// How a run stands.
#[derive(Debug, Clone)]
pub struct Progress {
    /// 0 to 1.
    pub done: f32,
    /// Notes trained on.
    pub n_notes: u64,
    /// Notes trained on in a second.
    pub notes_per_second: f64,
    /// Running mean of the training loss by part, nats a note.
    pub loss: [f32; 5],
    /// When a validation was made just now: its loss by part and by style.
    pub validation: Option<Validation>,
}

/// Loss on the validation pieces, in nats a note by part: family, shift, pitch, duration, velocity.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Every style alike.
    pub mean: f32,
    /// By style and part.
    pub by_style: Vec<[f32; 5]>,
    /// Whether it is the best so far.
    pub is_best: bool,
}

/// Streams that one thread trains on.
struct Lane {
    streams: Streams,
    window: Window,
    worker: Worker,
}

/// Streams to a lane: enough to fill the vector registers. Lanes, not threads, decide how gradients are
/// summed, so that the number of threads changes no result.
const LANE_STREAMS: usize = 16;

/// Trains, reports to `observe`, and returns the best network and its validation. When `observe` answers
/// `false` the run ends early.
///
/// # Errors
/// If the checkpoint cannot be read or written.
pub fn train(
    config: &TrainingConfig,
    corpus: &Corpus,
    resume: bool,
    mut observe: impl FnMut(&Progress) -> bool,
) -> Result<(Network, Validation), CheckpointError> {
    let mut run = Checkpoint::begin(config, corpus.styles.len());
    if resume {
        run = Checkpoint::load(&config.checkpoint, &run)?;
    }
    let mut lanes = lanes(config, corpus, run.optimiser.n_updates);
    let notes_per_update = (lanes.len() * LANE_STREAMS.min(config.batch) * config.sequence_length) as u64;
    let n_wanted = (config.epochs * corpus.n_notes() as f64) as u64;
    let started = Instant::now();
    let (first_note, time_before) = (run.n_notes, run.seconds);
    let mut n_until_validation = config.validate_every as u64;
    let mut running: Option<[f32; 5]> = None;
    loop {
        let elapsed = time_before + started.elapsed().as_secs_f64();
        let by_time = config.time_limit.map_or(0.0, |limit| elapsed / limit.as_secs_f64());
        let done = (run.n_notes as f64 / n_wanted.max(1) as f64).max(by_time).min(1.0) as f32;
        let losses = update(config, &mut lanes, &mut run, learning_rate(config.lr, done));
        run.n_notes += notes_per_update;
        run.seconds = elapsed;
        let loss = losses.map(|sum| (sum / notes_per_update as f64) as f32);
        let mean = running.get_or_insert(loss);
        mean.iter_mut().zip(loss).for_each(|(mean, now)| *mean += 0.02 * (now - *mean));

        n_until_validation = n_until_validation.saturating_sub(notes_per_update);
        let is_due = n_until_validation == 0 || done >= 1.0;
        let validation = is_due.then(|| validate(&run.network, corpus, config.n_threads, Some(12_000)));
        if let Some(validation) = &validation {
            n_until_validation = config.validate_every as u64;
            run.keep_if_best(validation);
            run.save(&config.checkpoint)?;
        }
        let validation = validation.map(|v| Validation { is_best: v.mean <= run.best_loss, ..v });
        let progress = Progress {
            done,
            n_notes: run.n_notes,
            notes_per_second: (run.n_notes - first_note) as f64 / started.elapsed().as_secs_f64(),
            loss: *mean,
            validation,
        };
        if !observe(&progress) || done >= 1.0 {
            break;
        }
    }
    run.save(&config.checkpoint)?;
    let best = run.best();
    let validation = validate(&best, corpus, config.n_threads, None);
    Ok((best, validation))
}

fn lanes(config: &TrainingConfig, corpus: &Corpus, n_updates: u64) -> Vec<Lane> {
    let weights = corpus.weights();
    let n_lanes = (config.batch / LANE_STREAMS).max(1);
    let n_streams = LANE_STREAMS.min(config.batch.max(1));
    let network = Network::random(config.network, config.seed);
    (0..n_lanes)
        .map(|lane_idx| {
            let seed = config.seed ^ (n_updates << 20) ^ (lane_idx as u64 + 1) << 8;
            Lane {
                streams: Streams::new(corpus.pieces(Part::Train).collect(), &weights, n_streams, seed),
                window: Window::default(),
                worker: Worker::new(&network, config.dropout, seed),
            }
        })
        .collect()
}

/// One update over a window of every lane; returns the sums of the loss by part.
fn update(config: &TrainingConfig, lanes: &mut [Lane], run: &mut Checkpoint, lr: f32) -> Losses {
    let n_notes = (lanes.len() * LANE_STREAMS.min(config.batch) * config.sequence_length) as f32;
    let network = &run.network;
    let n_threads = config.n_threads.clamp(1, lanes.len());
    let per_thread = lanes.len().div_ceil(n_threads);
    let train_lane = |lane: &mut Lane| {
        lane.streams.next_window(config.sequence_length, &mut lane.window);
        lane.worker.clear_gradient();
        lane.worker.train(network, &lane.window, 1.0 / n_notes)
    };
    let losses: Vec<Losses> = std::thread::scope(|scope| {
        let threads: Vec<_> = lanes
            .chunks_mut(per_thread)
            .map(|lanes| scope.spawn(move || lanes.iter_mut().map(train_lane).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let gradients: Vec<&[f32]> = lanes.iter().map(|lane| lane.worker.gradient.as_slice()).collect();
    run.optimiser.update(&mut run.network.parameters, &gradients, lr, config.n_threads);
    add_up(&losses)
}

fn add_up(losses: &[Losses]) -> Losses {
    losses.iter().fold(Losses::default(), |mut sums, losses| {
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
        sums
    })
}

/// The loss on the validation pieces, whole pieces with the hidden state carried; at most `limit` notes of
/// a style, or all.
#[must_use]
pub fn validate(network: &Network, corpus: &Corpus, n_threads: usize, limit: Option<usize>) -> Validation {
    let by_style: Vec<[f32; 5]> = (0..corpus.styles.len())
        .map(|style| {
            let mut n_left = limit.unwrap_or(usize::MAX);
            let pieces: Vec<Arc<KeyedPiece>> = corpus
                .pieces(Part::Valid)
                .filter(|piece| piece.style == style)
                .take_while(|piece| {
                    let has_room = n_left > 0;
                    n_left = n_left.saturating_sub(piece.piece.notes.len());
                    has_room
                })
                .collect();
            let (losses, n_notes) = evaluate(network, &pieces, n_threads);
            losses.map(|sum| if n_notes == 0 { 0.0 } else { (sum / n_notes as f64) as f32 })
        })
        .collect();
    let heard: Vec<f32> = by_style.iter().map(|parts| parts.iter().sum()).filter(|sum| *sum > 0.0).collect();
    let mean = if heard.is_empty() { 0.0 } else { heard.iter().sum::<f32>() / heard.len() as f32 };
    Validation { mean, by_style, is_best: false }
}

/// Sums of the loss over whole pieces, and how many notes they hold.
#[must_use]
pub fn evaluate(network: &Network, pieces: &[Arc<KeyedPiece>], n_threads: usize) -> (Losses, usize) {
    const STEPS: usize = 256;
    // Pieces of like length side by side waste little on padding.
    let mut sorted = pieces.to_vec();
    sorted.sort_by_key(|piece| piece.piece.notes.len());
    let groups: Vec<&[Arc<KeyedPiece>]> = sorted.chunks(LANE_STREAMS).collect();
    let evaluate_group = |group: &[Arc<KeyedPiece>]| {
        let mut worker = Worker::new(network, 0.0, 0);
        let mut readers: Vec<Reader> = group.iter().map(|piece| Reader::new(Arc::clone(piece))).collect();
        let mut window = Window::default();
        let (mut sums, mut n_notes) = (Losses::default(), 0);
        loop {
            let streams: Vec<Vec<Position>> = readers
                .iter_mut()
                .map(|reader| std::iter::from_fn(|| reader.next_position()).take(STEPS).collect())
                .collect();
            window.fill(&streams);
            if window.is_empty() {
                return (sums, n_notes);
            }
            sums = add_up(&[sums, worker.evaluate(network, &window)]);
            n_notes += window.n_notes();
        }
    };
    let per_thread = groups.len().div_ceil(n_threads.max(1)).max(1);
    let results: Vec<(Losses, usize)> = std::thread::scope(|scope| {
        let mut by_thread = vec![Vec::new(); groups.len().div_ceil(per_thread)];
        // Dealt out in turn, so that no thread gets all the long ones.
        for (idx, group) in groups.iter().enumerate() {
            let n_threads = by_thread.len();
            by_thread[idx % n_threads].push(*group);
        }
        let threads: Vec<_> = by_thread
            .into_iter()
            .map(|groups| scope.spawn(move || groups.into_iter().map(evaluate_group).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let losses: Vec<Losses> = results.iter().map(|(losses, _)| *losses).collect();
    (add_up(&losses), results.iter().map(|(_, n_notes)| n_notes).sum())
}
