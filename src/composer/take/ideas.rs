//! The history of ideas: music that was heard and then replaced, to be brought back whole.
//!
//! Beside it, [`Replaced`](crate::composer::take::replaced::Replaced) keeps single bars, heard or not, so that the same
//! knobs give the same bars again; and edits by hand have a history of their own, to be undone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::music::Bar;
use crate::player::ComposingKnobs;

/// Music that was heard and then replaced by something that the user did: bars of the same knobs and the same model, that
/// were replaced one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Idea {
    /// When the last of its bars was replaced, in seconds since the beginning of 1970; 0 if that is not known.
    pub when: u64,
    /// The knobs that it was composed with.
    pub knobs: ComposingKnobs,
    pub(in crate::composer::take) bars: BTreeMap<usize, Arc<ComposedBar>>,
}

impl Idea {
    /// No idea has more bars. Longer music is several.
    pub(crate) const MAX_BARS: usize = 64;

    /// The idea of these bars, by their indices; none if there are none.
    pub(in crate::composer::take) fn of(when: u64, bars: BTreeMap<usize, Arc<ComposedBar>>) -> Option<Self> {
        let knobs = bars.first_key_value()?.1.knobs;
        Some(Self { when, knobs, bars })
    }

    /// The text of the chord lane that it was composed with; empty if there was none.
    #[must_use]
    pub fn lane(&self) -> &str {
        self.bars.values().next().map_or("", |bar| bar.harmony.lane())
    }

    /// The index of its first bar in the take.
    #[must_use]
    pub fn first_bar(&self) -> usize {
        self.bars.first_key_value().map_or(0, |(bar_idx, _)| *bar_idx)
    }

    /// Its bars, in order. Where some were kept they are not in it.
    #[must_use]
    pub fn bars(&self) -> impl ExactSizeIterator<Item = &Arc<Bar>> {
        self.bars.values().map(|composed| &composed.bar)
    }

    /// Whether it holds this very music in this place.
    fn holds(&self, bar_idx: usize, bar: &ComposedBar) -> bool {
        self.bars.get(&bar_idx).is_some_and(|own| (&own.bar, own.knobs) == (&bar.bar, bar.knobs))
    }

    /// Whether a bar that was replaced next belongs to it.
    fn goes_on_with(&self, bar_idx: usize, bar: &ComposedBar) -> bool {
        let has_its_model_and_chords =
            |own: &Arc<ComposedBar>| (&own.model, own.harmony.lane()) == (&bar.model, bar.harmony.lane());
        let is_alike = self.bars.values().next().is_some_and(has_its_model_and_chords);
        let has_room = self.bars.len() < Self::MAX_BARS && !self.bars.contains_key(&bar_idx);
        self.knobs == bar.knobs && is_alike && has_room
    }
}

/// The ideas of a take, the newest last. Saved with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ideas(VecDeque<Arc<Idea>>);

impl Ideas {
    /// How many are kept.
    pub(crate) const MAX_IDEAS: usize = 32;

    /// All of them, the newest last.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Idea>> {
        self.0.iter()
    }

    /// Adds an idea. The oldest is dropped if there are too many.
    pub(crate) fn push(&mut self, idea: Arc<Idea>) {
        if self.0.len() >= Self::MAX_IDEAS {
            self.0.pop_front();
        }
        self.0.push_back(idea);
    }

    /// Removes an idea.
    pub(in crate::composer::take) fn remove(&mut self, idea: &Idea) {
        self.0.retain(|other| **other != *idea);
    }

    /// Adds a bar that was replaced just now: to the newest idea, if it belongs to that. One that is there already makes
    /// its idea the newest.
    pub(in crate::composer::take) fn add(&mut self, bar_idx: usize, bar: Arc<ComposedBar>, when: u64) {
        let known = self.0.iter().position(|idea| idea.holds(bar_idx, &bar));
        if let Some(idea) = known.and_then(|idx| self.0.remove(idx)) {
            self.0.push_back(Arc::new(Idea { when, ..(*idea).clone() }));
            return;
        }
        if let Some(newest) = self.0.back_mut().filter(|newest| newest.goes_on_with(bar_idx, &bar)) {
            let newest = Arc::make_mut(newest);
            newest.when = when;
            newest.bars.insert(bar_idx, bar);
        } else {
            let idea = Idea { when, knobs: bar.knobs, bars: BTreeMap::from([(bar_idx, bar)]) };
            self.push(Arc::new(idea));
        }
    }
}

