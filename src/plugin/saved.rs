//! The project as it is saved beside the parameters.
//!
//! A JSON object: `version` (1), `model_file` (the path of the chosen model, unless it is the built-in one),
//! `model_file_units` (the path as numbers, if it is not Unicode: bytes on Unix, 16-bit units on Windows) and `take`,
//! which has a version of its own and the name and hash of its model. The music can be read and written whatever is in
//! the other fields.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::composer::SavedTake;

/// The version of the format.
const VERSION: u32 = 1;

/// The project as it is saved beside the parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedProject {
    version: u32,
    #[serde(default, deserialize_with = "or_default")]
    model_file: Option<String>,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Option::is_none")]
    model_file_units: Option<Vec<u16>>,
    take: SavedTake,
}

/// A field without which a project is whole: what cannot be read is its default.
fn or_default<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(from: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).unwrap_or_default())
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
    /// It cannot be written.
    #[error("the music cannot be saved with the project; save it as MIDI")]
    Unwritable(#[source] serde_json::Error),
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
        let units = model_file.as_deref().filter(|path| path.to_str().is_none()).map(units);
        let model_file = model_file.map(|path| path.to_string_lossy().into_owned());
        Self { version: VERSION, model_file, model_file_units: units, take }
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

    /// The project as it is written.
    ///
    /// # Errors
    /// If it cannot be written, which does not happen.
    pub fn into_json(self) -> Result<Value, SavedProjectError> {
        serde_json::to_value(self).map_err(SavedProjectError::Unwritable)
    }

    /// The chosen model file; `None` for the built-in model.
    #[must_use]
    pub fn model_file(&self) -> Option<PathBuf> {
        let exact = self.model_file_units.as_deref().and_then(path_of_units);
        exact.or_else(|| self.model_file.as_ref().map(PathBuf::from))
    }

    /// The take.
    #[must_use]
    pub fn take(&self) -> &SavedTake {
        &self.take
    }
}

/// A path as the system's own numbers.
fn units(path: &Path) -> Vec<u16> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        path.as_os_str().as_bytes().iter().map(|byte| u16::from(*byte)).collect()
    }
    #[cfg(windows)]
    {
        use std::os::windows::ffi::OsStrExt;
        path.as_os_str().encode_wide().collect()
    }
}

/// The path of these numbers; `None` if it is one of another system.
fn path_of_units(units: &[u16]) -> Option<PathBuf> {
    #[cfg(unix)]
    let path: OsString = {
        use std::os::unix::ffi::OsStringExt;
        let bytes: Result<Vec<u8>, _> = units.iter().map(|unit| u8::try_from(*unit)).collect();
        OsString::from_vec(bytes.ok()?)
    };
    #[cfg(windows)]
    let path: OsString = std::os::windows::ffi::OsStringExt::from_wide(units);
    Some(path.into())
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::path::PathBuf;

    use serde_json::json;

    use crate::composer::SavedTake;
    use crate::plugin::saved::{SavedProject, SavedProjectError};

    #[test]
    fn a_project_is_read_as_it_was_written() {
        let project = SavedProject::default();
        assert_eq!(SavedProject::read(project.clone().into_json().unwrap()).unwrap(), project);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_unicode_is_kept_with_the_music() {
        use std::ffi::OsString;
        use std::os::unix::ffi::OsStringExt;
        let path = PathBuf::from(OsString::from_vec(b"/home/ada/m\xfcsik.safetensors".to_vec()));
        let project = SavedProject::new(Some(path.clone()), SavedTake::default());
        let mut json = project.clone().into_json().unwrap();
        assert!(json["take"].is_object());
        // What earlier versions read, and say that it is not there.
        assert_eq!(json["model_file"], "/home/ada/m\u{fffd}sik.safetensors");
        let read = SavedProject::read(json.clone()).unwrap();
        assert_eq!((read.model_file(), &read), (Some(path), &project));
        // From a system with other numbers.
        json["model_file_units"] = json!([0x41, 0xd800]);
        let elsewhere = SavedProject::read(json).unwrap();
        assert_eq!(elsewhere.model_file(), Some("/home/ada/m\u{fffd}sik.safetensors".into()));
    }

    #[test]
    fn a_field_that_cannot_be_read_costs_no_music() {
        let mut json =
            SavedProject::new(Some("a.safetensors".into()), SavedTake::default()).into_json().unwrap();
        assert_eq!(json.get("model_file_units"), None);
        for wrong in [json!(7), json!({}), json!([[]]), json!(null)] {
            json["model_file"] = wrong.clone();
            json["model_file_units"] = wrong;
            let project = SavedProject::read(json.clone()).unwrap();
            assert_eq!((project.model_file(), project.take()), (None, &SavedTake::default()));
        }
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
