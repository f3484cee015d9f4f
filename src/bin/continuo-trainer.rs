//! The companion binary: trains models, generates from them, evaluates and inspects them.

use std::process::ExitCode;

fn main() -> ExitCode {
    match continuo::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
