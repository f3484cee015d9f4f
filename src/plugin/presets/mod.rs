//! Presets and the parameters: a preset of where they stand, and where a preset puts them.

mod preset;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::plugin::Parameters;
use crate::presets;
pub use crate::presets::{
    Preset, PresetEntry, PresetError, PresetId, Role, factory, list, list_own, load, presets_folder,
};

/// Keeps where the knobs stand under a name, and says in which file.
///
/// # Errors
/// If the name says nothing or is taken, or the file cannot be written.
pub fn save(parameters: &Parameters, name: &str) -> Result<PathBuf, PresetError> {
    presets::save(&Preset::of(parameters, name.trim()))
}
