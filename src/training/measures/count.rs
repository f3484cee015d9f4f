//! The measures of a passage, as defined in the literature.
//!
//! Pitch-class entropy, scale consistency, groove consistency, empty-beat rate and polyphony are those of
//! `MusPy` (Dong et al., "`MusPy`: A Toolkit for Symbolic Music Generation", ISMIR 2020); pitch-class entropy
//! and grooving are also in Wu and Yang, "The Jazz Transformer on the Front Line", ISMIR 2020. Repetition
//! is counted in whole bars, since that is what listeners notice.

use std::collections::{BTreeSet, HashMap};

use crate::music::{Note, Tick, best_scale_share};
use crate::training::measures::entropy::entropy;
use crate::training::measures::groove::Groove;
use crate::training::measures::passage::Passage;

/// The measures of one passage; `None` where it has too few notes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures {
    /// Number of bars.
    pub n_bars: usize,
    /// Share of the notes, without drums, in the best-fitting major scale (`MusPy`'s scale consistency; natural minor
    /// scales are the same sets).
    pub scale_share: Option<f64>,
    /// Entropy of the pitch classes in bits, without drums; up to log2 12 = 3.58.
    pub pitch_class_entropy: Option<f64>,
    /// One minus the share of ticks at which the onsets of neighbouring bars in the same meter differ.
    pub groove_consistency: Option<f64>,
    /// Share of quarters in which nothing sounds.
    pub empty_beats: Option<f64>,
    /// Share of bars in which no note begins.
    pub empty_bars: Option<f64>,
    /// Mean number of sounding notes while any sounds, without drums.
    pub polyphony: Option<f64>,
    /// Onsets per bar.
    pub notes_per_bar: Option<f64>,
    /// Share of the bars with notes that repeat an earlier bar exactly: onsets, pitches and families.
    pub repeated_bars: Option<f64>,
    /// Similarity of a bar to the most similar earlier bar, notes in both over notes in either (Jaccard); the mean from
    /// the second bar on.
    pub self_similarity: Option<f64>,
    /// Longest run of notes on one pitch within a family.
    pub longest_run: usize,
    /// Share of the bars with drums that have a kick on their first beat.
    pub kick_on_one: Option<f64>,
    /// Share of such bars of four beats that have a snare or clap on the second and the fourth.
    pub backbeat: Option<f64>,
    /// Kicks in such a bar.
    pub kicks_per_bar: Option<f64>,
    /// Entropy of the velocities of drums in bits.
    pub drum_velocity_entropy: Option<f64>,
    /// Root mean square distance of drums from the grid as they were played, in ticks; `None` if all are on it.
    pub drum_timing_deviation: Option<f64>,
}

