//! `continuo-trainer evaluate`.

/// What `evaluate` is told.
#[derive(Debug, clap::Args)]
pub(super) struct EvaluateArgs {}

/// Measures a model.
pub(super) fn run(_args: &EvaluateArgs) -> anyhow::Result<()> {
    anyhow::bail!("this version cannot evaluate yet")
}
