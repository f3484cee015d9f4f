//! What the system has, and how to get what it lacks.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Whether there is a program of this name.
#[must_use]
pub fn finds(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs a command as root: as it is if this user is root, else through sudo if that asks nothing.
///
/// # Errors
/// If this user may not, or the command fails.
pub fn as_root(program: &str, arguments: &[&str]) -> Result<()> {
    let mut command = if is_root() {
        Command::new(program)
    } else {
        ensure!(finds("sudo"), "this user is not root, and there is no sudo");
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", program]);
        sudo
    };
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} ends with {status}");
    Ok(())
}

fn is_root() -> bool {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
}
