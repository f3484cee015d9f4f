//! How long a run takes, by this computer's own speed.

use std::borrow::Cow;
use std::sync::Arc;

use anyhow::Result;

use crate::model::network::Network;
use crate::run_events::Estimate;
use crate::training::config::TrainingConfig;
use crate::training::corpus::{Corpus, Part};
use crate::training::run::{VALIDATION_NOTES, notes_per_second};

/// A note that is only predicted takes this share of the time of one that is learned.
const SHARE_OF_VALIDATION: f64 = 0.3;

/// The longest that a run with these settings takes; `from` is the network that it starts from.
///
/// # Errors
/// If the device fails.
pub(super) fn estimate(
    choice: &str,
    config: &TrainingConfig,
    corpus: &Arc<Corpus>,
    from: Option<&Network>,
) -> Result<Estimate> {
    let network =
        from.map_or_else(|| Cow::Owned(Network::random(config.network, config.seed)), Cow::Borrowed);
    let speed = notes_per_second(config, corpus, &network)?;
    let n_notes = config.epochs * corpus.n_notes() as f64;
    let n_validations = n_notes / config.validate_every.max(1) as f64;
    let n_validated = n_validations * n_notes_to_validate(corpus) as f64;
    let seconds = (n_notes + n_validated * SHARE_OF_VALIDATION) / speed.max(1e-9);
    let limit = config.time_limit.map_or(f64::INFINITY, |limit| limit.as_secs_f64());
    Ok(Estimate {
        choice: choice.to_owned(),
        seconds: seconds.min(limit),
        notes_per_second: speed,
        n_layers: config.network.n_layers,
        hidden: config.network.hidden,
    })
}

/// Notes that each validation predicts.
fn n_notes_to_validate(corpus: &Corpus) -> usize {
    let of_style = |style: usize| {
        let n_notes = corpus.pieces_in(Part::Valid, style).map(|piece| piece.piece.notes.len());
        n_notes.sum::<usize>().min(VALIDATION_NOTES)
    };
    (0..corpus.styles.len()).map(of_style).sum()
}
