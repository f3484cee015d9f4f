//! The take: the bars composed so far, with the knobs they were composed with.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::composer::fingerprint::Fingerprint;
use crate::model::Primer;
use crate::music::{Bar, Meter, Score, Tick};
use crate::player::ComposingKnobs;

/// A bar with what it was composed with and from. Never changes once made.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::composer) struct ComposedBar {
    pub(in crate::composer) bar: Arc<Bar>,
    pub(in crate::composer) knobs: ComposingKnobs,
    /// The hash of the model that composed it.
    pub(in crate::composer) model: Arc<str>,
    /// The fingerprint of the bar before it, as it was then. If that bar has been recomposed to
    /// something else since, this one is stale.
    pub(in crate::composer) before: Fingerprint,
}

impl ComposedBar {
    /// What the next bar must know of this one and of all before it to tell whether it is stale.
    pub(in crate::composer) fn fingerprint(&self) -> Fingerprint {
        self.before.with_bar(self)
    }
}

/// The bars composed so far, one after the other from the origin of the song.
///
/// Sharing: a clone costs as much as a list of its bars; the bars themselves are shared.
#[derive(Debug, Clone, Default)]
pub struct Take {
    bars: Vec<Arc<ComposedBar>>,
    primer: Option<Arc<Primer>>,
    /// Whether bars of other models than the one that composes now are as good as its own.
    accepts_any_model: bool,
    /// Bars that others have replaced, with their indices, the newest last. A knob turned there and back
    /// brings back the very bars that were there, even when nothing could compose them any more.
    replaced: VecDeque<(usize, Arc<ComposedBar>)>,
}

impl Take {
    /// No take is longer, in bars.
    pub const MAX_BARS: usize = 16_384;
    /// How many replaced bars are kept.
    const N_REPLACED: usize = 256;

    /// An empty take that will start from `primer` instead of one of the model's own.
    #[must_use]
    pub fn starting_from(primer: Primer) -> Self {
        Self {
            primer: Some(Arc::new(primer)),
            ..Self::default()
        }
    }

    pub(in crate::composer) fn restored(bars: Vec<Arc<ComposedBar>>) -> Self {
        Self {
            bars,
            accepts_any_model: true,
            ..Self::default()
        }
    }

    /// Its bars, to be played.
    #[must_use]
    pub fn score(&self) -> Score {
        Score {
            bars: self
                .bars
                .iter()
                .map(|composed| Arc::clone(&composed.bar))
                .collect(),
        }
    }

    /// Where the next bar will begin.
    #[must_use]
    pub fn end(&self) -> Tick {
        self.bars.last().map_or(Tick::ZERO, |composed| composed.bar.end())
    }

    /// How many bars it has.
    #[must_use]
    pub fn n_bars(&self) -> usize {
        self.bars.len()
    }

    pub(in crate::composer) fn bars(&self) -> &[Arc<ComposedBar>] {
        &self.bars
    }

    pub(in crate::composer) fn primer(&self) -> Option<&Primer> {
        self.primer.as_deref()
    }

    /// From now on bars of other models than the one that composes are stale.
    pub(in crate::composer) fn refuse_other_models(&mut self) {
        self.accepts_any_model = false;
    }

    /// The index of the bar that holds a song position.
    pub(in crate::composer) fn bar_idx_at(&self, position: Tick) -> Option<usize> {
        let idx = self
            .bars
            .partition_point(|c| c.bar.start <= position)
            .checked_sub(1)?;
        self.bars.get(idx).filter(|c| position < c.bar.end()).map(|_| idx)
    }

    /// The fingerprint of everything before a bar.
    pub(in crate::composer) fn before(&self, bar_idx: usize) -> Fingerprint {
        let previous = bar_idx.checked_sub(1).and_then(|idx| self.bars.get(idx));
        previous.map_or(Fingerprint::EMPTY, |composed| composed.fingerprint())
    }

    /// Whether the bar before this one has been recomposed to something else.
    pub(in crate::composer) fn has_lost_its_past(&self, bar_idx: usize) -> bool {
        self.bars
            .get(bar_idx)
            .is_some_and(|composed| composed.before != self.before(bar_idx))
    }

    /// Whether a bar would have to be composed again to belong to these knobs and this model.
    pub(in crate::composer) fn is_stale(&self, bar_idx: usize, knobs: &ComposingKnobs, model: &str) -> bool {
        self.has_lost_its_past(bar_idx)
            || self.bars.get(bar_idx).is_some_and(|composed| {
                composed.knobs != *knobs || !self.accepts_model(&composed.model, model)
            })
    }

    pub(in crate::composer) fn accepts_model(&self, composed_by: &str, model: &str) -> bool {
        self.accepts_any_model || composed_by == model
    }

