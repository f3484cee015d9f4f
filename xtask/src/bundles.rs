//! Bundles: the plugin packed as hosts want it, with the trainer beside it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// The folder that this program was built into: cargo's target directory.
///
/// # Errors
/// If this program does not lie in one.
pub fn target() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
    target.map(Path::to_path_buf).context("this program does not lie in cargo's target directory")
}

/// The folder that bundles are put into.
///
/// # Errors
/// If this program does not lie in cargo's target directory.
pub fn folder() -> Result<PathBuf> {
    Ok(target()?.join("bundled"))
}

/// Builds the plugin and the trainer, and packs both. `arguments` go to `cargo build`.
///
/// # Errors
/// If the build fails or a file cannot be written.
pub fn bundle(arguments: &[String]) -> Result<()> {
    let target = target()?;
    let all = ["bundle", "continuo"].map(String::from).into_iter().chain(arguments.iter().cloned());
    nice_plug_xtask::main_with_args("cargo xtask", all).map_err(|error| anyhow::anyhow!("{error:#}"))?;
    let folder = folder()?;
    if cfg!(target_os = "macos") {
        for bundle in ["Continuo.clap", "Continuo.vst3"] {
            describe(&folder.join(bundle))?;
        }
    }
    let profile = if arguments.iter().any(|argument| argument == "--release") { "release" } else { "debug" };
    let trainer = format!("continuo-trainer{}", std::env::consts::EXE_SUFFIX);
    let built = target.join(profile).join(&trainer);
    std::fs::copy(&built, folder.join(&trainer)).with_context(|| built.display().to_string())?;
    eprintln!("Put the trainer at '{}'", folder.join(&trainer).display());
    Ok(())
}

/// Puts this project's identifier and version into a macOS bundle: nice-plug-xtask 0.1.1 writes
/// version 1.0.0 and an identifier of its own. Signs the bundle again, since that breaks the seal.
fn describe(bundle: &Path) -> Result<()> {
    let file = bundle.join("Contents").join("Info.plist");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    std::fs::write(&file, described(&text, env!("CARGO_PKG_VERSION"))?)?;
    let signed = std::process::Command::new("codesign").args(["-f", "-s", "-"]).arg(bundle).status()?;
    ensure!(signed.success(), "codesign refuses {}", bundle.display());
    Ok(())
}

fn described(plist: &str, version: &str) -> Result<String> {
    let text = plist
        .replace("com.nice-plug.continuo", "org.continuo.Continuo")
        .replace("<string>1.0.0</string>", &format!("<string>{version}</string>"));
    ensure!(text.matches("org.continuo.Continuo").count() == 1, "no identifier in the Info.plist");
    ensure!(
        text.matches(&format!("<string>{version}</string>")).count() == 2,
        "no version in the Info.plist"
    );
    Ok(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_gets_our_identifier_and_version() {
        let plist = "<string>com.nice-plug.continuo</string><string>1.0.0</string>\
                     <string>1.0.0</string>";
        let text = described(plist, "0.3.0").unwrap();
        assert_eq!(
            text,
            "<string>org.continuo.Continuo</string><string>0.3.0</string><string>0.3.0</string>"
        );
        assert!(described("<string>1.0.0</string>", "0.3.0").is_err());
    }
}
