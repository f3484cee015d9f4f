//! The take: the bars composed so far, with the knobs they were composed with.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::take::harmony::BarPlace;
use crate::composer::take::history::History;
use crate::composer::take::ideas::{Heard, Ideas};
use crate::composer::take::opening::Opening;
use crate::composer::take::played_in::PlayedIn;
use crate::composer::take::replaced::Replaced;
use crate::music::{Family, Meter, Note, Piece, Progression, Score, Tick, meter_changes};
use crate::player::ComposingKnobs;
use crate::player::handover::Input;

/// Bars of the takes that are not playing, by take (0 to 3) and bar index.
pub(crate) type Shelf = BTreeMap<(u8, usize), Arc<ComposedBar>>;

/// The bars composed so far, one after the other from the origin of the song.
///
/// Sharing: a clone costs as much as a list of its bars; the bars themselves are shared.
#[derive(Debug, Clone, Default)]
pub struct Take {
    pub(in crate::composer::take) bars: Vec<Arc<ComposedBar>>,
    opening: Option<Arc<Opening>>,
    /// What was played in.
    pub(crate) input: PlayedIn,
    pub(in crate::composer::take) shelf: Arc<Shelf>,
    pub(in crate::composer::take) history: History,
    /// Whether bars of any model but `refused` are fresh, not only those of the model that composes now.
    accepts_any_model: bool,
    /// Models whose bars were stale when the take was saved. They are fresh only if their own model composes.
    pub(in crate::composer::take) refused: Vec<Arc<str>>,
    /// Whether nothing of the take has been played yet, nor changed by hand: it was composed ahead, for knobs and a
    /// meter that may still change.
    pub(crate) is_ahead: bool,
    /// Bars that others have replaced: so a knob turned there and back brings back the same bars, even if nothing
    /// could compose them any more.
    pub(in crate::composer::take) replaced: Replaced,
    /// Which bars have been heard, and what was heard and then replaced.
    pub(in crate::composer::take) heard: Heard,
    pub(in crate::composer::take) ideas: Ideas,
    /// What time it is, in seconds since the beginning of 1970; 0 if that is not known. Not saved.
    pub(crate) now: u64,
    /// What was played while no conversation was on, since the song last went back. Not saved, and no part of the music.
    pub(crate) overheard: PlayedIn,
    /// How many bars the piece will have, if it comes to an end.
    length: Option<usize>,
    /// The chord lane of each take, A to D.
    pub(in crate::composer::take) lanes: [Option<Arc<Progression>>; 4],
}

impl Take {
    /// The longest take, in bars.
    pub const MAX_BARS: usize = 16_384;

    /// An empty take that will begin from other music than the model's own primers.
    #[must_use]
    pub fn starting_from(opening: Opening) -> Self {
        Self { opening: Some(Arc::new(opening)), ..Self::default() }
    }

    /// A take with the contents of a saved one. Its bars stay whatever model composes.
    pub(crate) fn restored(
        opening: Option<Opening>,
        bars: Vec<Arc<ComposedBar>>,
        input: PlayedIn,
        shelf: Shelf,
        history: History,
    ) -> Self {
        Self {
            bars,
            opening: opening.map(Arc::new),
            input,
            shelf: Arc::new(shelf),
            history,
            accepts_any_model: true,
            ..Self::default()
        }
    }

    /// The same take, to be brought to an end with its `n_bars`th bar. Not saved.
    #[must_use]
    pub fn ending_after(self, n_bars: usize) -> Self {
        Self { length: Some(n_bars), ..self }
    }

    /// How many bars the piece will have, if it comes to an end.
    pub(crate) fn length(&self) -> Option<usize> {
        self.length
    }

    /// Adds notes as if they had been played at these song positions. Whatever is composed after a note
    /// takes it into account, as when it is played live.
    pub fn play_in(&mut self, notes: &[Note]) {
        for note in notes {
            let Note { onset: at, pitch: key, velocity, .. } = *note;
            self.input.press(&Input { number: 0, at, position: at.to_beats(), channel: 0, key, velocity });
            self.input.release(note.end(), note.end().to_beats(), key);
        }
    }

    /// The notes that were played in, at song positions, as an instrument plays them.
    #[must_use]
    pub fn played_in(&self, instrument: Family) -> Vec<Note> {
        self.input.notes_in(Tick(i64::MIN), Tick(i64::MAX), instrument)
    }

    /// What was played in last as a piece of an instrument, in the meters of the bars: in a conversation, or beside the music.
    #[must_use]
    pub fn played_piece(&self, instrument: Family) -> Piece {
        let meters = meter_changes(self.bars.iter().map(|composed| &*composed.bar));
        let notes = self.played_or_overheard().notes_in(Tick(i64::MIN), Tick(i64::MAX), instrument);
        Piece { notes, meters, ..Piece::default() }
    }

    /// How many notes can be learned from.
    pub(crate) fn n_played(&self) -> usize {
        self.played_or_overheard().notes().len()
    }

