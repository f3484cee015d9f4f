//! From what was saved to the take. Damage to a part costs that part and nothing else.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bar_lines::meter_of_length;
use crate::composer::take::bars::{Shelf, Take, start_fingerprint};
use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::take::harmony::{BarPlace, Harmony};
use crate::composer::take::history::{Change, History, Step};
use crate::composer::take::ideas::{Heard, Idea, Ideas};
use crate::composer::take::opening::Opening;
use crate::composer::take::played_in::PlayedIn;
use crate::composer::take::replaced::Replaced;
use crate::composer::take::saved::error::TakeError;
use crate::composer::take::saved::input::Played;
use crate::composer::take::saved::section::Section;
use crate::music::{Bar, Key, Meter, Progression, Tick};
use crate::player::ComposingKnobs;

/// Bars of the song, one after the other.
pub(super) struct Stretch {
    /// Where the first begins.
    pub(super) start: Tick,
    pub(super) n_bars: usize,
    /// The bars; none if they cannot be read.
    pub(super) section: Option<Section>,
}

impl Stretch {
    /// The meter of a bar that is damaged: its own if that can be read, else one in which the bars fill the time up to
    /// the next stretch.
    fn meter(&self, idx: usize, next_start: Option<Tick>) -> Option<Meter> {
        let saved = self.section.as_ref().and_then(|section| section.bars.get(idx)?.meter());
        let length = || Some(Tick(next_start?.0.checked_sub(self.start.0)? / self.n_bars.max(1) as i64));
        saved.or_else(|| meter_of_length(length()?))
    }
}

/// Bars of the takes that are not playing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shelved {
    /// For each bar: which take, which bar, and where it begins in ticks.
    pub(super) places: Vec<(u8, usize, i64)>,
    pub(super) section: Section,
}

/// Bars that were changed by hand.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Changes {
    /// Each change: the edit that it belongs to, which bar, where that begins, and whether there was one before.
    pub(super) places: Vec<ChangePlace>,
    /// For each change the old bar, if there was one, and the new one.
    pub(super) section: Section,
}

/// Bars that others have replaced.
pub(super) struct SavedReplaced {
    /// For each bar: which bar, where it begins in ticks, and the fingerprint of what was before it.
    pub(super) places: Vec<(usize, i64, u64)>,
    pub(super) section: Section,
}

/// Music that was heard and then replaced.
pub(super) struct SavedIdea {
    pub(super) when: u64,
    /// For each bar: which bar, and where it begins in ticks.
    pub(super) places: Vec<(usize, i64)>,
    pub(super) section: Section,
}

/// The place of one change.
pub(super) type ChangePlace = (usize, usize, i64, bool);

/// Everything of a saved take, each part by itself; those that cannot be read are none.
pub(super) struct Contents {
    pub(super) opening: Option<Result<Opening, &'static str>>,
    pub(super) song: Vec<Stretch>,
    pub(super) shelf: Vec<Option<Shelved>>,
    /// The edits that can be undone and those that can be redone, each part with the number of its first edit.
    pub(super) edits: [Vec<(usize, Option<Changes>)>; 2],
    /// Bars that others have replaced, the newest last.
    pub(super) replaced: Vec<Option<SavedReplaced>>,
    /// Stale bars, each with the fingerprint of what was before it when it was composed.
    pub(super) pasts: Vec<(usize, u64)>,
    /// Models whose bars are stale, by their indices.
    pub(super) refused: Vec<usize>,
    /// Whether all bars were composed ahead and nothing has been played yet.
    pub(super) is_ahead: bool,
    /// The bars that have been heard, in ranges: the first, and how many. None where it is not known.
    pub(super) heard: Option<Vec<(usize, usize)>>,
    /// Music that was heard and then replaced, the newest last.
    pub(super) ideas: Vec<Option<SavedIdea>>,
    pub(super) played: Vec<Option<Played>>,
    /// The text of the chord lane of each take; empty where there is none.
    pub(super) lanes: Vec<String>,
}

