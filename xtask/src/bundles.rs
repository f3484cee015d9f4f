//! Bundles: the plugin packed as hosts expect it, with the trainer beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::system::{cargo, project, succeeds};

/// The name of the plugin's files, which bundler.toml gives.
///
/// # Errors
/// If the file cannot be read or has no name for the plugin.
pub fn name() -> Result<String> {
    let file = project().join("bundler.toml");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let bundles: toml::Table = text.parse().with_context(|| file.display().to_string())?;
    let name = bundles.get("continuo").and_then(|bundle| bundle.get("name")?.as_str());
    name.map(str::to_owned).with_context(|| format!("{} has no name of continuo", file.display()))
}

/// The application's program, as cargo names it.
pub const APPLICATION: &str = "continuo";

/// A system that the plugin is packed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum System {
    /// Linux.
    Linux,
    /// macOS.
    #[value(name = "macos")]
    MacOs,
    /// Windows.
    Windows,
}

impl System {
    /// The system that this program was built for.
    pub const HERE: Self = if cfg!(target_os = "macos") {
        Self::MacOs
    } else if cfg!(windows) {
        Self::Windows
    } else {
        Self::Linux
    };

    /// The file name of the library that cargo builds for this system.
    #[must_use]
    pub fn library_name(self) -> &'static str {
        match self {
            Self::Linux => "libcontinuo.so",
            Self::MacOs => "libcontinuo.dylib",
            Self::Windows => "continuo.dll",
        }
    }

    /// The folder of a bundle that holds the library.
    #[must_use]
    pub fn platform_folder(self) -> String {
        // What is packed for another system is cross-built for this processor.
        let arch = std::env::consts::ARCH;
        match self {
            Self::Linux => format!("{arch}-linux"),
            Self::MacOs => "MacOS".to_owned(),
            Self::Windows => format!("{arch}-win"),
        }
    }

    /// The file name of a program on this system.
    #[must_use]
    pub fn program(self, name: &str) -> String {
        if self == Self::Windows { format!("{name}.exe") } else { name.to_owned() }
    }
}

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

/// The last bundle of the plugin in a format, which may be missing.
///
/// # Errors
/// If this program is not in cargo's target directory, or bundler.toml cannot be read.
pub fn last(format: Format) -> Result<PathBuf> {
    Ok(folder()?.join(format.bundle(&name()?)))
}

/// The plugin that a command is to try: the one named, or the last bundle.
///
/// # Errors
/// If there is none.
pub fn clap_to_try(named: Option<&Path>) -> Result<PathBuf> {
    let clap = named.map_or_else(|| last(Format::Clap), |clap| Ok(clap.to_owned()))?;
    ensure!(clap.exists(), "{} is missing: `cargo xtask bundle --release` makes it", clap.display());
    Ok(clap)
}

/// Builds the plugin and the trainer, and packs both.
///
/// Builds the default members of the workspace, this program included: dependencies that they share are then built
/// once, with one set of features.
///
/// # Errors
/// If the build fails or a file cannot be written.
pub fn bundle(options: &Options) -> Result<()> {
    let profile = if options.release { "release" } else { &options.profile };
    ensure!(succeeds(&mut cargo(&["build", "--profile", profile]))?, "the build failed");
    let built = target()?.join(if profile == "dev" { "debug" } else { profile });
    let folder = folder()?;
    pack_all(System::HERE, &built, &folder)?;
    eprintln!("packed into {}", folder.display());
    Ok(())
}

/// Packs what cargo built for a system in the folder `built`: the plugin in both formats, and the trainer.
///
/// # Errors
/// If a file cannot be written.
pub fn pack_all(system: System, built: &Path, folder: &Path) -> Result<()> {
    let library = built.join(system.library_name());
    for format in [Format::Clap, Format::Vst3] {
        pack(system, format, &library, folder)?;
    }
    let trainer = system.program("continuo-trainer");
    copy(&built.join(&trainer), &folder.join(&trainer))
}

