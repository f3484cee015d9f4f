//! Programs for Windows, run in Wine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::system::{self, finds, succeeds};

/// What links and what runs, of Debian.
const PACKAGES: [&str; 6] = ["gcc-mingw-w64-x86-64", "wine", "wine64", "xvfb", "xauth", "libgl1-mesa-dri"];

/// Installs the linker, Wine and the virtual display where they are missing.
pub(super) fn install() -> Result<()> {
    let is_there = ["x86_64-w64-mingw32-gcc", "wine", "xvfb-run"].iter().all(|program| finds(program));
    if is_there { Ok(()) } else { system::install(&PACKAGES) }
}

/// A folder with programs for Windows, and a Windows installation of its own.
pub(super) struct Wine {
    programs: PathBuf,
    installation: PathBuf,
}

impl Wine {
    /// Prepares an installation in `folder`, and puts beside the programs what Wine lacks.
    pub(super) fn new(programs: &Path, folder: &Path) -> Result<Self> {
        let source = folder.join("bcryptprimitives.c");
        std::fs::create_dir_all(folder)?;
        std::fs::write(&source, include_str!("bcryptprimitives.c"))?;
        let mut gcc = Command::new("x86_64-w64-mingw32-gcc");
        gcc.args(["-shared", "-o"]).arg(programs.join("bcryptprimitives.dll")).arg(&source).arg("-ladvapi32");
        ensure!(succeeds(&mut gcc)?, "{gcc:?} fails");
        let wine = Self { programs: programs.to_owned(), installation: folder.join("installation") };
        let mut boot = Command::new("wine");
        ensure!(succeeds(wine.environment(boot.arg("wineboot")))?, "Wine cannot be set up");
        Ok(wine)
    }

    /// One of the programs.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = Command::new("wine");
        self.environment(command.arg(self.programs.join(format!("{name}.exe"))));
        command
    }

    /// Runs a program.
    ///
    /// # Errors
    /// If it fails; the error has what it printed.
    pub(super) fn run(command: &mut Command) -> Result<String> {
        let output = command.output().context("Wine does not start")?;
        let printed =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), "{command:?} fails:\n{printed}");
        Ok(printed)
    }

    fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // No messages of Wine's own, and no question whether to install what is not needed.
        command
            .env("WINEPREFIX", &self.installation)
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
    }
}
