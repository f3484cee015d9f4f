//! The training loop: updates by an engine, now and then a look at the validation pieces.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::network::{Network, NetworkConfig};
use crate::model::simd::Products;
use crate::training::checkpoint::{Checkpoint, CheckpointError};
use crate::training::corpus::Corpus;
#[cfg(feature = "cuda")]
use crate::training::cuda::CudaEngine;
use crate::training::engine::{CpuEngine, Engine, EngineError, EngineState};
use crate::training::optimiser::learning_rate;
use crate::training::validation::Validation;

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainingConfig {
    /// Sizes of the network.
    pub network: NetworkConfig,
    /// Passes over as many notes as the training pieces hold; the learning rate falls over them.
    pub epochs: f64,
    /// End after so many validations that found nothing better.
    pub patience: usize,
    /// Sequences side by side.
    pub batch: usize,
    /// Notes in a window; the hidden state is carried on to the next.
    pub sequence_length: usize,
    /// Highest learning rate.
    pub lr: f32,
    /// Share of the run at which the learning rate begins to fall.
    pub hold: f32,
    /// Share of each layer's outputs that is dropped.
    pub dropout: f32,
    /// Share of a weight that an update takes away, times the learning rate.
    pub weight_decay: f32,
    /// First number of every random sequence.
    pub seed: u64,
    /// Threads to compute on; changes no result.
    pub n_threads: usize,
    /// End here even if epochs are left; the learning rate then falls in time, so that the result depends
    /// on the machine's speed.
    pub time_limit: Option<Duration>,
    /// Which network is the outcome.
    pub keep: Keep,
    /// Validate after this many notes.
    pub validate_every: usize,
    /// Write a checkpoint after this time at the latest.
    pub save_every: Duration,
    /// Where to keep what a resumed run goes on from.
    pub checkpoint: PathBuf,
    /// How the processor computes products.
    pub products: Products,
    /// What to compute on.
    pub device: Device,
}

/// What to compute on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The processor's cores.
    Processor,
    /// The first NVIDIA GPU.
    #[cfg(feature = "cuda")]
    Cuda,
}

/// Which network of a run is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// That with the lowest validation loss.
    Best,
    /// That of the end.
    Last,
}

/// Where a run begins.
#[derive(Debug)]
pub enum Start {
    /// With this network.
    From(Box<Network>),
    /// Where it was cut off.
    Resume,
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
    /// Time left if it runs to its planned end.
    pub left: Duration,
    /// Running mean of the training loss by part, nats a note.
    pub loss: [f32; 5],
    /// When a validation was made just now.
    pub validation: Option<Validation>,
}

