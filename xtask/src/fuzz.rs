//! Coverage-guided fuzzing with cargo-fuzz, on the toolchain that the project is built with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::system::{cargo, finds, project, succeeds};

/// What reads bytes or text from outside, each a fuzz target in `tests/fuzz`.
const TARGETS: [&str; 5] = ["midi", "weights", "take", "packs", "texts"];

/// What to fuzz, and for how long.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The targets: midi, weights, take, packs, texts; all of them if none is named.
    #[arg(value_parser = TARGETS)]
    targets: Vec<String>,
    /// How many inputs each target is given.
    #[arg(long, default_value_t = 100_000)]
    runs: u64,
    /// The longest input, in bytes. Short ones are tried several times as fast.
    #[arg(long, default_value_t = 65_536)]
    longest: u32,
    /// Processes side by side, each with its own inputs.
    #[arg(long, default_value_t = 1)]
    jobs: u32,
    /// Install cargo-fuzz from crates.io if it is missing.
    #[arg(long)]
    install: bool,
}

/// Fuzzes each target. Inputs that reach new code are kept under `target`; those of the repository are only read.
///
/// # Errors
/// If an input makes a target panic, take too much memory or run for ten seconds.
pub fn fuzz(options: &Options) -> Result<()> {
    if !finds("cargo-fuzz") {
        ensure!(options.install, "there is no cargo-fuzz (`cargo xtask fuzz --install` installs it)");
        ensure!(
            succeeds(&mut cargo(&["install", "--locked", "cargo-fuzz"]))?,
            "cargo-fuzz cannot be installed"
        );
    }
    let all = TARGETS.map(str::to_owned);
    let targets = if options.targets.is_empty() { &all[..] } else { &options.targets[..] };
    for target in targets {
        ensure!(succeeds(&mut run(target, options)?)?, "fuzzing {target} found a failure");
        println!("{target}: {} inputs, no failure", options.runs);
    }
    Ok(())
}

fn run(target: &str, options: &Options) -> Result<Command> {
    let found = project().join("target/fuzz").join(target);
    std::fs::create_dir_all(&found)?;
    let mut command = cargo(&["fuzz", "run", "--fuzz-dir", "tests/fuzz"]);
    // All our code is safe or tested under a sanitizer of its own; coverage alone needs no nightly.
    command.args(["--sanitizer", "none", target]).arg(found).args(seeds(target));
    command.args(["--", "-rss_limit_mb=2048", "-timeout=10", "-print_final_stats=1"]);
    command.args([format!("-runs={}", options.runs), format!("-max_len={}", options.longest)]);
    // The buffers of flate2 are taken from memory that the process has, instead of from the system each time.
    command.envs([("MALLOC_MMAP_THRESHOLD_", "16777216"), ("MALLOC_TRIM_THRESHOLD_", "67108864")]);
    if options.jobs > 1 {
        command.arg(format!("-fork={}", options.jobs));
    }
    let words = project().join("tests/fuzz/words").join(target);
    if words.is_file() {
        command.arg(format!("-dict={}", words.display()));
    }
    Ok(command)
}

/// The folders of the repository whose files a target begins with.
fn seeds(target: &str) -> Vec<PathBuf> {
    let of = |folder: &str| project().join(folder);
    let own: &Path = &of("tests/fuzz/corpus").join(target);
    let midi = (target == "midi").then(|| of("tests/fixtures/odd-midi"));
    own.is_dir().then(|| own.to_owned()).into_iter().chain(midi).collect()
}
