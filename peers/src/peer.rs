//! A program that is measured: a process of its own, started again in each round.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A program and its measurements.
pub(crate) struct Peer {
    name: String,
    pub(crate) command: Vec<String>,
    /// How many measurements at the beginning of a round are left out.
    n_warm_up: usize,
    pub(crate) seconds: Vec<f64>,
    peak_mib: f64,
    pub(crate) version: String,
}

impl Peer {
    pub(crate) fn new(name: &str, command: &[&str], n_warm_up: usize) -> Self {
        Self {
            name: name.to_owned(),
            command: command.iter().map(|&word| word.to_owned()).collect(),
            n_warm_up,
            seconds: Vec::new(),
            peak_mib: 0.0,
            version: String::new(),
        }
    }

    /// Runs it once. Returns its output.
    pub(crate) fn run_round(&mut self) -> Result<Value> {
        let value = run(&self.command)?;
        let seconds = value["seconds"].as_array().context("no seconds in the output")?;
        self.seconds.extend(seconds.iter().skip(self.n_warm_up).filter_map(Value::as_f64));
        self.peak_mib = self.peak_mib.max(value["peak_mib"].as_f64().unwrap_or(0.0));
        value["version"].as_str().unwrap_or("").clone_into(&mut self.version);
        Ok(value)
    }

    fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Runs a command and reads its last line as JSON.
pub(crate) fn run(command: &[String]) -> Result<Value> {
    let output = Command::new(&command[0])
        .args(&command[1..])
        .output()
        .with_context(|| format!("cannot run {}", command[0]))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    if !output.status.success() {
        bail!("{} failed:\n{}", command.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_str(last).with_context(|| format!("{} printed {last}", command.join(" ")))
}

/// Runs all, one after the other, round by round.
pub(crate) fn run_rounds(peers: &mut [Peer], rounds: usize) -> Result<()> {
    for _ in 0..rounds {
        peers.iter_mut().try_for_each(|peer| peer.run_round().map(drop))?;
    }
    Ok(())
}

/// Prints the median of each, its ratio to the first, and `per_round` units a second.
pub(crate) fn print(title: &str, peers: &[Peer], per_round: f64, unit: &str) {
    println!("\n{title} (load of the machine: {})", load());
    let ours = peers.first().map_or(f64::NAN, Peer::median);
    for peer in peers {
        let median = peer.median();
        println!(
            "  {:28} {:>12.4} ms {:>12.0} {unit}  {:>7.2} times ours  {:>6.0} MiB  {}",
            peer.name,
            median * 1e3,
            per_round / median,
            median / ours,
            peer.peak_mib,
            peer.version
        );
    }
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// Runs a command and discards its output.
pub(crate) fn run_silently(command: &[&str]) -> Result<()> {
    let output = Command::new(command[0]).args(&command[1..]).output()?;
    if !output.status.success() {
        bail!("{} failed:\n{}", command.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
