//! The presets that there are.

use crate::plugin::presets::file::{self, PresetFile};
use crate::plugin::presets::own::list_own;
use crate::plugin::presets::preset::{Preset, PresetEntry, PresetError, PresetId};

/// The presets that come with the plugin.
#[must_use]
pub fn factory() -> Vec<Preset> {
    // Held to be whole by a test; a list that cannot be read is an empty one.
    let files: Vec<PresetFile> = serde_json::from_str(include_str!("factory.json")).unwrap_or_default();
    files.into_iter().map(PresetFile::preset).collect()
}

/// All presets there are: those that come with the plugin, then the user's own by name.
#[must_use]
pub fn list() -> Vec<PresetEntry> {
    let factory = factory().into_iter().enumerate();
    let factory = factory.map(|(idx, preset)| PresetEntry {
        id: PresetId::Factory(idx),
        name: preset.name,
        role: preset.role,
    });
    factory.chain(list_own()).collect()
}

/// The preset asked for.
///
/// # Errors
/// If there is none, or its file cannot be read.
pub fn load(id: &PresetId) -> Result<Preset, PresetError> {
    match id {
        PresetId::Factory(idx) => {
            let preset = factory().into_iter().nth(*idx);
            preset.ok_or(PresetError::Unknown { number: idx + 1 })
        }
        PresetId::Own(path) => file::read(path),
    }
}
