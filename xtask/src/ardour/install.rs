//! Finding and installing Ardour.

use std::path::Path;

pub(super) const LUA: &str = "ardour7-lua";
pub(super) const SCANNER: &str = "/usr/lib/ardour7/ardour-vst3-scanner";

/// Why Ardour cannot be had here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub String);

/// Finds Ardour 7.
///
/// # Errors
/// If it is not installed.
pub fn find() -> Result<(), Missing> {
    let is_there = Path::new(SCANNER).exists() && crate::system::finds(LUA);
    if is_there { Ok(()) } else { Err(Missing("Ardour 7 is not installed".into())) }
}

/// Finds Ardour 7, and installs Debian's if there is none and this user may.
///
/// # Errors
/// If it cannot be installed.
pub fn install() -> Result<(), Missing> {
    let Err(missing) = find() else { return Ok(()) };
    if !cfg!(target_os = "linux") || !Path::new("/usr/bin/apt-get").exists() {
        return Err(Missing(format!("{}, and this is not a Debian system", missing.0)));
    }
    crate::system::install(&["ardour"])
        .map_err(|error| Missing(format!("Ardour 7 cannot be installed: {error:#}")))?;
    find().map_err(|_| Missing("Debian's ardour here is not Ardour 7".into()))
}
