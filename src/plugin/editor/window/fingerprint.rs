//! Noticing changes while nothing moves.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::player::Knob;
use crate::plugin::models::library::Library;
use crate::plugin::parameters::Parameters;

/// A hash of everything that changes the picture while the song is stopped.
pub(crate) fn fingerprint(parameters: &Parameters, library: &Library) -> u64 {
    let mut hasher = DefaultHasher::new();
    let session = &parameters.session;
    for knob in Knob::all() {
        parameters.position(knob).to_bits().hash(&mut hasher);
    }
    let playhead = session.playhead();
    playhead.is_playing().hash(&mut hasher);
    // While the song moves, each frame asks for the next.
    if !playhead.is_playing() {
        playhead.position().0.to_bits().hash(&mut hasher);
    }
    let picture = session.picture();
    (Arc::as_ptr(&picture.score), Arc::as_ptr(&picture.marks).cast::<u8>()).hash(&mut hasher);
    (picture.n_undo, picture.n_redo, picture.input.len()).hash(&mut hasher);
    session.model().map(|model| model.hash().to_owned()).hash(&mut hasher);
    session.messages().hash(&mut hasher);
    library.entries().as_ptr().hash(&mut hasher);
    hasher.finish()
}
