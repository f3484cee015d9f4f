//! The training loop: updates by an engine, now and then a look at the validation pieces.

mod plan;
pub use plan::Ending;

mod state;
pub use state::{CurvePoint, RunState};

pub mod checkpoint;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::network::Network;
use crate::training::config::{Device, Keep, TrainingConfig};
use crate::training::corpus::Corpus;
#[cfg(feature = "cuda")]
use crate::training::engines::cuda::CudaEngine;
use crate::training::engines::optimiser::learning_rate;
use crate::training::engines::validation::Validation;
use crate::training::engines::{CpuEngine, Engine, EngineError, EngineState};
use crate::training::run::checkpoint::CheckpointError;
use crate::training::run::plan::Plan;

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
        Start::Resume => checkpoint::load(config, corpus)?,
        Start::From(network) => {
            let state = EngineState::begin(*network, config.weight_decay);
            let run = RunState::begin(config, corpus, &state.network);
            checkpoint::save(&run, &state, &config.checkpoint)?;
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
            checkpoint::save(&run, &engine.state()?, &config.checkpoint)?;
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
