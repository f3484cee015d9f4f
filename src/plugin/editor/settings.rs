//! What the user has settled for the editor on this computer, whatever the project: a small file in their
//! data folder.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::plugin::folders::data_folder;

/// What the user has settled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light instead of dark.
    pub is_light: bool,
    /// Whether the card of the first minute has been put away.
    pub is_welcomed: bool,
    /// Where the trainer is, if it is not found by itself.
    pub trainer: Option<PathBuf>,
}

impl Settings {
    /// Reads them; what cannot be read is as it is at first.
    #[must_use]
    pub fn load() -> Self {
        file()
            .and_then(|path| std::fs::read(path).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Keeps them.
    ///
    /// # Errors
    /// If there is no place for them.
    pub fn save(&self) -> std::io::Result<()> {
        let path = file().ok_or(std::io::ErrorKind::NotFound)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        files::replace(&path, &serde_json::to_vec_pretty(self)?).map_err(|error| error.source)
    }
}

fn file() -> Option<PathBuf> {
    Some(data_folder()?.join("editor.json"))
}

#[cfg(test)]
mod tests {
    use crate::plugin::editor::settings::Settings;

    #[test]
    fn settings_of_another_version_are_read_as_far_as_they_are_known() {
        let read: Settings = serde_json::from_str(r#"{"is_light": true, "wallpaper": "roses"}"#).unwrap();
        assert_eq!(read, Settings { is_light: true, ..Settings::default() });
    }
}
