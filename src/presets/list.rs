//! The presets that there are.

use crate::presets::file::{self, PresetFile};
use crate::presets::own::list_own;
use crate::presets::preset::{Preset, PresetEntry, PresetError, PresetId, Role};

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

/// The preset of this name, or the only one whose name begins so, whatever the case of its letters; the user's own come first.
///
/// # Errors
/// If there is none, or its file cannot be read.
pub fn named(name: &str) -> Result<Preset, PresetError> {
    let plain = |name: &str| name.trim().to_lowercase();
    let (asked, mut all) = (plain(name), list());
    // Stable: by place otherwise.
    all.sort_by_key(|entry| entry.role != Role::Own);
    let is_it = |entry: &&PresetEntry| plain(&entry.name) == asked;
    let begins = |entry: &&PresetEntry| !asked.is_empty() && plain(&entry.name).starts_with(&asked);
    let only = || Some(all.iter().filter(begins)).filter(|found| found.clone().count() == 1)?.next();
    match all.iter().find(is_it).or_else(only) {
        Some(entry) => load(&entry.id),
        None => Err(PresetError::Unnamed {
            found: name.to_owned(),
            names: all.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", "),
        }),
    }
}
