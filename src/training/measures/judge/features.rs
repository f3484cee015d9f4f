//! What a passage is like, in numbers: rhythm, harmony, form, dynamics and instruments.
//!
//! None of them changes with the key, the octave or an even change of loudness.

use std::collections::BTreeSet;

use crate::music::{Family, Meter, Note, Tick, best_scale_share};
use crate::training::measures::count::jaccard;
use crate::training::measures::entropy::entropy;
use crate::training::measures::groove::{KICKS, SNARES};
use crate::training::measures::passage::Passage;

/// The features of a passage, by name. Always the same names in the same order; 0 where there is nothing to measure.
#[must_use]
pub(super) fn features(passage: &Passage) -> Vec<(&'static str, f64)> {
    let pitched: Vec<Note> = passage.notes.iter().filter(|note| !note.family.is_drums()).copied().collect();
    let mut features = Vec::new();
    rhythm(passage, &mut features);
    harmony(passage, &pitched, &mut features);
    line("top", &outer_line(&pitched, Outer::Top), &mut features);
    line("bass", &outer_line(&pitched, Outer::Bottom), &mut features);
    form(passage, &mut features);
    dynamics(passage, &mut features);
    instruments(passage, &pitched, &mut features);
    drums(passage, &mut features);
    features
}

type Features = Vec<(&'static str, f64)>;

fn rhythm(passage: &Passage, features: &mut Features) {
    let counts: Vec<f64> = passage.bars_with_notes().map(|(_, _, notes)| notes.len() as f64).collect();
    let places: Vec<i64> = passage
        .bars_with_notes()
        .flat_map(|(start, _, notes)| notes.iter().map(move |note| (note.onset - start).0))
        .collect();
    let onsets: BTreeSet<Tick> = passage.notes.iter().map(|note| note.onset).collect();
    let ordered: Vec<Tick> = onsets.iter().copied().collect();
    let gaps: Vec<i64> = ordered.windows(2).map(|two| (two[1] - two[0]).0).collect();
    let durations: Vec<i64> = passage.notes.iter().map(|note| note.duration.0).collect();
    let on = |grid: i64| share(&places, |place| place % grid == 0);
    features.extend([
        ("notes a bar", mean(&counts)),
        ("spread of notes a bar", spread(&counts)),
        ("different places in the bar", entropy(places.iter().copied())),
        ("onsets on beats", on(24)),
        ("onsets on eighths", on(12)),
        ("onsets on sixteenths", on(6)),
        ("onsets on triplets", share(&places, |place| place % 8 == 0 && place % 24 != 0)),
        ("entropy of distances", entropy(gaps.iter().copied())),
        ("mean distance", mean_of(&gaps) / 24.0),
        ("longest distance", gaps.iter().max().map_or(0.0, |gap| *gap as f64 / 24.0)),
        ("entropy of durations", entropy(durations.iter().copied())),
        ("mean duration", mean_of(&durations) / 24.0),
        ("notes an onset", ratio(passage.notes.len(), onsets.len())),
    ]);
}

fn harmony(passage: &Passage, pitched: &[Note], features: &mut Features) {
    let by_bar = |measure: &dyn Fn(&[Note]) -> f64| {
        let of_bar = |notes: &[Note]| {
            let pitched: Vec<Note> = notes.iter().filter(|note| !note.family.is_drums()).copied().collect();
            (!pitched.is_empty()).then(|| measure(&pitched))
        };
        mean(&passage.bars_with_notes().filter_map(|(_, _, notes)| of_bar(notes)).collect::<Vec<_>>())
    };
    let classes = |notes: &[Note]| entropy(notes.iter().map(|note| i64::from(note.pitch % 12)));
    let scale = |notes: &[Note]| if notes.is_empty() { 0.0 } else { f64::from(best_scale_share(notes)) };
    let moments = moments(pitched);
    let sizes: Vec<f64> = moments.iter().map(|keys| keys.len() as f64).collect();
    let intervals: Vec<u8> = moments.iter().flat_map(|keys| interval_classes(keys)).collect();
    let with = |class: u8| share(&intervals, |interval| *interval == class);
    let sets: Vec<BTreeSet<u8>> =
        moments.iter().map(|keys| keys.iter().map(|key| key % 12).collect()).collect();
    let alike: Vec<f64> = sets.windows(2).map(|two| jaccard(&two[0], &two[1])).collect();
    features.extend([
        ("share in one scale", scale(pitched)),
        ("share in the scale of the bar", by_bar(&scale)),
        ("entropy of pitch classes", classes(pitched)),
        ("entropy of pitch classes in a bar", by_bar(&classes)),
        ("notes sounding", mean(&sizes)),
        ("spread of notes sounding", spread(&sizes)),
        ("semitone clashes", with(1)),
        ("whole-tone clashes", with(2)),
        ("tritones", with(6)),
        ("thirds and sixths", with(3) + with(4)),
        ("harmony kept from onset to onset", mean(&alike)),
    ]);
}

/// The keys that sound at each onset, ascending.
fn moments(pitched: &[Note]) -> Vec<Vec<u8>> {
    let mut sounding: Vec<Note> = Vec::new();
    let mut moments = Vec::new();
    for notes in pitched.chunk_by(|one, other| one.onset == other.onset) {
        sounding.retain(|note| note.end() > notes[0].onset);
        sounding.extend(notes);
        let keys: BTreeSet<u8> = sounding.iter().map(|note| note.pitch).collect();
        moments.push(keys.into_iter().collect());
    }
    moments
}

/// The interval class, 0 to 6, of each pair of keys.
fn interval_classes(keys: &[u8]) -> Vec<u8> {
    let pairs =
        keys.iter().enumerate().flat_map(|(idx, low)| keys[idx + 1..].iter().map(move |high| high - low));
    pairs.map(|interval| (interval % 12).min(12 - interval % 12)).collect()
}

#[derive(Clone, Copy)]
enum Outer {
    Top,
    Bottom,
}

/// The highest or lowest key struck at each onset.
fn outer_line(pitched: &[Note], outer: Outer) -> Vec<i64> {
    let at_onset = pitched.chunk_by(|one, other| one.onset == other.onset);
    let keys = at_onset.map(|notes| {
        let keys = notes.iter().map(|note| i64::from(note.pitch));
        match outer {
            Outer::Top => keys.max(),
            Outer::Bottom => keys.min(),
        }
    });
    keys.flatten().collect()
}

fn line(of: &'static str, keys: &[i64], features: &mut Features) {
    let intervals: Vec<i64> = keys.windows(2).map(|two| two[1] - two[0]).collect();
    let names: [&'static str; 5] = match of {
        "top" => [
            "entropy of melodic intervals",
            "mean melodic interval",
            "repeated top notes",
            "steps in the top line",
            "leaps in the top line",
        ],
        _ => [
            "entropy of bass intervals",
            "mean bass interval",
            "repeated bass notes",
            "steps in the bass",
            "leaps in the bass",
        ],
    };
    let sizes: Vec<f64> = intervals.iter().map(|interval| interval.abs() as f64).collect();
    let values = [
        entropy(intervals.iter().copied()),
        mean(&sizes),
        share(&intervals, |interval| *interval == 0),
        share(&intervals, |interval| (1..=2).contains(&interval.abs())),
        share(&intervals, |interval| interval.abs() > 7),
    ];
    features.extend(names.into_iter().zip(values));
}

/// Meter, notes and onsets of a bar.
type BarContent = (Meter, BTreeSet<(Tick, u8, usize)>, BTreeSet<Tick>);

fn form(passage: &Passage, features: &mut Features) {
    let bars: Vec<BarContent> = passage
        .bars_with_notes()
        .map(|(start, meter, notes)| {
            let content = notes.iter().map(|note| (note.onset - start, note.pitch, note.family.index()));
            (meter, content.collect(), notes.iter().map(|note| note.onset - start).collect())
        })
        .collect();
    let names = [
        (1, "bar like the one before", "bar the same as the one before", "rhythm like the bar before"),
        (2, "bar like two before", "bar the same as two before", "rhythm like two bars before"),
        (4, "bar like four before", "bar the same as four before", "rhythm like four bars before"),
    ];
    for (distance, like, same, rhythm) in names {
        let pairs = || bars.iter().zip(bars.iter().skip(distance)).filter(|(one, other)| one.0 == other.0);
        let alike: Vec<f64> = pairs().map(|(one, other)| jaccard(&one.1, &other.1)).collect();
        let rhythms: Vec<f64> = pairs().map(|(one, other)| jaccard(&one.2, &other.2)).collect();
        features.extend([
            (like, mean(&alike)),
            (same, share(&alike, |alike| *alike >= 1.0)),
            (rhythm, mean(&rhythms)),
        ]);
    }
}

fn dynamics(passage: &Passage, features: &mut Features) {
    let velocities: Vec<f64> = passage.notes.iter().map(|note| f64::from(note.velocity)).collect();
    let steps: Vec<f64> = velocities.windows(2).map(|two| (two[1] - two[0]).abs()).collect();
    let on_beats = |on: bool| {
        let notes = passage
            .bars_with_notes()
            .flat_map(|(start, _, notes)| notes.iter().map(move |note| (start, note)));
        let chosen = notes.filter(|(start, note)| ((note.onset - *start).0 % 24 == 0) == on);
        mean(&chosen.map(|(_, note)| f64::from(note.velocity)).collect::<Vec<_>>())
    };
    let accent =
        if on_beats(true) > 0.0 && on_beats(false) > 0.0 { on_beats(true) - on_beats(false) } else { 0.0 };
    features.extend([
        ("entropy of velocities", entropy(passage.notes.iter().map(|note| i64::from(note.velocity)))),
        ("spread of velocities", spread(&velocities)),
        ("velocity from note to note", mean(&steps)),
        ("accent on beats", accent),
    ]);
}

/// The features that say nothing where velocities are constant.
pub(super) const DYNAMICS: [&str; 4] =
    ["entropy of velocities", "spread of velocities", "velocity from note to note", "accent on beats"];

fn instruments(passage: &Passage, pitched: &[Note], features: &mut Features) {
    let families: BTreeSet<Family> = passage.notes.iter().map(|note| note.family).collect();
    let of = |family: Family| share(&passage.notes, |note| note.family == family);
    let keys = || pitched.iter().map(|note| note.pitch);
    let range = keys().max().unwrap_or(0) - keys().min().unwrap_or(0);
    features.extend([
        ("instruments", families.len() as f64),
        ("share of bass notes", of(Family::BASS)),
        ("share of drum notes", of(Family::DRUMS)),
        ("range of keys", f64::from(range)),
    ]);
}

fn drums(passage: &Passage, features: &mut Features) {
    const HATS: [u8; 6] = [42, 44, 46, 51, 53, 59];
    let drums: Vec<Note> = passage.notes.iter().filter(|note| note.family.is_drums()).copied().collect();
    let n_bars = passage.bars.len();
    let a_bar = |kit: &[u8]| ratio(drums.iter().filter(|note| kit.contains(&note.pitch)).count(), n_bars);
    let at = |kit: &[u8], beat: i64| {
        let bars = passage.bars.iter().filter(|(start, _)| {
            let place = *start + Tick(beat * Tick::PER_BEAT);
            drums.iter().any(|note| note.onset == place && kit.contains(&note.pitch))
        });
        ratio(bars.count(), n_bars)
    };
    let kinds: BTreeSet<u8> = drums.iter().map(|note| note.pitch).collect();
    features.extend([
        ("kicks a bar", a_bar(&KICKS)),
        ("snares a bar", a_bar(&SNARES)),
        ("hats a bar", a_bar(&HATS)),
        ("kick on 1", at(&KICKS, 0)),
        ("kick on 3", at(&KICKS, 2)),
        ("snare on 2", at(&SNARES, 1)),
        ("snare on 4", at(&SNARES, 3)),
        ("hats on beat 2", at(&HATS, 1)),
        ("kinds of drums", kinds.len() as f64),
    ]);
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

fn mean_of(values: &[i64]) -> f64 {
    ratio(values.iter().sum::<i64>().max(0) as usize, values.len())
}

/// The standard deviation.
fn spread(values: &[f64]) -> f64 {
    let middle = mean(values);
    mean(&values.iter().map(|value| (value - middle).powi(2)).collect::<Vec<_>>()).sqrt()
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn share<T>(values: &[T], is_counted: impl Fn(&T) -> bool) -> f64 {
    ratio(values.iter().filter(|value| is_counted(value)).count(), values.len())
}
