//! Loads the model that a command is to use.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::model::Model;

/// Loads the model at `path`, or the one that ships with Continuo if the path is `default` or left out.
///
/// # Errors
/// If it cannot be loaded.
pub(super) fn load(path: Option<&Path>) -> anyhow::Result<Arc<Model>> {
    match path.filter(|path| path.as_os_str() != "default") {
        Some(path) => Ok(Model::load(path)?),
        None => Model::embedded().context("cannot use the model that ships with Continuo"),
    }
}
