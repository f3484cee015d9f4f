//! All tests, with what they need.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::ardour;

/// Sees to Ardour, then runs the tests of the whole workspace. `arguments` go to `cargo test`.
///
/// # Errors
/// If a test fails.
pub fn run(arguments: &[String]) -> Result<()> {
    let ardour = ardour::provide();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tests = Command::new(cargo);
    tests
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(arguments);
    let status = tests.status().context("cargo does not start")?;
    if let Err(missing) = ardour {
        eprintln!("\n*** NOT TESTED IN ARDOUR: {} ***", missing.0);
    }
    if !status.success() {
        bail!("the tests fail");
    }
    println!("all tests pass");
    Ok(())
}
