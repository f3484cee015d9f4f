//! The saved form of a take. The types here are the file format; the music types know nothing of it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::bars::{Shelf, Take, start_fingerprint};
use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::take::history::{Change, History, Step};
use crate::composer::take::opening::Opening;
use crate::composer::take::played_in::{PlayedIn, PlayedNote};
use crate::model::{Model, Primer};
use crate::music::{Bar, Beats, Family, Feel, Key, Meter, Mode, Note, Tick};
use crate::player::ComposingKnobs;

/// The version that is written, and the newest that is read.
///
/// Version 2 added what was played in, edits, kept bars, the takes B to D and the opening. Version 3 added
/// edits of a bar that was not there before.
const VERSION: u32 = 3;
/// The most notes in a take.
const MAX_NOTES: usize = 1 << 20;
/// The furthest position from the origin, in ticks.
const MAX_POSITION: i64 = 1 << 40;
/// The longest note, in ticks.
const MAX_DURATION: i64 = 1 << 20;

/// A take in a saved project: its bars with the knobs and the model that they were composed with.
///
/// Knobs and repeated phrases that many bars share are saved once.
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
    /// The exact times of these notes; missing where only the grid is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    touches: Vec<SavedTouch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opening: Option<SavedOpening>,
}

/// A bar of a take that is not playing: which take, which bar, and where it begins in ticks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ShelvedBar {
    slot: u8,
    bar_idx: usize,
    start: i64,
    bar: SavedBar,
}

/// A bar that was changed by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedChange {
    bar_idx: usize,
    start: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old: Option<SavedBar>,
    new: SavedBar,
}

/// When the key went down, the note's onset and end on the grid, in ticks; pitch and velocity.
type SavedInput = (i64, i64, Option<i64>, u8, u8);

/// When the key went down and up, in 65,536ths of a tick, and the MIDI channel.
type SavedTouch = (i64, Option<i64>, u8);
/// 65,536ths of a tick in a quarter note.
const FINE_PER_BEAT: f64 = (Tick::PER_BEAT << 16) as f64;

/// The music that the take begins from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedOpening {
    tonic: u8,
    minor: bool,
    numerator: u32,
    denominator: u32,
    n_bars: u32,
    end: i64,
    /// In C, counted from the first bar line.
    notes: Vec<SavedNote>,
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
    /// Whether what is before it has changed since.
    #[serde(default)]
    stale: bool,
    /// Its key, if it is not that of its knobs: tonic, and whether it is minor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<(u8, bool)>,
    /// What the network is given instead of the notes, an index into the passages.
    #[serde(rename = "heard", default, skip_serializing_if = "Option::is_none")]
    context: Option<usize>,
    #[serde(default, skip_serializing_if = "is_default")]
    kept: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    rolls: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    candidate: u8,
    /// The probability with which each note was drawn, in 255ths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sure: Vec<u8>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Onset after the bar line and duration in ticks, pitch, velocity, family; the code of the note's feel times the
/// number of families is added to the last.
type SavedNote = (i64, i64, u8, u8, usize);

/// Composing knobs: a number for each field. One that is missing was not there yet and stands at its default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct SavedKnobs(BTreeMap<String, SavedNumber>);

/// A number, written without a fraction where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(transparent)]
struct SavedNumber(f64);

impl Serialize for SavedNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            // Fractions are of single precision; as such they are short.
            serializer.serialize_f32(self.0 as f32)
        }
    }
}

/// What a field was called in takes of earlier versions: now, then.
const RENAMED: [(&str, &str); 1] = [("variety", "repetition")];

/// Why a saved take cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// It was saved by a later version of the plugin.
    #[error("expected a saved take of version {VERSION} or older, found version {found}")]
    TooNew {
        /// Its version.
        found: u32,
    },
    /// Something in it is impossible.
    #[error("the saved take is damaged: {part} {what}")]
    Damaged {
        /// Which part of it, such as "bar 1".
        part: String,
        /// What is wrong with that part, such as "has no knobs".
        what: &'static str,
    },
    /// It is too long.
    #[error("expected a saved take of at most {} bars and {MAX_NOTES} notes, found more", Take::MAX_BARS)]
    TooLong,
}

