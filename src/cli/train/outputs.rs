//! The files that a run writes: checked before it begins, and locked while it lasts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use indicatif::HumanDuration;

use crate::cli::report;
use crate::cli::train::log;
use crate::cli::train::options::TrainArgs;
use crate::files::{self, Identity, Lock, LockError};
use crate::model::Model;
use crate::training::run::checkpoint;

/// The files that a run writes.
pub(super) struct Outputs {
    pub(super) weights: PathBuf,
    pub(super) log: PathBuf,
    pub(super) checkpoint: PathBuf,
    /// None with `--no-report`.
    pub(super) report: Option<PathBuf>,
    /// No other run writes these files while this one lives.
    _lock: Lock,
}

impl Outputs {
    /// Checks that all files can be written, and locks them.
    ///
    /// # Errors
    /// If one of them cannot be written, another run writes them, or there is a model or an unfinished run and the
    /// options do not say what to do with it.
    pub(super) fn prepare(args: &TrainArgs) -> Result<Self> {
        let weights = args.out.clone().context("expected a weights file to write: --out FILE")?;
        let [log, checkpoint, report, lock] =
            ["log", "checkpoint", "html", "lock"].map(|extension| beside(&weights, extension));
        let report = (!args.no_report).then_some(report);
        if args.from.as_deref().is_some_and(|from| Identity::is_same(from, &weights)) {
            bail!("{} is the model to start from: choose another file for --out", weights.display());
        }
        files::check(&weights, Model::EXISTING)?;
        files::check(&log, log::EXISTING)?;
        files::check(&checkpoint, checkpoint::EXISTING)?;
        if let Some(report) = &report {
            files::check(report, report::EXISTING)?;
        }
        let lock = Lock::take(&lock).map_err(|error| in_words(error, &weights))?;
        may_train(args, &weights, &checkpoint)?;
        for path in [&weights, &log, &checkpoint].into_iter().chain(&report) {
            files::remove_leftovers(path);
        }
        Ok(Self { weights, log, checkpoint, report, _lock: lock })
    }
}

/// A file beside the weights: `mine.log` beside `mine.safetensors`, and `mine.html.log` beside `mine.html`, so that it is
/// never the weights file itself.
fn beside(weights: &Path, extension: &str) -> PathBuf {
    let is_usual = weights.extension().is_some_and(|found| found.eq_ignore_ascii_case("safetensors"));
    if is_usual {
        return weights.with_extension(extension);
    }
    let mut name = weights.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".");
    name.push(extension);
    weights.with_file_name(name)
}

fn in_words(error: LockError, weights: &Path) -> anyhow::Error {
    let LockError::Held { process, age, .. } = error else { return error.into() };
    let known = [
        process.map(|process| format!("process {process}")),
        age.map(|age| format!("started {} ago", HumanDuration(age))),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
    anyhow!("another run is writing {}{known}: wait for it to end, or choose another file", weights.display())
}

/// Refuses to replace a model or an unfinished run unless asked to.
fn may_train(args: &TrainArgs, weights: &Path, checkpoint: &Path) -> Result<()> {
    let out = weights.display();
    if args.resume {
        ensure!(checkpoint.is_file(), "nothing to resume: there is no checkpoint {}", checkpoint.display());
    } else if !args.force {
        let is_there = std::fs::metadata(weights).is_ok_and(|found| found.len() > 0);
        ensure!(
            !is_there,
            "{out} is there already, so nothing was trained: --force trains a new model in its place, --resume continues \
             its training"
        );
        ensure!(
            !checkpoint.is_file(),
            "there is an unfinished run for {out}: --resume continues it, --force starts a new one"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::cli::train::outputs::beside;

    #[test]
    fn no_file_beside_the_weights_is_the_weights_file() {
        for (weights, log) in [
            ("a/mine.safetensors", "a/mine.log"),
            ("mine.SafeTensors", "mine.log"),
            ("mine", "mine.log"),
            ("mine.log", "mine.log.log"),
            ("v1.5", "v1.5.log"),
        ] {
            assert_eq!(beside(Path::new(weights), "log"), Path::new(log));
        }
        for extension in ["log", "html", "checkpoint", "lock"] {
            let weights = Path::new("mine").with_extension(extension);
            for other in ["log", "html", "checkpoint", "lock"] {
                assert_ne!(beside(&weights, other), weights);
            }
        }
    }
}
