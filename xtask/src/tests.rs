//! All tests, with what they need.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::ardour;

/// Sees to Ardour, then runs the tests of the whole workspace, and the plugin in our own hosts in a build
/// that ends where the audio thread allocates. `arguments` go to the first `cargo test`.
///
/// # Errors
/// If a test fails.
pub fn run(arguments: &[String]) -> Result<()> {
    let ardour = ardour::provide();
    let all = cargo_test(&["--workspace", "--no-fail-fast"], arguments)?;
    let hosts = ["--package", "continuo", "--features", "assert-no-alloc", "--test", "plugin_in_hosts"];
    let in_hosts = cargo_test(&hosts, &[])?;
    if let Err(missing) = ardour {
        eprintln!("\n*** NOT TESTED IN ARDOUR: {} ***", missing.0);
    }
    match (all, in_hosts) {
        (true, true) => println!("all tests pass"),
        (false, true) => bail!("tests fail"),
        (true, false) => bail!("tests fail: the plugin in our own hosts"),
        (false, false) => bail!("tests fail, also the plugin in our own hosts"),
    }
    Ok(())
}

/// Whether all of these tests pass.
fn cargo_test(selection: &[&str], arguments: &[String]) -> Result<bool> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).arg("test").args(selection).args(arguments).status();
    Ok(status.context("cargo does not start")?.success())
}

/// Draws the pictures of the manual again, into docs/manual.
///
/// # Errors
/// If the editor cannot be drawn.
pub fn manual_pictures() -> Result<()> {
    let folder = std::path::absolute("docs/manual")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--package", "continuo", "--lib", "the_manual_has_a_picture_for_each_section"])
        .env("CONTINUO_PICTURES", &folder)
        .status();
    if !status.context("cargo does not start")?.success() {
        bail!("the pictures were not drawn");
    }
    println!("drawn: {}", folder.display());
    Ok(())
}
