//! What the composing knobs guarantee, over random models, seeds and knobs: not one note that they forbid.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use continuo::composer::{Take, Writer, compose_bar};
use continuo::model::encoding::Encoding;
use continuo::model::network::{Network, NetworkConfig};
use continuo::model::{Card, Constraints, Generator, Given, Model, Sampling};
use continuo::music::{Bar, Family, FamilySet, Grid, Meter, Note, NoteValue, PitchClassSet, Scale, Tick};
use continuo::player::{ComposingKnobs, Conversation};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// An untrained model with louder weights than usual, so that each has habits of its own.
fn random_model(seed: u64) -> Arc<Model> {
    let config = NetworkConfig {
        encoding: Encoding::Third,
        n_styles: 3,
        embedding: 8,
        hidden: 16,
        n_layers: 2,
        head: 8,
    };
    let card = Card { styles: vec!["A".into(), "B".into(), "C".into()], ..Card::default() };
    let mut network = Network::random(config, seed);
    let loudness = 1.0 + (seed % 5) as f32;
    network.parameters.iter_mut().for_each(|value| *value *= loudness);
    // Otherwise a bar would have a note or two: chords, sixteenths, eighths and quarters are made likelier.
    let shifts = network.layout.heads[0].out.bias.range.clone();
    for shift in [0, 6, 12, 24] {
        network.parameters[shifts.start + shift] += 3.0;
    }
    Arc::new(Model::new(network, card, Vec::new()).unwrap())
}

fn random_meter(rng: &mut impl Rng) -> Meter {
    let meters = [(4, 4), (4, 4), (3, 4), (2, 4), (6, 8), (5, 8), (7, 8), (12, 8), (1, 4)];
    let (numerator, denominator) = *meters.choose(rng).unwrap();
    Meter::new(numerator, denominator).unwrap()
}

/// Every knob anywhere in its range, those that constrain most of the time.
fn random_knobs(n_styles: u8, rng: &mut impl Rng) -> ComposingKnobs {
    let default = ComposingKnobs::default();
    let [shortest, longest] = {
        let mut pair = [0, 0].map(|_| rng.random_range(0..NoteValue::ALL.len()));
        pair.sort_unstable();
        pair.map(|idx| NoteValue::ALL[idx].ticks)
    };
    let lowest = rng.random_range(0..110);
    let families: FamilySet =
        (0..Family::COUNT).filter(|_| rng.random_bool(0.6)).filter_map(Family::from_index).collect();
    let knobs = ComposingKnobs {
        style: rng.random_range(0..n_styles),
        second_style: rng.random_range(0..n_styles),
        blend: *[0.0, 0.0, 0.3, 0.8].choose(rng).unwrap(),
        seed: rng.random(),
        temperature: rng.random_range(0.0..2.0),
        rhythm: rng.random_range(0.5..1.5),
        pitch: rng.random_range(0.5..1.5),
        nucleus: *[1.0, 1.0, 0.9, 0.5].choose(rng).unwrap(),
        min_p: *[0.0, 0.02, 0.2].choose(rng).unwrap(),
        variety: *[0.0, 0.5, 1.0].choose(rng).unwrap(),
        length: rng.random_range(1..=8),
        evolve: *[0.0, 0.3, 1.0].choose(rng).unwrap(),
        tonic: rng.random_range(0..12),
        scale: *Scale::ALL.choose(rng).unwrap(),
        user_scale: PitchClassSet::from_bits(rng.random_range(1..1 << 12)),
        lowest,
        highest: lowest + rng.random_range(0..=(127 - lowest).min(40)),
        polyphony: rng.random_range(1..=8),
        density: *[0.4, 0.8, 1.0, 1.0, 1.3, 2.0].choose(rng).unwrap(),
        grid: *Grid::ALL.choose(rng).unwrap(),
        shortest,
        longest,
        families,
        best_of: *[1, 1, 1, 2].choose(rng).unwrap(),
        ..default
    };
    knobs.rounded()
}

