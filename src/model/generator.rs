//! Feed a note, draw the next.

use std::sync::Arc;

use rand::Rng;

use crate::model::{Constraints, Model, Primer, Sampling};
use crate::music::{Meter, Mode, Note, Tick};

/// Where and how a piece begins.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'a> {
    /// Index into the model's styles.
    pub style: usize,
    /// Major or minor.
    pub mode: Mode,
    /// The song position of the first bar line.
    pub start: Tick,
    /// The meter of the first bar.
    pub meter: Meter,
    /// What the network is to have heard before; it ends at `start`.
    pub primer: Option<&'a Primer>,
}

/// One stream of music through a network: its hidden state and the notes it remembers.
///
/// All pitches are relative to a tonic of C; whoever plays them in another key transposes.
/// Not for the audio thread: a step costs hundreds of microseconds.
#[derive(Debug, Clone)]
pub struct Generator {
    model: Arc<Model>,
}

/// All that a [`Generator`] remembers, to go back to.
#[derive(Debug, Clone)]
pub struct Snapshot {}

impl Generator {
    /// A generator that has heard nothing and stands at the song's origin.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        Self { model }
    }

    /// The model it draws from.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Forgets everything, hears the primer if there is one, and stands at `beginning.start`.
    pub fn begin(&mut self, _beginning: &Beginning<'_>) {
        todo!()
    }

    /// Tells the style and mode from the next note on, without forgetting.
    pub fn steer(&mut self, _style: usize, _mode: Mode) {
        todo!()
    }

    /// Tells that a bar of `meter` begins at `start`. Nothing drawn from now on lies before `start`.
    pub fn begin_bar(&mut self, _start: Tick, _meter: Meter) {
        todo!()
    }

    /// Draws the next note without hearing it, or nothing when the constraints allow none.
    ///
    /// The note lies at or after the last [`Generator::begin_bar`] and after every note heard, in the
    /// order of [`Note`]. It may lie past the end of the bar: then drop it and begin the next bar.
    pub fn draw<R: Rng>(
        &self,
        _sampling: &Sampling,
        _constraints: &Constraints,
        _rng: &mut R,
    ) -> Option<Note> {
        todo!()
    }

    /// Hears a note, drawn or played. Costs one step of the network.
    pub fn feed(&mut self, _note: &Note) {
        todo!()
    }

    /// What it remembers now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        todo!()
    }

    /// Goes back to where a snapshot was taken.
    pub fn restore(&mut self, _snapshot: &Snapshot) {
        todo!()
    }
}