/// Restores a take, and notes what is damaged.
pub(super) struct Restoring {
    pub(super) models: Vec<Arc<str>>,
    pub(super) damage: Vec<TakeError>,
    /// Whether bars were saved with their chords. Those of earlier versions have the chords of their place.
    pub(super) has_chords: bool,
    /// The chord lanes, in a take without bars.
    pub(super) lanes: Take,
}

impl Restoring {
    pub(super) fn take(&mut self, contents: &Contents) -> Take {
        for (slot, text) in (0..).zip(&contents.lanes).filter(|(_, text)| !text.is_empty()) {
            let lane = Progression::parse(text).map_err(|_| "cannot be read");
            let lane = self.noted("a chord lane", lane);
            self.lanes.set_lane(slot, lane);
        }
        let opening = contents.opening.clone().and_then(|opening| self.noted("the opening", opening));
        let pasts = contents.pasts.iter().map(|(bar_idx, bits)| (*bar_idx, Fingerprint::of_bits(*bits)));
        let bars = self.song(&contents.song, start_fingerprint(opening.as_ref()), &pasts.collect());
        let shelf = self.shelf(&contents.shelf);
        let [done, undone] = &contents.edits;
        let history = History::restored(self.steps(done), self.steps(undone));
        let replaced = self.replaced(&contents.replaced);
        let input = self.played(&contents.played);
        let mut take = Take::restored(opening, bars, input, shelf, history);
        take.lanes.clone_from(&self.lanes.lanes);
        take.replaced = replaced;
        take.refused = contents.refused.iter().filter_map(|idx| self.models.get(*idx)).cloned().collect();
        take.is_ahead = contents.is_ahead;
        let n_bars = take.n_bars();
        let heard = contents.heard.as_ref().map(|ranges| Heard::of_ranges(ranges, n_bars));
        take.heard = heard.unwrap_or_else(|| Heard::all(n_bars));
        take.ideas = self.ideas(&contents.ideas);
        take
    }

    /// The value, or none with a note of what is wrong.
    fn noted<T>(&mut self, part: &str, result: Result<T, &'static str>) -> Option<T> {
        result.map_err(|what| self.damage.push(TakeError::Damaged { part: part.to_owned(), what })).ok()
    }

