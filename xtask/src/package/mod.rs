//! Packages to give away: archives, installers for Linux and Windows, a Debian package, and the checks of what is in
//! them.

mod archives;
mod build;
mod checks;
mod installer;
mod licences;
mod pages;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::bundles::{self, APPLICATION, Format, System};
use crate::flags::folders_of_this_machine;
use crate::package::archives::File;
use crate::system::{finds, project, succeeds};

/// What to pack.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The system to pack for.
    #[arg(long, value_enum, default_value_t = System::HERE)]
    pub system: System,
    /// Pack what cargo has built into this folder, and build nothing.
    #[arg(long)]
    pub built: Option<PathBuf>,
    /// The folder for the packages; target/packages by default.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TRAINER: &str = "continuo-trainer";
/// The application's entry in the menu of a desktop on Linux.
const DESKTOP_FILE: &str = "continuo.desktop";
const DESKTOP_ENTRY: &str = include_str!("continuo.desktop");
const LICENCES: &str = "LICENCES-OF-LIBRARIES.txt";
const INSTALLER: &str = include_str!("install.sh");

/// Builds the plugin, the trainer and the application for others' machines, packs them with their documents and
/// licences, and checks the packages. Prints a line for each check.
///
/// # Errors
/// If the build or a check fails, or a file cannot be written.
pub fn run(options: &Options) -> Result<()> {
    let out = options.out.clone().map_or_else(|| Ok(bundles::target()?.join("packages")), anyhow::Ok)?;
    let built = match &options.built {
        Some(built) => built.clone(),
        None => build::build(options.system)?,
    };
    let time = source_time()?;
    let pack = |folder: &Path| -> Result<Vec<File>> {
        stage(options.system, &built, folder, &documents(options.system)?)
    };
    let staged = out.join(package_name(options.system));
    let files = pack(&staged)?;
    print_check("licences", licences_line(&files)?);
    check_binaries(options.system, &files)?;
    let packages = packages(options.system, &files, &staged, time)?;
    let staged = out.join(format!("{}-again", package_name(options.system)));
    let again = self::packages(options.system, &pack(&staged)?, &staged, time)?;
    std::fs::remove_dir_all(&staged)?;
    ensure!(again == packages, "packed twice, the bytes differ");
    print_check("same bytes", "packed twice from one build");
    for (name, bytes) in &packages {
        let package = out.join(name);
        std::fs::write(&package, bytes).with_context(|| package.display().to_string())?;
        print_check("packed", &format!("{} ({} MB)", package.display(), megabytes(bytes.len())));
        if package.extension().is_some_and(|end| end == "deb") && finds("dpkg-deb") {
            let mut show = Command::new("dpkg-deb");
            ensure!(succeeds(show.arg("--field").arg(&package))?, "dpkg-deb cannot read it");
        }
    }
    Ok(())
}

/// What the text of the licences says first.
fn licences_line(files: &[File]) -> Result<&str> {
    let text = files.iter().find(|file| file.path == Path::new(LICENCES)).context("no licences")?;
    std::str::from_utf8(&text.bytes)?.lines().next().context("no licences")
}

fn print_check(name: &str, result: &str) {
    println!("{name:<12}{result}");
}

fn megabytes(n_bytes: usize) -> String {
    format!("{:.1}", n_bytes as f64 / 1e6)
}

/// The name of the folder that an archive unpacks to.
fn package_name(system: System) -> String {
    let system = match system {
        System::Linux => "linux",
        System::MacOs => "macos",
        System::Windows => "windows",
    };
    format!("continuo-{VERSION}-{system}-{}", std::env::consts::ARCH)
}

/// The time that all packed files bear, in seconds since 1970: that of the commit, unless `SOURCE_DATE_EPOCH` gives
/// another. Hosts notice an update by the times of its files, so it may not be the same for all versions.
fn source_time() -> Result<u64> {
    if let Ok(time) = std::env::var("SOURCE_DATE_EPOCH") {
        return time.parse().context("SOURCE_DATE_EPOCH is not a number of seconds");
    }
    let mut git = Command::new("git");
    let output = git.args(["log", "-1", "--format=%ct"]).current_dir(project()).output()?;
    let time = String::from_utf8_lossy(&output.stdout).trim().parse();
    time.context("without git, SOURCE_DATE_EPOCH must say when the source was made")
}

/// What a package has beside the binaries: pages, licences, and on Linux the installer and the entry in the menu.
fn documents(system: System) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut documents = pages::pages()?;
    documents.insert(LICENCES.into(), licences::licences(system)?.into_bytes());
    if system == System::Linux {
        documents.insert("install.sh".into(), INSTALLER.into());
        documents.insert(DESKTOP_FILE.into(), DESKTOP_ENTRY.into());
    }
    Ok(documents)
}

/// Lays the files of a package out in a folder, which is emptied first. Returns them.
fn stage(
    system: System,
    built: &Path,
    folder: &Path,
    documents: &BTreeMap<PathBuf, Vec<u8>>,
) -> Result<Vec<File>> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    bundles::pack_all(system, built, folder)?;
    bundles::pack_application(system, built, folder)?;
    for (path, bytes) in documents {
        write(&folder.join(path), bytes)?;
    }
    let mut files = Vec::new();
    read_folder(folder, Path::new(""), &mut files)?;
    Ok(files)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file without a folder")?;
    std::fs::create_dir_all(folder)?;
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

