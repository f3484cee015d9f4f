//! One piece of music to learn from, such as what was played in.

use std::path::Path;

use crate::errors::with_causes;
use crate::music::{Piece, smf};
use crate::plugin::folders::file_stem;
use crate::plugin::midi_file::write_new;
use crate::plugin::models::folder::{model_file, models_folder};
use crate::plugin::trainer::job::{Job, Size};
use crate::plugin::trainer::run::start;

/// Fewer notes are no music to learn from.
const FEWEST: usize = 20;

/// Trains a model of this name from a piece, starting from the built-in model. The piece is kept as a MIDI file, in a folder
/// of that name beside the models.
///
/// # Errors
/// A message for the user: there are too few notes, the name is taken, or as [`start`].
pub fn learn(trainer: Option<&Path>, piece: &Piece, name: &str) -> Result<(), String> {
    let n_notes = piece.notes.len();
    if n_notes < FEWEST {
        return Err(format!(
            "expected at least {FEWEST} notes to learn from, found {n_notes}: play some while the song moves, or choose \
             another file"
        ));
    }
    let weights = model_file(name).ok_or("give the model a name first")?;
    if weights.exists() {
        return Err(format!("there is a model called {name} already: choose another name"));
    }
    let models = models_folder().ok_or("no folder for models was found")?;
    let folder = models.join("played").join(file_stem(name));
    write_new(&folder, name, &smf::write(piece, name)).map_err(|error| with_causes(&error))?;
    start(trainer, &Job { folder, name: name.to_owned(), size: Size::Sketch, starts_from_default: true })
}
