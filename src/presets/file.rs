//! A preset as it is written: a JSON object of `version` (1), `name`, `role` (left out for the user's own)
//! and `knobs`, the plain values by the ids of their parameters. Ids that are not known are passed over.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::player::Knob;
use crate::presets::preset::{Preset, PresetError, Role, VERSION};

/// No preset is longer.
const MAX_BYTES: u64 = 1 << 20;

/// A preset in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PresetFile {
    version: u32,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<RoleInFile>,
    knobs: BTreeMap<String, f32>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RoleInFile {
    Style,
    Bass,
    Lead,
    Chords,
    Arpeggio,
    Beat,
}

impl PresetFile {
    pub(super) fn of(preset: &Preset) -> Self {
        Self {
            version: VERSION,
            name: preset.name.clone(),
            role: None,
            knobs: preset.knobs.iter().map(|(knob, value)| (knob.id().to_owned(), *value)).collect(),
        }
    }

    pub(super) fn preset(self) -> Preset {
        let role = match self.role {
            Some(RoleInFile::Style) => Role::Style,
            Some(RoleInFile::Bass) => Role::Bass,
            Some(RoleInFile::Lead) => Role::Lead,
            Some(RoleInFile::Chords) => Role::Chords,
            Some(RoleInFile::Arpeggio) => Role::Arpeggio,
            Some(RoleInFile::Beat) => Role::Beat,
            None => Role::Own,
        };
        let known = Knob::all().filter_map(|knob| Some((knob, *self.knobs.get(knob.id())?)));
        Preset { name: self.name, role, knobs: known.collect() }
    }
}

/// Reads one preset.
pub(super) fn read(path: &Path) -> Result<Preset, PresetError> {
    let unreadable = |source| PresetError::Unreadable { path: path.to_owned(), source };
    let damaged = |source| PresetError::Damaged { path: path.to_owned(), source };
    let bytes = files::read(path, MAX_BYTES).map_err(unreadable)?;
    // The version first: a later one may look otherwise.
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(damaged)?;
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    if let Some(found) = version.filter(|found| *found > u64::from(VERSION)) {
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        return Err(PresetError::TooNew { path: path.to_owned(), found });
    }
    let file: PresetFile = serde_json::from_value(value).map_err(damaged)?;
    Ok(file.preset())
}
