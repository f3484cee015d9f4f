//! The configuration of a run: options, with defaults from a preset.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::cli::train::options::{TrainArgs, products};
use crate::cli::train::settings::Settings;
use crate::model::network::{Network, NetworkConfig};
use crate::training::config::{Keep, TrainingConfig};
use crate::training::corpus::Corpus;
use crate::training::threads::Threads;

pub(super) fn config(
    args: &TrainArgs,
    corpus: &Corpus,
    from: Option<&Network>,
    threads: &Threads,
) -> Result<TrainingConfig> {
    let preset = Settings::of(args.preset);
    let settings = if from.is_some() { preset.to_fine_tune() } else { preset };
    let sizes = NetworkConfig {
        n_styles: corpus.styles.len(),
        embedding: args.embedding.unwrap_or(settings.embedding),
        hidden: args.hidden.unwrap_or(settings.hidden),
        n_layers: args.layers.unwrap_or(settings.n_layers),
        head: args.head.unwrap_or(settings.head),
    };
    let epochs = args.epochs.unwrap_or_else(|| settings.epochs(corpus));
    // Explicit epochs must not be cut short by a preset's time limit.
    let minutes = args.minutes.or(settings.minutes.filter(|_| args.epochs.is_none()));
    let config = TrainingConfig {
        network: from.map_or(sizes, |network| network.config),
        epochs,
        patience: args.patience.unwrap_or(settings.patience),
        batch: args.batch.map_or(settings.batch, |batch| batch as usize),
        sequence_length: args.sequence_length.map_or(settings.sequence_length, |length| length as usize),
        lr: args.lr.unwrap_or(settings.lr),
        hold: args.hold.unwrap_or(settings.hold),
        dropout: args.dropout.unwrap_or(settings.dropout),
        weight_decay: args.weight_decay.unwrap_or(settings.weight_decay),
        seed: args.seed,
        threads: threads.clone(),
        time_limit: minutes.map(|minutes| Duration::from_secs_f64((minutes * 60.0).clamp(1e-3, 1e9))),
        keep: if args.keep_last { Keep::Last } else { Keep::Best },
        validate_every: args
            .validate_every
            .unwrap_or_else(|| Settings::validate_every(epochs, corpus))
            .max(1),
        save_every: Duration::from_secs_f64(args.save_every.clamp(0.0, 1e9)),
        checkpoint: args.out.with_extension("checkpoint"),
        products: products(args)?,
        device: args.device.device()?,
    };
    if !config.network.is_valid() {
        bail!("expected 1 to 64 styles, sizes of 1 to 2048 and 1 to 4 layers, found {:?}", config.network);
    }
    if !(0.0..=0.9).contains(&config.dropout) {
        bail!("expected a dropout of 0 to 0.9, found {}", config.dropout);
    }
    if !(0.0..=0.99).contains(&config.hold) {
        bail!("expected the learning rate to be held for 0 to 0.99 of the run, found {}", config.hold);
    }
    if config.epochs <= 0.0 || minutes.is_some_and(|minutes| minutes <= 0.0) {
        bail!("expected epochs and minutes above zero");
    }
    Ok(config)
}
