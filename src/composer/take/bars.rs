//! The take: the bars composed so far, with the knobs they were composed with.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::take::history::{Change, History};
use crate::composer::take::opening::Opening;
use crate::composer::take::played_in::PlayedIn;
use crate::music::{Bar, Family, Meter, Note, Score, Tick};
use crate::player::ComposingKnobs;
use crate::player::handover::Input;

/// The bars composed so far, one after the other from the origin of the song.
///
/// Sharing: a clone costs as much as a list of its bars; the bars themselves are shared.
#[derive(Debug, Clone, Default)]
pub struct Take {
    bars: Vec<Arc<ComposedBar>>,
    opening: Option<Arc<Opening>>,
    /// What was played in.
    pub(crate) input: PlayedIn,
    /// Bars of the takes that are not heard now, by take and index.
    shelf: Arc<BTreeMap<(u8, usize), Arc<ComposedBar>>>,
    history: History,
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

    /// An empty take that will start from other music than the model's own primers.
    #[must_use]
    pub fn starting_from(opening: Opening) -> Self {
        Self { opening: Some(Arc::new(opening)), ..Self::default() }
    }

    /// Puts the bars of a saved take in. They stay whatever model composes.
    pub(crate) fn restore(&mut self, bars: Vec<Arc<ComposedBar>>) {
        (self.bars, self.accepts_any_model) = (bars, true);
    }

    /// Puts notes in as if somebody played them, at song positions. What is composed at a place has heard those
    /// before it, as when they are played live.
    pub fn play_in(&mut self, notes: &[Note]) {
        for note in notes {
            let Note { onset: at, pitch: key, velocity, .. } = *note;
            self.input.press(&Input { number: 0, at, position: at.to_beats(), channel: 0, key, velocity });
            self.input.let_go(note.end(), note.end().to_beats(), key);
        }
    }

    /// What was played in, at song positions, as an instrument plays it.
    #[must_use]
    pub fn played_in(&self, instrument: Family) -> Vec<Note> {
        self.input.heard_in(Tick(i64::MIN), Tick(i64::MAX), instrument)
    }

    /// Its bars, to be played.
    #[must_use]
    pub fn score(&self) -> Score {
        Score {
            bars: self.bars.iter().map(|composed| Arc::clone(&composed.bar)).collect(),
            played_in: self.input.performed().into(),
        }
    }

