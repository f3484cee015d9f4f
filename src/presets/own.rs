//! The user's own presets: files in a folder of theirs.

use std::path::{Path, PathBuf};

use crate::files::{self, data_folder, file_stem};
use crate::presets::file::{self, PresetFile};
use crate::presets::preset::{Preset, PresetEntry, PresetError, PresetId, Role};

/// The user's folder for presets: `continuo/presets` where the system keeps users' data. It need not exist.
#[must_use]
pub fn presets_folder() -> Option<PathBuf> {
    Some(data_folder()?.join("presets"))
}

/// The user's own presets, by name.
#[must_use]
pub fn list_own() -> Vec<PresetEntry> {
    presets_folder().map(|folder| list_in(&folder)).unwrap_or_default()
}

/// Keeps a preset in the user's folder, and says in which file.
///
/// # Errors
/// If its name says nothing or is taken, or the file cannot be written.
pub fn save(preset: &Preset) -> Result<PathBuf, PresetError> {
    let folder = presets_folder().ok_or(PresetError::NoFolder)?;
    save_in(&folder, preset)
}

/// The presets in a folder, by name.
#[must_use]
pub fn list_in(folder: &Path) -> Vec<PresetEntry> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")))
        .collect();
    paths.sort();
    let mut presets: Vec<PresetEntry> = paths
        .into_iter()
        .map(|path| PresetEntry {
            // One that cannot be read is listed by its file, so that choosing it says what is wrong.
            name: match file::read(&path) {
                Ok(preset) => preset.name,
                Err(_) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            },
            role: Role::Own,
            id: PresetId::Own(path),
        })
        .collect();
    presets.sort_by_cached_key(|preset| preset.name.to_lowercase());
    presets
}

/// Keeps a preset in a folder.
///
/// # Errors
/// As [`save`].
pub fn save_in(folder: &Path, preset: &Preset) -> Result<PathBuf, PresetError> {
    let stem = file_stem(&preset.name);
    if stem.is_empty() {
        return Err(PresetError::NoName { found: preset.name.clone() });
    }
    let path = folder.join(format!("{stem}.json"));
    let unwritable = |source| PresetError::Unwritable { path: path.clone(), source };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let text = serde_json::to_string_pretty(&PresetFile::of(preset));
    let text = text.map_err(|error| unwritable(error.into()))?;
    match files::create(&path, text.as_bytes()) {
        Ok(()) => Ok(path),
        Err(error) if error.is_taken() => Err(PresetError::Exists { name: preset.name.clone(), path }),
        Err(error) => Err(unwritable(error.source)),
    }
}

#[cfg(test)]
mod tests {
    use crate::presets::{Preset, factory, list_in, save_in};

    #[test]
    fn presets_are_listed_by_their_names_and_not_by_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let template = factory().first().unwrap().clone();
        for (name, file) in [("Waltz", "a"), ("ballad", "b"), ("Canon", "c"), ("Ballad in blue", "d")] {
            let path = save_in(folder.path(), &Preset { name: name.to_owned(), ..template.clone() }).unwrap();
            std::fs::rename(path, folder.path().join(format!("{file}.json"))).unwrap();
        }
        let names: Vec<String> = list_in(folder.path()).into_iter().map(|preset| preset.name).collect();
        assert_eq!(names, ["ballad", "Ballad in blue", "Canon", "Waltz"]);
    }
}
