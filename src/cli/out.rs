//! Checks a file to write before the work begins.

use std::path::Path;

use anyhow::{Result, bail};

use crate::files::{self, Existing};

/// Checks that `out` can be written.
///
/// # Errors
/// If it cannot, or a file is there that is to stay.
pub(super) fn check(out: &Path, existing: Existing) -> Result<()> {
    match files::check(out, existing) {
        Err(error) if error.is_taken() => bail!("{} is already there; --force overwrites it", out.display()),
        checked => Ok(checked?),
    }
}
