//! The commands of the companion binary: train, generate, evaluate, inspect.

mod print;

mod model;

mod values;

mod knobs;

mod composing;

mod performing;

mod train;

mod report;

mod generate;

mod samples;

mod evaluate;

mod inspect;

use clap::{Parser, Subcommand};

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
