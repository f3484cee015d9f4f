//! A compiler that can make the standard library for other systems.
//!
//! Debian packages one newer than its own, with the source of the standard library (`rustc-web`). The packages would
//! replace the compiler of this machine, so they are unpacked into a folder and not installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::bundles;
use crate::flags::encoded_flags;
use crate::system::{cargo, succeeds};

/// What is unpacked: the compiler, its libraries, and the source of the standard library.
const PACKAGES: [&str; 8] = [
    "rustc-web",
    "libstd-rust-web-1.96",
    "libstd-rust-web-dev",
    "rust-web-src",
    "libllvm22",
    "libedit2",
    "libxml2",
    "libz3-4",
];

/// The unpacked compiler.
pub(super) struct Compiler {
    root: PathBuf,
}

impl Compiler {
    /// Unpacks the compiler if it is not there yet.
    ///
    /// # Errors
    /// If a package cannot be downloaded or unpacked.
    pub(super) fn new() -> Result<Self> {
        let folder = bundles::target()?.join("tools/rustc-web");
        let root = folder.join("root");
        if !root.join("usr/bin/rustc").exists() {
            let packages = folder.join("packages");
            std::fs::create_dir_all(&packages)?;
            let mut download = Command::new("apt-get");
            download.args(["download", "-q"]).args(PACKAGES).current_dir(&packages);
            ensure!(succeeds(&mut download)?, "apt-get cannot download {}", PACKAGES.join(", "));
            // Only a compiler that is unpacked whole comes to its place.
            let unpacked = folder.join("unpacked");
            for half in [&unpacked, &root].into_iter().filter(|half| half.exists()) {
                std::fs::remove_dir_all(half)?;
            }
            for package in std::fs::read_dir(&packages)? {
                let mut unpack = Command::new("dpkg");
                unpack.arg("-x").arg(package?.path()).arg(&unpacked);
                ensure!(succeeds(&mut unpack)?, "{unpack:?} fails");
            }
            std::fs::rename(&unpacked, &root)?;
        }
        Ok(Self { root })
    }

    /// Cargo with this compiler, for `target`, with a target directory of its own.
    pub(super) fn cargo(&self, command: &str, target: &str, target_folder: &Path) -> Result<Command> {
        let sources = self.root.join("usr");
        let mut cargo = cargo(&[command, "-Zbuild-std=std,panic_unwind", "--target", target, "--target-dir"]);
        cargo
            .arg(target_folder)
            .env("RUSTC", self.root.join("usr/bin/rustc"))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("LD_LIBRARY_PATH", self.root.join("usr/lib/x86_64-linux-gnu"))
            .env("CARGO_ENCODED_RUSTFLAGS", encoded_flags(&[(&sources, "rust")], &[])?);
        Ok(cargo)
    }

    /// Runs such a command, and returns the lines of warnings and errors that it prints.
    pub(super) fn warnings(command: &mut Command) -> Result<(bool, Vec<String>)> {
        let output = command.output().context("cargo does not start")?;
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_problem = |line: &&str| line.starts_with("warning") || line.starts_with("error");
        Ok((output.status.success(), printed.lines().filter(is_problem).map(str::to_owned).collect()))
    }
}
