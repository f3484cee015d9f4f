//! Finding the trainer.

use std::path::{Path, PathBuf};

use crate::plugin::folders::data_folder;

const NAME: &str = if cfg!(windows) { "continuo-trainer.exe" } else { "continuo-trainer" };

/// The trainer's path: the one that the user gave, or else beside the plugin, in Continuo's folder, or on the
/// system's `PATH`.
#[must_use]
pub fn find_trainer(given: Option<&Path>) -> Option<PathBuf> {
    let given = given.map(|path| if path.is_dir() { path.join(NAME) } else { path.to_owned() });
    let beside = plugin_folders().into_iter().map(|folder| folder.join(NAME));
    let own = data_folder().into_iter().flat_map(|folder| [folder.join(NAME), folder.join("bin").join(NAME)]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(NAME));
    given.into_iter().chain(beside).chain(own).chain(on_path).find(|path| path.is_file())
}

/// The folder that this library was loaded from and those above it, which hold its bundle, and the folders where
/// plugins, and the trainer with them, are usually installed.
fn plugin_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    // Linux lists the files that the process has mapped; elsewhere the usual folders must do.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for line in maps.lines().filter(|line| line.contains("ontinuo")) {
        if let Some(start) = line.find('/') {
            folders.extend(Path::new(&line[start..]).ancestors().skip(1).take(5).map(Path::to_owned));
        }
    }
    let home = dirs::home_dir();
    let usual: &[&str] = if cfg!(target_os = "macos") {
        &["Library/Audio/Plug-Ins/CLAP", "Library/Audio/Plug-Ins/VST3"]
    } else {
        // The installer's folder for the trainer, which the `PATH` of a desktop program need not have.
        &[".clap", ".vst3", ".local/bin"]
    };
    folders.extend(home.iter().flat_map(|home| usual.iter().map(|folder| home.join(folder))));
    folders.extend(windows_folders(|name| std::env::var_os(name).map(PathBuf::from)));
    folders.dedup();
    folders
}

/// The usual folders on Windows, by the variables that name its own: where hosts look for plugins, and where the
/// installer puts the trainer, for all users and for one.
fn windows_folders(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let of_all = variable("COMMONPROGRAMFILES").zip(variable("PROGRAMFILES"));
    let of_one = variable("LOCALAPPDATA").map(|local| local.join("Programs"));
    let of_one = of_one.map(|programs| (programs.join("Common"), programs));
    let folders = |(common, programs): (PathBuf, PathBuf)| {
        [common.join("CLAP"), common.join("VST3"), programs.join("Continuo")]
    };
    of_one.into_iter().chain(of_all).flat_map(folders).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::plugin::trainer::find::{NAME, find_trainer, windows_folders};

    #[test]
    fn a_given_path_goes_first_and_may_be_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let trainer = folder.path().join(NAME);
        std::fs::write(&trainer, "").unwrap();
        assert_eq!(find_trainer(Some(&trainer)), Some(trainer.clone()));
        assert_eq!(find_trainer(Some(folder.path())), Some(trainer));
    }

    #[test]
    fn the_folders_of_the_installer_for_windows_are_searched_and_one_user_goes_first() {
        let folders = windows_folders(|name| Some(Path::new(name).to_owned()));
        assert_eq!(folders[0], Path::new("LOCALAPPDATA/Programs/Common/CLAP"));
        for folder in ["LOCALAPPDATA/Programs/Continuo", "COMMONPROGRAMFILES/VST3", "PROGRAMFILES/Continuo"] {
            assert!(folders.iter().any(|searched| searched == Path::new(folder)), "{folder}");
        }
        assert!(windows_folders(|_| None).is_empty());
    }
}
