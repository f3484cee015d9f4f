//! The commands of the companion binary: train, generate, evaluate, inspect.

mod train;

mod generate;

mod composing;

mod continuation;

mod conversation;

mod performing;

mod samples;

mod report;

mod evaluate;

mod inspect;

mod values;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::model::Model;

/// Trains models for the Continuo plugin from MIDI files, composes with them, and says how good they are.
#[derive(Debug, Parser)]
#[command(name = "continuo-trainer", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trains a model from a folder of MIDI files
    Train(Box<train::TrainArgs>),
    /// Composes with a model and writes a MIDI file
    Generate(Box<generate::GenerateArgs>),
    /// Measures how well a model predicts music it has not seen
    Evaluate(evaluate::EvaluateArgs),
    /// Prints what a model says about itself
    Inspect(inspect::InspectArgs),
}

/// Does what the process's arguments ask for.
///
/// Wrong arguments, `--help` and `--version` end the process, as is usual for a command line.
///
/// # Errors
/// In words for the user, with their causes.
pub fn run() -> anyhow::Result<()> {
    match CommandLine::parse().command {
        Command::Train(args) => train::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Inspect(args) => inspect::run(&args),
    }
}

/// The model at `path`, or the one that ships with Continuo.
fn load_model(path: Option<&Path>) -> anyhow::Result<Arc<Model>> {
    match path {
        Some(path) => Model::load(path).with_context(|| format!("cannot use the model {}", path.display())),
        None => Model::embedded().context("cannot use the model that ships with Continuo"),
    }
}

/// Prints a line. Unlike `println!` it does not panic when nobody listens any more.
fn print_line(line: &str) -> anyhow::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout().lock(), "{line}").context("cannot print")
}