/// Which bars of a take have been heard: the playhead has moved on in them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Vec<bool>);

impl Heard {
    /// The first bars, all of them heard.
    pub(crate) fn all(n_bars: usize) -> Self {
        Self(vec![true; n_bars])
    }

    /// The bars in these ranges, first and number, in ascending order, among the first `n_bars`. Others are left out.
    pub(crate) fn of_ranges(ranges: &[(usize, usize)], n_bars: usize) -> Self {
        let mut heard = vec![false; n_bars];
        let mut next = 0;
        for (first, n_heard) in ranges.iter().filter(|(first, _)| *first < n_bars) {
            let end = first.saturating_add(*n_heard).min(n_bars);
            if let Some(range) = heard.get_mut(next.max(*first)..end) {
                range.fill(true);
                next = end;
            }
        }
        Self(heard)
    }

    /// The ranges of bars that were heard: the first of each, and how many there are.
    pub(crate) fn ranges(&self) -> Vec<(usize, usize)> {
        let mut first = 0;
        let rows = self.0.chunk_by(|a, b| a == b).map(|row| {
            first += row.len();
            (row.first() == Some(&true)).then(|| (first - row.len(), row.len()))
        });
        rows.flatten().collect()
    }

    /// Adds a bar, and returns whether it is new.
    pub(in crate::composer::take) fn add(&mut self, bar_idx: usize) -> bool {
        if self.0.len() <= bar_idx {
            self.0.resize(bar_idx + 1, false);
        }
        self.0.get_mut(bar_idx).is_some_and(|is_heard| !std::mem::replace(is_heard, true))
    }

    /// Removes a bar, and returns whether it was there.
    pub(in crate::composer::take) fn remove(&mut self, bar_idx: usize) -> bool {
        self.0.get_mut(bar_idx).is_some_and(std::mem::take)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::take::bars::Take;
    use crate::composer::take::ideas::{Heard, Idea};
    use crate::composer::writing::writer::{Writer, compose_bar};
    use crate::model::Model;
    use crate::music::{Meter, Tick};
    use crate::player::ComposingKnobs;

    #[test]
    fn heard_bars_are_read_back_from_their_ranges() {
        for pattern in 0_u32..256 {
            let mut heard = Heard::default();
            for bar_idx in (0..8).filter(|idx| pattern >> idx & 1 == 1) {
                assert!(heard.add(bar_idx) && !heard.add(bar_idx));
            }
            let ranges = heard.ranges();
            let mut again = Heard::of_ranges(&ranges, 8);
            assert_eq!(again.ranges(), ranges);
            assert!((0..8).all(|idx| again.remove(idx) == (pattern >> idx & 1 == 1)));
        }
        let (all, none) = (vec![(0, 3)], Vec::<(usize, usize)>::new());
        assert_eq!(Heard::all(3).ranges(), all);
        assert_eq!(Heard::of_ranges(&[(1, usize::MAX), (0, 9), (usize::MAX, 7)], 3).ranges(), [(1, 2)]);
        assert_eq!(Heard::of_ranges(&all, 0).ranges(), none);
    }

    #[test]
    fn longer_music_is_several_ideas_and_a_meter_that_ends_it_loses_none() {
        let n_bars = Idea::MAX_BARS + 6;
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::new(Model::random(3, 7))));
        let knobs = ComposingKnobs::default();
        for bar_idx in 0..n_bars {
            compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx);
        }
        assert!(take.mark_heard(Tick::ZERO, take.end()) && !take.mark_heard(Tick::ZERO, take.end()));
        let music = take.score().bars;
        let waltz = Meter::new(3, 4).unwrap();
        compose_bar(&mut take, &mut writer, &knobs, waltz, 0);
        assert_eq!(take.n_bars(), 1, "the others began elsewhere");
        let ideas: Vec<_> = take.ideas().iter().cloned().collect();
        assert_eq!(ideas.iter().map(|idea| idea.bars().len()).collect::<Vec<_>>(), [Idea::MAX_BARS, 6]);
        for idea in &ideas {
            take.bring_back(idea, writer.hash());
        }
        assert_eq!(take.score().bars, music);
        assert!((0..n_bars).all(|idx| !take.is_stale(idx, &knobs, writer.hash())));
        assert_eq!(take.ideas().iter().len(), 0, "the waltz was never heard");
    }
}
