//! The chords that the roll shows: those of the take's chord lane, or else those found in the music.

use std::ops::Range;
use std::sync::Arc;

use egui::{Id, Ui};

use crate::music::{Bar, InvalidProgression, Key, Progression, Tick};
use crate::player::ComposingKnobs;
use crate::plugin::editor::pages::roll::found::{Chords, FoundChords, bar_text, phrase_text};
use crate::plugin::editor::view::View;

/// The chords that the roll shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShownChords {
    /// The text of the lane, as it was read last.
    text: String,
    lane: Option<Arc<Progression>>,
    /// The text of each bar of the lane.
    texts: Arc<[String]>,
    found: FoundChords,
}

impl ShownChords {
    /// The one of the frame before, with the lane as it is now.
    pub(crate) fn recall(ui: &Ui, view: &View) -> Self {
        let mut chords: Self = ui.data_mut(|data| data.remove_temp(id())).unwrap_or_default();
        if chords.text != view.chords {
            chords.text.clone_from(&view.chords);
            chords.lane = Progression::parse(&view.chords).ok().map(Arc::new);
            chords.texts = chords.lane.as_ref().map(|lane| lane.bar_texts()).unwrap_or_default().into();
        }
        chords
    }

    /// Keeps it for the next frame.
    pub(crate) fn keep(self, ui: &Ui) {
        ui.data_mut(|data| data.insert_temp(id(), self));
    }

    /// Finds the chords of bars, by their indices, if there is no lane. Goes on in the next frame if there are many.
    pub(crate) fn find(&mut self, ui: &Ui, bars: &[Arc<Bar>], wanted: &Range<usize>) {
        if self.lane.is_none() && !self.found.find(bars, wanted) {
            ui.ctx().request_repaint();
        }
    }

    /// The chord lane, if there is one.
    pub(crate) fn lane(&self) -> Option<&Progression> {
        self.lane.as_deref()
    }

    /// The chords of a bar at song positions.
    pub(crate) fn of_bar(&self, bar_idx: usize, bar: &Bar, knobs: &ComposingKnobs) -> Chords {
        match &self.lane {
            Some(lane) => lane.bar(in_lane(bar_idx, knobs), bar.start, bar.meter, knobs.key()),
            None => self.found.of_bar(bar_idx, bar),
        }
    }

    /// The chords of a bar as they are typed, by their degrees in a key if there is one; those of the lane as they stand
    /// in it.
    pub(crate) fn text_of_bar(
        &self,
        bar_idx: usize,
        bar: &Bar,
        knobs: &ComposingKnobs,
        key: Option<Key>,
    ) -> String {
        if self.lane.is_some() {
            self.text_in_lane(bar_idx, knobs).to_owned()
        } else {
            bar_text(&self.found.of_bar(bar_idx, bar), bar, key)
        }
    }

    /// The chords of a bar of the lane as they stand in it, each with the place in the bar where it begins; empty if there
    /// is no lane.
    pub(crate) fn words_in_lane(
        &self,
        bar_idx: usize,
        bar: &Bar,
        knobs: &ComposingKnobs,
    ) -> Vec<(Tick, String)> {
        if self.lane.is_none() {
            return Vec::new();
        }
        let text = self.text_in_lane(bar_idx, knobs);
        let chords = self.of_bar(bar_idx, bar, knobs);
        let mut words: Vec<_> = chords.iter().zip(text.split_whitespace()).collect();
        words.dedup_by_key(|((_, chord), _)| *chord);
        words.into_iter().map(|((at, _), word)| (*at - bar.start, word.to_owned())).collect()
    }

    fn text_in_lane(&self, bar_idx: usize, knobs: &ComposingKnobs) -> &str {
        let idx = in_lane(bar_idx, knobs) % self.texts.len().max(1);
        self.texts.get(idx).map_or("", String::as_str)
    }

    /// The text of the lane with another text for a bar. Where there is no lane, one is made from the chords of the bar's
    /// phrase.
    ///
    /// # Errors
    /// Where the text stops making sense.
    pub(crate) fn with_bar(
        &self,
        bar_idx: usize,
        text: &str,
        view: &View,
        key: Option<Key>,
    ) -> Result<String, InvalidProgression> {
        let knobs = view.parameters.composing();
        let changed = if let Some(lane) = &self.lane {
            lane.with_bar(in_lane(bar_idx, &knobs), text)
        } else {
            let phrase = phrase(bar_idx, &knobs);
            let place = bar_idx - phrase.start;
            let found = phrase_text(&view.roll.score.bars, phrase, key);
            let found = found.map(|found| Progression::parse(&found)).transpose()?;
            found.map_or_else(|| Progression::parse(text), |found| found.with_bar(place, text))
        };
        changed.map(|lane| lane.text().to_owned())
    }
}

fn id() -> Id {
    Id::unique("continuo chords")
}

/// The bar of the lane that belongs to a bar of the song. The lane comes round.
fn in_lane(bar_idx: usize, knobs: &ComposingKnobs) -> usize {
    if knobs.chords_by_phrase { bar_idx % usize::from(knobs.length.max(1)) } else { bar_idx }
}

/// The phrase that a bar belongs to.
pub(crate) fn phrase(bar_idx: usize, knobs: &ComposingKnobs) -> Range<usize> {
    let length = usize::from(knobs.length.max(1));
    let start = bar_idx / length * length;
    start..start + length
}

/// The key whose degrees the chords are shown as; none if by their names.
pub(crate) fn key_of_degrees(view: &View) -> Option<Key> {
    view.settings.shows_degrees.then(|| view.parameters.composing().key())
}
