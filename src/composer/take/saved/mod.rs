//! The saved form of a take. The types here are the file format; the music types know nothing of it.
//!
//! Hosts save it with every project and every autosave, on their main thread. So formats 4 and 5 are compact and quick to
//! make: packs of a few bars each, every one readable by itself. Formats 1 to 3 are plain JSON.

mod error;
pub use error::TakeError;

mod knobs;

mod notes;

mod section;

mod input;

mod opening;

mod restore;

mod pack;

mod plain;

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::Take;
use crate::composer::take::history::{Change, Step};
use crate::composer::take::ideas::Idea;
use crate::composer::take::saved::error::VERSION;
use crate::composer::take::saved::input::Played;
use crate::composer::take::saved::opening::PackedOpening;
use crate::composer::take::saved::pack::Pack;
use crate::composer::take::saved::plain::PlainTake;
use crate::composer::take::saved::restore::{
    ChangePlace, Changes, Contents, Restoring, SavedIdea, SavedReplaced, Shelved, Stretch,
};
use crate::composer::take::saved::section::{Collector, Models, PackedSection};
use crate::model::Model;
use crate::music::Tick;

/// How many bars a pack holds at most.
const PACK_BARS: usize = 32;
/// How many played notes a pack holds at most.
const PACK_NOTES: usize = 1024;

/// A take in a saved project: its bars with the knobs and the model that they were composed with.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SavedTake {
    /// Format version; 0 is the empty take of an instance that never played.
    pub version: u32,
    /// The model that was composing.
    #[serde(default)]
    pub model: Option<SavedModel>,
    /// Hashes of the models that composed bars.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    composed_by: Vec<String>,
    /// The names of composing knobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    knob_names: Vec<String>,
    /// The bars in packs: where the first of each begins, and how many there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    song: Vec<(i64, usize, Pack)>,
    /// Bars of the takes that are not playing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Pack>,
    /// The edits that can be undone and those that can be redone, each pack with the number of its first edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    done: Vec<(usize, Pack)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    undone: Vec<(usize, Pack)>,
    /// Bars that others have replaced, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replaced: Vec<Pack>,
    /// For each stale bar its index and the fingerprint of what was before it when it was composed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pasts: Option<Pack>,
    /// Models whose bars are stale, indices into `composed_by`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused: Vec<usize>,
    /// Whether all bars were composed ahead and nothing has been played yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ahead: bool,
    /// The bars that have been heard, in ranges: the first, and how many. None in takes of earlier versions, where all
    /// count as heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard: Option<Vec<(usize, usize)>>,
    /// Music that was heard and then replaced, a pack for each idea, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ideas: Vec<Pack>,
    /// What was played in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    played: Vec<Pack>,
    /// The music that the take begins from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beginning: Option<Pack>,
    /// The text of the chord lane of each take, A to D; empty where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lanes: Vec<String>,
    /// What formats 1 to 3 have instead.
    #[serde(flatten)]
    plain: PlainTake,
}

/// Which model was composing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SavedModel {
    /// The name on its card.
    pub name: String,
    /// SHA-256 of its weights file, in hexadecimal.
    pub hash: String,
}