/// The notes of a bar that its knobs forbid, in words.
fn faults(bar: &Bar, knobs: &ComposingKnobs, all: &[Note]) -> Vec<String> {
    let mut faults = Vec::new();
    for note in &bar.notes {
        let mut fault = |is_one: bool, what: &str| {
            if is_one {
                faults.push(format!("{what}: {note:?} in the bar at {:?} on {knobs:?}", bar.start));
            }
        };
        fault(!knobs.families.contains(note.family), "instrument");
        fault(!(bar.start..bar.end()).contains(&note.onset), "bar");
        fault((note.onset - bar.start).0 % knobs.grid.spacing().0 != 0, "grid");
        fault(!(knobs.shortest..=knobs.longest).contains(&note.duration), "length");
        if !note.family.is_drums() {
            let in_scale = knobs.pitch_classes().contains((note.pitch + 12 - knobs.tonic) % 12);
            fault(!in_scale, "scale");
            fault(!(knobs.lowest..=knobs.highest).contains(&note.pitch), "range");
            let sounds = |other: &&Note| {
                !other.family.is_drums() && other.onset <= note.onset && note.onset < other.end()
            };
            fault(all.iter().filter(sounds).count() > usize::from(knobs.polyphony), "polyphony");
        }
    }
    faults
}

/// Input of so many beats: single notes and chords, with rests of many bars between.
fn random_playing(n_beats: i64, rng: &mut impl Rng) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut onset = rng.random_range(0..96);
    while onset < n_beats * Tick::PER_BEAT {
        for _ in 0..rng.random_range(1..=3) {
            notes.push(Note {
                onset: Tick(onset),
                duration: Tick(rng.random_range(1..60)),
                pitch: rng.random_range(30..90),
                velocity: rng.random_range(1..=127),
                family: Family::PIANO,
                feel: None,
            });
        }
        onset += *[6, 12, 12, 24, 24, 36, 400].choose(rng).unwrap();
    }
    notes.sort_unstable();
    notes
}

/// Composes `n_bars` bars while knobs are turned, perhaps with input; returns what is wrong with them, and how
/// many notes there are.
fn compose(
    model: &Arc<Model>,
    n_bars: usize,
    is_in_conversation: bool,
    rng: &mut Pcg64Mcg,
) -> (Vec<String>, usize) {
    let n_styles = model.card().styles.len() as u8;
    let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(model)));
    if is_in_conversation {
        take.play_in(&random_playing(4 * n_bars as i64, rng));
    }
    let random_knobs = |rng: &mut Pcg64Mcg| {
        let knobs = random_knobs(n_styles, rng);
        if !is_in_conversation {
            return knobs;
        }
        let conversation =
            *[Conversation::Continue, Conversation::Trade, Conversation::Accompany].choose(rng).unwrap();
        let instrument = *[Family::PIANO, Family::BASS, Family::STRINGS].choose(rng).unwrap();
        ComposingKnobs { conversation, instrument, trade: rng.random_range(1..=4), ..knobs }
    };
    let (mut knobs, mut meter) = (random_knobs(rng), random_meter(rng));
    let mut all_knobs = Vec::new();
    for bar_idx in 0..n_bars {
        if rng.random_bool(0.1) {
            knobs = random_knobs(rng);
        }
        if rng.random_bool(0.03) {
            meter = random_meter(rng);
        }
        compose_bar(&mut take, &mut writer, &knobs, meter, bar_idx);
        all_knobs.push(knobs);
    }
    let bars = take.score().bars;
    assert_eq!(bars.len(), n_bars);
    let all: Vec<Note> = bars.iter().flat_map(|bar| bar.notes.iter().copied()).collect();
    // No note is longer than four whole notes, so only the latest can still sound.
    let near = |bar: &Bar| {
        let from = all.partition_point(|note| note.onset < bar.start - Tick(384));
        let to = all.partition_point(|note| note.onset < bar.end());
        all[from..to].to_vec()
    };
    let faults = bars.iter().zip(&all_knobs).flat_map(|(bar, knobs)| faults(bar, knobs, &near(bar)));
    (faults.collect(), all.len())
}