impl SavedTake {
    /// The take as it is to be saved, with the model that composes now.
    #[must_use]
    pub fn of(take: &Take, model: Option<&Model>) -> Self {
        let mut tables = Tables::default();
        let bars = (0..take.n_bars()).filter_map(|bar_idx| tables.save(take, bar_idx)).collect();
        let shelf = take.shelf().iter().map(|((slot, bar_idx), bar)| ShelvedBar {
            slot: *slot,
            bar_idx: *bar_idx,
            start: bar.bar.start.0,
            bar: tables.save_bar(bar, false),
        });
        let shelf = shelf.collect();
        let mut steps = |steps: &VecDeque<Step>| steps.iter().map(|step| tables.save_step(step)).collect();
        let (undo, redo) = (steps(&take.history().done), steps(&take.history().undone));
        let played = |note: &PlayedNote| {
            (note.at.0, note.onset.0, note.end.map(|end| end.0), note.pitch, note.velocity)
        };
        let touch = |note: &PlayedNote| {
            let fine = |position: Beats| (position.0 * FINE_PER_BEAT).round() as i64;
            (fine(note.pressed), note.released.map(fine), note.channel)
        };
        let model =
            model.map(|model| SavedModel { name: model.card().name.clone(), hash: model.hash().to_owned() });
        Self {
            version: VERSION,
            model,
            bars,
            knobs: tables.knobs.iter().map(SavedKnobs::from).collect(),
            composed_by: tables.models,
            passages: tables.passages,
            shelf,
            undo,
            redo,
            input: take.input.notes().iter().map(played).collect(),
            touches: take.input.notes().iter().map(touch).collect(),
            opening: take.opening().map(SavedOpening::of),
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
    /// If it was saved by a later version, or if anything in it is impossible.
    pub fn restore(&self) -> Result<Take, TakeError> {
        if self.version > VERSION {
            return Err(TakeError::TooNew { found: self.version });
        }
        let length = |bar: &SavedBar| self.passages.get(bar.passage).map_or(0, Vec::len);
        let changes = || {
            self.undo
                .iter()
                .chain(&self.redo)
                .flatten()
                .flat_map(|change| change.old.iter().chain([&change.new]))
        };
        let shelved = || self.shelf.iter().map(|shelved| &shelved.bar);
        let n_notes: usize = self.bars.iter().chain(changes()).chain(shelved()).map(length).sum();
        let n_others = changes().count() + shelved().count();
        if self.bars.len() > Take::MAX_BARS || n_others > 16 * Take::MAX_BARS || n_notes > 4 * MAX_NOTES {
            return Err(TakeError::TooLong);
        }
        let models: Vec<Arc<str>> = self.composed_by.iter().map(|hash| Arc::from(hash.as_str())).collect();
        let opening = self.opening.as_ref().map(SavedOpening::restore).transpose();
        let damaged = |part: &str, what| TakeError::Damaged { part: part.into(), what };
        let opening = opening.map_err(|what| damaged("the opening", what))?;
        let start = start_fingerprint(opening.as_ref());
        let mut bars: Vec<Arc<ComposedBar>> = Vec::with_capacity(self.bars.len());
        for (bar_idx, saved) in self.bars.iter().enumerate() {
            let composed = self
                .restore_next(saved, bars.last().map(|bar| &**bar), start, &models)
                .map_err(|what| damaged(&format!("bar {}", bar_idx + 1), what))?;
            bars.push(Arc::new(composed));
        }
        let rest = self.restore_rest(&models);
        let (shelf, history) = rest.map_err(|what| damaged("an edit or another take", what))?;
        let input = self.restore_input();
        let input = input.ok_or_else(|| damaged("what was played in", "has an impossible note"))?;
        Ok(Take::restored(opening, bars, input, shelf, history))
    }

    /// The bars of the takes that are not playing, and the edits.
    fn restore_rest(&self, models: &[Arc<str>]) -> Result<(Shelf, History), &'static str> {
        let shelved = |saved: &ShelvedBar| {
            let place = (saved.slot.min(3), saved.bar_idx);
            let bar = self.restore_bar(&saved.bar, Tick(saved.start), Fingerprint::EMPTY, models)?;
            Ok((place, Arc::new(bar)))
        };
        let change = |saved: &SavedChange| {
            let bar = |bar: &SavedBar| {
                self.restore_bar(bar, Tick(saved.start), Fingerprint::EMPTY, models).map(Arc::new)
            };
            Ok(Change {
                bar_idx: saved.bar_idx,
                old: saved.old.as_ref().map(bar).transpose()?,
                new: bar(&saved.new)?,
            })
        };
        let steps = |saved: &[Vec<SavedChange>]| {
            let latest = saved.iter().skip(saved.len().saturating_sub(History::MAX_STEPS));
            let step =
                |step: &Vec<SavedChange>| step.iter().map(change).collect::<Result<Step, &'static str>>();
            latest.map(step).collect::<Result<VecDeque<Step>, _>>()
        };
        let history = History { done: steps(&self.undo)?, undone: steps(&self.redo)? };
        let shelf = self.shelf.iter().map(shelved).collect::<Result<Shelf, &'static str>>()?;
        Ok((shelf, history))
    }

    /// What was played in; none if a note is impossible.
    fn restore_input(&self) -> Option<PlayedIn> {
        let touches = self.touches.iter().map(Some).chain(std::iter::repeat(None));
        let note = |(saved, touch): (&SavedInput, Option<&SavedTouch>)| {
            let (at, onset, end, pitch, velocity) = *saved;
            let is_valid = at.abs() < MAX_POSITION
                && onset.abs() < MAX_POSITION
                && end.is_none_or(|end| end > onset && end < MAX_POSITION)
                && pitch <= 127
                && (1..=127).contains(&velocity);
            // A key that was down when the project was saved is up now.
            let end = end.unwrap_or(onset + Tick::PER_BEAT);
            let (at, onset, end) = (Tick(at), Tick(onset), Tick(end));
            let near = |fine: i64, tick: Tick| {
                let position = fine as f64 / FINE_PER_BEAT;
                ((position - tick.to_beats().0).abs() < 1.0).then_some(Beats(position))
            };
            let (pressed, released, channel) = match touch {
                Some((pressed, released, channel)) => {
                    (near(*pressed, at)?, released.and_then(|released| near(released, end)), *channel)
                }
                None => (at.to_beats(), None, 0),
            };
            let released = Some(released.unwrap_or(end.to_beats()));
            let (is_valid, end) = (is_valid && channel <= 15, Some(end));
            is_valid.then_some(PlayedNote { at, onset, end, pressed, released, channel, pitch, velocity })
        };
        let notes =
            self.input.iter().zip(touches).take(PlayedIn::MAX_NOTES).map(note).collect::<Option<Vec<_>>>()?;
        Some(PlayedIn::restored(notes))
    }

    fn restore_next(
        &self,
        saved: &SavedBar,
        previous: Option<&ComposedBar>,
        start_fingerprint: Fingerprint,
        models: &[Arc<str>],
    ) -> Result<ComposedBar, &'static str> {
        let start = previous.map_or(Tick::ZERO, |composed| composed.bar.end());
        let before = previous.map_or(start_fingerprint, ComposedBar::fingerprint);
        let before = if saved.stale { before.with(0) } else { before };
        self.restore_bar(saved, start, before, models)
    }

