//! The user's settings for the editor on this computer, in a small file in their data folder. They belong to no
//! project.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::plugin::folders::data_folder;

/// No settings are longer.
const MAX_BYTES: u64 = 1 << 20;

/// The user's settings for the editor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether the editor is light instead of dark.
    pub is_light: bool,
    /// How much larger than usual everything is drawn, in percent: 0 to 100.
    pub enlarged_by: u32,
    /// Whether the roll shows chords as degrees of the key instead of by their names.
    pub shows_degrees: bool,
    /// Whether the welcome card has been closed.
    pub is_welcomed: bool,
    /// The names of the styles that stand first in their list.
    pub favourite_styles: Vec<String>,
    /// The names of the presets that stand first in their list.
    pub favourite_presets: Vec<String>,
    /// The trainer's path, if the user had to give it.
    pub trainer: Option<PathBuf>,
}

impl Settings {
    /// How many points of the screen a point of the editor takes, 1 to 2.
    #[must_use]
    pub fn zoom(&self) -> f32 {
        1.0 + self.enlarged_by.min(100) as f32 / 100.0
    }

    /// Reads the settings; those that cannot be read have their defaults.
    #[must_use]
    pub fn load() -> Self {
        file()
            .and_then(|path| files::read(&path, MAX_BYTES).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Writes the settings.
    ///
    /// # Errors
    /// If there is no folder for them, or the file cannot be written.
    pub fn save(&self) -> std::io::Result<()> {
        let path = file().ok_or(std::io::ErrorKind::NotFound)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        files::replace(&path, files::JSON, &serde_json::to_vec_pretty(self)?).map_err(|error| error.source)
    }
}

fn file() -> Option<PathBuf> {
    Some(data_folder()?.join("editor.json"))
}

#[cfg(test)]
mod tests {
    use crate::plugin::editor::settings::Settings;

    #[test]
    fn unknown_settings_of_another_version_are_ignored() {
        let read: Settings = serde_json::from_str(r#"{"is_light": true, "wallpaper": "roses"}"#).unwrap();
        assert_eq!(read, Settings { is_light: true, ..Settings::default() });
    }
}