fn assert_no_fault(
    model_of: impl Fn(u64) -> Arc<Model>,
    n_takes: u64,
    n_bars: usize,
    is_in_conversation: bool,
    n_notes: usize,
) {
    let mut n_all = 0;
    for seed in 0..n_takes {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let (faults, n_notes) = compose(&model_of(seed), n_bars, is_in_conversation, &mut rng);
        assert!(faults.is_empty(), "take {seed}, {} faults, the first: {}", faults.len(), faults[0]);
        n_all += n_notes;
    }
    assert!(n_all > n_notes, "only {n_all} notes were checked");
}

#[test]
fn ten_thousand_bars_of_random_models_hold_no_note_that_the_knobs_forbid() {
    assert_no_fault(random_model, 250, 40, false, 15_000);
}

#[test]
fn nor_do_answers_and_accompaniments() {
    assert_no_fault(random_model, 125, 40, true, 2_000);
}

#[test]
fn nor_does_music_of_the_shipped_model() {
    let model = Model::embedded().unwrap();
    assert_no_fault(|_| Arc::clone(&model), 20, 20, false, 1_000);
}

/// A generator that has been fed one note again and again.
fn in_a_rut(seed: u64) -> Generator {
    let mut generator = Generator::new(random_model(seed));
    for idx in 0..12 {
        if idx % 8 == 0 {
            generator.begin_bar(Tick(idx * 12), Meter::COMMON);
        }
        generator.feed(&Note {
            onset: Tick(idx * 12),
            duration: Tick(12),
            pitch: 60,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        });
    }
    generator
}

#[test]
fn without_variety_and_limits_the_draw_is_the_networks_own() {
    let free = Sampling { min_p: 0.0, variety: 0.0, ..Sampling::default() };
    for seed in 0..20 {
        let mut generator = in_a_rut(seed);
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        for _ in 0..20 {
            let drawn = generator.draw(&free, &Constraints::default(), &Given::default(), &mut rng).unwrap();
            let own: f32 = generator.log_probabilities(&drawn.note).unwrap().iter().take(4).sum();
            assert!((drawn.log_probability - own).abs() < 1e-2, "{} {own}", drawn.log_probability);
            generator.feed(&drawn.note);
        }
    }
}

#[test]
fn more_variety_breaks_a_rut_more_often() {
    let share = |variety: f32| {
        let sampling = Sampling { variety, min_p: 0.0, ..Sampling::default() };
        let given = Given { family: Some(Family::PIANO), onset: Some(Tick(144)), ..Given::default() };
        let hits = (0..400).filter(|seed| {
            let mut generator = in_a_rut(1);
            let mut rng = Pcg64Mcg::seed_from_u64(*seed);
            let limits = Constraints { lowest: 59, highest: 61, ..Constraints::default() };
            generator.draw(&sampling, &limits, &given, &mut rng).unwrap().note.pitch == 60
        });
        hits.count()
    };
    let shares = [0.0, 0.15, 0.2, 0.3].map(share);
    assert!(shares.is_sorted_by(|a, b| a > b), "{shares:?}");
}

#[test]
fn a_blend_begins_at_the_first_style_and_ends_at_the_second() {
    let model = Model::embedded().unwrap();
    let notes = |style: u8, second_style: u8, blend: f32| {
        let knobs = ComposingKnobs { style, second_style, blend, ..ComposingKnobs::default() };
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
        (0..6).for_each(|bar_idx| compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx));
        take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect::<Vec<Note>>()
    };
    let (first, second) = (notes(0, 0, 0.0), notes(2, 0, 0.0));
    assert_eq!(notes(0, 2, 0.0), first);
    assert_eq!(notes(0, 2, 1.0), second);
    let half = notes(0, 2, 0.5);
    assert!(half != first && half != second);
}