impl SavedTake {
    /// The take as it is to be saved, with the model that composes now.
    #[must_use]
    pub fn of(take: &Take, model: Option<&Model>) -> Self {
        let mut packing = Packing::default();
        let stretch = |(pack_idx, bars): (usize, &[Arc<ComposedBar>])| {
            let is_stale = |idx| take.has_changed_before(pack_idx * PACK_BARS + idx);
            let section = packing.section(bars.iter().enumerate().map(|(idx, bar)| (&**bar, is_stale(idx))));
            (bars.first().map_or(0, |bar| bar.bar.start.0), bars.len(), Pack::of(&section))
        };
        let song = take.bars().chunks(PACK_BARS).enumerate().map(stretch).collect();
        let others = packing.shelf(take);
        let [done, undone] = [&take.history().done, &take.history().undone].map(|steps| packing.steps(steps));
        let replaced = packing.replaced(take);
        let ideas = take.ideas().iter().map(|idea| packing.idea(idea)).collect();
        let is_refused = |hash: &str| model.is_some_and(|model| !take.accepts_model(hash, model.hash()));
        let composed_by = packing.models.0;
        let refused = (0..composed_by.len()).filter(|idx| is_refused(&composed_by[*idx])).collect();
        let model =
            model.map(|model| SavedModel { name: model.card().name.clone(), hash: model.hash().to_owned() });
        Self {
            version: VERSION,
            model,
            composed_by,
            knob_names: packing.knob_names,
            song,
            others,
            done,
            undone,
            replaced,
            pasts: pasts(take),
            refused,
            ahead: take.is_ahead && take.n_bars() > 0,
            heard: (take.n_bars() > 0).then(|| take.heard.ranges()),
            ideas,
            played: take.input.notes().chunks(PACK_NOTES).map(|notes| Pack::of(&Played::of(notes))).collect(),
            beginning: take.opening().map(|opening| Pack::of(&PackedOpening::of(opening))),
            lanes: lanes(take),
            plain: PlainTake::default(),
        }
    }

    /// How many bars it holds.
    #[must_use]
    pub fn n_bars(&self) -> usize {
        let packed: usize = self.song.iter().map(|(_, n_bars, _)| *n_bars).fold(0, usize::saturating_add);
        packed.saturating_add(self.plain.n_bars())
    }

    /// The take that was saved, as far as it can be read: in place of a damaged bar there is silence, and other
    /// damaged parts are left out.
    ///
    /// # Errors
    /// If it was saved by a later version, or is too long.
    pub fn restore(&self) -> Result<Take, TakeError> {
        self.restore_with_damage().map(|(take, _)| take)
    }

    /// As [`SavedTake::restore`], with all that is damaged.
    ///
    /// # Errors
    /// If it was saved by a later version, or is too long.
    pub fn restore_with_damage(&self) -> Result<(Take, Vec<TakeError>), TakeError> {
        if self.version > VERSION {
            return Err(TakeError::TooNew { found: self.version });
        }
        if self.n_bars() > Take::MAX_BARS {
            return Err(TakeError::TooLong);
        }
        let models: Vec<Arc<str>> = self.composed_by.iter().map(|hash| Arc::from(hash.as_str())).collect();
        let has_chords = self.version >= 5;
        let mut restoring = Restoring { models, damage: Vec::new(), has_chords, lanes: Take::default() };
        let take = restoring.take(&self.contents());
        Ok((take, restoring.damage))
    }

    fn contents(&self) -> Contents {
        if self.version < 4 {
            return self.plain.contents();
        }
        let section = |packed: PackedSection| packed.unpacked(&self.knob_names);
        let stretch = |(start, n_bars, pack): &(i64, usize, Pack)| Stretch {
            start: Tick(*start),
            n_bars: *n_bars,
            section: pack.open().and_then(section),
        };
        let shelved = |pack: &Pack| {
            let (places, packed) = pack.open()?;
            Some(Shelved { places, section: section(packed)? })
        };
        let changes = |pack: &Pack| {
            let (places, packed) = pack.open()?;
            Some(Changes { places, section: section(packed)? })
        };
        let replaced = |pack: &Pack| {
            let (places, packed) = pack.open()?;
            Some(SavedReplaced { places, section: section(packed)? })
        };
        let idea = |pack: &Pack| {
            let (when, places, packed) = pack.open()?;
            Some(SavedIdea { when, places, section: section(packed)? })
        };
        let steps =
            |packs: &[(usize, Pack)]| packs.iter().map(|(first, pack)| (*first, changes(pack))).collect();
        let opening = |pack: &Pack| pack.open::<PackedOpening>().ok_or("cannot be read")?.restore();
        Contents {
            opening: self.beginning.as_ref().map(opening),
            song: self.song.iter().map(stretch).collect(),
            shelf: self.others.iter().map(shelved).collect(),
            edits: [steps(&self.done), steps(&self.undone)],
            replaced: self.replaced.iter().map(replaced).collect(),
            // Without them, these bars are composed again instead of coming back.
            pasts: self.pasts.as_ref().and_then(Pack::open).unwrap_or_default(),
            refused: self.refused.clone(),
            is_ahead: self.ahead,
            heard: self.heard.clone(),
            ideas: self.ideas.iter().map(idea).collect(),
            played: self.played.iter().map(Pack::open).collect(),
            lanes: self.lanes.clone(),
        }
    }
}

