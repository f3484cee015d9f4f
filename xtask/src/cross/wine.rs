//! Programs for Windows, run in Wine.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::system::{self, finds, succeeds};

/// What links and what runs, of Debian.
const PACKAGES: [&str; 5] = ["gcc-mingw-w64-x86-64", "wine", "wine64", "xvfb", "libgl1-mesa-dri"];

/// Installs the linker, Wine and the virtual display where they are missing.
pub(super) fn install() -> Result<()> {
    let is_there = ["x86_64-w64-mingw32-gcc", "wine", "Xvfb"].iter().all(|program| finds(program));
    if is_there { Ok(()) } else { system::install(&PACKAGES) }
}

/// A folder with programs for Windows, and a Windows installation and a virtual display of its own. Without a display
/// no window can be made, and VST3 plugins make one that is never shown.
pub(super) struct Wine {
    programs: PathBuf,
    installation: PathBuf,
    display: Display,
}

struct Display {
    name: String,
    server: Child,
}

impl Display {
    fn new() -> Result<Self> {
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1400x900x24"]);
        let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("no Xvfb")?;
        let mut number = String::new();
        let output = server.stdout.take().context("Xvfb has no output")?;
        BufReader::new(output).read_line(&mut number)?;
        Ok(Self { name: format!(":{}", number.trim()), server })
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // They may have ended.
        let _ = self.server("-k");
        let _ = self.display.server.kill();
        let _ = self.display.server.wait();
    }
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
        let installation = folder.join("installation");
        let wine = Self { programs: programs.to_owned(), installation, display: Display::new()? };
        let mut boot = Command::new("wine");
        ensure!(succeeds(wine.environment(boot.arg("wineboot")))?, "Wine cannot be set up");
        Ok(wine)
    }

    /// Wine's version.
    pub(super) fn version() -> Result<String> {
        let output = Command::new("wine").arg("--version").output().context("Wine does not start")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// One of the programs.
    pub(super) fn program(&self, name: &str) -> Command {
        self.other(self.programs.join(format!("{name}.exe")))
    }

    /// A program of another folder, or one that comes with Wine.
    pub(super) fn other(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("wine");
        self.environment(command.arg(program));
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

    /// Waits until every program of this installation has ended, those too that were started by others.
    pub(super) fn wait(&self) -> Result<()> {
        ensure!(self.server("-w")?, "wineserver fails");
        Ok(())
    }

    fn server(&self, option: &str) -> Result<bool> {
        succeeds(self.environment(Command::new("wineserver").arg(option)))
    }

    /// The name of the display, for programs of this system.
    pub(super) fn display(&self) -> &str {
        &self.display.name
    }

    /// The files on the drive C, except temporary ones.
    pub(super) fn files(&self) -> Result<BTreeSet<PathBuf>> {
        let (mut files, mut folders) = (BTreeSet::new(), vec![self.installation.join("drive_c")]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                let is_temporary = ["temp", "Temp"].iter().any(|name| entry.file_name() == *name);
                // Links lead to folders of this machine.
                if entry.file_type()?.is_dir() && !is_temporary {
                    folders.push(entry.path());
                } else if entry.file_type()?.is_file() {
                    files.insert(entry.path());
                }
            }
        }
        Ok(files)
    }

    /// What programs that start Wine by themselves need.
    pub(super) fn environment<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // Libraries are found beside our programs too. No messages of Wine's own, and no question whether to install what
        // is not needed.
        command
            .env("DISPLAY", &self.display.name)
            .env("WINEPREFIX", &self.installation)
            .env("WINEPATH", &self.programs)
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
    }
}
