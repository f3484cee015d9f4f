//! Where the user's own models live.

use std::path::PathBuf;

use crate::plugin::folders::data_folder;

/// The user's folder for models: `continuo/models` where the system keeps users' data. It need not exist.
#[must_use]
pub fn models_folder() -> Option<PathBuf> {
    Some(data_folder()?.join("models"))
}

/// The model files in the user's folder, by name.
#[must_use]
pub fn model_files() -> Vec<PathBuf> {
    let entries = models_folder().and_then(|folder| std::fs::read_dir(folder).ok());
    let mut files: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"))
        })
        .collect();
    files.sort();
    files
}