    fn restore_bar(
        &self,
        saved: &SavedBar,
        start: Tick,
        before: Fingerprint,
        models: &[Arc<str>],
    ) -> Result<ComposedBar, &'static str> {
        if start.0.abs() >= MAX_POSITION {
            return Err("begins at an impossible position");
        }
        let meter = Meter::new(saved.numerator, saved.denominator).map_err(|_| "has an impossible meter")?;
        let knobs = self.knobs.get(saved.knobs).ok_or("has no knobs")?.restore()?;
        let model = Arc::clone(models.get(saved.model).ok_or("has no model")?);
        let notes = self.restore_passage(saved.passage, start, meter)?;
        let context = saved.context.map(|idx| self.restore_passage(idx, start, meter)).transpose()?;
        let mode = |is_minor| if is_minor { Mode::Minor } else { Mode::Major };
        let sure = if saved.sure.len() == notes.len() { &saved.sure[..] } else { &[] };
        Ok(ComposedBar {
            bar: Arc::new(Bar { start, meter, notes }),
            knobs,
            model,
            before,
            key: saved.key.map_or(knobs.key(), |(tonic, is_minor)| Key::new(tonic, mode(is_minor))),
            context: context.map(Arc::from),
            is_kept: saved.kept,
            n_rolls: saved.rolls,
            candidate: saved.candidate,
            sureness: sure.iter().map(|sure| f32::from(*sure) / 255.0).collect(),
        })
    }

    fn restore_passage(&self, idx: usize, start: Tick, meter: Meter) -> Result<Vec<Note>, &'static str> {
        let passage = self.passages.get(idx).ok_or("has no passage")?;
        // As many composed notes as a bar may have, and as many played in.
        if passage.len() > 2 * ComposedBar::MAX_NOTES {
            return Err("has too many notes");
        }
        let restored = passage.iter().map(|note| restore_note(note, start, meter.bar_length()));
        let mut notes = restored.collect::<Result<Vec<_>, _>>()?;
        notes.sort_unstable();
        Ok(notes)
    }
}

fn restore_note(saved: &SavedNote, start: Tick, length: Tick) -> Result<Note, &'static str> {
    let (onset, duration, pitch, velocity, family) = *saved;
    let feel = u8::try_from(family / Family::COUNT).ok().and_then(Feel::from_code);
    let family = if feel.is_some() { family % Family::COUNT } else { family };
    let family = Family::from_index(family).ok_or("has a note of an unknown family")?;
    let is_valid = (0..length.0).contains(&onset)
        && (1..=MAX_DURATION).contains(&duration)
        && pitch <= 127
        && (1..=127).contains(&velocity);
    if !is_valid {
        return Err("has an impossible note");
    }
    Ok(Note { onset: start + Tick(onset), duration: Tick(duration), pitch, velocity, family, feel })
}

