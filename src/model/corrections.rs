//! What a network plays too much or too little of when it plays by itself, and by how much that is made less or more
//! likely.
//!
//! What comes next in a real piece the network predicts rightly, on average. In music of its own it drifts: long notes, for
//! example, get rarer than in any real piece, because each of them depends on the notes before. So the shares of some simple
//! features are brought back by exponential tilting: for each feature that a class has, a number is added to its logit. The
//! numbers are found by composing samples and comparing them with real pieces, a few times over.

use serde::{Deserialize, Serialize};

use crate::model::encoding::Memory;
use crate::model::vocabulary::{N_DURATIONS, N_PITCHES, duration_class};
use crate::music::{Note, Tick};

/// Notes at one onset are told apart up to this many.
const LARGEST_CHORD: usize = 8;
/// From a unison to a tritone, in any octave.
const N_INTERVALS: usize = 7;
/// From a repeated note to an octave or more.
const N_STEPS: usize = 13;
/// The places in the bar at which drums are told apart: sixteenths.
const PLACE: i64 = 6;
/// The most that is corrected, in nats.
const MOST: f32 = 2.0;

/// How much likelier than in the network's own distribution music of a style is made to have each of some features, in
/// nats; -2 to 2. What is missing is 0.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Corrections {
    /// Durations of all but drums, by class.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub durations: Vec<f32>,
    /// One more note at the same onset, by how many there are; from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chords: Vec<f32>,
    /// Pitches, by the interval with each key that sounds: 0 to 6 semitones, in any octave and direction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<f32>,
    /// Pitches of the first note at an onset, by the distance from the lowest at the onset before: 0 to 11 semitones, 12 for
    /// more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bass: Vec<f32>,
    /// Drums, by the place in the bar in sixteenths; 128 keys for each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drums: Vec<f32>,
    /// The length of the bars in which `drums` were counted, in ticks. They are not corrected in others.
    pub bar_length: i64,
}

/// How often music has each feature of [`Corrections`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    durations: Counts,
    chords: Counts,
    intervals: Counts,
    bass: Counts,
    drums: Counts,
    bar_length: i64,
}

/// How often each feature of a table is there, and how often it could have been.
#[derive(Debug, Clone, PartialEq)]
struct Counts {
    hits: Vec<f64>,
    chances: Vec<f64>,
}

impl Counts {
    fn new(n_features: usize) -> Self {
        Self { hits: vec![0.0; n_features], chances: vec![0.0; n_features] }
    }

    /// Each feature could be there once more.
    fn another_chance(&mut self) {
        self.chances.iter_mut().for_each(|chances| *chances += 1.0);
    }

    /// Each feature could be there, and this one is.
    fn one_of_all(&mut self, feature: usize) {
        self.another_chance();
        self.hits[feature] += 1.0;
    }
}

impl Tally {
    /// Of nothing yet; for drums in bars of this length.
    #[must_use]
    pub fn new(bar_length: Tick) -> Self {
        let bar_length = bar_length.0.max(1);
        Self {
            durations: Counts::new(N_DURATIONS),
            chords: Counts::new(LARGEST_CHORD),
            intervals: Counts::new(N_INTERVALS),
            bass: Counts::new(N_STEPS),
            drums: Counts::new(drum(bar_length - 1, N_PITCHES - 1) + 1),
            bar_length,
        }
    }

    /// Counts the notes of a piece, which are in the order of [`Note`], and its bars, each a start and an end.
    pub fn add(&mut self, notes: &[Note], bars: impl Iterator<Item = (Tick, Tick)>) {
        let mut lowest_before = None;
        let mut sounding: Vec<&Note> = Vec::new();
        for at_onset in notes.chunk_by(|one, other| one.onset == other.onset) {
            for size in 1..=at_onset.len().min(LARGEST_CHORD) {
                self.chords.chances[size - 1] += 1.0;
                self.chords.hits[size - 1] += f64::from(u8::from(at_onset.len() > size));
            }
            sounding.retain(|note| note.end() > at_onset[0].onset);
            for note in at_onset.iter().filter(|note| !note.family.is_drums()) {
                self.durations.one_of_all(duration_class(note.duration));
                for other in &sounding {
                    self.intervals.one_of_all(interval(note.pitch, other.pitch));
                }
                sounding.push(note);
            }
            if let Some(lowest) = lowest(at_onset.iter())
                && let Some(before) = lowest_before.replace(lowest)
            {
                self.bass.one_of_all(step(lowest, before));
            }
        }
        let bar_length = self.bar_length;
        for (start, end) in bars.filter(|(start, end)| (*end - *start).0 == bar_length) {
            self.drums.another_chance();
            let first = notes.partition_point(|note| note.onset < start);
            let in_bar = notes[first..].iter().take_while(|note| note.onset < end);
            for note in in_bar.filter(|note| note.family.is_drums()) {
                self.drums.hits[drum((note.onset - start).0, note.pitch.min(127).into())] += 1.0;
            }
        }
    }
}

