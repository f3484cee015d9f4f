//! A take in a saved project. The shapes here are the format; the music types stay free of it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::composer::fingerprint::Fingerprint;
use crate::composer::take::ComposedBar;
use crate::composer::{Take, Writer};
use crate::model::Model;
use crate::music::{Bar, Family, FamilySet, Grid, Meter, Note, PitchClassSet, Scale, Tick};
use crate::player::{ComposingKnobs, Conversation};

/// The version that is written, and the newest that is read.
const VERSION: u32 = 1;
/// No take holds more notes in all.
const MAX_NOTES: usize = 1 << 20;
/// No note is longer, in ticks.
const MAX_DURATION: i64 = 1 << 20;

/// A take in a saved project: its bars with the knobs and the model that they were composed with.
///
/// What many bars share, knobs and repeated phrases, is saved once.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SavedTake {
    /// Format version; 0 is the empty take of an instance that never played.
    pub version: u32,
    /// The model that was composing.
    #[serde(default)]
    pub model: Option<SavedModel>,
    #[serde(default)]
    bars: Vec<SavedBar>,
    #[serde(default)]
    knobs: Vec<SavedKnobs>,
    /// Hashes of the models that composed bars.
    #[serde(default)]
    composed_by: Vec<String>,
    #[serde(default)]
    passages: Vec<Vec<SavedNote>>,
}

/// Which model was composing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SavedModel {
    /// The name on its card.
    pub name: String,
    /// SHA-256 of its weights file, in hexadecimal.
    pub hash: String,
}

/// One bar. Bars follow one another from the origin of the song.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedBar {
    numerator: u32,
    denominator: u32,
    /// Index into the knobs.
    knobs: usize,
    /// Index into the models.
    model: usize,
    /// Index into the passages.
    passage: usize,
    /// Whether the bar before it has been recomposed since.
    #[serde(default)]
    stale: bool,
}

/// Onset after the bar line and duration in ticks, pitch, velocity, family.
type SavedNote = (i64, i64, u8, u8, usize);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct SavedKnobs {
    style: u8,
    seed: u32,
    temperature: f32,
    rhythm: f32,
    pitch: f32,
    velocity: f32,
    nucleus: f32,
    min_p: f32,
    /// Takes of version 1 call it repetition.
    #[serde(alias = "repetition")]
    variety: f32,
    length: u8,
    evolve: f32,
    tonic: u8,
    scale: usize,
    lowest: u8,
    highest: u8,
    polyphony: u8,
    second_style: u8,
    blend: f32,
    density: f32,
    grid: usize,
    shortest: i64,
    longest: i64,
    families: u32,
    user_scale: u16,
    best_of: u8,
    slot: u8,
    conversation: usize,
    trade: u8,
    instrument: usize,
}

impl Default for SavedKnobs {
    fn default() -> Self {
        Self::from(&ComposingKnobs::default())
    }
}

/// Why a saved take cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// It was saved by a later version of the plugin.
    #[error("expected a saved take of version {VERSION} or older, found version {found}")]
    TooNew {
        /// Its version.
        found: u32,
    },
    /// Something in it cannot be.
    #[error("the saved take is damaged: bar {bar} {what}")]
    Damaged {
        /// Which bar, counted from 1.
        bar: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It is longer than any take.
    #[error(
        "expected a saved take of at most {} bars and {MAX_NOTES} notes, found more",
        Take::MAX_BARS
    )]
    TooLong,
}

impl SavedTake {
    /// The take as it is to be saved, with the model that composes now.
    #[must_use]
    pub fn of(take: &Take, model: Option<&Model>) -> Self {
        let mut tables = Tables::default();
        let bars = (0..take.n_bars())
            .filter_map(|bar_idx| tables.save(take, bar_idx))
            .collect();
        let model = model.map(|model| SavedModel {
            name: model.card().name.clone(),
            hash: model.hash().to_owned(),
        });
        Self {
            version: VERSION,
            model,
            bars,
            knobs: tables.knobs.iter().map(SavedKnobs::from).collect(),
            composed_by: tables.models,
            passages: tables.passages,
        }
    }