fn saved_notes(notes: &[Note], start: Tick) -> Vec<SavedNote> {
    let family = |n: &Note| n.family.index() + Family::COUNT * usize::from(Feel::code(n.feel));
    let saved = |n: &Note| ((n.onset - start).0, n.duration.0, n.pitch, n.velocity, family(n));
    notes.iter().map(saved).collect()
}

impl SavedOpening {
    fn of(opening: &Opening) -> Self {
        let Opening { primer, key, meter, end } = opening;
        Self {
            tonic: key.tonic(),
            minor: key.mode == Mode::Minor,
            numerator: u32::from(meter.numerator()),
            denominator: u32::from(meter.denominator()),
            n_bars: primer.n_bars,
            end: end.0,
            notes: saved_notes(&primer.notes, Tick::ZERO),
        }
    }

    fn restore(&self) -> Result<Opening, &'static str> {
        let meter = Meter::new(self.numerator, self.denominator).map_err(|_| "has an impossible meter")?;
        let n_bars = i64::from(self.n_bars.min(1 << 10));
        let length = Tick(n_bars * meter.bar_length().0);
        let notes = self.notes.iter().take(MAX_NOTES).map(|note| restore_note(note, Tick::ZERO, length));
        let mut notes = notes.collect::<Result<Vec<_>, _>>()?;
        notes.sort_unstable();
        let mode = if self.minor { Mode::Minor } else { Mode::Major };
        let primer = Primer { style: 0, mode, meter, n_bars: n_bars as u32, notes };
        Ok(Opening { primer, key: Key::new(self.tonic, mode), meter, end: Tick(self.end) })
    }
}

/// What many bars share, collected while saving.
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
        Some(self.save_bar(composed, take.has_changed_before(bar_idx)))
    }

    fn save_step(&mut self, step: &Step) -> Vec<SavedChange> {
        let change = |change: &Change| SavedChange {
            bar_idx: change.bar_idx,
            start: change.new.bar.start.0,
            old: change.old.as_ref().map(|old| self.save_bar(old, false)),
            new: self.save_bar(&change.new, false),
        };
        step.iter().map(change).collect()
    }

    fn save_bar(&mut self, composed: &ComposedBar, stale: bool) -> SavedBar {
        let bar = &composed.bar;
        let key = (composed.key != composed.knobs.key())
            .then(|| (composed.key.tonic(), composed.key.mode == Mode::Minor));
        SavedBar {
            numerator: u32::from(bar.meter.numerator()),
            denominator: u32::from(bar.meter.denominator()),
            knobs: self.knobs_idx(&composed.knobs),
            model: self.model_idx(&composed.model),
            passage: self.passage_idx(saved_notes(&bar.notes, bar.start)),
            stale,
            key,
            context: composed.context.as_ref().map(|notes| self.passage_idx(saved_notes(notes, bar.start))),
            kept: composed.is_kept,
            rolls: composed.n_rolls,
            candidate: composed.candidate,
            sure: composed.sureness.iter().map(|sureness| (sureness * 255.0).round() as u8).collect(),
        }
    }

    fn knobs_idx(&mut self, knobs: &ComposingKnobs) -> usize {
        // Neighbours mostly share their knobs, so the search is short from the back.
        self.knobs.iter().rposition(|known| known == knobs).unwrap_or_else(|| {
            self.knobs.push(*knobs);
            self.knobs.len() - 1
        })
    }

    fn model_idx(&mut self, hash: &str) -> usize {
        self.models.iter().position(|known| known == hash).unwrap_or_else(|| {
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

impl From<&ComposingKnobs> for SavedKnobs {
    fn from(knobs: &ComposingKnobs) -> Self {
        // Fractions are in thousandths.
        let saved = |number: f64| SavedNumber((number * 1000.0).round() / 1000.0);
        Self(knobs.fields().map(|(name, number)| (name.to_owned(), saved(number))).collect())
    }
}

impl SavedKnobs {
    fn restore(&self) -> Result<ComposingKnobs, &'static str> {
        let number = |name: &str| {
            let earlier =
                || RENAMED.iter().find(|(now, _)| *now == name).and_then(|(_, then)| self.0.get(*then));
            self.0.get(name).or_else(earlier).map(|number| number.0)
        };
        ComposingKnobs::from_fields(number).map_err(|field| match field {
            "scale" => "has an unknown scale",
            "grid" => "has an unknown grid",
            "conversation" => "has an unknown conversation",
            "instrument" => "has an unknown instrument",
            _ => "has a knob out of its range",
        })
    }
}
