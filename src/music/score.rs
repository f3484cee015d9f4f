//! Composed bars, ready to be played.

use std::sync::Arc;

use crate::music::meter::Meter;
use crate::music::note::Note;
use crate::music::performed::PerformedNote;
use crate::music::programs::Programs;
use crate::music::time::Tick;

/// One bar of composed music. Never changes once made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The song position of its bar line.
    pub start: Tick,
    /// Its time signature.
    pub meter: Meter,
    /// Notes that begin in this bar, in the order of [`Note`], at song positions. They may last beyond
    /// the bar.
    pub notes: Vec<Note>,
}

impl Bar {
    /// The song position of the next bar line.
    #[must_use]
    pub fn end(&self) -> Tick {
        self.start + self.meter.bar_length()
    }
}

/// Bars in ascending order that do not overlap. A gap is not composed yet, and silent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// The bars.
    pub bars: Vec<Arc<Bar>>,
    /// Notes that the user played along, in order of time.
    pub played_in: Arc<[PerformedNote]>,
    /// The programs of its instruments, where the music that it goes on from has others than the typical ones.
    pub programs: Programs,
}

impl Score {
    /// The bar that holds the song position `tick`, if it has been composed.
    #[must_use]
    pub fn bar_at(&self, tick: Tick) -> Option<&Arc<Bar>> {
        let idx = self.bars.partition_point(|bar| bar.start <= tick).checked_sub(1)?;
        self.bars.get(idx).filter(|bar| tick < bar.end())
    }
}

/// Where the meter of bars changes, and to what, the first bar's first.
pub fn meter_changes<'a>(bars: impl Iterator<Item = &'a Bar>) -> Vec<(Tick, Meter)> {
    let mut changes: Vec<(Tick, Meter)> = bars.map(|bar| (bar.start, bar.meter)).collect();
    changes.dedup_by_key(|(_, meter)| *meter);
    changes
}