impl Corrections {
    /// Corrects further: what is composed with them, of which `samples` are, is to have what `real` music has. Where there
    /// is little of something, it is changed little.
    pub fn refine(&mut self, samples: &Tally, real: &Tally) {
        if self.bar_length != real.bar_length {
            (self.bar_length, self.drums) = (real.bar_length, Vec::new());
        }
        refine(&mut self.durations, &samples.durations, &real.durations);
        refine(&mut self.chords, &samples.chords, &real.chords);
        refine(&mut self.intervals, &samples.intervals, &real.intervals);
        refine(&mut self.bass, &samples.bass, &real.bass);
        refine(&mut self.drums, &samples.drums, &real.drums);
    }

    /// Corrects the onset shifts of the next note.
    pub(crate) fn correct_shifts(&self, logits: &mut [f32], memory: &Memory) {
        let (notes, last) = (memory.notes(), memory.last_onset());
        let n_notes = notes.iter().rev().take_while(|note| note.onset == last).count();
        if let Some(logit) = logits.first_mut() {
            *logit += nats(&self.chords, n_notes.clamp(1, LARGEST_CHORD) - 1);
        }
    }

    /// Corrects the pitches of the next note, which begins at `onset`.
    pub(crate) fn correct_pitches(&self, logits: &mut [f32], is_drum: bool, onset: Tick, memory: &Memory) {
        let pitches = 0..=127_u8;
        if is_drum {
            let bar_length = (memory.bar_end() - memory.bar_start()).0;
            if !self.drums.is_empty() && bar_length == self.bar_length && bar_length > 0 {
                let place = (onset - memory.bar_start()).0.rem_euclid(bar_length);
                for (pitch, logit) in pitches.zip(logits) {
                    *logit += nats(&self.drums, drum(place, pitch.into()));
                }
            }
            return;
        }
        if !self.intervals.is_empty() {
            let mut classes = [0.0; 12];
            for other in memory.sounding_at(onset) {
                for (class, sum) in (0..).zip(&mut classes) {
                    *sum += nats(&self.intervals, interval(class, other.pitch));
                }
            }
            let pitches = logits.chunks_mut(classes.len());
            pitches.flat_map(|octave| octave.iter_mut().zip(classes)).for_each(|(logit, sum)| *logit += sum);
        }
        let mut before = memory.notes().iter().rev().filter(|note| !note.family.is_drums()).peekable();
        let last = before.peek().map(|note| note.onset).filter(|last| *last < onset);
        if let Some(lowest) = lowest(before.take_while(|note| Some(note.onset) == last)) {
            for (pitch, logit) in pitches.zip(logits) {
                *logit += nats(&self.bass, step(pitch, lowest));
            }
        }
    }

    /// Corrects the durations of the next note, which is no drum.
    pub(crate) fn correct_durations(&self, logits: &mut [f32]) {
        (0..).zip(logits).for_each(|(class, logit)| *logit += nats(&self.durations, class));
    }
}

fn refine(table: &mut Vec<f32>, samples: &Counts, real: &Counts) {
    /// Of the difference found, since the features depend on one another.
    const SHARE: f64 = 0.5;
    /// So many are added to both counts.
    const PRIOR: f64 = 8.0;
    table.resize(real.hits.len(), 0.0);
    for (idx, nats) in table.iter_mut().enumerate() {
        if real.chances[idx] > 0.0 {
            let expected = real.hits[idx] / real.chances[idx] * samples.chances[idx];
            let further = ((expected + PRIOR) / (samples.hits[idx] + PRIOR)).ln();
            let corrected = *nats + (SHARE * further) as f32;
            *nats = (corrected.clamp(-MOST, MOST) * 100.0).round() / 100.0;
        }
    }
    // Zeros at the end are not written.
    let n_told = table.iter().rposition(|nats| *nats != 0.0).map_or(0, |last| last + 1);
    table.truncate(n_told);
}

