//! Likelihoods: over all notes that can follow, probabilities sum to one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use continuo::model::encoding::{Encoding, Told};
use continuo::model::network::{N_PARTS, Network, NetworkConfig};
use continuo::model::vocabulary::{
    N_DURATIONS, N_FAMILIES, N_FEELS, N_PITCHES, N_SHIFTS, duration_of, feel_of, shifted,
};
use continuo::model::{Card, Generator, Model};
use continuo::music::{Chord, Family, Mode, Note, Piece, PitchClassSet, Tick};
use continuo::training::baselines::{Baseline, CopyBar, KnownParts, Markov, Target, probabilities};
use continuo::training::corpus::KeyedPiece;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

fn note(onset: i64, pitch: u8, family: Family) -> Note {
    Note { onset: Tick(onset), duration: Tick(12), pitch, velocity: 76, family, feel: None }
}

/// Ends in a chord that is not yet full: more may follow at its onset, above its last note.
fn in_a_chord() -> Vec<Note> {
    vec![
        note(0, 36, Family::DRUMS),
        note(0, 60, Family::PIANO),
        note(24, 64, Family::PIANO),
        note(96, 36, Family::BASS),
        note(96, 60, Family::PIANO),
    ]
}

/// Ends on the highest key: at its onset only families after the last may follow, and only there.
fn at_the_top() -> Vec<Note> {
    vec![note(0, 60, Family::PIANO), note(24, 127, Family::STRINGS)]
}

fn small_model(encoding: Encoding) -> Arc<Model> {
    let config = NetworkConfig { encoding, n_styles: 2, embedding: 8, hidden: 12, n_layers: 2, head: 8 };
    let card = Card { styles: vec!["A".into(), "B".into()], ..Card::default() };
    let mut network = Network::random(config, 5);
    // Larger weights, so that probabilities differ.
    network.parameters.iter_mut().for_each(|value| *value *= 3.0);
    Arc::new(Model::new(network, card, Vec::new()).unwrap())
}

fn assert_is_one(sum: f64, what: &str) {
    assert!((sum - 1.0).abs() < 1e-4, "{what} sums to {sum}");
}

/// Every note that could follow, part by part: when the probabilities of each part sum to one, whatever the parts
/// before it, those of all notes do.
#[test]
fn the_networks_probabilities_over_all_that_can_follow_sum_to_one() {
    for (encoding, told) in [
        (Encoding::Second, Told::default()),
        (Encoding::Third, Told::default()),
        (Encoding::Third, Told { chords: chords(), end: Some(Tick(192)) }),
    ] {
        sum_to_one(encoding, &told);
    }
}

fn chords() -> Arc<[(Tick, Option<Chord>)]> {
    let chord = |root, tones: &[u8]| Some(Chord::new(root, PitchClassSet::new(tones), root));
    Arc::new([(Tick(0), chord(0, &[0, 4, 7])), (Tick(100), chord(7, &[0, 4, 7, 10])), (Tick(144), None)])
}

fn sum_to_one(encoding: Encoding, told: &Told) {
    for notes in [Vec::new(), in_a_chord(), at_the_top()] {
        let mut generator = Generator::new(small_model(encoding));
        generator.tell(told.clone());
        for note in &notes {
            generator.feed(note);
        }
        let last = notes.last().copied();
        let last_onset = last.map_or(Tick::ZERO, |note| note.onset);
        let following = |[family, shift, pitch, duration, velocity, feel]: [usize; N_PARTS]| Note {
            onset: shifted(last_onset, shift),
            duration: duration_of(duration),
            pitch: pitch as u8,
            velocity: encoding.velocity_of(velocity),
            family: Family::from_index(family).unwrap(),
            feel: feel_of(feel),
        };
        let probability = |parts: [usize; N_PARTS], part: usize| {
            let log = generator.log_probabilities(&following(parts))?;
            Some(f64::from(log[part]).exp())
        };
        // The probability of a part does not depend on the parts after it.
        let lowest_open = |family: usize, shift: usize| match last {
            Some(last) if shift == 0 => usize::from(last.pitch) + usize::from(family <= last.family.index()),
            _ => 0,
        };
        let mut families = 0.0;
        for family in 0..N_FAMILIES {
            let mut shifts = 0.0;
            for shift in 0..N_SHIFTS {
                let lowest = lowest_open(family, shift);
                let pitches: f64 =
                    (0..N_PITCHES).filter_map(|pitch| probability([family, shift, pitch, 0, 0, 0], 2)).sum();
                if lowest < N_PITCHES {
                    assert_is_one(pitches, "pitch");
                    shifts += probability([family, shift, lowest, 0, 0, 0], 1).unwrap();
                } else {
                    assert!(pitches == 0.0, "notes that cannot follow have probability {pitches}");
                }
            }
            assert_is_one(shifts, "shift");
            families += probability([family, 1, 0, 0, 0, 0], 0).unwrap();
        }
        assert_is_one(families, "family");
        let mut rng = Pcg64Mcg::seed_from_u64(3);
        let n_velocities = encoding.n_velocities();
        for _ in 0..20 {
            let (family, shift) = (rng.random_range(0..N_FAMILIES), rng.random_range(1..N_SHIFTS));
            let (pitch, duration) = (rng.random_range(0..N_PITCHES), rng.random_range(0..N_DURATIONS));
            let durations =
                (0..N_DURATIONS).filter_map(|d| probability([family, shift, pitch, d, 0, 0], 3)).sum();
            assert_is_one(durations, "duration");
            let velocities = (0..n_velocities)
                .filter_map(|v| probability([family, shift, pitch, duration, v, 0], 4))
                .sum();
            assert_is_one(velocities, "velocity");
            let velocity = rng.random_range(0..n_velocities);
            let feel = |feel| probability([family, shift, pitch, duration, velocity, feel], 5);
            let feels: f64 = (0..N_FEELS).filter_map(feel).sum();
            let expected = if encoding == Encoding::Second { N_FEELS as f64 } else { 1.0 };
            assert_is_one(feels / expected, "feel, which encoding 2 has not");
        }
    }
}

