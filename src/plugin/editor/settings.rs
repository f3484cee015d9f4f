//! The user's settings for the editor on this computer, in a small file in their data folder. They belong to no
//! project.

use std::path::{Path, PathBuf};

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
        file().and_then(|path| read(&path)).unwrap_or_default()
    }

    /// Sets what differs from `before`, here and in the file. What another editor has written there meanwhile stays, and
    /// is taken over.
    ///
    /// # Errors
    /// If there is no folder for them, or the file cannot be written; then they are set here alone.
    pub fn change(&mut self, before: &Self, after: &Self) -> std::io::Result<()> {
        let Some(path) = file() else {
            self.set_changed(before, after);
            return Err(std::io::ErrorKind::NotFound.into());
        };
        self.change_file(&path, before, after)
    }

    fn change_file(&mut self, path: &Path, before: &Self, after: &Self) -> std::io::Result<()> {
        if let Some(there) = read(path) {
            *self = there;
        }
        self.set_changed(before, after);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        files::replace(path, files::JSON, &serde_json::to_vec_pretty(self)?).map_err(|error| error.source)
    }

    /// Sets what differs between two settings.
    fn set_changed(&mut self, before: &Self, after: &Self) {
        fn set<T: Clone + PartialEq>(field: &mut T, before: &T, after: &T) {
            if before != after {
                field.clone_from(after);
            }
        }
        let Self {
            is_light,
            enlarged_by,
            shows_degrees,
            is_welcomed,
            favourite_styles,
            favourite_presets,
            trainer,
        } = self;
        set(is_light, &before.is_light, &after.is_light);
        set(enlarged_by, &before.enlarged_by, &after.enlarged_by);
        set(shows_degrees, &before.shows_degrees, &after.shows_degrees);
        set(is_welcomed, &before.is_welcomed, &after.is_welcomed);
        set(favourite_styles, &before.favourite_styles, &after.favourite_styles);
        set(favourite_presets, &before.favourite_presets, &after.favourite_presets);
        set(trainer, &before.trainer, &after.trainer);
    }
}

fn read(path: &Path) -> Option<Settings> {
    serde_json::from_slice(&files::read(path, MAX_BYTES).ok()?).ok()
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

    #[test]
    fn two_editors_that_are_open_do_not_overwrite_each_others_settings() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Continuo/editor.json");
        let (mut one, mut other) = (Settings::default(), Settings::default());
        let change = |settings: &mut Settings, after: &Settings| {
            let before = settings.clone();
            settings.change_file(&path, &before, after).unwrap();
        };
        let light = Settings { is_light: true, ..one.clone() };
        change(&mut one, &light);
        let jazz = vec!["Jazz".to_owned()];
        let with_favourite = Settings { favourite_styles: jazz.clone(), ..other.clone() };
        change(&mut other, &with_favourite);
        let dark = Settings { is_light: false, ..one.clone() };
        change(&mut one, &dark);
        let expected = Settings { favourite_styles: jazz, ..Settings::default() };
        assert_eq!((super::read(&path), &one), (Some(expected.clone()), &expected));
        // A file that cannot be read is written again as this editor has it.
        std::fs::write(&path, "{").unwrap();
        let large = Settings { enlarged_by: 50, ..expected };
        change(&mut one, &large);
        assert_eq!(super::read(&path), Some(large));
    }
}
