//! Bars with what they share, as they are saved.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::composer::take::bar::ComposedBar;
use crate::composer::take::fingerprint::Fingerprint;
use crate::composer::take::harmony::Harmony;
use crate::composer::take::saved::knobs::SavedKnobs;
use crate::composer::take::saved::notes::{SavedNote, restore_notes, saved_notes};
use crate::music::{Bar, Chord, Key, Meter, Mode, Note, Tick};
use crate::player::ComposingKnobs;

/// The furthest position from the origin, in ticks.
pub(super) const MAX_POSITION: i64 = 1 << 40;

/// One bar. The names are those of formats 1 to 3; a pack has the fields in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedBar {
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
    #[serde(default)]
    key: Option<(u8, bool)>,
    /// What the network is given instead of the notes, an index into the passages.
    #[serde(rename = "heard", default)]
    context: Option<usize>,
    #[serde(default)]
    kept: bool,
    #[serde(default)]
    rolls: u32,
    #[serde(default)]
    candidate: u8,
    /// The probability with which each note was drawn, in 255ths.
    #[serde(default)]
    sure: Vec<u8>,
    /// The chords that it was composed with, an index into the harmonies.
    #[serde(default)]
    harmony: Option<usize>,
    /// Whether each note is locked; not there if none is, so that such bars are as earlier versions wrote them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    locked: Vec<bool>,
}

/// Chords around a bar, where each begins and its code; and the text of their lane.
type SavedHarmony = (Vec<(i64, Option<u32>)>, String);

/// Bars with the knobs and the passages that they refer to. Neither a bar's place nor its model is in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Section {
    pub(super) bars: Vec<SavedBar>,
    pub(super) knobs: Vec<SavedKnobs>,
    pub(super) passages: Vec<Vec<SavedNote>>,
    pub(super) harmonies: Vec<SavedHarmony>,
}

impl Section {
    /// A bar at its place; `before` is the fingerprint of what is before it, if it is not stale.
    pub(super) fn bar(
        &self,
        idx: usize,
        start: Tick,
        before: Fingerprint,
        models: &[Arc<str>],
    ) -> Result<ComposedBar, &'static str> {
        let saved = self.bars.get(idx).ok_or("cannot be read")?;
        if start.0.abs() >= MAX_POSITION {
            return Err("begins at an impossible position");
        }
        let meter = saved.meter().ok_or("has an impossible meter")?;
        let knobs = self.knobs.get(saved.knobs).ok_or("has no knobs")?.restore()?;
        let model = Arc::clone(models.get(saved.model).ok_or("has no model")?);
        let notes = self.passage(saved.passage, start, meter)?;
        let context = saved.context.map(|idx| self.passage(idx, start, meter)).transpose()?;
        let mode = |is_minor| if is_minor { Mode::Minor } else { Mode::Major };
        let sure = if saved.sure.len() == notes.len() { &saved.sure[..] } else { &[] };
        Ok(ComposedBar {
            bar: Arc::new(Bar { start, meter, notes }),
            knobs,
            model,
            before: if saved.stale { before.with(0) } else { before },
            key: saved.key.map_or(knobs.key(), |(tonic, is_minor)| Key::new(tonic, mode(is_minor))),
            context: context.map(Arc::from),
            is_kept: saved.kept,
            n_rolls: saved.rolls,
            candidate: saved.candidate,
            harmony: saved.harmony.map_or(Ok(Harmony::default()), |idx| self.harmony(idx))?,
            sureness: sure.iter().map(|sure| f32::from(*sure) / 255.0).collect(),
            locked: saved.locked.as_slice().into(),
        })
    }

    fn harmony(&self, idx: usize) -> Result<Harmony, &'static str> {
        let (saved, lane) = self.harmonies.get(idx).ok_or("has no chords")?;
        let chord = |(at, code): &(i64, Option<u32>)| {
            let chord = code.map(|code| Chord::of_code(code).ok_or("has an impossible chord")).transpose()?;
            if at.abs() >= MAX_POSITION { Err("has an impossible chord") } else { Ok((Tick(*at), chord)) }
        };
        saved.iter().map(chord).collect::<Result<_, _>>().map(|chords| Harmony::new(chords, lane))
    }

    fn passage(&self, idx: usize, start: Tick, meter: Meter) -> Result<Vec<Note>, &'static str> {
        let passage = self.passages.get(idx).ok_or("has no passage")?;
        // As many composed notes as a bar may have, and as many played in.
        if passage.len() > 2 * ComposedBar::MAX_NOTES {
            return Err("has too many notes");
        }
        restore_notes(passage, start, meter.bar_length())
    }
}

impl SavedBar {
    pub(super) fn meter(&self) -> Option<Meter> {
        Meter::new(self.numerator, self.denominator).ok()
    }
}

/// Collects bars, and what they share.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) section: Section,
    /// The knobs of the section.
    knobs: Vec<ComposingKnobs>,
    passage_idx: HashMap<Vec<SavedNote>, usize>,
    harmony_idx: HashMap<SavedHarmony, usize>,
}