    /// A bar of a section, which is the take's bar of index `bar_idx`; `before` as in [`Section::bar`].
    fn bar(
        &self,
        section: &Section,
        idx: usize,
        bar_idx: usize,
        start: Tick,
        before: Fingerprint,
    ) -> Result<ComposedBar, &'static str> {
        let bar = section.bar(idx, start, before, &self.models)?;
        let harmony = || self.harmony(bar_idx, bar.bar.meter, bar.key, &bar.knobs);
        Ok(if self.has_chords { bar } else { ComposedBar { harmony: harmony(), ..bar } })
    }

    /// The chords that belong to a place.
    fn harmony(&self, bar_idx: usize, meter: Meter, key: Key, knobs: &ComposingKnobs) -> Harmony {
        self.lanes.harmony(BarPlace { bar_idx, meter, key }, knobs)
    }

    /// The bars one after the other; silence in place of those that are damaged, so that the others stay where
    /// they are.
    ///
    /// `pasts` are the fingerprints of what was before the stale bars.
    fn song(
        &mut self,
        stretches: &[Stretch],
        start_fingerprint: Fingerprint,
        pasts: &BTreeMap<usize, Fingerprint>,
    ) -> Vec<Arc<ComposedBar>> {
        let mut bars: Vec<Arc<ComposedBar>> = Vec::new();
        for (stretch_idx, stretch) in stretches.iter().enumerate() {
            let next_start = stretches.get(stretch_idx + 1).map(|next| next.start);
            for idx in 0..stretch.n_bars {
                let previous = bars.last().map(|bar| &**bar);
                let start = previous.map_or(Tick::ZERO, |bar| bar.bar.end());
                let before = previous.map_or(start_fingerprint, ComposedBar::fingerprint);
                let section = stretch.section.as_ref().ok_or("cannot be read");
                let restored = section.and_then(|section| self.bar(section, idx, bars.len(), start, before));
                let past = pasts.get(&bars.len()).copied();
                let restored = restored.map(|bar| match past {
                    Some(past) if bar.before != before => ComposedBar { before: past, ..bar },
                    _ => bar,
                });
                let bar = self.noted(&format!("bar {}", bars.len() + 1), restored).unwrap_or_else(|| {
                    let meter = stretch.meter(idx, next_start);
                    let meter = meter.or(previous.map(|bar| bar.bar.meter)).unwrap_or(Meter::COMMON);
                    self.silent(bars.len(), start, meter, before, previous)
                });
                bars.push(Arc::new(bar));
            }
        }
        bars
    }

    /// A silent bar, composed as the bar before it. It stays until the user composes it again.
    fn silent(
        &self,
        bar_idx: usize,
        start: Tick,
        meter: Meter,
        before: Fingerprint,
        previous: Option<&ComposedBar>,
    ) -> ComposedBar {
        let knobs = previous.map_or_else(ComposingKnobs::default, |bar| bar.knobs);
        let model = previous.map(|bar| &bar.model).or(self.models.first());
        ComposedBar {
            bar: Arc::new(Bar { start, meter, notes: Vec::new() }),
            knobs,
            model: model.map_or_else(|| Arc::from(""), Arc::clone),
            before,
            key: knobs.key(),
            context: None,
            is_kept: false,
            n_rolls: 0,
            candidate: 0,
            harmony: self.harmony(bar_idx, meter, knobs.key(), &knobs),
            sureness: Arc::default(),
            locked: Arc::default(),
        }
    }

    fn shelf(&mut self, parts: &[Option<Shelved>]) -> Shelf {
        let mut shelf = Shelf::new();
        for part in parts {
            let Some(part) = self.noted("another take", part.as_ref().ok_or("cannot be read")) else {
                continue;
            };
            for (idx, (slot, bar_idx, start)) in part.places.iter().enumerate() {
                let bar = self.bar(&part.section, idx, *bar_idx, Tick(*start), Fingerprint::EMPTY);
                if let Some(bar) = self.noted("another take", bar) {
                    shelf.insert(((*slot).min(3), *bar_idx), Arc::new(bar));
                }
            }
        }
        shelf
    }

    fn replaced(&mut self, parts: &[Option<SavedReplaced>]) -> Replaced {
        let mut replaced = Replaced::default();
        for part in parts {
            let part = self.noted("a bar that was replaced", part.as_ref().ok_or("cannot be read"));
            let places =
                part.iter().flat_map(|part| part.places.iter().enumerate().map(|place| (*part, place)));
            for (part, (idx, (bar_idx, start, before))) in places {
                let before = Fingerprint::of_bits(*before);
                let bar = self.bar(&part.section, idx, *bar_idx, Tick(*start), before);
                if let Some(bar) = self.noted("a bar that was replaced", bar) {
                    replaced.add(*bar_idx, Arc::new(bar));
                }
            }
        }
        replaced
    }

    fn ideas(&mut self, parts: &[Option<SavedIdea>]) -> Ideas {
        let mut ideas = Ideas::default();
        for part in parts {
            let Some(part) = self.noted("an idea", part.as_ref().ok_or("cannot be read")) else {
                continue;
            };
            let mut bars = BTreeMap::new();
            for (idx, (bar_idx, start)) in part.places.iter().enumerate().take(Idea::MAX_BARS) {
                let bar = self.bar(&part.section, idx, *bar_idx, Tick(*start), Fingerprint::EMPTY);
                if let Some(bar) = self.noted("an idea", bar) {
                    bars.insert(*bar_idx, Arc::new(bar));
                }
            }
            if let Some(idea) = Idea::of(part.when, bars) {
                ideas.push(Arc::new(idea));
            }
        }
        ideas
    }

    /// The latest edits that are whole. An edit can only be undone after those that came later, so what was edited
    /// before a damaged one is left out too.
    fn steps(&mut self, parts: &[(usize, Option<Changes>)]) -> VecDeque<Step> {
        let mut steps: BTreeMap<usize, Vec<Change>> = BTreeMap::new();
        let mut first_whole = 0;
        for (part_idx, (_, part)) in parts.iter().enumerate() {
            let Some(part) = self.noted("an edit", part.as_ref().ok_or("cannot be read")) else {
                first_whole =
                    parts.get(part_idx + 1).map_or(usize::MAX, |(first, _)| first.saturating_add(1));
                continue;
            };
            let mut idx = 0;
            for (step_idx, bar_idx, start, has_old) in &part.places {
                let mut next = || {
                    idx += 1;
                    self.bar(&part.section, idx - 1, *bar_idx, Tick(*start), Fingerprint::EMPTY).map(Arc::new)
                };
                let old = has_old.then(&mut next).transpose();
                let change = next().and_then(|new| Ok(Change { bar_idx: *bar_idx, old: old?, new }));
                match self.noted("an edit", change) {
                    Some(change) => steps.entry(*step_idx).or_default().push(change),
                    None => first_whole = step_idx.saturating_add(1),
                }
            }
        }
        let whole: Vec<Step> = steps.split_off(&first_whole).into_values().map(Step::from).collect();
        let surplus = whole.len().saturating_sub(History::MAX_STEPS);
        whole.into_iter().skip(surplus).collect()
    }

    fn played(&mut self, parts: &[Option<Played>]) -> PlayedIn {
        let mut notes = Vec::new();
        for part in parts {
            let part = self.noted("what was played in", part.as_ref().ok_or("cannot be read"));
            for note in part.into_iter().flat_map(Played::restore) {
                if let Some(note) = self.noted("what was played in", note.ok_or("has an impossible note")) {
                    notes.push(note);
                }
            }
        }
        notes.truncate(PlayedIn::MAX_NOTES);
        PlayedIn::restored(notes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::composer::take::bar::ComposedBar;
    use crate::composer::take::bars::Take;
    use crate::composer::take::harmony::Harmony;
    use crate::composer::take::saved::SavedTake;
    use crate::composer::writing::writer::{Writer, compose_until};
    use crate::model::Model;
    use crate::music::{Meter, Tick};
    use crate::player::{Cadence, ComposingKnobs};

    #[test]
    fn bars_with_an_ending_that_an_earlier_version_composed_stay() {
        let knobs =
            ComposingKnobs { cadence: Cadence::Every, length: 4, ..ComposingKnobs::default() }.rounded();
        let mut writer = Writer::new(Arc::new(Model::random(2, 5)));
        let mut take = Take::default();
        compose_until(&mut take, &mut writer, &knobs, Meter::COMMON, Tick(12 * 96));
        // Earlier versions led into an ending without chords.
        for bar_idx in 0..take.n_bars() {
            let bar = ComposedBar { harmony: Harmony::default(), ..(*take.bars[bar_idx]).clone() };
            take.bars[bar_idx] = Arc::new(bar);
            take.mark_fresh(bar_idx);
        }
        let saved = SavedTake::of(&take, None);
        let stale = |saved: &SavedTake| -> Vec<usize> {
            let restored = saved.restore().unwrap();
            assert_eq!(restored.score(), take.score());
            (0..12).filter(|bar_idx| restored.is_stale(*bar_idx, &knobs, writer.hash())).collect()
        };
        assert_eq!(stale(&SavedTake { version: 4, ..saved.clone() }), <[usize; 0]>::default());
        assert_eq!(stale(&saved).len(), 12, "this version composes with them");
    }
}
