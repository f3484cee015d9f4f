//! The player itself.

use std::sync::Arc;

use crate::player::handover::{PlayerEnd, Playhead};
use crate::player::{Block, ComposingKnobs, EventList, PerformingKnobs};

/// Plays the score under the host's playhead.
#[derive(Debug)]
pub struct Player {
    end: PlayerEnd,
}

impl Player {
    /// A player at the origin of the song, with nothing to play yet.
    #[must_use]
    pub fn new(end: PlayerEnd) -> Self {
        Self { end }
    }

    /// Plays one block: appends its events, in the order in which they happen.
    pub fn process(
        &mut self,
        _block: &Block,
        _composing: &ComposingKnobs,
        _performing: &PerformingKnobs,
        _events: &mut EventList,
    ) {
    }

    /// Ends every sounding note at the first sample of the block: for bypass and before deactivation.
    pub fn silence(&mut self, _events: &mut EventList) {}

    /// Where it is, for the editor; may be kept and read on any thread.
    #[must_use]
    pub fn playhead(&self) -> Arc<Playhead> {
        Arc::clone(&self.end.playhead)
    }
}
