//! The gates that every commit passes: formatting, lints, documentation, its examples, licences, tests.

use std::fmt;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::ardour;
use crate::system::{cargo, finds, has_libraries, install_libraries, succeeds};

/// A check with a name.
struct Gate {
    name: &'static str,
    arguments: &'static [&'static str],
    features: Features,
    /// For `rustdoc`, whose lints are not cargo's own.
    rustdoc_flags: &'static str,
}

/// The features of the package that a gate turns on beside the default ones. Gates that turn on the same share what
/// cargo builds.
#[derive(Clone, Copy)]
enum Features {
    /// It builds nothing.
    None,
    /// All that can be built here.
    Linted,
    /// All that can be run here: `cuda` builds anywhere, and needs a GPU to be tested.
    Tested,
}

impl Features {
    fn arguments(self) -> &'static [&'static str] {
        match (self, has_libraries()) {
            (Self::None, _) | (Self::Tested, false) => &[],
            (Self::Tested, true) => &["--features", "continuo/standalone"],
            (Self::Linted, true) => &["--features", "continuo/cuda,continuo/standalone"],
            (Self::Linted, false) => &["--features", "continuo/cuda"],
        }
    }
}

const FAST: [Gate; 5] = [
    Gate {
        name: "rustfmt",
        arguments: &["fmt", "--all", "--check"],
        features: Features::None,
        rustdoc_flags: "",
    },
    Gate {
        name: "clippy",
        arguments: &["clippy", "-q", "--workspace", "--all-targets", "--", "-D", "warnings"],
        features: Features::Linted,
        rustdoc_flags: "",
    },
    Gate {
        name: "rustdoc",
        arguments: &["doc", "-q", "--workspace", "--no-deps"],
        features: Features::Linted,
        rustdoc_flags: "-D warnings",
    },
    Gate {
        name: "doctests",
        arguments: &["test", "-q", "--workspace", "--doc"],
        features: Features::Tested,
        rustdoc_flags: "",
    },
    Gate {
        name: "cargo-deny",
        arguments: &["deny", "check", "licenses", "bans", "sources"],
        features: Features::None,
        rustdoc_flags: "",
    },
];

/// The version of cargo-deny that is installed: the one that `deny.toml` was tried with.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

const NO_LIBRARIES: &str =
    "there are no development files of ALSA and JACK (libasound2-dev, libjack-jackd2-dev)";

/// Whether a gate lets the project through.
enum Outcome {
    Passes,
    Fails,
    /// Why it was not asked.
    Skipped(String),
}

struct Report {
    gate: &'static str,
    outcome: Outcome,
    took: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (gate, seconds) = (self.gate, self.took.as_secs());
        match &self.outcome {
            Outcome::Passes => write!(f, "{gate:<12}passes   {seconds:>4} s"),
            Outcome::Fails => write!(f, "{gate:<12}FAILS    {seconds:>4} s"),
            Outcome::Skipped(reason) => write!(f, "{gate:<12}SKIPPED  {reason}"),
        }
    }
}

/// Runs the fast gates and prints each result. Where cargo-deny or the application's libraries are missing, `missing` says
/// what to do.
///
/// # Errors
/// If a gate fails or could not be run.
pub fn check(missing: Missing) -> Result<()> {
    if missing == Missing::Install {
        if !finds("cargo-deny") {
            install_cargo_deny()?;
        }
        install_for_application();
    }
    let reports = fast()?;
    if !has_libraries() {
        println!("{:<12}SKIPPED  {NO_LIBRARIES}", "application");
    }
    ensure!(!any_fails(&reports), "a gate fails");
    Ok(())
}

/// What to do about a program that a gate needs and that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Skip its gate.
    Skip,
    /// Install it, from crates.io or from Debian.
    Install,
}

/// Installs Ardour and the application's libraries where they are missing, and runs every test. `arguments` go to `cargo test`.
///
/// # Errors
/// If a test fails.
pub fn test(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (pass, missing) = all_tests(&arguments)?;
    if !has_libraries() {
        eprintln!("\n*** APPLICATION NOT TESTED: {NO_LIBRARIES} ***");
    }
    if let Some(missing) = missing {
        eprintln!("\n*** NOT TESTED IN ARDOUR: {} ***", missing.0);
    }
    ensure!(pass, "tests fail");
    println!("all tests pass");
    Ok(())
}

fn all_tests(arguments: &[&str]) -> Result<(bool, Option<ardour::Missing>)> {
    let missing = ardour::install().err();
    install_for_application();
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    tests.args(Features::Tested.arguments()).args(arguments);
    Ok((succeeds(&mut tests)?, missing))
}

/// Installs the libraries that the application is built with. Where that fails the application is left out.
fn install_for_application() {
    if let Err(error) = install_libraries() {
        eprintln!("{NO_LIBRARIES}: {error:#}");
    }
}

fn fast() -> Result<Vec<Report>> {
    FAST.iter()
        .map(|gate| {
            print!("{:<12}", gate.name);
            std::io::stdout().flush()?;
            let report = gate.run()?;
            println!("\r{report}");
            Ok(report)
        })
        .collect()
}

impl Gate {
    /// Runs it, and prints what it said if it fails.
    fn run(&self) -> Result<Report> {
        let begun = Instant::now();
        let outcome = if self.arguments[0] == "deny" && !finds("cargo-deny") {
            Outcome::Skipped("there is no cargo-deny (`cargo xtask check --install` installs it)".into())
        } else {
            let (subcommand, options) = self.arguments.split_at(1);
            let mut command = cargo(subcommand);
            command.args(self.features.arguments()).args(options);
            if !self.rustdoc_flags.is_empty() {
                command.env("RUSTDOCFLAGS", self.rustdoc_flags);
            }
            let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
            if !output.status.success() {
                println!();
                std::io::stdout().write_all(&output.stdout)?;
                std::io::stderr().write_all(&output.stderr)?;
            }
            outcome(output.status.success())
        };
        Ok(Report { gate: self.name, outcome, took: begun.elapsed() })
    }
}

fn outcome(passes: bool) -> Outcome {
    if passes { Outcome::Passes } else { Outcome::Fails }
}

fn any_fails(reports: &[Report]) -> bool {
    reports.iter().any(|report| matches!(report.outcome, Outcome::Fails))
}

/// Installs cargo-deny from crates.io, built as quickly as it can be.
fn install_cargo_deny() -> Result<()> {
    eprintln!("cargo-deny is missing; installing it");
    let mut install: Command = cargo(&["install", "--locked", "--debug", CARGO_DENY]);
    install.env("CARGO_PROFILE_DEV_DEBUG", "false");
    ensure!(succeeds(&mut install)?, "cargo-deny cannot be installed");
    Ok(())
}