/// A moment of the run at which it was validated.
#[derive(Debug, Clone, PartialEq)]
pub struct CurvePoint {
    /// Notes trained on.
    pub n_notes: u64,
    /// Running mean of the training loss by part, nats a note.
    pub train: [f32; 5],
    /// Loss on the validation pieces by style and part, nats a note; a limited number of notes each.
    pub valid: Vec<[f32; 5]>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// As [`TrainingConfig::keep`] says; the last one where nothing could be validated.
    pub network: Network,
    /// Its loss on all the validation pieces.
    pub validation: Validation,
    /// How it went.
    pub curve: Vec<CurvePoint>,
    /// Why it ended.
    pub ending: Ending,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As planned.
    Finished,
    /// The validation loss no longer fell.
    NothingBetter,
    /// It was told to; it can be resumed.
    Stopped,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It cannot be kept or taken up again.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// No update can be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Notes of a style to validate on in mid-run.
const VALIDATION_NOTES: usize = 12_000;

/// Trains and reports to `observe`; when that answers `false` the run ends early.
///
/// A run that is cut off, by whatever, and resumed with the same settings comes to the same network, bit for
/// bit, unless it has a time limit.
///
/// # Errors
/// If the checkpoint cannot be read or written, or the engine fails.
pub fn train(
    config: &TrainingConfig,
    corpus: &Arc<Corpus>,
    start: Start,
    mut observe: impl FnMut(&Progress) -> bool,
) -> Result<Outcome, RunError> {
    let (mut run, state) = match start {
        Start::Resume => Checkpoint::load(config, corpus)?,
        Start::From(network) => {
            let state = EngineState::begin(*network, config.weight_decay);
            let run = Checkpoint::begin(config, corpus, &state.network);
            run.save(&state, &config.checkpoint)?;
            (run, state)
        }
    };
    let mut engine: Box<dyn Engine> = match config.device {
        Device::Processor => Box::new(CpuEngine::new(config, corpus, state)),
        #[cfg(feature = "cuda")]
        Device::Cuda => Box::new(CudaEngine::new(config, corpus, state).map_err(|e| EngineError(e.into()))?),
    };
    let notes_per_update = (config.batch * config.sequence_length) as u64;
    let plan = Plan::new(config, corpus, &run);
    let mut saved = Instant::now();
    let mut ending = plan.ending(&run);
    while ending.is_none() {
        let losses = engine.update(learning_rate(config.lr, config.hold, plan.done(&run)))?;
        run.count(losses, notes_per_update);
        run.seconds = plan.seconds();
        let done = plan.done(&run);
        let mut validation = None;
        if run.n_until_validation == 0 || done >= 1.0 {
            let network = engine.network()?.clone();
            let found = engine.validate(&network, Some(VALIDATION_NOTES))?;
            validation = Some(run.judge(found, &network, config));
        }
        let progress = Progress {
            done,
            n_notes: run.n_notes,
            notes_per_second: plan.notes_per_second(&run),
            left: plan.left(&run),
            loss: run.loss,
            validation,
        };
        let goes_on = observe(&progress);
        ending = plan.ending(&run).or((!goes_on).then_some(Ending::Stopped));
        if progress.validation.is_some() || ending.is_some() || saved.elapsed() > config.save_every {
            run.save(&engine.state()?, &config.checkpoint)?;
            saved = Instant::now();
        }
    }
    let last = engine.network()?;
    let network = match config.keep {
        Keep::Best => run.best(last),
        Keep::Last => last.clone(),
    };
    let validation = engine.validate(&network, None)?;
    Ok(Outcome { network, validation, curve: run.curve, ending: ending.unwrap_or(Ending::Finished) })
}

/// How far a run has come, by notes or by the clock.
struct Plan {
    n_wanted: u64,
    patience: usize,
    time_limit: Option<Duration>,
    /// When this part of the run began, and what it had behind it.
    started: Instant,
    first_note: u64,
    seconds_before: f64,
}

impl Plan {
    fn new(config: &TrainingConfig, corpus: &Corpus, run: &Checkpoint) -> Self {
        Self {
            n_wanted: ((config.epochs * corpus.n_notes() as f64) as u64).max(1),
            patience: config.patience,
            time_limit: config.time_limit,
            started: Instant::now(),
            first_note: run.n_notes,
            seconds_before: run.seconds,
        }
    }

    /// Time spent, that before a cut included.
    fn seconds(&self) -> f64 {
        self.seconds_before + self.started.elapsed().as_secs_f64()
    }

    fn done(&self, run: &Checkpoint) -> f32 {
        let by_time = self.time_limit.map_or(0.0, |limit| run.seconds / limit.as_secs_f64());
        (run.n_notes as f64 / self.n_wanted as f64).max(by_time).min(1.0) as f32
    }

    fn ending(&self, run: &Checkpoint) -> Option<Ending> {
        if self.done(run) >= 1.0 {
            return Some(Ending::Finished);
        }
        run.is_stuck(self.patience).then_some(Ending::NothingBetter)
    }

    fn notes_per_second(&self, run: &Checkpoint) -> f64 {
        (run.n_notes - self.first_note) as f64 / self.started.elapsed().as_secs_f64().max(1e-9)
    }

    fn left(&self, run: &Checkpoint) -> Duration {
        let by_notes = self.n_wanted.saturating_sub(run.n_notes) as f64 / self.notes_per_second(run).max(1.0);
        let by_time = self.time_limit.map_or(f64::INFINITY, |limit| limit.as_secs_f64() - run.seconds);
        Duration::from_secs_f64(by_notes.min(by_time).clamp(0.0, 1e9))
    }
}
