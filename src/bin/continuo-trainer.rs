//! The companion program: trains, plays, evaluates and inspects models.

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
