//! The user's folders.

use std::path::PathBuf;

pub(crate) use crate::files::{data_folder, file_stem};

/// The folder for saved music: `Continuo` among the user's music. It need not exist.
#[must_use]
pub(crate) fn music_folder() -> Option<PathBuf> {
    let music = dirs::audio_dir().or_else(|| Some(dirs::home_dir()?.join("Music")))?;
    Some(music.join("Continuo"))
}
