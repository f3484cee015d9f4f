//! The application: Continuo without a host.

use std::process::ExitCode;

use clap::Parser as _;
use continuo::errors::with_causes;
use continuo::plugin::standalone::{Options, run};

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", with_causes(&error));
            ExitCode::FAILURE
        }
    }
}
