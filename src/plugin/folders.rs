//! Where the user's files are.

use std::ffi::OsString;
use std::path::PathBuf;

/// Continuo's folder where the system keeps users' data. It need not exist.
#[must_use]
pub(crate) fn data_folder() -> Option<PathBuf> {
    let data = if cfg!(target_os = "windows") {
        PathBuf::from(variable("APPDATA")?)
    } else if cfg!(target_os = "macos") {
        PathBuf::from(variable("HOME")?).join("Library/Application Support")
    } else {
        let named = variable("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        match named {
            Some(folder) => folder,
            None => PathBuf::from(variable("HOME")?).join(".local/share"),
        }
    };
    Some(data.join("continuo"))
}

/// The folder that saved music goes to, one that the user sees: `Continuo` among their music. It need not
/// exist.
#[must_use]
pub(crate) fn music_folder() -> Option<PathBuf> {
    let home = PathBuf::from(variable(if cfg!(target_os = "windows") { "USERPROFILE" } else { "HOME" })?);
    let music = if cfg!(any(target_os = "windows", target_os = "macos")) {
        home.join("Music")
    } else {
        let config = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let config = config.unwrap_or_else(|| home.join(".config")).join("user-dirs.dirs");
        let text = std::fs::read_to_string(config).unwrap_or_default();
        user_folder(&text, "XDG_MUSIC_DIR", &home).unwrap_or_else(|| home.join("Music"))
    };
    Some(music.join("Continuo"))
}

/// What freedesktop's `user-dirs.dirs` says about a folder: a line such as `XDG_MUSIC_DIR="$HOME/Musik"`.
fn user_folder(text: &str, name: &str, home: &std::path::Path) -> Option<PathBuf> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='))?;
    let quoted = line.trim().strip_prefix('"')?.strip_suffix('"')?;
    match quoted.strip_prefix("$HOME/") {
        Some(inside) if !inside.is_empty() => Some(home.join(inside)),
        // The home folder itself means that there is none.
        Some(_) => None,
        None => Some(PathBuf::from(quoted)).filter(|path| path.is_absolute()),
    }
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A name as a file can be called on every system, without its extension; empty when nothing is left.
#[must_use]
pub(crate) fn file_stem(name: &str) -> String {
    const LONGEST: usize = 80;
    let kept = name.chars().map(|letter| match letter {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        letter if letter.is_control() => ' ',
        letter => letter,
    });
    let kept: String = kept.take(LONGEST).collect();
    kept.trim_matches(|letter: char| letter == '.' || letter.is_whitespace()).to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use crate::plugin::folders::{file_stem, user_folder};

    #[test]
    fn the_music_folder_is_the_one_that_the_desktop_names() {
        let text = "# comment\nXDG_DESKTOP_DIR=\"$HOME/Desktop\"\nXDG_MUSIC_DIR=\"$HOME/Musik\"\n";
        let home = Path::new("/home/ada");
        assert_eq!(user_folder(text, "XDG_MUSIC_DIR", home), Some(PathBuf::from("/home/ada/Musik")));
        assert_eq!(user_folder("XDG_MUSIC_DIR=\"/srv/m\"", "XDG_MUSIC_DIR", home), Some("/srv/m".into()));
        for none in ["", "XDG_MUSIC_DIR=\"$HOME/\"", "XDG_MUSIC_DIR=$HOME/x", "XDG_MUSIC_DIR=\"x\""] {
            assert_eq!(user_folder(none, "XDG_MUSIC_DIR", home), None, "{none}");
        }
    }

    #[test]
    fn a_name_never_leaves_its_folder() {
        assert_eq!(file_stem("../..\\a: b?"), "-..-a- b-");
        assert_eq!(file_stem(" .. "), "");
        assert_eq!(file_stem("Räuber & Söhne"), "Räuber & Söhne");
    }
}