/// The text of the chord lane of each take, if there is any.
fn lanes(take: &Take) -> Vec<String> {
    let text = |slot| take.lane(slot).map_or(String::new(), |lane| lane.text().to_owned());
    let texts: Vec<String> = (0..4).map(text).collect();
    if texts.iter().all(String::is_empty) { Vec::new() } else { texts }
}

/// The stale bars of a take, each with the fingerprint of what was before it when it was composed.
fn pasts(take: &Take) -> Option<Pack> {
    let stale = take.bars().iter().enumerate().filter(|(idx, _)| take.has_changed_before(*idx));
    let pasts: Vec<(usize, u64)> = stale.map(|(idx, bar)| (idx, bar.before.bits())).collect();
    (!pasts.is_empty()).then(|| Pack::of(&pasts))
}

/// Packs bars, and collects what all packs share.
#[derive(Default)]
struct Packing {
    models: Models,
    knob_names: Vec<String>,
}

impl Packing {
    /// Bars, each with whether what is before it has changed since.
    fn section<'a>(&mut self, bars: impl Iterator<Item = (&'a ComposedBar, bool)>) -> PackedSection {
        let mut collector = Collector::default();
        for (bar, is_stale) in bars {
            collector.add(bar, is_stale, &mut self.models);
        }
        PackedSection::of(collector.section, &mut self.knob_names)
    }

    fn shelf(&mut self, take: &Take) -> Vec<Pack> {
        let all: Vec<_> = take.shelf().iter().collect();
        let pack = |bars: &[(&(u8, usize), &Arc<ComposedBar>)]| {
            let places: Vec<_> =
                bars.iter().map(|((slot, bar_idx), bar)| (*slot, *bar_idx, bar.bar.start.0)).collect();
            Pack::of(&(places, self.section(bars.iter().map(|(_, bar)| (&***bar, false)))))
        };
        all.chunks(PACK_BARS).map(pack).collect()
    }

    fn replaced(&mut self, take: &Take) -> Vec<Pack> {
        let all: Vec<_> = take.replaced.bars().collect();
        let pack = |bars: &[&(usize, Arc<ComposedBar>)]| {
            let place = |(idx, bar): &&(usize, Arc<ComposedBar>)| (*idx, bar.bar.start.0, bar.before.bits());
            let places: Vec<_> = bars.iter().map(place).collect();
            Pack::of(&(places, self.section(bars.iter().map(|(_, bar)| (&**bar, false)))))
        };
        all.chunks(PACK_BARS).map(pack).collect()
    }

    fn idea(&mut self, idea: &Idea) -> Pack {
        let places: Vec<_> = idea.bars.iter().map(|(bar_idx, bar)| (*bar_idx, bar.bar.start.0)).collect();
        Pack::of(&(idea.when, places, self.section(idea.bars.values().map(|bar| (&**bar, false)))))
    }

    fn steps(&mut self, steps: &VecDeque<Step>) -> Vec<(usize, Pack)> {
        let all: Vec<_> = steps
            .iter()
            .enumerate()
            .flat_map(|(idx, step)| step.iter().map(move |change| (idx, change)))
            .collect();
        let mut packs = Vec::new();
        for changes in all.chunks(PACK_BARS) {
            let place = |(step_idx, change): &(usize, &Change)| -> ChangePlace {
                (*step_idx, change.bar_idx, change.new.bar.start.0, change.old.is_some())
            };
            let places: Vec<_> = changes.iter().map(place).collect();
            let bars = changes.iter().flat_map(|(_, change)| change.old.iter().chain([&change.new]));
            let section = self.section(bars.map(|bar| (&**bar, false)));
            packs.push((places.first().map_or(0, |(step_idx, ..)| *step_idx), Pack::of(&(places, section))));
        }
        packs
    }
}
