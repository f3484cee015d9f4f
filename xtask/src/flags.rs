//! Compiler flags for what is given away: it names no folder of the machine that built it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::bundles;
use crate::system::project;

/// Flags for rustc, as cargo reads them, that name this machine's folders by what is in them, and then `more`.
pub(crate) fn encoded_flags(folders: &[(&Path, &str)], more: &[String]) -> Result<String> {
    let target = bundles::target()?;
    let home = cargo_home()?;
    // Of two that fit a path, rustc takes the later one.
    let own = [(home.as_path(), "cargo"), (project(), "continuo"), (target.as_path(), "target")];
    let flags = own.iter().chain(folders);
    let flags = flags.map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
    let flags: Vec<String> = flags.chain(more.iter().cloned()).collect();
    Ok(flags.join("\x1f"))
}

/// The folders whose names may not be in what is given away.
pub(crate) fn folders_of_this_machine() -> Result<Vec<String>> {
    let folders = [bundles::target()?, project().to_owned(), cargo_home()?];
    Ok(folders.iter().map(|folder| folder.display().to_string()).collect())
}

fn cargo_home() -> Result<PathBuf> {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    given.or(home).context("no home folder")
}