/// The file name of the library that cargo builds.
#[must_use]
pub fn library_name() -> String {
    System::HERE.library_name().to_owned()
}

/// Packs a library as a VST3 bundle in `folder`. Returns the bundle.
///
/// # Errors
/// If a file cannot be written.
pub fn pack_vst3(library: &Path, folder: &Path) -> Result<PathBuf> {
    pack(System::HERE, Format::Vst3, library, folder)
}

/// A plugin format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CLAP.
    Clap,
    /// VST3.
    Vst3,
}

impl Format {
    /// The name of the bundle of a plugin with this name.
    #[must_use]
    pub fn bundle(self, name: &str) -> String {
        match self {
            Self::Clap => format!("{name}.clap"),
            Self::Vst3 => format!("{name}.vst3"),
        }
    }

    /// The place of the library, the bundle's name first. A CLAP plugin is the library itself, except on macOS.
    #[must_use]
    pub fn library(self, system: System, name: &str) -> PathBuf {
        let bundle = self.bundle(name);
        let inside = |file: &str| [&bundle, "Contents", &system.platform_folder(), file].iter().collect();
        match (self, system) {
            (_, System::MacOs) => inside(name),
            (Self::Clap, _) => PathBuf::from(&bundle),
            (Self::Vst3, System::Windows) => inside(&bundle),
            (Self::Vst3, System::Linux) => inside(&format!("{name}.so")),
        }
    }
}

fn pack(system: System, format: Format, library: &Path, folder: &Path) -> Result<PathBuf> {
    let name = name()?;
    copy(library, &folder.join(format.library(system, &name)))?;
    let packed = folder.join(format.bundle(&name));
    if system == System::MacOs {
        finish_macos(&packed, &name, BundleType::Plugin)?;
    }
    Ok(packed)
}

/// What macOS takes a bundle for.
#[derive(Clone, Copy)]
enum BundleType {
    Plugin,
    Application,
}

impl BundleType {
    fn code(self) -> &'static str {
        match self {
            Self::Plugin => "BNDL",
            Self::Application => "APPL",
        }
    }

    fn identifier(self) -> &'static str {
        match self {
            Self::Plugin => "org.continuo.Continuo",
            Self::Application => "org.continuo.application",
        }
    }
}

/// Describes a bundle for macOS, and signs it if this is macOS.
fn finish_macos(packed: &Path, executable: &str, of: BundleType) -> Result<()> {
    std::fs::write(packed.join("Contents/PkgInfo"), format!("{}????", of.code()))?;
    std::fs::write(packed.join("Contents/Info.plist"), info_plist(executable, of)?)?;
    if System::HERE == System::MacOs {
        let signed = Command::new("codesign").args(["-f", "-s", "-"]).arg(packed).status()?;
        ensure!(signed.success(), "codesign refuses {}", packed.display());
    }
    Ok(())
}

/// Packs the application that cargo built for a system in the folder `built`: a program, and on macOS a bundle around it.
///
/// # Errors
/// If a file cannot be written.
pub fn pack_application(system: System, built: &Path, folder: &Path) -> Result<()> {
    copy(&built.join(system.program(APPLICATION)), &folder.join(application(system)?))?;
    if system == System::MacOs {
        finish_macos(&folder.join(format!("{}.app", name()?)), APPLICATION, BundleType::Application)?;
    }
    Ok(())
}