fn read_folder(folder: &Path, inside: &Path, files: &mut Vec<File>) -> Result<()> {
    for entry in std::fs::read_dir(folder.join(inside))? {
        let entry = entry?;
        let path = inside.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read_folder(folder, &path, files)?;
        } else {
            let bytes = std::fs::read(entry.path())?;
            files.push(File { is_program: is_program(&path), path, bytes });
        }
    }
    Ok(())
}

fn is_program(path: &Path) -> bool {
    let is_of_macos = path.parent().is_some_and(|folder| folder.ends_with("Contents/MacOS"));
    let programs = [TRAINER, APPLICATION, "continuo-trainer.exe", "continuo.exe", "install.sh"];
    is_of_macos || path.to_str().is_some_and(|path| programs.contains(&path))
}

/// Checks the plugin in both formats, the trainer and the application.
fn check_binaries(system: System, files: &[File]) -> Result<()> {
    let name = bundles::name()?;
    let libraries = [Format::Clap.library(system, &name), Format::Vst3.library(system, &name)];
    let application = bundles::application(system)?;
    let programs = [PathBuf::from(system.program(TRAINER)), application.clone()];
    let binaries: Vec<PathBuf> = libraries.iter().cloned().chain(programs).collect();
    let folders = folders_of_this_machine()?;
    for binary in &binaries {
        let file = files.iter().find(|file| file.path == *binary);
        let bytes = &file.with_context(|| format!("{} is missing", binary.display()))?.bytes;
        let context = || binary.display().to_string();
        println!("{}", binary.display());
        print_check("  size", &format!("{} MB", megabytes(bytes.len())));
        if libraries.contains(binary) {
            print_check("  exports", &checks::entries(bytes).with_context(context)?);
        }
        let needed = checks::needed(system, bytes, *binary == application).with_context(context)?;
        print_check("  needs", &Vec::from_iter(needed).join(", "));
        if system == System::Linux {
            let (major, minor) = checks::newest_glibc(bytes).with_context(context)?;
            print_check("  glibc", &format!("{major}.{minor} or newer"));
        }
        checks::no_path_of(&folders, bytes).with_context(context)?;
        print_check("  paths", "none of this machine");
    }
    Ok(())
}

/// The packages for a system, each with its file name. `staged` is the folder that their files are in.
fn packages(system: System, files: &[File], staged: &Path, time: u64) -> Result<Vec<(String, Vec<u8>)>> {
    let mut packages = archives(system, files, time)?;
    if system == System::Windows {
        let work = staged.with_file_name(format!("{}-installer", package_name(system)));
        packages.push((setup_name(), installer::installer(files, staged, &work, time)?));
    }
    Ok(packages)
}

/// The file name of the installer for Windows.
#[must_use]
pub fn setup_name() -> String {
    format!("{}-setup.exe", package_name(System::Windows))
}

/// What can be made of the files without other programs.
fn archives(system: System, files: &[File], time: u64) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = package_name(system);
    let moved = |to: &dyn Fn(&Path) -> Option<PathBuf>| -> Vec<File> {
        files.iter().filter_map(|file| Some(File { path: to(&file.path)?, ..file.clone() })).collect()
    };
    let inside = moved(&|path| Some(Path::new(&folder).join(path)));
    if system != System::Linux {
        return Ok(vec![(format!("{folder}.zip"), archives::zip(&inside, time)?)]);
    }
    let installed = moved(&debian_path);
    let n_bytes: usize = installed.iter().map(|file| file.bytes.len()).sum();
    let arch = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "amd64" };
    Ok(vec![
        (format!("{folder}.tar.gz"), archives::tar_gz(&inside, time)?),
        (format!("continuo_{VERSION}_{arch}.deb"), archives::deb(&control(arch, n_bytes), &installed, time)?),
    ])
}

/// Where Debian has a file of the package; `None` for what it has no use for.
fn debian_path(path: &Path) -> Option<PathBuf> {
    let first = path.iter().next()?.to_string_lossy();
    let folder = match first.as_ref() {
        "install.sh" => return None,
        TRAINER | APPLICATION => "./usr/bin",
        DESKTOP_FILE => "./usr/share/applications",
        _ if first.ends_with(".clap") => "./usr/lib/clap",
        _ if first.ends_with(".vst3") => "./usr/lib/vst3",
        LICENCES => return Some("./usr/share/doc/continuo/copyright".into()),
        _ => "./usr/share/doc/continuo",
    };
    Some(Path::new(folder).join(path))
}

/// The description of the Debian package. The editor opens the libraries of the display at run time, and the application
/// JACK's; ALSA's is needed by the application alone.
fn control(arch: &str, n_bytes: usize) -> String {
    let (major, minor) = checks::GLIBC;
    format!(
        "Package: continuo\n\
         Version: {VERSION}\n\
         Architecture: {arch}\n\
         Maintainer: The Continuo authors\n\
         Installed-Size: {}\n\
         Depends: libc6 (>= {major}.{minor})\n\
         Recommends: libasound2 | libasound2t64, libegl1, libgl1, libx11-6, libx11-xcb1, libxcb1, libxcursor1, libxkbcommon-x11-0\n\
         Section: sound\n\
         Priority: optional\n\
         Description: MIDI-effect plugin that composes while the DAW plays\n \
         Continuo (CLAP and VST3) composes with a neural network, bar by bar, a little ahead\n \
         of the playhead. continuo is the same without a DAW, with JACK or ALSA.\n \
         continuo-trainer makes models of one's own from MIDI files.\n",
        n_bytes.div_ceil(1024)
    )
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
