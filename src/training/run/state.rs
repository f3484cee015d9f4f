//! The state of a run, without that of its engine.

use serde::{Deserialize, Serialize};

use crate::model::network::{N_PARTS, Network, NetworkConfig};
use crate::model::simd::Products;
use crate::training::config::TrainingConfig;
use crate::training::corpus::Corpus;
use crate::training::engines::validation::Validation;
use crate::training::losses::Losses;

/// The state of a run, without that of its engine.
#[derive(Debug, Clone)]
pub struct RunState {
    pub(super) identity: Identity,
    pub(super) is_bf16: bool,
    pub(super) preset: String,
    /// Notes trained on.
    pub n_notes: u64,
    /// Seconds spent.
    pub seconds: f64,
    /// Running mean of the training loss by part, in nats per note.
    pub loss: [f32; N_PARTS],
    /// Notes to train on before the next validation.
    pub n_until_validation: u64,
    /// Validations since the lowest loss.
    pub n_worse: usize,
    /// The loss curve so far.
    pub curve: Vec<CurvePoint>,
    /// Parameters with the lowest validation loss; empty before the first validation.
    pub(super) best: Vec<f32>,
    pub(super) best_loss: f32,
}

/// A point of the loss curve: one validation.
#[derive(Debug, Clone, PartialEq)]
pub struct CurvePoint {
    /// Notes trained on.
    pub n_notes: u64,
    /// Running mean of the training loss by part, in nats per note.
    pub train: [f32; N_PARTS],
    /// Loss on some of the validation pieces by style and part, in nats per note.
    pub valid: Vec<[f32; N_PARTS]>,
    /// The learning rate; 0 where it is not known, in a run that an earlier version began.
    pub lr: f32,
}

/// The settings that must be the same when a run is resumed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) network: NetworkConfig,
    batch: usize,
    sequence_length: usize,
    seed: u64,
    corpus: String,
}

impl RunState {
    /// A run of `network` before its first update.
    #[must_use]
    pub fn begin(config: &TrainingConfig, corpus: &Corpus, network: &Network) -> Self {
        Self {
            identity: Identity::new(config, corpus, network.config),
            is_bf16: config.products == Products::Bf16,
            preset: config.preset.clone(),
            n_notes: 0,
            seconds: 0.0,
            loss: [0.0; N_PARTS],
            n_until_validation: config.validate_every as u64,
            n_worse: 0,
            curve: Vec::new(),
            best: Vec::new(),
            best_loss: f32::INFINITY,
        }
    }

    /// Counts an update.
    pub fn count(&mut self, losses: Losses, n_notes: u64) {
        let loss = losses.map(|sum| (sum / n_notes as f64) as f32);
        if self.n_notes == 0 {
            self.loss = loss;
        }
        self.loss.iter_mut().zip(loss).for_each(|(mean, now)| *mean += 0.02 * (now - *mean));
        self.n_notes += n_notes;
        self.n_until_validation = self.n_until_validation.saturating_sub(n_notes);
    }

    /// Records a validation, keeps the network if it is the best so far, and marks the validation if so.
    pub fn judge(
        &mut self,
        validation: Validation,
        network: &Network,
        lr: f32,
        config: &TrainingConfig,
    ) -> Validation {
        self.n_until_validation = config.validate_every as u64;
        let valid = validation.by_style.clone();
        self.curve.push(CurvePoint { n_notes: self.n_notes, train: self.loss, valid, lr });
        // Without validation pieces, the last network is the best.
        let is_best = validation.mean < self.best_loss || validation.mean == 0.0;
        if is_best {
            self.best_loss = validation.mean;
            self.best.clone_from(&network.parameters);
            self.n_worse = 0;
        } else {
            self.n_worse += 1;
        }
        Validation { is_best, ..validation }
    }

    /// Whether the last `patience` validations brought no improvement.
    #[must_use]
    pub fn is_stuck(&self, patience: usize) -> bool {
        self.n_worse >= patience.max(1)
    }

    /// The best network so far; `last` if none was validated.
    #[must_use]
    pub fn best(&self, last: &Network) -> Network {
        let parameters = if self.best.is_empty() { &last.parameters } else { &self.best };
        Network { parameters: parameters.clone(), ..last.clone() }
    }
}

impl Identity {
    pub(super) fn new(config: &TrainingConfig, corpus: &Corpus, network: NetworkConfig) -> Self {
        Self {
            network,
            batch: config.batch,
            sequence_length: config.sequence_length,
            seed: config.seed,
            corpus: corpus.fingerprint(),
        }
    }

    /// Checks that a run with the settings `now` may resume from this one.
    ///
    /// # Errors
    /// Describes the first difference.
    pub(super) fn check(&self, now: &Self) -> Result<(), String> {
        let differing = self.settings().into_iter().zip(now.settings()).find(|(was, is)| was != is);
        if let Some(((option, was), (_, is))) = differing {
            return Err(format!("the run was started with {option} {was}, and now it is {is}"));
        }
        if self.corpus != now.corpus {
            return Err("the music has changed since it was written".into());
        }
        Ok(())
    }

    /// The settings as they are written on the command line.
    fn settings(&self) -> [(&'static str, u64); 9] {
        let NetworkConfig { encoding, n_styles, embedding, hidden, n_layers, head } = self.network;
        [
            ("note encoding", encoding.number().into()),
            ("a number of styles of", n_styles as u64),
            ("--embedding", embedding as u64),
            ("--hidden", hidden as u64),
            ("--layers", n_layers as u64),
            ("--head", head as u64),
            ("--batch", self.batch as u64),
            ("--sequence-length", self.sequence_length as u64),
            ("--seed", self.seed),
        ]
    }
}