/// The place of the application's program.
///
/// # Errors
/// If bundler.toml cannot be read.
pub fn application(system: System) -> Result<PathBuf> {
    Ok(match system {
        System::MacOs => [&format!("{}.app", name()?), "Contents", "MacOS", APPLICATION].iter().collect(),
        System::Linux | System::Windows => system.program(APPLICATION).into(),
    })
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
fn info_plist(executable: &str, of: BundleType) -> Result<String> {
    let entries = [
        ("CFBundleIdentifier", of.identifier()),
        ("CFBundleExecutable", executable),
        ("CFBundleName", &name()?),
        ("CFBundlePackageType", of.code()),
        ("CFBundleSignature", "????"),
        ("CFBundleInfoDictionaryVersion", "6.0"),
        ("CFBundleShortVersionString", env!("CARGO_PKG_VERSION")),
        ("CFBundleVersion", env!("CARGO_PKG_VERSION")),
    ]
    .map(|(key, value)| format!("<key>{key}</key><string>{value}</string>\n"));
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\"><dict>\n{}<key>NSHighResolutionCapable</key><true/>\n</dict></plist>\n",
        entries.concat()
    ))
}

/// Where hosts on this system look for plugins: CLAP, then VST3.
#[must_use]
pub fn install_folders() -> (&'static str, &'static str) {
    match System::HERE {
        System::Linux => ("~/.clap", "~/.vst3"),
        System::MacOs => ("~/Library/Audio/Plug-Ins/CLAP", "~/Library/Audio/Plug-Ins/VST3"),
        System::Windows => (r"%CommonProgramFiles%\CLAP", r"%CommonProgramFiles%\VST3"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_of_each_system_has_its_library_where_hosts_look_for_it() {
        let arch = std::env::consts::ARCH;
        for (format, system, place) in [
            (Format::Clap, System::Linux, "A.clap".to_owned()),
            (Format::Clap, System::Windows, "A.clap".to_owned()),
            (Format::Clap, System::MacOs, "A.clap/Contents/MacOS/A".to_owned()),
            (Format::Vst3, System::Linux, format!("A.vst3/Contents/{arch}-linux/A.so")),
            (Format::Vst3, System::Windows, format!("A.vst3/Contents/{arch}-win/A.vst3")),
            (Format::Vst3, System::MacOs, "A.vst3/Contents/MacOS/A".to_owned()),
        ] {
            assert_eq!(format.library(system, "A"), Path::new(&place));
        }
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn a_bundle_for_macos_says_what_it_holds() -> Result<()> {
        let folder = tempfile::tempdir()?;
        for program in ["libcontinuo.dylib", "continuo-trainer", APPLICATION] {
            std::fs::write(folder.path().join(program), "code")?;
        }
        let packed = folder.path().join("packed");
        pack_all(System::MacOs, folder.path(), &packed)?;
        pack_application(System::MacOs, folder.path(), &packed)?;
        let name = name()?;
        for (bundle, program, of) in [
            (Format::Clap.bundle(&name), name.as_str(), BundleType::Plugin),
            (Format::Vst3.bundle(&name), &name, BundleType::Plugin),
            (format!("{name}.app"), APPLICATION, BundleType::Application),
        ] {
            let contents = packed.join(bundle).join("Contents");
            let plist = std::fs::read_to_string(contents.join("Info.plist"))?;
            let value = |key: &str| {
                let (_, rest) = plist.split_once(&format!("<key>{key}</key><string>"))?;
                rest.split_once("</string>").map(|(value, _)| value.to_owned())
            };
            let executable = value("CFBundleExecutable").context("no executable")?;
            assert_eq!(std::fs::read_to_string(contents.join("MacOS").join(&executable))?, "code");
            assert_eq!(executable, program);
            assert_eq!(value("CFBundleIdentifier").as_deref(), Some(of.identifier()));
            assert_eq!(value("CFBundlePackageType").as_deref(), Some(of.code()));
            for key in ["CFBundleShortVersionString", "CFBundleVersion"] {
                assert_eq!(value(key).as_deref(), Some(env!("CARGO_PKG_VERSION")));
            }
            let description = std::fs::read_to_string(contents.join("PkgInfo"))?;
            assert_eq!(description, format!("{}????", of.code()));
        }
        assert!(packed.join("continuo-trainer").exists());
        Ok(())
    }
}
