//! Writes bars into a take.

use std::sync::Arc;

use crate::composer::Take;
use crate::model::Model;
use crate::music::{Meter, Tick};
use crate::player::ComposingKnobs;

/// Composes bars with a model. Holds no music: that is the take's.
#[derive(Debug)]
pub struct Writer {}

impl Writer {
    /// A writer that draws from `model`.
    #[must_use]
    pub fn new(_model: Arc<Model>) -> Self {
        Self {}
    }
}

/// Composes whole bars, all on the same knobs and meter, until the take reaches `end`.
///
/// Bars that are there already and were composed with these knobs stay.
pub fn compose_until(
    _take: &mut Take,
    _writer: &mut Writer,
    _knobs: &ComposingKnobs,
    _meter: Meter,
    _end: Tick,
) {
    todo!()
}
