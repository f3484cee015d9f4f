//! The configuration of a run: options, with defaults from a preset.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::cli::train::options::TrainArgs;
use crate::cli::train::settings::{Preset, Settings};
use crate::model::encoding::Encoding;
use crate::model::network::{Network, NetworkConfig};
use crate::model::simd::Products;
use crate::training::config::{Device, Dropout, Keep, TrainingConfig};
use crate::training::corpus::Corpus;
use crate::training::threads::Threads;

/// What is computed on, known before the music is read.
pub(super) struct Machine {
    pub(super) device: Device,
    pub(super) products: Products,
    pub(super) threads: Threads,
}

pub(super) fn config(
    args: &TrainArgs,
    corpus: &Corpus,
    from: Option<&Network>,
    preset: Preset,
    checkpoint: &Path,
    machine: &Machine,
) -> Result<TrainingConfig> {
    let settings = Settings::of(preset);
    let settings = if from.is_some() { settings.to_fine_tune(corpus) } else { settings };
    let sizes = NetworkConfig {
        encoding: Encoding::Third,
        n_styles: corpus.styles.len(),
        embedding: args.embedding.unwrap_or(settings.embedding),
        hidden: args.hidden.unwrap_or(settings.hidden),
        n_layers: args.layers.unwrap_or(settings.n_layers),
        head: args.head.unwrap_or(settings.head),
    };
    let epochs = args.epochs.unwrap_or_else(|| settings.epochs(corpus));
    let dropout = settings.dropout(epochs);
    // Explicit epochs must not be cut short by a preset's time limit.
    let minutes = args.minutes.or(settings.minutes.filter(|_| args.epochs.is_none()));
    let time_limit = args.time.or(minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0)));
    let config = TrainingConfig {
        preset: preset.name().to_owned(),
        network: from.map_or(sizes, |network| network.config),
        epochs,
        patience: args.patience.unwrap_or(settings.patience),
        batch: args.batch.unwrap_or(settings.batch),
        sequence_length: args.sequence_length.unwrap_or(settings.sequence_length),
        lr: args.lr.unwrap_or(settings.lr),
        hold: args.hold.unwrap_or(settings.hold),
        dropout: Dropout {
            outputs: args.dropout.unwrap_or(dropout.outputs),
            weights: args.weight_dropout.unwrap_or(dropout.weights),
            rows: args.row_dropout.unwrap_or(dropout.rows),
        },
        weight_decay: args.weight_decay.unwrap_or(settings.weight_decay),
        seed: args.seed,
        threads: machine.threads.clone(),
        time_limit,
        keep: if args.keep_last { Keep::Last } else { Keep::Best },
        validate_every: args
            .validate_every
            .unwrap_or_else(|| Settings::validate_every(epochs, corpus))
            .max(1),
        save_every: Duration::from_secs_f64(args.save_every),
        checkpoint: checkpoint.to_owned(),
        products: machine.products,
        device: machine.device,
    };
    ensure!(config.network.is_valid(), "a network cannot have these sizes: {}", config.network);
    Ok(config)
}