#[test]
fn a_chord_has_a_likelihood_in_one_order_only() {
    let mut generator = Generator::new(small_model(Encoding::Third));
    for note in &in_a_chord() {
        generator.feed(note);
    }
    assert!(generator.log_probabilities(&note(96, 59, Family::PIANO)).is_none());
    assert!(generator.log_probabilities(&note(96, 60, Family::PIANO)).is_none());
    assert!(generator.log_probabilities(&note(96, 60, Family::BASS)).is_some(), "a family after the last");
    assert!(generator.log_probabilities(&note(96, 64, Family::PIANO)).is_some());
}

fn keyed(notes: Vec<Note>) -> Arc<KeyedPiece> {
    let piece = Piece { notes, ..Piece::default() };
    Arc::new(KeyedPiece { style: 0, modes: vec![(Tick::ZERO, Mode::Major)], piece })
}

/// A few bars that repeat and vary, by a fixed seed.
fn pieces() -> Vec<Arc<KeyedPiece>> {
    let mut rng = Pcg64Mcg::seed_from_u64(11);
    let piece = |_| {
        let mut notes = Vec::new();
        for bar in 0..8 {
            for step in 0..8 {
                notes.push(note(bar * 96 + step * 12, 48 + rng.random_range(0..12), Family::PIANO));
                if rng.random_range(0..3) == 0 {
                    notes.push(note(bar * 96 + step * 12, 36, Family::BASS));
                }
            }
        }
        notes.sort_unstable();
        keyed(notes)
    };
    (0..6).map(piece).collect()
}

#[test]
fn the_baselines_probabilities_over_all_that_can_follow_sum_to_one() {
    let train = pieces();
    let baselines: [&dyn Baseline; 2] = [&Markov::new(3, &train), &CopyBar::new(&train)];
    let mut chord = in_a_chord();
    chord.push(note(96, 67, Family::PIANO));
    let mut top = at_the_top();
    top.push(note(200, 60, Family::PIANO));
    for baseline in baselines {
        for piece in [&train[0], &keyed(chord.clone()), &keyed(top.clone())] {
            let targets = Target::all(piece);
            for target in [&targets[0], &targets[targets.len() / 2], &targets[targets.len() - 1]] {
                sums_to_one(baseline, target);
            }
        }
    }
}

/// Every conditional distribution of a place sums to one, part by part, and notes that cannot follow have no
/// probability.
fn sums_to_one(baseline: &dyn Baseline, target: &Target<'_>) {
    let asked = |known: &[usize], what| {
        let mut parts = [0; 5];
        parts[..known.len()].copy_from_slice(known);
        let distribution = probabilities(baseline, target, &KnownParts::of(&parts, known.len()));
        assert_is_one(distribution.iter().sum(), what);
        distribution
    };
    let families = asked(&[], "family");
    for family in 0..families.len() {
        let shifts = asked(&[family], "shift");
        let lowest = target.lowest_in_chord(family);
        assert!(lowest < N_PITCHES || shifts[0] == 0.0);
        for shift in (0..N_SHIFTS).filter(|shift| *shift > 0 || lowest < N_PITCHES) {
            let pitches = asked(&[family, shift], "pitch");
            assert!(shift > 0 || pitches[..lowest].iter().all(|probability| *probability == 0.0));
            for pitch in [0, 60, 127] {
                asked(&[family, shift, pitch], "duration");
                asked(&[family, shift, pitch, 11], "velocity");
            }
        }
    }
}