    fn played_or_overheard(&self) -> &PlayedIn {
        if self.overheard.notes().is_empty() { &self.input } else { &self.overheard }
    }

    /// Its bars, to be played.
    #[must_use]
    pub fn score(&self) -> Score {
        Score {
            bars: self.bars.iter().map(|composed| Arc::clone(&composed.bar)).collect(),
            played_in: self.input.performed().into(),
            programs: self.opening().map(|opening| opening.programs.clone()).unwrap_or_default(),
        }
    }

    /// The same take with its first bars only.
    pub(crate) fn first_bars(&self, n_bars: usize) -> Self {
        Self { bars: self.bars.iter().take(n_bars).cloned().collect(), ..self.clone() }
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

    /// Changes the music that the take begins from. All its bars become stale.
    pub(crate) fn set_opening(&mut self, opening: Option<Opening>) {
        self.opening = opening.map(Arc::new);
    }

    pub(crate) fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Makes bars of other models than the one that composes stale from now on.
    pub(crate) fn refuse_other_models(&mut self) {
        self.accepts_any_model = false;
    }

    /// The index of the bar that holds a song position.
    pub(crate) fn bar_idx_at(&self, position: Tick) -> Option<usize> {
        let idx = self.bars.partition_point(|c| c.bar.start <= position).checked_sub(1)?;
        self.bars.get(idx).filter(|c| position < c.bar.end()).map(|_| idx)
    }

    /// Where a bar begins; none if a bar before it is missing.
    pub(crate) fn start_of(&self, bar_idx: usize) -> Option<Tick> {
        let Some(previous) = bar_idx.checked_sub(1) else { return Some(Tick::ZERO) };
        self.bars.get(previous).map(|previous| previous.bar.end())
    }

    /// The notes of earlier bars that still sound at `start`, where a bar begins.
    pub(crate) fn sounding_into(&self, bar_idx: usize, start: Tick) -> impl Iterator<Item = &Note> {
        let bars = self.bars.iter().take(bar_idx).rev();
        let near = bars.take_while(move |composed| composed.bar.end() + Note::LONGEST > start);
        near.flat_map(|composed| &composed.bar.notes).filter(move |note| note.end() > start)
    }

    /// The fingerprint of everything before a bar.
    pub(crate) fn fingerprint_before(&self, bar_idx: usize) -> Fingerprint {
        let previous = bar_idx.checked_sub(1).and_then(|idx| self.bars.get(idx));
        previous.map_or_else(|| start_fingerprint(self.opening()), |composed| composed.fingerprint())
    }

    /// Whether what is before a bar has changed since it was composed.
    pub(crate) fn has_changed_before(&self, bar_idx: usize) -> bool {
        self.bars.get(bar_idx).is_some_and(|composed| composed.before != self.fingerprint_before(bar_idx))
    }

    /// Whether a bar would have to be composed again because of a change before it: a kept one never.
    pub(crate) fn has_lost_its_past(&self, bar_idx: usize) -> bool {
        self.bars.get(bar_idx).is_some_and(|composed| !composed.is_kept) && self.has_changed_before(bar_idx)
    }

    /// Whether a bar would have to be composed again to belong to these knobs and this model.
    pub(crate) fn is_stale(&self, bar_idx: usize, knobs: &ComposingKnobs, model: &str) -> bool {
        let is_kept = self.bars.get(bar_idx).is_some_and(|composed| composed.is_kept);
        self.has_lost_its_past(bar_idx)
            || !is_kept && self.has_other_chords(bar_idx, knobs)
            || self.bars.get(bar_idx).is_some_and(|composed| {
                let is_its_own = composed.knobs == *knobs && self.accepts_model(&composed.model, model);
                // A kept bar stays whatever is turned, but belongs to its own take.
                !(is_its_own || composed.is_kept && composed.knobs.slot == knobs.slot)
            })
    }

    /// Makes bars of a model fresh from now on, whatever model composes.
    pub(in crate::composer::take) fn accept_model(&mut self, model: &str) {
        self.accepts_any_model = true;
        self.refused.retain(|refused| **refused != *model);
    }

    /// Whether a bar that one model composed is fresh while another composes.
    pub(crate) fn accepts_model(&self, composed_by: &str, model: &str) -> bool {
        let is_accepted =
            || self.accepts_any_model && !self.refused.iter().any(|hash| **hash == *composed_by);
        composed_by == model || is_accepted()
    }

    /// Makes a bar fresh: it belongs to what is before it now.
    pub(crate) fn mark_fresh(&mut self, bar_idx: usize) {
        let before = self.fingerprint_before(bar_idx);
        if let Some(here) = self.bars.get_mut(bar_idx)
            && here.before != before
        {
            *here = Arc::new(ComposedBar { before, ..(**here).clone() });
        }
    }

    /// Puts a bar in its place, at the end or instead of another. If it ends elsewhere than the one it
    /// replaces, the bars after it are removed. What was heard goes into the history of ideas.
    pub(crate) fn put(&mut self, bar_idx: usize, composed: Arc<ComposedBar>) {
        self.remember(bar_idx, &composed);
        self.put_resized(bar_idx, composed);
    }

    /// As [`Take::put`], where the bar is the same music as before, cut or extended at its end.
    pub(crate) fn put_resized(&mut self, bar_idx: usize, composed: Arc<ComposedBar>) {
        let end = composed.bar.end();
        if let Some(place) = self.bars.get_mut(bar_idx) {
            let slot = composed.knobs.slot;
            let old = std::mem::replace(place, composed);
            let has_moved = old.bar.end() != end;
            if old.knobs.slot != slot {
                Arc::make_mut(&mut self.shelf).insert((old.knobs.slot, bar_idx), Arc::clone(&old));
            }
            self.replaced.add(bar_idx, old);
            if has_moved {
                let removed: Vec<_> = self.bars.drain(bar_idx + 1..).collect();
                for (idx, bar) in removed.iter().enumerate() {
                    self.remember_removed(bar_idx + 1 + idx, bar);
                }
                // The nearest are the likeliest to be wanted back, so they are the last to be dropped.
                for (idx, bar) in removed.into_iter().enumerate().rev() {
                    self.replaced.add(bar_idx + 1 + idx, bar);
                }
            }
        } else if bar_idx == self.bars.len() && bar_idx < Self::MAX_BARS {
            self.bars.push(composed);
        }
    }

    /// The bar that was here before with these knobs, this meter and the same music before it.
    pub(crate) fn replaced_bar(
        &self,
        bar_idx: usize,
        knobs: &ComposingKnobs,
        meter: Meter,
        model: &str,
    ) -> Option<Arc<ComposedBar>> {
        let before = self.fingerprint_before(bar_idx);
        let last = self.last_in_meter(bar_idx, knobs.slot, meter);
        let n_rolls = last.map_or_else(|| self.n_rolls(bar_idx, knobs.slot), |last| last.n_rolls);
        let is_it = |old: &ComposedBar| {
            old.n_rolls == n_rolls
                && !old.is_kept
                && old.before == before
                && old.knobs == *knobs
                && old.bar.meter == meter
                && old.harmony == self.harmony(BarPlace { bar_idx, meter, key: old.key }, knobs)
                && self.accepts_model(&old.model, model)
        };
        self.replaced.newest(bar_idx, is_it)
    }

    /// The kept bar that was here when the host last had this meter here.
    pub(crate) fn kept_in_meter(&self, bar_idx: usize, slot: u8, meter: Meter) -> Option<Arc<ComposedBar>> {
        let last = self.last_in_meter(bar_idx, slot, meter).filter(|last| last.is_kept)?;
        Some(Arc::new(ComposedBar { before: self.fingerprint_before(bar_idx), ..(*last).clone() }))
    }

    /// The bar of a take that was here last in this meter, if the host has had another meter since.
    fn last_in_meter(&self, bar_idx: usize, slot: u8, meter: Meter) -> Option<Arc<ComposedBar>> {
        if self.bars.get(bar_idx).is_some_and(|here| here.bar.meter == meter) {
            return None;
        }
        let place = (self.start_of(bar_idx)?, meter, slot);
        self.replaced.newest(bar_idx, |old| (old.bar.start, old.bar.meter, old.knobs.slot) == place)
    }

    /// The bar on the shelf that belongs here: with these knobs, or kept.
    pub(crate) fn shelved_bar(
        &self,
        bar_idx: usize,
        knobs: &ComposingKnobs,
        meter: Meter,
        model: &str,
    ) -> Option<Arc<ComposedBar>> {
        let old = self.shelf.get(&(knobs.slot, bar_idx))?;
        let fits = (Some(old.bar.start), old.bar.meter) == (self.start_of(bar_idx), meter);
        let harmony = self.harmony(BarPlace { bar_idx, meter, key: old.key }, knobs);
        let is_its_own =
            old.knobs == *knobs && old.harmony == harmony && self.accepts_model(&old.model, model);
        let is_elsewhere = self.bars.get(bar_idx).is_none_or(|here| here.knobs.slot != knobs.slot);
        (fits && is_elsewhere && (is_its_own || old.is_kept))
            .then(|| Arc::new(ComposedBar { before: self.fingerprint_before(bar_idx), ..(**old).clone() }))
    }

    /// How often a bar of a take was composed again by hand.
    pub(crate) fn n_rolls(&self, bar_idx: usize, slot: u8) -> u32 {
        let here = self.bars.get(bar_idx).filter(|composed| composed.knobs.slot == slot);
        here.or_else(|| self.shelf.get(&(slot, bar_idx))).map_or(0, |composed| composed.n_rolls)
    }
}

/// The fingerprint of what is before the first bar.
pub(crate) fn start_fingerprint(opening: Option<&Opening>) -> Fingerprint {
    let Some(opening) = opening else { return Fingerprint::EMPTY };
    Fingerprint::EMPTY.with(i64::from(opening.key.tonic())).with_notes(&opening.primer.notes)
}
