//! The companion binary: trains models, generates from them, evaluates and inspects them.

use clap::Parser;
use continuo::cli::train::{TrainArgs, run};

#[derive(Parser)]
enum Command {
    /// Learn styles from folders of MIDI files.
    Train(TrainArgs),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Train(args) => run(&args),
    }
}
