//! The user's folder for models.

use std::path::PathBuf;

use crate::plugin::folders::{data_folder, file_stem};

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

/// The file of a model trained under this name; nothing if no file can have the name.
#[must_use]
pub(crate) fn model_file(name: &str) -> Option<PathBuf> {
    let stem = file_stem(name);
    if stem.is_empty() {
        return None;
    }
    Some(models_folder()?.join(format!("{stem}.safetensors")))
}