    /// How many bars it holds.
    #[must_use]
    pub fn n_bars(&self) -> usize {
        self.bars.len()
    }

    /// The take that was saved.
    ///
    /// # Errors
    /// If it was saved by a later version, or if anything in it cannot be.
    pub fn restore(&self) -> Result<Take, TakeError> {
        if self.version > VERSION {
            return Err(TakeError::TooNew { found: self.version });
        }
        let length = |bar: &SavedBar| self.passages.get(bar.passage).map_or(0, Vec::len);
        if self.bars.len() > Take::MAX_BARS || self.bars.iter().map(length).sum::<usize>() > MAX_NOTES {
            return Err(TakeError::TooLong);
        }
        let models: Vec<Arc<str>> = self
            .composed_by
            .iter()
            .map(|hash| Arc::from(hash.as_str()))
            .collect();
        let mut bars: Vec<Arc<ComposedBar>> = Vec::with_capacity(self.bars.len());
        for (bar_idx, saved) in self.bars.iter().enumerate() {
            let composed = self
                .restore_bar(saved, bars.last().map(|bar| &**bar), &models)
                .map_err(|what| TakeError::Damaged {
                    bar: bar_idx + 1,
                    what,
                })?;
            bars.push(Arc::new(composed));
        }
        Ok(Take::restored(bars))
    }

    fn restore_bar(
        &self,
        saved: &SavedBar,
        previous: Option<&ComposedBar>,
        models: &[Arc<str>],
    ) -> Result<ComposedBar, &'static str> {
        let meter =
            Meter::new(saved.numerator, saved.denominator).map_err(|_| "has a meter that cannot be")?;
        let start = previous.map_or(Tick::ZERO, |composed| composed.bar.end());
        let knobs = self.knobs.get(saved.knobs).ok_or("has no knobs")?.restore()?;
        let model = Arc::clone(models.get(saved.model).ok_or("has no model")?);
        let passage = self.passages.get(saved.passage).ok_or("has no passage")?;
        if passage.len() > Writer::MAX_NOTES {
            return Err("has too many notes");
        }
        let mut notes = passage
            .iter()
            .map(|note| restore_note(note, start, meter))
            .collect::<Result<Vec<_>, _>>()?;
        notes.sort_unstable();
        let before = previous.map_or(Fingerprint::EMPTY, ComposedBar::fingerprint);
        let before = if saved.stale { before.with(0) } else { before };
        Ok(ComposedBar {
            bar: Arc::new(Bar { start, meter, notes }),
            knobs,
            model,
            before,
        })
    }
}

fn restore_note(saved: &SavedNote, start: Tick, meter: Meter) -> Result<Note, &'static str> {
    let (onset, duration, pitch, velocity, family) = *saved;
    let family = Family::from_index(family).ok_or("has a note of an unknown family")?;
    let is_valid = (0..meter.bar_length().0).contains(&onset)
        && (1..=MAX_DURATION).contains(&duration)
        && pitch <= 127
        && (1..=127).contains(&velocity);
    if !is_valid {
        return Err("has a note that cannot be");
    }
    Ok(Note {
        onset: start + Tick(onset),
        duration: Tick(duration),
        pitch,
        velocity,
        family,
    })
}

/// What many bars share, gathered while saving.
#[derive(Default)]
struct Tables {
    knobs: Vec<ComposingKnobs>,
    models: Vec<String>,
    passages: Vec<Vec<SavedNote>>,
    passage_idx: HashMap<Vec<SavedNote>, usize>,
}

impl Tables {
    fn save(&mut self, take: &Take, bar_idx: usize) -> Option<SavedBar> {
        let composed = take.bars().get(bar_idx)?;
        let bar = &composed.bar;
        let passage: Vec<SavedNote> = bar
            .notes
            .iter()
            .map(|n| {
                (
                    (n.onset - bar.start).0,
                    n.duration.0,
                    n.pitch,
                    n.velocity,
                    n.family.index(),
                )
            })
            .collect();
        Some(SavedBar {
            numerator: u32::from(bar.meter.numerator()),
            denominator: u32::from(bar.meter.denominator()),
            knobs: self.knobs_idx(&composed.knobs),
            model: self.model_idx(&composed.model),
            passage: self.passage_idx(passage),
            stale: take.has_lost_its_past(bar_idx),
        })
    }

