//! The gates that every commit passes: formatting, lints, documentation, its examples, licences, tests.

use std::fmt;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::ardour;
use crate::system::{cargo, finds, succeeds};

/// A check with a name.
struct Gate {
    name: &'static str,
    arguments: &'static [&'static str],
    /// For `rustdoc`, whose lints are not cargo's own.
    rustdoc_flags: &'static str,
}

const FAST: [Gate; 5] = [
    Gate { name: "rustfmt", arguments: &["fmt", "--all", "--check"], rustdoc_flags: "" },
    Gate {
        name: "clippy",
        arguments: &["clippy", "-q", "--workspace", "--all-targets", "--", "-D", "warnings"],
        rustdoc_flags: "",
    },
    Gate {
        name: "rustdoc",
        arguments: &["doc", "-q", "--workspace", "--no-deps"],
        rustdoc_flags: "-D warnings",
    },
    Gate { name: "doctests", arguments: &["test", "-q", "--workspace", "--doc"], rustdoc_flags: "" },
    Gate {
        name: "cargo-deny",
        arguments: &["deny", "check", "licenses", "bans", "sources"],
        rustdoc_flags: "",
    },
];

/// The version of cargo-deny that is installed: the one that `deny.toml` was tried with.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

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

/// Runs the fast gates and prints each result. Where cargo-deny is missing, `missing` says what to do.
///
/// # Errors
/// If a gate fails or could not be run.
pub fn check(missing: Missing) -> Result<()> {
    if missing == Missing::Install && !finds("cargo-deny") {
        install_cargo_deny()?;
    }
    let reports = fast()?;
    ensure!(!any_fails(&reports), "a gate fails");
    Ok(())
}

/// What to do about a program that a gate needs and that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Skip its gate.
    Skip,
    /// Install it from crates.io.
    Install,
}

/// Installs Ardour where it is missing, and runs every test. `arguments` go to `cargo test`.
///
/// # Errors
/// If a test fails.
pub fn test(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (pass, missing) = all_tests(&arguments)?;
    if let Some(missing) = missing {
        eprintln!("\n*** NOT TESTED IN ARDOUR: {} ***", missing.0);
    }
    ensure!(pass, "tests fail");
    println!("all tests pass");
    Ok(())
}

fn all_tests(arguments: &[&str]) -> Result<(bool, Option<ardour::Missing>)> {
    let missing = ardour::install().err();
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    Ok((succeeds(tests.args(arguments))?, missing))
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
            let mut command = cargo(self.arguments);
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