    /// The take as it is before a bar.
    pub(crate) fn until(&self, bar_idx: usize) -> Self {
        Self { bars: self.bars.iter().take(bar_idx).cloned().collect(), ..self.clone() }
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

    pub(crate) fn bars(&self) -> &[Arc<ComposedBar>] {
        &self.bars
    }

    pub(crate) fn opening(&self) -> Option<&Opening> {
        self.opening.as_deref()
    }

    /// From now on the take begins from other music. All its bars become stale.
    pub(crate) fn set_opening(&mut self, opening: Option<Opening>) {
        self.opening = opening.map(Arc::new);
    }

    pub(crate) fn shelf(&self) -> &BTreeMap<(u8, usize), Arc<ComposedBar>> {
        &self.shelf
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Puts back what a saved take has beside its bars.
    pub(crate) fn furnish(
        &mut self,
        input: PlayedIn,
        shelf: BTreeMap<(u8, usize), Arc<ComposedBar>>,
        history: History,
    ) {
        (self.input, self.shelf, self.history) = (input, Arc::new(shelf), history);
    }

    /// From now on bars of other models than the one that composes are stale.
    pub(crate) fn refuse_other_models(&mut self) {
        self.accepts_any_model = false;
    }

    /// The index of the bar that holds a song position.
    pub(crate) fn bar_idx_at(&self, position: Tick) -> Option<usize> {
        let idx = self.bars.partition_point(|c| c.bar.start <= position).checked_sub(1)?;
        self.bars.get(idx).filter(|c| position < c.bar.end()).map(|_| idx)
    }

    /// The notes of the bars before a bar that still sound at `start`, where it begins.
    pub(crate) fn ringing_into(&self, bar_idx: usize, start: Tick) -> impl Iterator<Item = &Note> {
        let bars = self.bars.iter().take(bar_idx).rev();
        let near = bars.take_while(move |composed| composed.bar.end() + Note::LONGEST > start);
        near.flat_map(|composed| &composed.bar.notes).filter(move |note| note.end() > start)
    }

    /// The fingerprint of everything before a bar.
    pub(crate) fn before(&self, bar_idx: usize) -> Fingerprint {
        let previous = bar_idx.checked_sub(1).and_then(|idx| self.bars.get(idx));
        previous.map_or_else(|| self.beginning(), |composed| composed.fingerprint())
    }

    /// The fingerprint of what lies before the first bar.
    pub(crate) fn beginning(&self) -> Fingerprint {
        let Some(opening) = self.opening() else {
            return Fingerprint::EMPTY;
        };
        Fingerprint::EMPTY.with(i64::from(opening.key.tonic())).with_notes(&opening.primer.notes)
    }

    /// Whether the bar before this one has been recomposed to something else.
    pub(crate) fn has_lost_its_past(&self, bar_idx: usize) -> bool {
        self.bars
            .get(bar_idx)
            .is_some_and(|composed| !composed.is_kept && composed.before != self.before(bar_idx))
    }

    /// Whether the fingerprint of what is before a bar has changed, kept or not.
    pub(crate) fn is_out_of_date(&self, bar_idx: usize) -> bool {
        self.bars.get(bar_idx).is_some_and(|composed| composed.before != self.before(bar_idx))
    }

    /// Whether a bar would have to be composed again to belong to these knobs and this model.
    pub(crate) fn is_stale(&self, bar_idx: usize, knobs: &ComposingKnobs, model: &str) -> bool {
        self.has_lost_its_past(bar_idx)
            || self.bars.get(bar_idx).is_some_and(|composed| {
                let is_its_own = composed.knobs == *knobs && self.accepts_model(&composed.model, model);
                // A kept bar stays whatever is turned, but belongs to its own take.
                !(is_its_own || composed.is_kept && composed.knobs.slot == knobs.slot)
            })
    }

    pub(crate) fn accepts_model(&self, composed_by: &str, model: &str) -> bool {
        self.accepts_any_model || composed_by == model
    }

    /// Puts a bar in its place, at the end or instead of another. If it ends elsewhere than the one
    /// before it, those that followed have no place any more.
    pub(crate) fn put(&mut self, bar_idx: usize, composed: Arc<ComposedBar>) {
        let end = composed.bar.end();
        if let Some(place) = self.bars.get_mut(bar_idx) {
            let slot = composed.knobs.slot;
            let old = std::mem::replace(place, composed);
            let has_moved = old.bar.end() != end;
            if old.knobs.slot != slot {
                Arc::make_mut(&mut self.shelf).insert((old.knobs.slot, bar_idx), Arc::clone(&old));
            }
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
    pub(crate) fn replaced_bar(
        &self,
        bar_idx: usize,
        knobs: &ComposingKnobs,
        meter: Meter,
        model: &str,
    ) -> Option<Arc<ComposedBar>> {
        let before = self.before(bar_idx);
        let n_rolls = self.n_rolls(bar_idx, knobs.slot);
        let is_it = |(idx, old): &&(usize, Arc<ComposedBar>)| {
            *idx == bar_idx
                && old.n_rolls == n_rolls
                && !old.is_kept
                && old.before == before
                && old.knobs == *knobs
                && old.bar.meter == meter
                && self.accepts_model(&old.model, model)
        };
        self.replaced.iter().rev().find(is_it).map(|(_, old)| Arc::clone(old))
    }

    /// The bar of another take that belongs here: with these knobs, or kept.
    pub(crate) fn shelved(
        &self,
        bar_idx: usize,
        knobs: &ComposingKnobs,
        meter: Meter,
        model: &str,
    ) -> Option<Arc<ComposedBar>> {
        let old = self.shelf.get(&(knobs.slot, bar_idx))?;
        let start = bar_idx
            .checked_sub(1)
            .map_or(Tick::ZERO, |idx| self.bars.get(idx).map_or(Tick::ZERO, |b| b.bar.end()));
        let fits = (old.bar.start, old.bar.meter) == (start, meter);
        let is_its_own = old.knobs == *knobs && self.accepts_model(&old.model, model);
        let is_elsewhere = self.bars.get(bar_idx).is_none_or(|here| here.knobs.slot != knobs.slot);
        (fits && is_elsewhere && (is_its_own || old.is_kept))
            .then(|| Arc::new(ComposedBar { before: self.before(bar_idx), ..(**old).clone() }))
    }

    /// How often a bar of a take was composed again by hand.
    pub(crate) fn n_rolls(&self, bar_idx: usize, slot: u8) -> u32 {
        let here = self.bars.get(bar_idx).filter(|composed| composed.knobs.slot == slot);
        here.or_else(|| self.shelf.get(&(slot, bar_idx))).map_or(0, |composed| composed.n_rolls)
    }

    /// Takes bars in that were changed by hand. The bars after them stay as they are.
    ///
    /// Where the phrase has come round since and a bar sounds like the one that was changed, it changes with
    /// it. All of it is one step to undo.
    pub(crate) fn edit(&mut self, bar_idx: usize, new: &ComposedBar) {
        let Some(old) = self.bars.get(bar_idx).cloned() else {
            return;
        };
        let length = usize::from(old.knobs.length.max(1));
        let mut changes = Vec::new();
        for (idx, here) in self.bars.iter().enumerate().skip(bar_idx).step_by(length) {
            if idx != bar_idx
                && (old.bar.notes.is_empty() || !here.sounds_like(&old) || here.knobs.slot != old.knobs.slot)
            {
                break;
            }
            let moved = ComposedBar { knobs: here.knobs, ..new.moved_to(here.bar.start) };
            changes.push(Change { bar_idx: idx, old: Some(Arc::clone(here)), new: Arc::new(moved) });
        }
        self.make(changes);
    }

    /// Makes changes, as one step to undo.
    fn make(&mut self, changes: Vec<Change>) {
        for change in &changes {
            self.replace(change.bar_idx, &change.new);
        }
        if !changes.is_empty() {
            self.history.push(changes.into());
        }
    }

    /// Undoes the last edit; `false` when there is none.
    pub(crate) fn undo(&mut self) -> bool {
        let Some(step) = self.history.undo() else { return false };
        for change in step.iter() {
            match &change.old {
                Some(old) => self.replace(change.bar_idx, old),
                None => self.take_away(change.bar_idx, change.new.knobs.slot),
            }
        }
        true
    }

    /// Does again what was undone last; `false` when there is nothing.
    pub(crate) fn redo(&mut self) -> bool {
        let Some(step) = self.history.redo() else { return false };
        step.iter().for_each(|change| self.replace(change.bar_idx, &change.new));
        true
    }

    /// A take has no bar here any more. Where it is the one that is heard, the bar is composed anew.
    fn take_away(&mut self, bar_idx: usize, slot: u8) {
        Arc::make_mut(&mut self.shelf).remove(&(slot, bar_idx));
        if let Some(here) = self.bars.get_mut(bar_idx).filter(|here| here.knobs.slot == slot) {
            let nobodys = ComposedBar {
                model: Arc::default(),
                before: Fingerprint::LOST,
                is_kept: false,
                ..(**here).clone()
            };
            *here = Arc::new(nobodys);
        }
    }

    /// Puts a bar in the place of another without making those after it stale. Nothing happens where the
    /// bars have moved meanwhile.
    fn replace(&mut self, bar_idx: usize, new: &Arc<ComposedBar>) {
        let Some(here) = self.bars.get(bar_idx).filter(|here| here.stands_like(new)) else {
            return;
        };
        if here.knobs.slot != new.knobs.slot {
            Arc::make_mut(&mut self.shelf).insert((new.knobs.slot, bar_idx), Arc::clone(new));
            return;
        }
        let before = self.before(bar_idx);
        let new = Arc::new(ComposedBar { before, ..(**new).clone() });
        self.adopting_the_rest(bar_idx, |take| {
            if let Some(place) = take.bars.get_mut(bar_idx) {
                *place = new;
            }
        });
    }

    /// Changes a bar in such a way that those after it stay what they are, stale ones stale.
    fn adopting_the_rest(&mut self, bar_idx: usize, change: impl FnOnce(&mut Self)) {
        let is_stale = |idx: &usize| self.bars.get(*idx).is_some_and(|b| b.before != self.before(*idx));
        let first_stale = (bar_idx + 1..self.bars.len()).find(is_stale).unwrap_or(self.bars.len());
        change(self);
        for idx in bar_idx + 1..first_stale {
            self.bless(idx);
        }
    }

    /// Takes a bar for one that belongs to what is before it now.
    pub(crate) fn bless(&mut self, bar_idx: usize) {
        let before = self.before(bar_idx);
        if let Some(here) = self.bars.get_mut(bar_idx)
            && here.before != before
        {
            *here = Arc::new(ComposedBar { before, ..(**here).clone() });
        }
    }

    /// Lays the bars of one take where another is, as far as it has been heard: one step to undo.
    pub(crate) fn copy(&mut self, from: u8, to: u8) {
        if from == to {
            return;
        }
        let of_slot = |slot: u8, idx: usize, here: &Arc<ComposedBar>| {
            let on_shelf = || self.shelf.get(&(slot, idx)).filter(|bar| bar.stands_like(here));
            (here.knobs.slot == slot).then_some(here).or_else(on_shelf).cloned()
        };
        let change = |(bar_idx, here): (usize, &Arc<ComposedBar>)| {
            let bar = of_slot(from, bar_idx, here)?;
            let new =
                Arc::new(ComposedBar { knobs: ComposingKnobs { slot: to, ..bar.knobs }, ..(*bar).clone() });
            Some(Change { bar_idx, old: of_slot(to, bar_idx, here), new })
        };
        self.make(self.bars.iter().enumerate().filter_map(change).collect());
    }

    /// The bar stays whatever knob is turned, and comes back when the phrase comes round.
    pub(crate) fn keep(&mut self, bar_idx: usize) {
        if let Some(here) = self.bars.get(bar_idx) {
            let kept = ComposedBar { is_kept: true, ..(**here).clone() };
            self.edit(bar_idx, &kept);
        }
    }

    /// The bar is silent, and stays so.
    pub(crate) fn clear(&mut self, bar_idx: usize) {
        if let Some(here) = self.bars.get(bar_idx) {
            let silent = ComposedBar {
                bar: Arc::new(Bar { notes: Vec::new(), ..(*here.bar).clone() }),
                heard: None,
                is_kept: true,
                sureness: Arc::default(),
                ..(**here).clone()
            };
            self.edit(bar_idx, &silent);
        }
    }

    /// Gives a bar and, in the phrase's later rounds, its like back to the composer.
    pub(crate) fn release(&mut self, bar_idx: usize) {
        let Some(old) = self.bars.get(bar_idx).cloned() else {
            return;
        };
        let length = usize::from(old.knobs.length.max(1));
        let mut changes = Vec::new();
        for (idx, here) in self.bars.iter().enumerate().skip(bar_idx % length).step_by(length) {
            if here.is_kept {
                let new = Arc::new(ComposedBar { is_kept: false, ..(**here).clone() });
                changes.push(Change { bar_idx: idx, old: Some(Arc::clone(here)), new });
            }
        }
        self.make(changes);
    }

    /// Makes the song position `line` a bar line by shortening the bar that holds it, if a meter can
    /// say so. Whatever followed that bar has no place any more.
    pub(crate) fn line_up(&mut self, line: Tick) {
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
    pub(crate) fn shorten(&mut self, bar_idx: usize, meter: Meter) {
        let Some(composed) = self.bars.get(bar_idx) else {
            return;
        };
        let start = composed.bar.start;
        let end = start + meter.bar_length();
        let notes: Vec<Note> = composed.bar.notes.iter().filter(|note| note.onset < end).copied().collect();
        let n_notes = notes.len();
        let heard = composed.heard.as_ref();
        let shortened = ComposedBar {
            bar: Arc::new(Bar { start, meter, notes }),
            heard: heard.map(|heard| heard.iter().filter(|note| note.onset < end).copied().collect()),
            sureness: composed.sureness.iter().take(n_notes).copied().collect(),
            ..(**composed).clone()
        };
        self.put(bar_idx, Arc::new(shortened));
    }

    /// The meter that a new bar at the end should have so that bars of `meter` lead up to `line`.
    pub(crate) fn meter_towards(&self, line: Tick, meter: Meter) -> Meter {
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
    use crate::composer::take::bars::meter_of_length;
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