    fn knobs_idx(&mut self, knobs: &ComposingKnobs) -> usize {
        // Neighbours mostly share their knobs, so the search is short from the back.
        self.knobs
            .iter()
            .rposition(|known| known == knobs)
            .unwrap_or_else(|| {
                self.knobs.push(*knobs);
                self.knobs.len() - 1
            })
    }

    fn model_idx(&mut self, hash: &str) -> usize {
        self.models
            .iter()
            .position(|known| known == hash)
            .unwrap_or_else(|| {
                self.models.push(hash.to_owned());
                self.models.len() - 1
            })
    }

    fn passage_idx(&mut self, passage: Vec<SavedNote>) -> usize {
        let next = self.passages.len();
        let idx = *self.passage_idx.entry(passage.clone()).or_insert(next);
        if idx == next {
            self.passages.push(passage);
        }
        idx
    }
}

/// Where a value stands among all that there are.
fn index_in<T: PartialEq>(all: &[T], value: &T) -> usize {
    all.iter().position(|known| known == value).unwrap_or_default()
}

impl From<&ComposingKnobs> for SavedKnobs {
    fn from(knobs: &ComposingKnobs) -> Self {
        Self {
            style: knobs.style,
            seed: knobs.seed,
            temperature: knobs.temperature,
            rhythm: knobs.rhythm,
            pitch: knobs.pitch,
            velocity: knobs.velocity,
            nucleus: knobs.nucleus,
            min_p: knobs.min_p,
            variety: knobs.variety,
            length: knobs.length,
            evolve: knobs.evolve,
            tonic: knobs.tonic,
            scale: index_in(&Scale::ALL, &knobs.scale),
            lowest: knobs.lowest,
            highest: knobs.highest,
            polyphony: knobs.polyphony,
            second_style: knobs.second_style,
            blend: knobs.blend,
            density: knobs.density,
            grid: index_in(&Grid::ALL, &knobs.grid),
            shortest: knobs.shortest.0,
            longest: knobs.longest.0,
            families: knobs.families.bits(),
            user_scale: knobs.user_scale.bits(),
            best_of: knobs.best_of,
            slot: knobs.slot,
            conversation: index_in(&Conversation::ALL, &knobs.conversation),
            trade: knobs.trade,
            instrument: knobs.instrument.index(),
        }
    }
}

impl SavedKnobs {
    fn restore(&self) -> Result<ComposingKnobs, &'static str> {
        let knobs = ComposingKnobs {
            style: self.style,
            seed: self.seed,
            temperature: self.temperature,
            rhythm: self.rhythm,
            pitch: self.pitch,
            velocity: self.velocity,
            nucleus: self.nucleus,
            min_p: self.min_p,
            variety: self.variety,
            length: self.length,
            evolve: self.evolve,
            tonic: self.tonic,
            scale: *Scale::ALL.get(self.scale).ok_or("has an unknown scale")?,
            lowest: self.lowest,
            highest: self.highest,
            polyphony: self.polyphony,
            second_style: self.second_style,
            blend: self.blend,
            density: self.density,
            grid: *Grid::ALL.get(self.grid).ok_or("has an unknown grid")?,
            shortest: Tick(self.shortest),
            longest: Tick(self.longest),
            families: FamilySet::from_bits(self.families),
            user_scale: PitchClassSet::from_bits(self.user_scale),
            best_of: self.best_of,
            slot: self.slot,
            conversation: *Conversation::ALL.get(self.conversation).ok_or("has an unknown conversation")?,
            trade: self.trade,
            instrument: Family::from_index(self.instrument).ok_or("has an unknown instrument")?,
        };
        Ok(knobs.rounded())
    }
}
