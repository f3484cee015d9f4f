//! Writing the file.

use std::path::{Path, PathBuf};

use crate::files;
use crate::music::{Voices, smf};
use crate::player::render;
use crate::plugin::folders::{file_stem, music_folder};
use crate::plugin::midi_file::excerpt::{Extent, excerpt, piece, title};
use crate::plugin::parameters::Parameters;

/// How the music is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Performance {
    /// As it is played, with all performing knobs.
    AsHeard,
    /// As it was composed.
    AsComposed,
}

/// Why music cannot be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// No note has been composed in this extent.
    #[error("there is nothing to save: no notes have been composed")]
    Nothing,
    /// No note of this extent is heard.
    #[error("there is nothing to save: the parts that have notes are muted")]
    Muted,
    /// The system does not say where the user's files are.
    #[error("no folder for music was found: neither HOME nor USERPROFILE is set")]
    NoFolder,
    /// It cannot be written.
    #[error("could not write {}", path.display())]
    Unwritable {
        /// The file or its folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// Saves music of the take in the user's music folder and returns the file. No file is ever overwritten.
///
/// # Errors
/// If there is nothing to save, or it cannot be written.
pub fn save(parameters: &Parameters, extent: Extent, performance: Performance) -> Result<PathBuf, SaveError> {
    save_in(&music_folder().ok_or(SaveError::NoFolder)?, parameters, extent, performance)
}

pub(crate) fn save_in(
    folder: &Path,
    parameters: &Parameters,
    extent: Extent,
    performance: Performance,
) -> Result<PathBuf, SaveError> {
    let knobs = parameters.composing();
    let session = &parameters.session;
    let playhead = session.playhead();
    let score = session.picture().score;
    let bars = excerpt(&score, extent, playhead.position().to_ticks_floor(), knobs.length);
    let title = title(&knobs, &session.styles());
    let tempo = playhead.tempo();
    let piece = piece(bars, score.programs.clone(), &knobs, tempo);
    if piece.notes.is_empty() {
        return Err(SaveError::Nothing);
    }
    let bytes = match performance {
        Performance::AsHeard => {
            let notes = render(
                bars,
                &Voices::of(&score.bars),
                &score.played_in,
                &knobs,
                &parameters.performing(),
                tempo,
            );
            if notes.is_empty() {
                return Err(SaveError::Muted);
            }
            smf::write_performed(&notes, &piece, &title)
        }
        Performance::AsComposed => smf::write(&piece, &title),
    };
    write_new(folder, &title, &bytes)
}

/// Writes a new file: the title with the first number from 1 that is free.
pub(crate) fn write_new(folder: &Path, title: &str, bytes: &[u8]) -> Result<PathBuf, SaveError> {
    let unwritable = |path: &Path, source| SaveError::Unwritable { path: path.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(|source| unwritable(folder, source))?;
    let stem = file_stem(title);
    let mut number = 1_u32;
    loop {
        let path = folder.join(format!("{stem}, {number}.mid"));
        match files::create(&path, bytes) {
            Ok(()) => return Ok(path),
            Err(error) if error.is_taken() && number < u32::MAX => number += 1,
            Err(error) => return Err(unwritable(&path, error.source)),
        }
    }
}
