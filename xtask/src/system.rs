//! Programs of the system: cargo, and what Debian's packages provide.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Whether a program of this name is in the `PATH`.
#[must_use]
pub fn finds(program: &str) -> bool {
    find(program).is_some()
}

/// The first program of this name in the `PATH`. On Windows its file ends in `.exe`.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{EXE_SUFFIX}");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|file| file.is_file())
}

/// The project's folder.
#[must_use]
pub fn project() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Cargo, run in the project's folder.
#[must_use]
pub fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(project()).args(arguments);
    cargo
}

/// Whether a command succeeds.
///
/// # Errors
/// If it does not start.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command.status().with_context(|| format!("{command:?}"))?.success())
}

/// Installs Debian packages, as root: this user's own rights, or sudo where it asks for no password.
///
/// # Errors
/// If this user may not, or the installation fails.
pub fn install(packages: &[&str]) -> Result<()> {
    eprintln!("installing Debian's {}", packages.join(", "));
    as_root(&["apt-get", "update", "-q"])?;
    as_root(&[&["apt-get", "install", "-qy", "--no-install-recommends"], packages].concat())
}

/// Whether the libraries that the application is built with are installed. Only Linux does not bring its own.
#[must_use]
pub fn has_libraries() -> bool {
    let is_there = |library: &&str| {
        let mut pkg_config = Command::new("pkg-config");
        pkg_config.args(["--exists", library]).status().is_ok_and(|status| status.success())
    };
    cfg!(not(target_os = "linux")) || ["alsa", "jack"].iter().all(is_there)
}

/// Installs the libraries that the application is built with, where they are missing.
///
/// # Errors
/// If this user may not, or the installation fails.
pub fn install_libraries() -> Result<()> {
    if has_libraries() {
        return Ok(());
    }
    install(&["pkg-config", "libasound2-dev", "libjack-jackd2-dev"])
}

fn as_root(command: &[&str]) -> Result<()> {
    let sudo = ["sudo", "-n"].into_iter().filter(|_| !is_root());
    let words: Vec<&str> = sudo.chain(command.iter().copied()).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
    ensure!(succeeds(&mut command)?, "{command:?} fails");
    Ok(())
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_found_as_a_program_and_a_program_that_does_not_exist_is_not() {
        let file = find("cargo").and_then(|path| Some(path.file_name()?.to_owned()));
        assert_eq!(file, Some(format!("cargo{EXE_SUFFIX}").into()));
        assert!(!finds("continuo-does-not-exist"));
    }
}