impl Collector {
    pub(super) fn add(&mut self, composed: &ComposedBar, stale: bool, models: &mut Models) {
        let bar = &composed.bar;
        let key = (composed.key != composed.knobs.key())
            .then(|| (composed.key.tonic(), composed.key.mode == Mode::Minor));
        let saved = SavedBar {
            numerator: u32::from(bar.meter.numerator()),
            denominator: u32::from(bar.meter.denominator()),
            knobs: self.knobs_idx(&composed.knobs),
            model: models.idx(&composed.model),
            passage: self.passage_idx(saved_notes(&bar.notes, bar.start)),
            stale,
            key,
            context: composed.context.as_ref().map(|notes| self.passage_idx(saved_notes(notes, bar.start))),
            kept: composed.is_kept,
            rolls: composed.n_rolls,
            candidate: composed.candidate,
            sure: composed.sureness.iter().map(|sureness| (sureness * 255.0).round() as u8).collect(),
            harmony: self.harmony_idx(&composed.harmony),
            locked: composed.locked.to_vec(),
        };
        self.section.bars.push(saved);
    }

    fn knobs_idx(&mut self, knobs: &ComposingKnobs) -> usize {
        self.knobs.iter().rposition(|known| known == knobs).unwrap_or_else(|| {
            self.knobs.push(*knobs);
            self.section.knobs.push(SavedKnobs::from(knobs));
            self.knobs.len() - 1
        })
    }

    fn harmony_idx(&mut self, harmony: &Harmony) -> Option<usize> {
        if harmony.chords().is_empty() {
            return None;
        }
        let chords = harmony.chords().iter().map(|(at, chord)| (at.0, chord.map(Chord::code)));
        let saved: SavedHarmony = (chords.collect(), harmony.lane().to_owned());
        let next = self.section.harmonies.len();
        let idx = *self.harmony_idx.entry(saved.clone()).or_insert(next);
        if idx == next {
            self.section.harmonies.push(saved);
        }
        Some(idx)
    }

    fn passage_idx(&mut self, passage: Vec<SavedNote>) -> usize {
        let next = self.section.passages.len();
        let idx = *self.passage_idx.entry(passage.clone()).or_insert(next);
        if idx == next {
            self.section.passages.push(passage);
        }
        idx
    }
}

/// The hashes of the models that composed bars, which all sections share.
#[derive(Default)]
pub(super) struct Models(pub(super) Vec<String>);

impl Models {
    fn idx(&mut self, hash: &str) -> usize {
        self.0.iter().rposition(|known| known == hash).unwrap_or_else(|| {
            self.0.push(hash.to_owned());
            self.0.len() - 1
        })
    }
}

/// A section as it is packed: alike numbers beside each other, so that they compress well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PackedSection {
    bars: Vec<SavedBar>,
    /// Those fields that differ from the knobs before: index into the names, and the value in thousandths.
    knobs: Vec<Vec<(usize, i64)>>,
    passages: Columns,
    #[serde(default)]
    harmonies: Vec<SavedHarmony>,
}

impl PackedSection {
    /// `names` are the names of knobs that all sections share.
    pub(super) fn of(section: Section, names: &mut Vec<String>) -> Self {
        let mut before = BTreeMap::new();
        let mut changes = |knobs: SavedKnobs| {
            let now = knobs.thousandths();
            let changed = now.iter().filter(|(name, value)| before.get(*name) != Some(*value));
            let changed = changed.map(|(name, value)| (name_idx(names, name), *value)).collect();
            before = now;
            changed
        };
        let knobs = section.knobs.into_iter().map(&mut changes).collect();
        let (passages, harmonies) = (Columns::of(&section.passages), section.harmonies);
        Self { bars: section.bars, knobs, passages, harmonies }
    }

    /// The section, unless it is damaged.
    pub(super) fn unpacked(self, names: &[String]) -> Option<Section> {
        let mut values = BTreeMap::new();
        let mut knobs = Vec::with_capacity(self.knobs.len());
        for changes in self.knobs {
            for (idx, value) in changes {
                values.insert(names.get(idx)?.clone(), value);
            }
            knobs.push(SavedKnobs::of_thousandths(&values));
        }
        let (bars, harmonies) = (self.bars, self.harmonies);
        Some(Section { bars, knobs, passages: self.passages.passages()?, harmonies })
    }
}

fn name_idx(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}

/// The notes of several passages by columns, onsets as distances from the note before.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Columns {
    lengths: Vec<usize>,
    shifts: Vec<i64>,
    durations: Vec<i64>,
    pitches: Vec<u8>,
    velocities: Vec<u8>,
    families: Vec<u16>,
}

impl Columns {
    pub(super) fn of(passages: &[Vec<SavedNote>]) -> Self {
        let mut columns = Self::default();
        for passage in passages {
            columns.lengths.push(passage.len());
            let mut last = 0;
            for (onset, duration, pitch, velocity, family) in passage {
                columns.shifts.push(onset - last);
                columns.durations.push(*duration);
                columns.pitches.push(*pitch);
                columns.velocities.push(*velocity);
                columns.families.push(*family as u16);
                last = *onset;
            }
        }
        columns
    }

    /// The passages, if all columns have the same length.
    pub(super) fn passages(&self) -> Option<Vec<Vec<SavedNote>>> {
        let mut next: usize = 0;
        let mut passage = |length: &usize| {
            let mut onset: i64 = 0;
            let range = next..next.checked_add(*length)?;
            next = range.end;
            // Checked before anything of that size is allocated.
            self.shifts.get(range.clone())?;
            range
                .map(|idx| {
                    onset = onset.checked_add(*self.shifts.get(idx)?)?;
                    let family = usize::from(*self.families.get(idx)?);
                    let [pitch, velocity] = [*self.pitches.get(idx)?, *self.velocities.get(idx)?];
                    Some((onset, *self.durations.get(idx)?, pitch, velocity, family))
                })
                .collect()
        };
        self.lengths.iter().map(&mut passage).collect()
    }
}
