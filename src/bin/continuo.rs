//! The application: Continuo without a host.

// Windows opens no console beside the window.
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::process::ExitCode;

use clap::Parser as _;
use continuo::errors::with_causes;
use continuo::plugin::standalone::{Options, run};

fn main() -> ExitCode {
    #[cfg(windows)]
    print_where_started();
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = with_causes(&error);
            eprintln!("error: {text}");
            show(&text);
            ExitCode::FAILURE
        }
    }
}

/// Shows an error in a window where nobody sees what is printed.
#[cfg(any(windows, target_os = "macos"))]
fn show(error: &str) {
    use std::io::IsTerminal as _;

    if !std::io::stderr().is_terminal() {
        let dialog = rfd::MessageDialog::new().set_level(rfd::MessageLevel::Error).set_title("Continuo");
        dialog.set_description(error).show();
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
fn show(_error: &str) {}

/// Prints to the console that the program was started from, if there is one.
#[cfg(windows)]
#[allow(unsafe_code, reason = "the standard library cannot attach a console")]
fn print_where_started() {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn AttachConsole(process: u32) -> i32;
    }
    const PARENT: u32 = u32::MAX;
    // SAFETY: the declaration is that of the system's documents. It fails where there is no console, which is no loss.
    let _ = unsafe { AttachConsole(PARENT) };
}
