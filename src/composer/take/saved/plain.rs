//! Formats 1 to 3: everything as JSON. Only read, or handed on as it was.

use serde::{Deserialize, Serialize};

use crate::composer::take::saved::input::{Played, SavedInput, SavedTouch};
use crate::composer::take::saved::knobs::SavedKnobs;
use crate::composer::take::saved::notes::SavedNote;
use crate::composer::take::saved::opening::PlainOpening;
use crate::composer::take::saved::restore::{Changes, Contents, Shelved, Stretch};
use crate::composer::take::saved::section::{SavedBar, Section};
use crate::music::Tick;

/// The contents of a take in formats 1 to 3.
///
/// Version 2 added what was played in, edits, kept bars, the takes B to D and the opening. Version 3 added
/// edits of a bar that was not there before.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
pub(super) struct PlainTake {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    bars: Vec<SavedBar>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    knobs: Vec<SavedKnobs>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    passages: Vec<Vec<SavedNote>>,
    /// Bars of the takes that are not playing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shelf: Vec<ShelvedBar>,
    /// The edits that can be undone, and those that can be redone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    undo: Vec<Vec<SavedChange>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    redo: Vec<Vec<SavedChange>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    input: Vec<SavedInput>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    touches: Vec<SavedTouch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opening: Option<PlainOpening>,
}

/// A bar of a take that is not playing: which take, which bar, and where it begins in ticks.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
struct ShelvedBar {
    slot: u8,
    bar_idx: usize,
    start: i64,
    bar: SavedBar,
}

/// A bar that was changed by hand.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
struct SavedChange {
    bar_idx: usize,
    start: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old: Option<SavedBar>,
    new: SavedBar,
}

impl PlainTake {
    pub(super) fn n_bars(&self) -> usize {
        self.bars.len()
    }

    pub(super) fn contents(&self) -> Contents {
        Contents {
            opening: self.opening.as_ref().map(PlainOpening::restore),
            song: vec![self.song()],
            shelf: vec![Some(self.shelf())],
            edits: self.edits().map(|changes| vec![(0, Some(changes))]),
            replaced: Vec::new(),
            pasts: Vec::new(),
            refused: Vec::new(),
            is_ahead: false,
            heard: None,
            ideas: Vec::new(),
            played: vec![Some(self.played())],
            lanes: Vec::new(),
        }
    }

    /// Its song, as one stretch.
    fn song(&self) -> Stretch {
        Stretch { start: Tick::ZERO, n_bars: self.bars.len(), section: Some(self.section(self.bars.clone())) }
    }

    /// The bars of the takes that are not playing.
    fn shelf(&self) -> Shelved {
        let place = |saved: &ShelvedBar| (saved.slot, saved.bar_idx, saved.start);
        let bars = self.shelf.iter().map(|saved| saved.bar.clone()).collect();
        Shelved { places: self.shelf.iter().map(place).collect(), section: self.section(bars) }
    }

    /// The edits that can be undone, and those that can be redone.
    fn edits(&self) -> [Changes; 2] {
        [&self.undo, &self.redo].map(|steps| {
            let all = || {
                steps.iter().enumerate().flat_map(|(idx, step)| step.iter().map(move |change| (idx, change)))
            };
            let place = |(idx, change): (usize, &SavedChange)| {
                (idx, change.bar_idx, change.start, change.old.is_some())
            };
            let bars = all().flat_map(|(_, change)| change.old.iter().chain([&change.new]).cloned());
            Changes { places: all().map(place).collect(), section: self.section(bars.collect()) }
        })
    }

    fn played(&self) -> Played {
        Played { notes: self.input.clone(), touches: self.touches.clone() }
    }

    /// These bars with the knobs and passages of the take.
    fn section(&self, bars: Vec<SavedBar>) -> Section {
        Section { bars, knobs: self.knobs.clone(), passages: self.passages.clone(), harmonies: Vec::new() }
    }
}
