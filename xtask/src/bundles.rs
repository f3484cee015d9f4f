//! Bundles: the plugin packed as hosts expect it, with the trainer beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::system::{cargo, succeeds};

/// The name of the plugin's files.
const NAME: &str = "Continuo";

/// What to build.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Build for speed, as `--profile release` does.
    #[arg(long, conflicts_with = "profile")]
    pub release: bool,
    /// Build with this profile of Cargo.toml: `dist` is for packages to give away.
    #[arg(long, default_value = "dev")]
    pub profile: String,
}

/// Cargo's target directory, in which this program was built.
///
/// # Errors
/// If this program is somewhere else.
pub fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    // Cargo tags a folder that it makes, and writes the other file into one that was there.
    let is_target =
        |folder: &&Path| ["CACHEDIR.TAG", ".rustc_info.json"].iter().any(|file| folder.join(file).exists());
    let target = program.ancestors().find(is_target);
    target.map(Path::to_path_buf).context("this program is not in cargo's target directory")
}

/// The folder that bundles are put into.
///
/// # Errors
/// If this program is not in cargo's target directory.
pub fn folder() -> Result<PathBuf> {
    Ok(target()?.join("bundled"))
}

/// The plugin that a command is to try: the one named, or the last bundle.
///
/// # Errors
/// If there is none.
pub fn clap_to_try(named: Option<&Path>) -> Result<PathBuf> {
    let clap =
        named.map_or_else(|| Ok(folder()?.join("Continuo.clap")), |clap| anyhow::Ok(clap.to_owned()))?;
    ensure!(clap.exists(), "{} is missing: `cargo xtask bundle --release` makes it", clap.display());
    Ok(clap)
}

/// Builds the plugin and the trainer, and packs both.
///
/// Builds all members of the workspace, this program included: dependencies that members share are then
/// built once, with one set of features.
///
/// # Errors
/// If the build fails or a file cannot be written.
pub fn bundle(options: &Options) -> Result<()> {
    let profile = if options.release { "release" } else { &options.profile };
    ensure!(succeeds(&mut cargo(&["build", "--profile", profile]))?, "the build failed");
    let built = target()?.join(if profile == "dev" { "debug" } else { profile });
    let (folder, library) = (folder()?, built.join(library_name()));
    for bundle in [clap(), vst3()] {
        pack(&library, &folder, &bundle)?;
    }
    let trainer = format!("continuo-trainer{}", std::env::consts::EXE_SUFFIX);
    copy(&built.join(&trainer), &folder.join(&trainer))?;
    eprintln!("packed into {}", folder.display());
    Ok(())
}

/// The file name of the library that cargo builds.
#[must_use]
pub fn library_name() -> String {
    format!("{}continuo{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// Packs a library as a VST3 bundle in `folder`. Returns the bundle.
///
/// # Errors
/// If a file cannot be written.
pub fn pack_vst3(library: &Path, folder: &Path) -> Result<PathBuf> {
    pack(library, folder, &vst3())
}

/// A bundle and the place of the library in it.
struct Bundle {
    name: String,
    library: PathBuf,
}

/// A CLAP plugin is the library itself, except on macOS.
fn clap() -> Bundle {
    let name = format!("{NAME}.clap");
    let library = if cfg!(target_os = "macos") { inside(&name, "MacOS", NAME) } else { name.clone().into() };
    Bundle { name, library }
}

fn vst3() -> Bundle {
    let name = format!("{NAME}.vst3");
    let library = if cfg!(target_os = "macos") {
        inside(&name, "MacOS", NAME)
    } else if cfg!(windows) {
        inside(&name, &format!("{}-win", std::env::consts::ARCH), &name)
    } else {
        inside(&name, &format!("{}-linux", std::env::consts::ARCH), &format!("{NAME}.so"))
    };
    Bundle { name, library }
}

fn inside(bundle: &str, platform: &str, file: &str) -> PathBuf {
    [bundle, "Contents", platform, file].iter().collect()
}

fn pack(library: &Path, folder: &Path, bundle: &Bundle) -> Result<PathBuf> {
    copy(library, &folder.join(&bundle.library))?;
    let packed = folder.join(&bundle.name);
    if cfg!(target_os = "macos") {
        std::fs::write(packed.join("Contents/PkgInfo"), "BNDL????")?;
        std::fs::write(packed.join("Contents/Info.plist"), info_plist())?;
        let signed = Command::new("codesign").args(["-f", "-s", "-"]).arg(&packed).status()?;
        ensure!(signed.success(), "codesign refuses {}", packed.display());
    }
    Ok(packed)
}

/// Copies a file to a place that a running host may have loaded: the old file is unlinked, not overwritten.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if to.exists() {
        std::fs::remove_file(to).with_context(|| to.display().to_string())?;
    }
    std::fs::copy(from, to).with_context(|| from.display().to_string())?;
    Ok(())
}

/// What macOS asks of a bundle.
fn info_plist() -> String {
    let entries = [
        ("CFBundleIdentifier", "org.continuo.Continuo"),
        ("CFBundleExecutable", NAME),
        ("CFBundleName", NAME),
        ("CFBundlePackageType", "BNDL"),
        ("CFBundleSignature", "????"),
        ("CFBundleShortVersionString", env!("CARGO_PKG_VERSION")),
        ("CFBundleVersion", env!("CARGO_PKG_VERSION")),
    ]
    .map(|(key, value)| format!("<key>{key}</key><string>{value}</string>\n"));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\"><dict>\n{}<key>NSHighResolutionCapable</key><true/>\n</dict></plist>\n",
        entries.concat()
    )
}

/// Where hosts on this system look for plugins: CLAP, then VST3.
#[must_use]
pub fn install_folders() -> (&'static str, &'static str) {
    if cfg!(target_os = "macos") {
        ("~/Library/Audio/Plug-Ins/CLAP", "~/Library/Audio/Plug-Ins/VST3")
    } else if cfg!(windows) {
        (r"%CommonProgramFiles%\CLAP", r"%CommonProgramFiles%\VST3")
    } else {
        ("~/.clap", "~/.vst3")
    }
}
