//! Renders the VST3 in two hosts from the Python package index, dawdreamer and pedalboard, which render as soon as
//! they have loaded it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::{bundles, system};

/// What to render, and where the hosts are installed.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The VST3; the last bundle by default.
    #[arg(long)]
    pub vst3: Option<PathBuf>,
    /// The Python to make the environment with. Not every version has both packages.
    #[arg(long, default_value = "python3")]
    pub python: PathBuf,
    /// The folder of the environment; made if it is missing.
    #[arg(long, default_value = "target/python")]
    pub environment: PathBuf,
}

/// The hosts, at the versions that were tried, and what the script compares their sound with.
const PACKAGES: [&str; 3] = ["dawdreamer==0.9.0", "pedalboard==0.9.26", "numpy"];
const SCRIPT: &str = include_str!("python/render.py");

/// Installs the hosts if they are missing, and renders.
///
/// # Errors
/// If they cannot be installed, or a render is silent at first, differs from the one before, or differs after the
/// state was loaded again.
pub fn run(options: &Options) -> Result<()> {
    let vst3 = match &options.vst3 {
        Some(vst3) => vst3.clone(),
        None => bundles::last(bundles::Format::Vst3)?,
    };
    ensure!(vst3.exists(), "{} is missing: `cargo xtask bundle` makes it", vst3.display());
    let python = options.environment.join("bin/python");
    // An environment that was interrupted has Python and no pip.
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if !pip.status().is_ok_and(|status| status.success()) {
        let mut venv = Command::new(&options.python);
        ensure!(system::succeeds(venv.args(["-m", "venv"]).arg(&options.environment))?, "no environment");
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
    ensure!(system::succeeds(&mut install)?, "pip cannot install {}", PACKAGES.join(", "));
    let mut render = Command::new(&python);
    render.arg("-c").arg(SCRIPT).arg(std::path::absolute(&vst3)?);
    let rendered = system::succeeds(&mut render).context("Python does not start")?;
    ensure!(rendered, "the renders are not as they should be");
    Ok(())
}
