//! The project as it is saved beside the parameters.
//!
//! A JSON object: `version` (1), `model_file` (the path of the chosen model, unless it is the built-in one) and
//! `take`, which has a version of its own and the name and hash of its model.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::composer::SavedTake;

/// The version of the format.
const VERSION: u32 = 1;

/// The project as it is saved beside the parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedProject {
    version: u32,
    #[serde(default)]
    model_file: Option<PathBuf>,
    take: SavedTake,
}

/// Why a saved project cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedProjectError {
    /// It was saved by a later version.
    #[error(
        "the project was saved by a later version: expected format {VERSION} or older, found {found}; what plays stays"
    )]
    TooNew {
        /// Its version.
        found: u64,
    },
    /// It does not have the form of a project.
    #[error("the saved music cannot be read; the current music stays")]
    Damaged(#[source] serde_json::Error),
}

impl Default for SavedProject {
    fn default() -> Self {
        Self::new(None, SavedTake::default())
    }
}

impl SavedProject {
    /// A project with this take; `model_file` is the chosen model, `None` for the built-in one.
    #[must_use]
    pub fn new(model_file: Option<PathBuf>, take: SavedTake) -> Self {
        Self { version: VERSION, model_file, take }
    }

    /// Reads a project.
    ///
    /// # Errors
    /// If it is damaged or was saved by a later version.
    pub fn read(saved: Value) -> Result<Self, SavedProjectError> {
        let version = saved.get("version").and_then(Value::as_u64);
        if let Some(found) = version.filter(|version| *version > u64::from(VERSION)) {
            return Err(SavedProjectError::TooNew { found });
        }
        serde_json::from_value(saved).map_err(SavedProjectError::Damaged)
    }

    /// The project as it is written; `null` if it cannot be written, which does not happen.
    #[must_use]
    pub fn into_json(self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The chosen model file; `None` for the built-in model.
    #[must_use]
    pub fn model_file(&self) -> Option<PathBuf> {
        self.model_file.clone()
    }

    /// The take.
    #[must_use]
    pub fn take(&self) -> &SavedTake {
        &self.take
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plugin::saved::{SavedProject, SavedProjectError};

    #[test]
    fn a_project_is_read_as_it_was_written() {
        let project = SavedProject::default();
        assert_eq!(SavedProject::read(project.clone().into_json()).unwrap(), project);
    }

    #[test]
    fn a_project_of_a_later_version_is_told_from_a_damaged_one() {
        let later = json!({ "version": 7, "opus": [] });
        assert!(matches!(SavedProject::read(later), Err(SavedProjectError::TooNew { found: 7 })));
        for damaged in
            [json!(null), json!("take"), json!({ "version": 1 }), json!({ "version": -1, "take": {} })]
        {
            assert!(matches!(SavedProject::read(damaged), Err(SavedProjectError::Damaged(_))));
        }
    }
}
