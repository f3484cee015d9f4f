//! Composed bars, ready to be played.

use std::sync::Arc;

use crate::music::{Meter, Note, PerformedNote, Tick};

/// One bar of composed music. Never changes once made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The song position of its bar line.
    pub start: Tick,
    /// Its time signature.
    pub meter: Meter,
    /// Notes that begin in this bar, in the order of [`Note`], at song positions. They may ring over
    /// the bar line.
    pub notes: Vec<Note>,
}

impl Bar {
    /// The song position of the next bar line.
    #[must_use]
    pub fn end(&self) -> Tick {
        self.start + self.meter.bar_length()
    }
}

/// Bars in ascending order that do not overlap; gaps are silence not composed yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// The bars.
    pub bars: Vec<Arc<Bar>>,
    /// What somebody played beside them, in the order of time.
    pub played_in: Arc<[PerformedNote]>,
}

impl Score {
    /// The bar that holds the song position `tick`, if it has been composed.
    #[must_use]
    pub fn bar_at(&self, tick: Tick) -> Option<&Arc<Bar>> {
        let idx = self.bars.partition_point(|bar| bar.start <= tick).checked_sub(1)?;
        self.bars.get(idx).filter(|bar| tick < bar.end())
    }
}
