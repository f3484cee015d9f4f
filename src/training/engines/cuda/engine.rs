//! Trains on the GPU while the processor reads the next windows.
//!
//! One thread reads the windows of the next updates with the threads of the pool; another stages them for the GPU, a
//! few updates ahead. The positions of the streams travel with each window, so a checkpoint records what was trained
//! on, not what was read.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::model::Position;
use crate::model::encoding::Encoding;
use crate::model::network::{N_PARTS, Network};
use crate::music::nth_random;
use crate::training::config::TrainingConfig;
use crate::training::corpus::{Corpus, KeyedPiece, Part};
use crate::training::engines::cuda::device::Precision;
use crate::training::engines::cuda::error::CudaError;
use crate::training::engines::cuda::staged::Staged;
use crate::training::engines::cuda::trainer::CudaTrainer;
use crate::training::engines::engine::{Engine, EngineError, EngineState};
use crate::training::engines::optimiser::AdamW;
use crate::training::engines::validation::Validation;
use crate::training::losses::Losses;
use crate::training::threads::Threads;
use crate::training::windows::{Reader, Source, StreamState, Streams, Telling, Window};

/// Windows read ahead.
const N_AHEAD: usize = 3;

/// The windows of one update, read or staged for the GPU, and the positions of the streams after them.
struct Batch<T> {
    windows: T,
    streams: Vec<StreamState>,
}

/// Trains on the first NVIDIA GPU.
pub struct CudaEngine {
    trainer: CudaTrainer,
    network: Network,
    optimiser: AdamW,
    /// Whether `network` and `optimiser` are those on the GPU.
    is_current: bool,
    streams: Vec<StreamState>,
    corpus: Arc<Corpus>,
    /// Notes and streams of a window.
    shape: [usize; 2],
    threads: Threads,
    seed: u64,
    inbox: Option<Receiver<Batch<Staged>>>,
    readers: Vec<JoinHandle<()>>,
}

impl CudaEngine {
    /// An engine that continues from `state`.
    ///
    /// # Errors
    /// If there is no GPU, or it fails.
    pub fn new(config: &TrainingConfig, corpus: &Arc<Corpus>, state: EngineState) -> Result<Self, CudaError> {
        let EngineState { network, optimiser, carried, streams } = state;
        let batch = config.batch.max(1);
        let shape = [config.sequence_length, batch];
        let mut trainer = CudaTrainer::new(&network, &optimiser, shape, config.dropout, Precision::Tensor)?;
        if !carried.is_empty() {
            trainer.carry_on(&carried)?;
        }
        let (encoding, seed) = (network.config.encoding, config.seed);
        let source = Source { corpus: Arc::clone(corpus), encoding, seed, n_streams: batch };
        let lanes = lanes(config, &source, &streams);
        let (read, windows) = bounded(1);
        let (outbox, inbox) = bounded(N_AHEAD);
        let (n_steps, threads) = (config.sequence_length, config.threads.clone());
        let readers = vec![
            std::thread::spawn(move || read_ahead(lanes, n_steps, &threads, &read)),
            std::thread::spawn(move || stage(&windows, &outbox)),
        ];
        Ok(Self {
            trainer,
            network,
            optimiser,
            is_current: true,
            streams,
            corpus: Arc::clone(corpus),
            shape,
            threads: config.threads.clone(),
            seed: config.seed,
            inbox: Some(inbox),
            readers,
        })
    }

    /// The GPU's name.
    ///
    /// # Errors
    /// If the driver fails.
    pub fn device_name(&self) -> Result<String, CudaError> {
        self.trainer.device_name()
    }

    /// The loss on all validation pieces, whole pieces with the hidden state carried.
    fn evaluate_all(&mut self) -> Result<Validation, CudaError> {
        let encoding = self.network.config.encoding;
        let Self { trainer, corpus, threads, shape, .. } = self;
        let [n_steps, n_streams] = *shape;
        let n_styles = corpus.styles.len();
        let (mut sums, mut n_notes) = (vec![Losses::default(); n_styles], vec![0_usize; n_styles]);
        let mut order: Vec<(usize, usize)> = (0..corpus.n_pieces(Part::Valid))
            .map(|idx| (corpus.piece(Part::Valid, idx).piece.notes.len(), idx))
            .collect();
        // Pieces of similar length together need little padding.
        order.sort_unstable();
        for group in order.chunks(n_streams) {
            let mut pieces: Vec<Evaluated> = group
                .iter()
                .map(|(_, idx)| Evaluated::new(corpus.piece(Part::Valid, *idx), encoding))
                .collect();
            loop {
                threads.map(&mut pieces, |piece| piece.read(n_steps));
                if pieces.iter().all(|piece| piece.positions.is_empty()) {
                    break;
                }
                let mut window = Window::default();
                let streams: Vec<Vec<Position>> =
                    pieces.iter_mut().map(|piece| std::mem::take(&mut piece.positions)).collect();
                window.fill_to(&streams, [n_steps, n_streams]);
                let losses = trainer.evaluate(&Staged::new(&[&window]))?;
                for (idx, losses) in
                    losses.as_chunks::<N_PARTS>().0.iter().enumerate().filter(|(idx, _)| window.counts[*idx])
                {
                    let style = pieces[idx % n_streams].style.min(n_styles - 1);
                    n_notes[style] += 1;
                    sums[style].iter_mut().zip(losses).for_each(|(sum, loss)| *sum += f64::from(*loss));
                }
            }
        }
        let mean =
            |(sums, n_notes): (&Losses, &usize)| sums.map(|sum| (sum / (*n_notes).max(1) as f64) as f32);
        Ok(Validation::new(sums.iter().zip(&n_notes).map(mean).collect()))
    }