/// In bounds, whatever the file says.
fn nats(table: &[f32], feature: usize) -> f32 {
    table.get(feature).filter(|nats| nats.is_finite()).map_or(0.0, |nats| nats.clamp(-MOST, MOST))
}

/// The lowest pitch, without drums.
fn lowest<'a>(notes: impl Iterator<Item = &'a Note>) -> Option<u8> {
    notes.filter(|note| !note.family.is_drums()).map(|note| note.pitch).min()
}

fn interval(one: u8, other: u8) -> usize {
    let semitones = one.abs_diff(other) % 12;
    usize::from(semitones.min(12 - semitones))
}

fn step(one: u8, other: u8) -> usize {
    usize::from(one.abs_diff(other)).min(N_STEPS - 1)
}

fn drum(place: i64, pitch: usize) -> usize {
    (place / PLACE) as usize * N_PITCHES + pitch
}

#[cfg(test)]
mod tests {
    use crate::model::{Corrections, Tally};
    use crate::music::{Family, Meter, Note, Tick};

    fn note(onset: i64, duration: i64, pitch: u8, family: Family) -> Note {
        Note { onset: Tick(onset), duration: Tick(duration), pitch, velocity: 80, family, feel: None }
    }

    /// Forty bars with these notes each.
    fn tally(bar: &[Note]) -> Tally {
        let length = Meter::COMMON.bar_length();
        let bars = || (0..40).map(|bar| (Tick(bar * length.0), Tick((bar + 1) * length.0)));
        let mut notes: Vec<Note> = bars()
            .flat_map(|(start, _)| bar.iter().map(move |note| Note { onset: note.onset + start, ..*note }))
            .collect();
        notes.sort_unstable();
        let mut tally = Tally::new(length);
        tally.add(&notes, bars());
        tally
    }

    #[test]
    fn what_the_samples_lack_gets_likelier_and_what_they_have_too_much_of_less_likely() {
        let (piano, drums) = (Family::PIANO, Family::DRUMS);
        let real = tally(&[
            note(0, 96, 48, piano),
            note(0, 96, 64, piano),
            note(0, 6, 36, drums),
            note(48, 48, 50, piano),
        ]);
        let samples = tally(&[note(0, 24, 48, piano), note(24, 24, 49, piano), note(48, 6, 36, drums)]);
        let mut corrections = Corrections::default();
        corrections.refine(&samples, &real);
        let Corrections { durations, chords, intervals, bass, drums, .. } = &corrections;
        assert!(durations[23] < 0.0 && durations[47] > 0.0, "{durations:?}");
        assert!(chords[0] > 0.0, "{chords:?}");
        assert!(intervals.is_empty(), "no two keys sound together in the samples, so nothing is known");
        assert!(bass[1] < 0.0 && bass[2] > 0.0, "{bass:?}");
        assert!(drums[36] > 0.0 && drums[8 * 128 + 36] < 0.0);
        let found = corrections.clone();
        corrections.refine(&real, &real);
        assert_eq!(corrections, found, "nothing is left to correct");
        // However often: within bounds.
        (0..50).for_each(|_| corrections.refine(&samples, &real));
        let all = [&corrections.durations, &corrections.bass, &corrections.drums].into_iter().flatten();
        assert!(all.clone().all(|nats| (-2.0..=2.0).contains(nats)) && all.count() > 0);
    }

    #[test]
    fn drums_of_another_meter_are_forgotten_and_bars_of_another_length_not_counted() {
        let beat = [note(0, 6, 36, Family::DRUMS)];
        let mut corrections = Corrections { bar_length: 72, drums: vec![1.0; 300], ..Corrections::default() };
        let (real, none) = (tally(&beat), tally(&[]));
        corrections.refine(&none, &real);
        assert!(corrections.bar_length == 96 && corrections.drums[36] > 0.0 && corrections.drums.len() == 37);
        let mut short = Tally::new(Tick(96));
        short.add(&beat, [(Tick(0), Tick(72))].into_iter());
        assert!(short.drums.hits.iter().chain(&short.drums.chances).all(|count| *count == 0.0));
    }
}
