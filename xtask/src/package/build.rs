//! Builds for others' machines: for old C libraries, and without the folders of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::bundles::{self, APPLICATION, System};
use crate::flags::encoded_flags;
use crate::package::checks::GLIBC;
use crate::system::{cargo, install_libraries, project, succeeds};

/// What links for older C libraries than this machine's, from the Python package index.
const LINKER: [&str; 2] = ["cargo-zigbuild==0.24.1", "ziglang==0.17.1"];

/// This machine's ALSA library needs newer symbols of the C library than the application may; users have their own.
const THIS_ALSA: &str = "-Clink-arg=-Wl,--allow-shlib-undefined";

/// The oldest macOS that Rust's standard library runs on for both processors.
const MACOS: &str = "11.0";

/// Builds the plugin, the trainer and the application with the profile for packages. Returns the folder of what was built.
///
/// # Errors
/// If the build fails, or `system` is not this machine's.
pub(super) fn build(system: System) -> Result<PathBuf> {
    ensure!(
        system == System::HERE,
        "built for this system only; `cargo xtask windows` cross-builds, and --built packs what it has built"
    );
    let target = bundles::target()?;
    let arguments = ["--profile", "dist", "--package", "continuo"];
    let application = ["--bin", APPLICATION, "--features", "standalone"];
    // Users need not have Microsoft's run-time library.
    let static_runtime = ["-Ctarget-feature=+crt-static".to_owned()];
    let flags = if system == System::Windows { &static_runtime[..] } else { &[] };
    // The application goes first: the library that is built with it is none to ship.
    let (mut first, mut then, built) = match system {
        System::Linux => {
            let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
            let oldest = format!("{triple}.{}.{}", GLIBC.0, GLIBC.1);
            install_libraries()?;
            let mut first = zig(&target, "rustc")?;
            first.args(arguments).args(application).args(["--target", &oldest, "--", THIS_ALSA]);
            let mut then = zig(&target, "zigbuild")?;
            then.args(arguments).args(["--target", &oldest]);
            (first, then, target.join(triple).join("dist"))
        }
        System::MacOs | System::Windows => {
            let mut first = cargo(&["build"]);
            first.args(arguments).args(application).env("MACOSX_DEPLOYMENT_TARGET", MACOS);
            let mut then = cargo(&["build"]);
            then.args(arguments).env("MACOSX_DEPLOYMENT_TARGET", MACOS);
            (first, then, target.join("dist"))
        }
    };
    run(&mut first, &target, flags)?;
    run(&mut then, &target, flags)?;
    Ok(built)
}

fn run(command: &mut Command, target: &Path, flags: &[String]) -> Result<()> {
    command.env("CARGO_TARGET_DIR", target).env("CARGO_ENCODED_RUSTFLAGS", encoded_flags(&[], flags)?);
    ensure!(succeeds(command)?, "the build failed");
    Ok(())
}

/// `cargo zigbuild` with one of its commands, installed if it is missing.
fn zig(target: &Path, subcommand: &str) -> Result<Command> {
    let environment = target.join("tools/zig");
    let programs = environment.join("bin");
    let program = programs.join("cargo-zigbuild");
    if !program.exists() {
        let mut venv = Command::new("python3");
        ensure!(succeeds(venv.args(["-m", "venv"]).arg(&environment))?, "python3 -m venv fails");
        let mut install = Command::new(programs.join("python"));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(LINKER);
        ensure!(succeeds(&mut install)?, "pip cannot install {}", LINKER.join(", "));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path)))?;
    let mut command = Command::new(program);
    command.arg(subcommand).current_dir(project()).env("PATH", path);
    Ok(command)
}