    fn fetch(&mut self) -> Result<(), EngineError> {
        if !self.is_current {
            self.trainer.download(&mut self.network, &mut self.optimiser).map_err(failed)?;
            self.is_current = true;
        }
        Ok(())
    }
}

/// A validation piece while it is evaluated.
struct Evaluated {
    reader: Reader,
    style: usize,
    positions: Vec<Position>,
}

impl Evaluated {
    fn new(piece: Arc<KeyedPiece>, encoding: Encoding) -> Self {
        let style = piece.style;
        Self { style, reader: Reader::new(piece, encoding, Telling::Nothing), positions: Vec::new() }
    }

    fn read(&mut self, n_steps: usize) {
        self.positions = std::iter::from_fn(|| self.reader.next_position()).take(n_steps).collect();
    }
}

/// A lane for each thread; each reads some of the streams.
fn lanes(config: &TrainingConfig, source: &Source, states: &[StreamState]) -> Vec<Streams> {
    let batch = source.n_streams;
    let n_streams = batch.div_ceil(config.threads.count().clamp(1, batch));
    (0..batch)
        .step_by(n_streams)
        .map(|first| {
            let numbers = first..(first + n_streams).min(batch);
            match states.get(numbers.clone()) {
                Some(states) => Streams::resume(source, numbers, states),
                None => Streams::begin(source, numbers),
            }
        })
        .collect()
}

/// Reads windows until the receiver is dropped.
fn read_ahead(
    mut lanes: Vec<Streams>,
    n_steps: usize,
    threads: &Threads,
    outbox: &Sender<Batch<Vec<Window>>>,
) {
    loop {
        let read = |lane: &mut Streams| {
            let mut window = Window::default();
            lane.next_window(n_steps, &mut window);
            window
        };
        let windows = threads.map(&mut lanes, read);
        let streams = lanes.iter().flat_map(Streams::state).collect();
        if outbox.send(Batch { windows, streams }).is_err() {
            return;
        }
    }
}

/// Stages windows for the GPU until a channel closes.
fn stage(inbox: &Receiver<Batch<Vec<Window>>>, outbox: &Sender<Batch<Staged>>) {
    while let Ok(Batch { windows, streams }) = inbox.recv() {
        let windows = Staged::new(&windows.iter().collect::<Vec<_>>());
        if outbox.send(Batch { windows, streams }).is_err() {
            return;
        }
    }
}

fn failed(error: CudaError) -> EngineError {
    EngineError(error.into())
}

impl Engine for CudaEngine {
    fn update(&mut self, lr: f32) -> Result<Losses, EngineError> {
        let batch = self.inbox.as_ref().and_then(|inbox| inbox.recv().ok());
        let Batch { windows, streams } =
            batch.ok_or_else(|| EngineError("the thread that reads the pieces has ended".into()))?;
        let seed = nth_random(self.seed, self.trainer.n_updates());
        let losses = self.trainer.update(&windows, lr, seed).map_err(failed)?;
        self.streams = streams;
        self.is_current = false;
        Ok(losses)
    }

    /// On all validation pieces, since the GPU evaluates them together.
    fn validate(&mut self, network: &Network, _limit: Option<usize>) -> Result<Validation, EngineError> {
        self.fetch()?;
        let carried = self.trainer.carried().map_err(failed)?;
        self.trainer.set_parameters(network).map_err(failed)?;
        let validation = self.evaluate_all().map_err(failed)?;
        self.trainer.set_parameters(&self.network).map_err(failed)?;
        self.trainer.carry_on(&carried).map_err(failed)?;
        Ok(validation)
    }

    fn network(&mut self) -> Result<&Network, EngineError> {
        self.fetch()?;
        Ok(&self.network)
    }

    fn state(&mut self) -> Result<EngineState, EngineError> {
        self.fetch()?;
        Ok(EngineState {
            network: self.network.clone(),
            optimiser: self.optimiser.clone(),
            carried: self.trainer.carried().map_err(failed)?,
            streams: self.streams.clone(),
        })
    }
}

impl Drop for CudaEngine {
    fn drop(&mut self) {
        // The readers end when their channel is closed.
        self.inbox = None;
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
    }
}