    /// Puts a bar in its place, at the end or instead of another. If it ends elsewhere than the one
    /// before it, those that followed have no place any more.
    pub(in crate::composer) fn put(&mut self, bar_idx: usize, composed: Arc<ComposedBar>) {
        let end = composed.bar.end();
        if let Some(place) = self.bars.get_mut(bar_idx) {
            let old = std::mem::replace(place, composed);
            let has_moved = old.bar.end() != end;
            self.keep_replaced(bar_idx, old);
            if has_moved {
                let homeless: Vec<_> = self.bars.drain(bar_idx + 1..).collect();
                // The nearest are the likeliest to be wanted back, so they are kept last.
                for (idx, bar) in homeless.into_iter().enumerate().rev() {
                    self.keep_replaced(bar_idx + 1 + idx, bar);
                }
            }
        } else if bar_idx == self.bars.len() && bar_idx < Self::MAX_BARS {
            self.bars.push(composed);
        }
    }

    fn keep_replaced(&mut self, bar_idx: usize, old: Arc<ComposedBar>) {
        if self.replaced.len() >= Self::N_REPLACED {
            self.replaced.pop_front();
        }
        self.replaced.push_back((bar_idx, old));
    }

    /// The bar that was here before with these knobs, this meter and the same music before it.
    pub(in crate::composer) fn replaced_bar(
        &self,
        bar_idx: usize,
        knobs: &ComposingKnobs,
        meter: Meter,
        model: &str,
    ) -> Option<Arc<ComposedBar>> {
        let before = self.before(bar_idx);
        let is_it = |(idx, old): &&(usize, Arc<ComposedBar>)| {
            *idx == bar_idx
                && old.before == before
                && old.knobs == *knobs
                && old.bar.meter == meter
                && self.accepts_model(&old.model, model)
        };
        self.replaced
            .iter()
            .rev()
            .find(is_it)
            .map(|(_, old)| Arc::clone(old))
    }

    /// Makes the song position `line` a bar line by shortening the bar that holds it, if a meter can
    /// say so. Whatever followed that bar has no place any more.
    pub(in crate::composer) fn line_up(&mut self, line: Tick) {
        let Some(bar_idx) = self.bar_idx_at(line) else {
            return;
        };
        let Some(composed) = self.bars.get(bar_idx) else {
            return;
        };
        if let Some(meter) = meter_of_length(line - composed.bar.start) {
            self.shorten(bar_idx, meter);
        }
    }

    /// Gives a bar a shorter meter. Its notes stay as far as they begin in it.
    pub(in crate::composer) fn shorten(&mut self, bar_idx: usize, meter: Meter) {
        let Some(composed) = self.bars.get(bar_idx) else {
            return;
        };
        let start = composed.bar.start;
        let end = start + meter.bar_length();
        let notes = composed
            .bar
            .notes
            .iter()
            .filter(|note| note.onset < end)
            .copied()
            .collect();
        let shortened = ComposedBar {
            bar: Arc::new(Bar { start, meter, notes }),
            ..(**composed).clone()
        };
        self.put(bar_idx, Arc::new(shortened));
    }

    /// The meter that a new bar at the end should have so that bars of `meter` lead up to `line`.
    pub(in crate::composer) fn meter_towards(&self, line: Tick, meter: Meter) -> Meter {
        let gap = line - self.end();
        if gap <= Tick::ZERO || gap >= meter.bar_length() {
            return meter;
        }
        meter_of_length(gap).unwrap_or(meter)
    }
}

/// The simplest meter whose bar is so long, if there is one.
fn meter_of_length(length: Tick) -> Option<Meter> {
    let shortest = Meter::new(1, 32).ok()?.bar_length().0;
    if length.0 <= 0 || length.0 % shortest != 0 {
        return None;
    }
    let (mut numerator, mut denominator) = (u32::try_from(length.0 / shortest).ok()?, 32);
    while numerator % 2 == 0 && denominator > 4 {
        numerator /= 2;
        denominator /= 2;
    }
    Meter::new(numerator, denominator).ok()
}

#[cfg(test)]
mod tests {
    use crate::composer::take::meter_of_length;
    use crate::music::{Meter, Tick};

    #[test]
    fn a_gap_between_bar_lines_has_a_meter_if_it_can() {
        assert_eq!(meter_of_length(Tick(72)), Meter::new(3, 4).ok());
        assert_eq!(meter_of_length(Tick(36)), Meter::new(3, 8).ok());
        assert_eq!(meter_of_length(Tick(3)), Meter::new(1, 32).ok());
        assert_eq!(meter_of_length(Tick(4)), None);
        assert_eq!(meter_of_length(Tick(0)), None);
    }
}