/// Measures a passage.
#[must_use]
pub fn measure(passage: &Passage) -> Measures {
    let pitched: Vec<Note> = passage.notes.iter().filter(|note| !note.family.is_drums()).copied().collect();
    let has_pitch = !pitched.is_empty();
    let bars = contents(passage);
    let n_bars = passage.bars.len() as f64;
    let groove = Groove::of(passage);
    Measures {
        n_bars: passage.bars.len(),
        scale_share: has_pitch.then(|| f64::from(best_scale_share(&pitched))),
        pitch_class_entropy: has_pitch.then(|| entropy(pitched.iter().map(|note| note.pitch % 12))),
        groove_consistency: groove_consistency(passage),
        empty_beats: empty_beats(passage),
        empty_bars: mean(bars.iter().map(|bar| if bar.is_empty() { 1.0 } else { 0.0 })),
        polyphony: polyphony(&pitched),
        notes_per_bar: (n_bars > 0.0).then(|| passage.notes.len() as f64 / n_bars),
        repeated_bars: repeated_bars(&bars),
        self_similarity: self_similarity(&bars),
        longest_run: longest_run(&passage.notes),
        kick_on_one: groove.map(|groove| groove.kick_on_one),
        backbeat: groove.and_then(|groove| groove.backbeat),
        kicks_per_bar: groove.map(|groove| groove.kicks_per_bar),
        drum_velocity_entropy: groove.map(|groove| groove.velocity_entropy),
        drum_timing_deviation: groove.and_then(|groove| groove.timing_deviation),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

fn groove_consistency(passage: &Passage) -> Option<f64> {
    let bars: Vec<_> = passage
        .bars_with_notes()
        .map(|(start, meter, notes)| {
            let onsets: BTreeSet<Tick> = notes.iter().map(|note| note.onset - start).collect();
            (meter, onsets)
        })
        .collect();
    let neighbours = bars.windows(2).filter(|two| two[0].0 == two[1].0);
    mean(neighbours.map(|two| {
        let n_different = two[0].1.symmetric_difference(&two[1].1).count();
        1.0 - n_different as f64 / two[0].0.bar_length().0 as f64
    }))
}

fn empty_beats(passage: &Passage) -> Option<f64> {
    let begin = passage.bars.first()?.0;
    let n_beats = ((passage.end - begin).0 / Tick::PER_BEAT) as usize;
    let mut is_empty = vec![true; n_beats];
    for note in &passage.notes {
        let first = (note.onset - begin).0 / Tick::PER_BEAT;
        let last = ((note.end() - begin).0 - 1).max(0) / Tick::PER_BEAT;
        for beat in first..=last {
            if let Some(beat) = is_empty.get_mut(beat as usize) {
                *beat = false;
            }
        }
    }
    mean(is_empty.into_iter().map(|is_empty| if is_empty { 1.0 } else { 0.0 }))
}

fn polyphony(pitched: &[Note]) -> Option<f64> {
    let mut changes: Vec<(Tick, i64)> =
        pitched.iter().flat_map(|note| [(note.onset, 1), (note.end(), -1)]).collect();
    changes.sort_unstable();
    let (mut n_sounding, mut last) = (0_i64, Tick::ZERO);
    let (mut ticks, mut note_ticks) = (0, 0);
    for (at, change) in changes {
        if n_sounding > 0 {
            ticks += (at - last).0;
            note_ticks += (at - last).0 * n_sounding;
        }
        n_sounding += change;
        last = at;
    }
    (ticks > 0).then(|| note_ticks as f64 / ticks as f64)
}

/// The notes of a bar: onset from the bar line, pitch, family.
type Content = BTreeSet<(Tick, u8, usize)>;

fn contents(passage: &Passage) -> Vec<Content> {
    let key = |note: &Note, start: Tick| (note.onset - start, note.pitch, note.family.index());
    let bars = passage.bars_with_notes();
    bars.map(|(start, _, notes)| notes.iter().map(|note| key(note, start)).collect()).collect()
}

fn repeated_bars(bars: &[Content]) -> Option<f64> {
    let mut earlier = std::collections::HashSet::new();
    let sounding = bars.iter().filter(|bar| !bar.is_empty());
    mean(sounding.map(|bar| if earlier.insert(bar) { 0.0 } else { 1.0 }))
}

fn self_similarity(bars: &[Content]) -> Option<f64> {
    let sounding: Vec<&Content> = bars.iter().filter(|bar| !bar.is_empty()).collect();
    mean(
        sounding.iter().enumerate().skip(1).map(|(idx, bar)| {
            sounding[..idx].iter().map(|earlier| jaccard(earlier, bar)).fold(0.0, f64::max)
        }),
    )
}

/// Elements in both over elements in either; 1 for two empty sets.
pub(super) fn jaccard<T: Ord>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> f64 {
    let n_both = one.intersection(other).count();
    let n_either = one.len() + other.len() - n_both;
    if n_either == 0 { 1.0 } else { n_both as f64 / n_either as f64 }
}

fn longest_run(notes: &[Note]) -> usize {
    let mut runs: HashMap<usize, (u8, usize)> = HashMap::new();
    let mut longest = 0;
    for note in notes {
        let (pitch, length) = runs.entry(note.family.index()).or_insert((note.pitch, 0));
        if *pitch == note.pitch {
            *length += 1;
        } else {
            (*pitch, *length) = (note.pitch, 1);
        }
        longest = longest.max(*length);
    }
    longest
}

#[cfg(test)]
mod tests {
    use crate::music::{Family, Note, Piece, Tick};
    use crate::training::measures::{Measures, Passage, measure};

    /// Notes of a beat each: onset in beats, pitch.
    fn passage(notes: &[(i64, u8)], n_bars: usize) -> Passage {
        let note = |(beat, pitch): &(i64, u8)| Note {
            onset: Tick(beat * Tick::PER_BEAT),
            duration: Tick(Tick::PER_BEAT),
            pitch: *pitch,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        let mut notes: Vec<Note> = notes.iter().map(note).collect();
        notes.sort_unstable();
        Passage::of_length(&Piece { notes, ..Piece::default() }, n_bars)
    }

    fn near(found: Option<f64>, expected: f64) {
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-6), "{found:?} is not {expected}");
    }

    #[test]
    fn a_bar_played_twice_is_repeated_and_one_that_is_half_the_same_is_half_like_it() {
        let twice = measure(&passage(&[(0, 60), (1, 62), (4, 60), (5, 62)], 2));
        near(twice.repeated_bars, 0.5);
        near(twice.self_similarity, 1.0);
        near(twice.groove_consistency, 1.0);
        let half = measure(&passage(&[(0, 60), (1, 62), (4, 60), (6, 62)], 2));
        near(half.repeated_bars, 0.0);
        near(half.self_similarity, 1.0 / 3.0);
        // Two of the bar's 96 ticks differ: one onset is missing, another is new.
        near(half.groove_consistency, 1.0 - 2.0 / 96.0);
    }

    #[test]
    fn pitches_are_counted_by_class_and_scale() {
        let even = measure(&passage(&[(0, 60), (1, 62), (2, 64), (3, 65)], 1));
        near(even.pitch_class_entropy, 2.0);
        near(even.scale_share, 1.0);
        let octaves = measure(&passage(&[(0, 60), (1, 72)], 1));
        near(octaves.pitch_class_entropy, 0.0);
        // No major scale has C, D flat and D.
        near(measure(&passage(&[(0, 60), (1, 61), (2, 62)], 1)).scale_share, 2.0 / 3.0);
    }

    #[test]
    fn silence_is_counted_in_beats_and_bars() {
        let sparse = measure(&passage(&[(0, 60), (8, 60)], 4));
        near(sparse.empty_beats, 14.0 / 16.0);
        near(sparse.empty_bars, 0.5);
        near(sparse.notes_per_bar, 0.5);
        assert_eq!(measure(&Passage::default()), Measures::default());
    }

    #[test]
    fn polyphony_counts_only_while_something_sounds() {
        near(measure(&passage(&[(0, 60), (0, 64), (3, 60)], 1)).polyphony, 1.5);
    }

    #[test]
    fn the_longest_run_is_of_one_pitch_in_one_family() {
        let mut passage = passage(&[(0, 60), (1, 60), (2, 60), (3, 62)], 1);
        assert_eq!(measure(&passage).longest_run, 3);
        passage.notes[1].family = Family::BASS;
        assert_eq!(measure(&passage).longest_run, 2);
        passage.notes.iter_mut().for_each(|note| note.family = Family::DRUMS);
        let drums = measure(&passage);
        assert_eq!((drums.longest_run, drums.scale_share, drums.polyphony), (3, None, None));
    }
}
