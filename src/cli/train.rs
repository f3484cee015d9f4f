//! `continuo-trainer train`.

/// What `train` is told.
#[derive(Debug, clap::Args)]
pub(super) struct TrainArgs {}

/// Trains a model.
pub(super) fn run(_args: &TrainArgs) -> anyhow::Result<()> {
    anyhow::bail!("this version cannot train yet")
}
