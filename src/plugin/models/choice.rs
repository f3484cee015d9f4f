//! Which model composes.

use std::path::PathBuf;

/// A model that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelChoice {
    /// The one inside the plugin.
    BuiltIn,
    /// One in a file.
    File(PathBuf),
}

impl ModelChoice {
    /// Its name in a list.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::BuiltIn => "Built in".to_owned(),
            Self::File(path) => path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        }
    }
}
