//! How fast this computer trains.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::model::network::Network;
use crate::training::config::TrainingConfig;
use crate::training::corpus::Corpus;
use crate::training::engines::{EngineError, EngineState, choose_engine};

/// Time to measure for, if an update is shorter.
const ENOUGH: Duration = Duration::from_millis(400);
/// A window for measuring is no longer.
const LONGEST_WINDOW: usize = 32;

/// Notes that a run with these settings trains on in a second, measured by some updates of a copy of `network`.
///
/// # Errors
/// If the device fails.
pub fn notes_per_second(
    config: &TrainingConfig,
    corpus: &Arc<Corpus>,
    network: &Network,
) -> Result<f64, EngineError> {
    let sequence_length = config.sequence_length.min(LONGEST_WINDOW);
    let config = TrainingConfig { sequence_length, ..config.clone() };
    let state = EngineState::begin(network.clone(), config.weight_decay);
    let mut engine = choose_engine(&config, corpus, state)?;
    // The first update also allocates.
    engine.update(0.0)?;
    let (begun, mut n_updates) = (Instant::now(), 0);
    while n_updates == 0 || begun.elapsed() < ENOUGH {
        engine.update(0.0)?;
        n_updates += 1;
    }
    let n_notes = n_updates * config.batch * config.sequence_length;
    Ok(n_notes as f64 / begun.elapsed().as_secs_f64().max(1e-9))
}
