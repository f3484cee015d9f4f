//! The commands of the companion program: train, generate, evaluate, tune, inspect.

mod print;

mod model;

mod out;

mod values;

mod knobs;

mod composing;

mod performing;

mod grade;

mod train;

mod report;

mod generate;

mod samples;

mod evaluate;

mod tune;

mod inspect;

mod config_file;

mod shell;

use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::config_file::with_config;

/// Trains models for the Continuo plugin from MIDI files, composes with them, and evaluates them.
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
    /// Lays the reports of two runs side by side in a page
    Compare(report::CompareArgs),
    /// Composes with a model and writes a MIDI file
    Generate(Box<generate::GenerateArgs>),
    /// Measures how well a model predicts held-out music
    Evaluate(evaluate::EvaluateArgs),
    /// Finds by trial how the notes of each style are best drawn
    Tune(tune::TuneArgs),
    /// Prints a model's description, styles and sizes
    Inspect(inspect::InspectArgs),
    /// Prints completions for a shell
    Completions(shell::CompletionsArgs),
    /// Prints a man page
    Man(shell::ManArgs),
}

/// Runs the command given by the process's arguments.
///
/// Wrong arguments, `--help` and `--version` end the process.
///
/// # Errors
/// If the command fails; the message is for the user.
pub fn run() -> anyhow::Result<()> {
    // A negative number is a wrong number, not an unknown option.
    let with_negatives = |arg: Arg| {
        let takes_number = arg.get_action().takes_values() && !arg.is_positional();
        if takes_number { arg.allow_negative_numbers(true) } else { arg }
    };
    let command = CommandLine::command().mut_subcommands(|command| command.mut_args(with_negatives));
    let arguments = with_config(&command, std::env::args_os().collect())?;
    let arguments = CommandLine::from_arg_matches(&command.clone().get_matches_from(arguments));
    match arguments.unwrap_or_else(|error| error.exit()).command {
        Command::Train(args) => train::run(&args),
        Command::Compare(args) => report::compare(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Tune(args) => tune::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Completions(args) => shell::completions(&args, command),
        Command::Man(args) => shell::man(&args, command),
    }
}
