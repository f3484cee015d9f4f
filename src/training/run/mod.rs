//! The training loop: updates by an engine, with validation and checkpoints in between.

mod plan;
pub use plan::Ending;

mod state;
pub use state::{CurvePoint, RunState};

pub mod checkpoint;

mod speed;
pub use speed::notes_per_second;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::network::{N_PARTS, Network};
use crate::model::weights::can_be_saved;
use crate::training::config::{Keep, TrainingConfig};
use crate::training::corpus::Corpus;
use crate::training::engines::optimiser::learning_rate;
use crate::training::engines::validation::Validation;
use crate::training::engines::{EngineError, EngineState, choose_engine};
use crate::training::run::checkpoint::CheckpointError;
use crate::training::run::plan::Plan;

/// How a run starts.
#[derive(Debug)]
pub enum Start {
    /// From this network.
    From(Box<Network>),
    /// From the checkpoint of an earlier run.
    Resume,
}

/// The progress of a run.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Share of the run that is done, 0 to 1.
    pub done: f32,
    /// Notes trained on.
    pub n_notes: u64,
    /// Notes trained on per second.
    pub notes_per_second: f64,
    /// Time left if it runs to its planned end.
    pub left: Duration,
    /// The learning rate of this update.
    pub lr: f32,
    /// Running mean of the training loss by part, in nats per note.
    pub loss: [f32; N_PARTS],
    /// The validation after this update, if there was one.
    pub validation: Option<Validation>,
    /// The network that was validated.
    pub network: Option<Network>,
}

/// The outcome of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The network that [`TrainingConfig::keep`] selects; the last one if there are no validation pieces. Of a run that
    /// diverged, one from before that.
    pub network: Network,
    /// Its loss on all validation pieces.
    pub validation: Validation,
    /// The loss curve.
    pub curve: Vec<CurvePoint>,
    /// Why it ended.
    pub ending: Ending,
}

/// A run that failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The checkpoint could not be written or resumed from.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The loss or the weights grew beyond all bounds before there was a network to keep.
    #[error("the loss grew beyond all bounds: use a lower learning rate than --lr {lr}")]
    Diverged {
        /// The highest learning rate.
        lr: f32,
    },
}

/// Notes of each style to validate on during a run.
pub const VALIDATION_NOTES: usize = 12_000;

/// Trains and reports each update to `observe`; the run ends early when that returns `false`.
///
/// A run that is interrupted, even killed, and then resumed with the same settings comes to the same network, bit for
/// bit, unless it has a time limit.
///
/// # Errors
/// If the checkpoint cannot be read or written, the engine fails, or the run diverges before there is a network to keep.
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
    let mut engine = choose_engine(config, corpus, state)?;
    let notes_per_update = (config.batch * config.sequence_length) as u64;
    let plan = Plan::new(config, corpus, &run);
    let mut saved = Instant::now();
    let mut ending = plan.ending(&run);
    while ending.is_none() {
        let lr = learning_rate(config.lr, config.hold, plan.done(&run));
        let losses = engine.update(lr)?;
        if !losses.iter().all(|loss| loss.is_finite()) {
            ending = Some(Ending::Diverged);
            break;
        }
        run.count(losses, notes_per_update);
        run.seconds = plan.seconds();
        let done = plan.done(&run);
        let (mut validation, mut validated) = (None, None);
        if run.n_until_validation == 0 || done >= 1.0 {
            let network = engine.network()?.clone();
            let found = engine.validate(&network, Some(VALIDATION_NOTES))?;
            if !can_be_saved(&network.parameters) || !found.mean.is_finite() {
                ending = Some(Ending::Diverged);
                break;
            }
            validation = Some(run.judge(found, &network, lr, config));
            validated = Some(network);
        }
        let progress = Progress {
            done,
            n_notes: run.n_notes,
            notes_per_second: plan.notes_per_second(&run),
            left: plan.left(&run),
            lr,
            loss: run.loss,
            validation,
            network: validated,
        };
        let goes_on = observe(&progress);
        ending = plan.ending(&run).or((!goes_on).then_some(Ending::Stopped));
        if progress.validation.is_some() || ending.is_some() || saved.elapsed() > config.save_every {
            let state = engine.state()?;
            if !is_sound(&state) {
                ending = Some(Ending::Diverged);
                break;
            }
            checkpoint::save(&run, &state, &config.checkpoint)?;
            saved = Instant::now();
        }
    }
    let last = if ending == Some(Ending::Diverged) {
        // The last checkpoint is from before that.
        let state;
        (run, state) = checkpoint::load(config, corpus)?;
        if state.optimiser.n_updates == 0 {
            return Err(RunError::Diverged { lr: config.lr });
        }
        state.network
    } else {
        engine.network()?.clone()
    };
    let network = match config.keep {
        Keep::Best => run.best(&last),
        Keep::Last => last,
    };
    let validation = engine.validate(&network, None)?;
    Ok(Outcome { network, validation, curve: run.curve, ending: ending.unwrap_or(Ending::Finished) })
}

/// Whether the next update can go on from this state, and its network can be saved.
fn is_sound(state: &EngineState) -> bool {
    let optimiser = &state.optimiser;
    let others = [&optimiser.mean, &optimiser.square, &state.carried];
    can_be_saved(&state.network.parameters) && others.into_iter().flatten().all(|value| value.is_finite())
}
