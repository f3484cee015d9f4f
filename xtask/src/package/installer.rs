//! The installer for Windows, which NSIS makes: <https://nsis.sourceforge.io>.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::bundles::System;
use crate::icon;
use crate::package::archives::File;
use crate::system::{self, finds};

const SCRIPT: &str = include_str!("installer.nsi");

/// Makes an installer of the files of a package, which are in the folder `staged`. Works in the folder `work`, which
/// is removed afterwards. `time` is in seconds since 1970.
///
/// # Errors
/// If NSIS is not there, or refuses.
pub(super) fn installer(files: &[File], staged: &Path, work: &Path, time: u64) -> Result<Vec<u8>> {
    std::fs::create_dir_all(work)?;
    let inside = |name: &str| work.join(name);
    std::fs::write(inside("continuo.ico"), icon::ico()?)?;
    std::fs::write(inside("files.nsh"), listed(files, staged))?;
    std::fs::write(inside("installer.nsi"), SCRIPT)?;
    let n_bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    let mut nsis = Command::new(makensis()?);
    nsis.args(["-V2", "-WX", "-NOCD"]).env("SOURCE_DATE_EPOCH", time.to_string());
    if System::HERE == System::Linux {
        nsis.arg("-DTARGET=amd64-unicode");
    }
    for (name, value) in [
        ("VERSION", OsString::from(env!("CARGO_PKG_VERSION"))),
        ("KIBIBYTES", n_bytes.div_ceil(1024).to_string().into()),
        ("ICON", inside("continuo.ico").into()),
        ("FILES", inside("files.nsh").into()),
        ("OUT", inside("installer.exe").into()),
    ] {
        let mut definition = OsString::from(format!("-D{name}="));
        definition.push(value);
        nsis.arg(definition);
    }
    ensure!(system::succeeds(nsis.arg(inside("installer.nsi")))?, "makensis fails");
    let bytes = std::fs::read(inside("installer.exe"))?;
    std::fs::remove_dir_all(work)?;
    Ok(bytes)
}

/// NSIS's program, which is installed on Debian if it is missing.
fn makensis() -> Result<PathBuf> {
    let usual = Path::new(r"C:\Program Files (x86)\NSIS\makensis.exe");
    match System::HERE {
        System::Windows if usual.exists() => return Ok(usual.to_owned()),
        System::Linux if !finds("makensis") => system::install(&["nsis"])?,
        _ => {}
    }
    Ok("makensis".into())
}

/// The macros of the script that place the files and that remove them.
fn listed(files: &[File], staged: &Path) -> String {
    let (mut place, mut programs, mut others) = (String::new(), String::new(), String::new());
    let mut folders = BTreeSet::new();
    for file in files {
        let to = destination(&file.path);
        let folder = folder_of(&to);
        // NSIS on Linux reads files by paths with slashes, and on Windows by either.
        let from = staged.join(&file.path);
        let _ = writeln!(place, "SetOutPath \"{folder}\"\nFile \"{}\"", from.display());
        let removed = if file.is_program || to.starts_with("$Plugins") { &mut programs } else { &mut others };
        let _ = writeln!(removed, "Delete \"{to}\"");
        // All folders are removed that are empty then, up to those that hosts search.
        let mut folder = folder;
        while !folder.is_empty() {
            folders.insert(folder.to_owned());
            folder = folder_of(folder);
        }
    }
    others.push_str("Delete \"$INSTDIR\\uninstall.exe\"\n");
    for folder in folders.iter().rev() {
        let _ = writeln!(others, "RMDir \"{folder}\"");
    }
    format!(
        "!macro PlaceFiles\n{place}!macroend\n!macro RemovePrograms\n{programs}!macroend\n\
         !macro RemoveFiles\n{others}!macroend\n"
    )
}

/// Where a file of the package is installed.
fn destination(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let folder = match parts.first() {
        Some(first) if first.ends_with(".clap") => r"$Plugins\CLAP",
        Some(first) if first.ends_with(".vst3") => r"$Plugins\VST3",
        _ => "$INSTDIR",
    };
    format!(r"{folder}\{}", parts.join(r"\"))
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('\\').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uninstaller_removes_each_file_that_the_installer_places_and_then_the_folders_from_within() {
        let file = |path: &str, is_program| File { path: path.into(), bytes: Vec::new(), is_program };
        let files = [
            file("Continuo.clap", false),
            file("Continuo.vst3/Contents/x86_64-win/Continuo.vst3", false),
            file("continuo-trainer.exe", true),
            file("docs/MANUAL.html", false),
        ];
        let text = listed(&files, Path::new("staged"));
        let lines = |start: &str| -> Vec<&str> {
            text.lines().filter_map(|line| line.strip_prefix(start)?.strip_suffix('"')).collect()
        };
        assert_eq!(lines("File \"").len(), files.len());
        assert_eq!(
            lines("SetOutPath \""),
            [
                r"$Plugins\CLAP",
                r"$Plugins\VST3\Continuo.vst3\Contents\x86_64-win",
                "$INSTDIR",
                r"$INSTDIR\docs"
            ]
        );
        // What may be in use goes first: the second macro ends after it.
        assert_eq!(
            lines("Delete \""),
            [
                r"$Plugins\CLAP\Continuo.clap",
                r"$Plugins\VST3\Continuo.vst3\Contents\x86_64-win\Continuo.vst3",
                r"$INSTDIR\continuo-trainer.exe",
                r"$INSTDIR\docs\MANUAL.html",
                r"$INSTDIR\uninstall.exe",
            ]
        );
        let folders = lines("RMDir \"");
        for (idx, folder) in folders.iter().enumerate() {
            assert!(folders[idx..].iter().all(|later| !folder_of(later).starts_with(folder)), "{folders:?}");
        }
        assert!(folders.contains(&"$INSTDIR") && folders.contains(&r"$Plugins\VST3"), "{folders:?}");
    }
}