#[test]
fn the_same_seed_at_another_density_keeps_its_onsets() {
    let model = Model::embedded().unwrap();
    for style in [0, 2, 5, 6] {
        let mut n_all = [0; 6];
        for seed in [1, 2] {
            let notes = |density: f32| {
                let knobs = ComposingKnobs { style, density, seed, ..ComposingKnobs::default() };
                let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
                (0..6)
                    .for_each(|bar_idx| compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx));
                take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect::<Vec<Note>>()
            };
            let all = [0.4, 0.7, 1.0, 1.3, 1.6, 2.0].map(notes);
            for pair in all.windows(2) {
                let is_there = |note: &&Note| {
                    let key = |note: &Note| (note.onset, note.pitch, note.family);
                    pair[1].iter().any(|other| key(other) == key(note))
                };
                assert_eq!(
                    pair[0].iter().filter(is_there).count(),
                    pair[0].len(),
                    "style {style}, seed {seed}"
                );
            }
            let n_notes = all.each_ref().map(Vec::len);
            assert!(
                n_notes.is_sorted() && n_notes[0] < n_notes[2],
                "style {style}, seed {seed}: {n_notes:?}"
            );
            n_all.iter_mut().zip(n_notes).for_each(|(sum, n)| *sum += n);
        }
        // One of these pieces is a running figure that fills every bar, to which nothing can be added.
        assert!(n_all[2] < n_all[5], "style {style}: {n_all:?}");
    }
}

#[test]
fn an_empty_bar_is_drawn_again_until_a_note_begins_in_it() {
    let config = NetworkConfig {
        encoding: Encoding::Third,
        n_styles: 1,
        embedding: 8,
        hidden: 16,
        n_layers: 1,
        head: 8,
    };
    let mut network = Network::random(config, 1);
    // Far likelier than anything else: the next note a bar or more later.
    let shifts = network.layout.heads[0].out.bias.range.clone();
    network.parameters[shifts].iter_mut().skip(96).for_each(|value| *value += 20.0);
    let card = Card { styles: vec!["A".into()], ..Card::default() };
    let model = Arc::new(Model::new(network, card, Vec::new()).unwrap());
    let knobs = ComposingKnobs { length: 16, ..ComposingKnobs::default() };
    let (mut take, mut writer) = (Take::default(), Writer::new(model));
    (0..16).for_each(|bar_idx| compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx));
    let n_notes: Vec<usize> = take.score().bars.iter().map(|bar| bar.notes.len()).collect();
    assert!(n_notes.len() == 16 && n_notes.iter().all(|n| (1..=3).contains(n)), "{n_notes:?}");
}

#[test]
fn the_shipped_model_copies_no_more_notes_in_a_row_than_its_card_says() {
    let model = Model::embedded().unwrap();
    let passages = model.passages().unwrap();
    let held =
        (0..).zip(&model.card().longest_shared).filter_map(|(style, longest)| Some((style, (*longest)?)));
    let mut longest_of_all = 0;
    for (style, longest) in held {
        // Bars that come round are copies of their own.
        let knobs = ComposingKnobs { style, seed: 3, evolve: 1.0, ..ComposingKnobs::default() }.rounded();
        let (mut take, mut writer) = (Take::default(), Writer::new(Arc::clone(&model)));
        (0..24).for_each(|bar_idx| compose_bar(&mut take, &mut writer, &knobs, Meter::COMMON, bar_idx));
        let mut notes: Vec<Note> = take.score().bars.iter().flat_map(|bar| bar.notes.clone()).collect();
        // In the order in which the network is fed.
        notes.sort_unstable();
        let shared = passages.longest_shared(&notes);
        assert!(shared <= longest, "{}: {shared} of {longest}", model.card().styles[usize::from(style)]);
        longest_of_all = longest_of_all.max(shared);
    }
    assert!(longest_of_all >= 12, "not even short passages are shared: {longest_of_all}");
}
