//! One network, computed by `PyTorch`, candle, the training step and the packed step that plays.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use continuo::model::encoding::{Encoding, Parts, Told};
use continuo::model::network::{N_PARTS, Network, NetworkConfig};
use continuo::model::packed::{PackedNetwork, rounded};
use continuo::model::reference::Reference;
use continuo::model::step::{HiddenState, Stepper};
use continuo::model::{Beginning, Card, Generator, Model, Position, StyleMix};
use continuo::music::{Chord, Family, Feel, Meter, Mode, Note, Piece, PitchClassSet, Tick};
use continuo::training::corpus::KeyedPiece;
use continuo::training::engines::fused::Worker;
use continuo::training::windows::{Reader, Telling, Window};

/// The network of tests/reference/pytorch.py.
fn network_of_the_script(encoding: Encoding) -> Network {
    let config = NetworkConfig { encoding, n_styles: 2, embedding: 5, hidden: 7, n_layers: 2, head: 3 };
    let mut network = Network::random(config, 0);
    for (idx, value) in network.parameters.iter_mut().enumerate() {
        let hash = (idx as u64 * 2_654_435_761) % (1 << 32);
        *value = ((hash as f64 / 4_294_967_296.0 - 0.5) * 0.8) as f32;
    }
    network
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn indices(value: &serde_json::Value) -> Vec<u32> {
    numbers(value).into_iter().map(|number| number as u32).collect()
}

fn position(value: &serde_json::Value) -> Position {
    let parts = indices(&value["parts"]);
    let part = |idx: usize| parts[idx] as usize;
    Position {
        is_beginning: false,
        step_rows: indices(&value["step_rows"]),
        head_rows: std::array::from_fn(|idx| value["head_rows"].get(idx).map(indices).unwrap_or_default()),
        lowest_pitch: value["lowest_pitch"].as_u64().unwrap() as usize,
        parts: Parts {
            family: part(0),
            shift: part(1),
            pitch: part(2),
            duration: part(3),
            velocity: part(4),
            feel: parts.get(5).map_or(0, |feel| *feel as usize),
        },
    }
}

#[test]
fn every_path_has_the_numbers_of_pytorch() {
    has_the_numbers_of_pytorch(Encoding::Second, include_str!("reference/encoding2.json"));
    has_the_numbers_of_pytorch(Encoding::Third, include_str!("reference/encoding3.json"));
}

fn has_the_numbers_of_pytorch(encoding: Encoding, json: &str) {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let network = network_of_the_script(encoding);
    assert_eq!(json["n_parameters"].as_u64().unwrap() as usize, network.layout.n_parameters);
    let expected = json["positions"].as_array().unwrap();
    let sequence: Vec<Position> = expected.iter().map(position).collect();

    let played = PackedNetwork::new(&network);
    let mut stepper = Stepper::new(&network.config);
    let mut state = HiddenState::zero(&network.config);
    for (position, expected) in sequence.iter().zip(expected) {
        stepper.step(&played, &position.step_rows, &mut state);
        for (ours, theirs) in state.top(7).iter().zip(numbers(&expected["top"])) {
            // Weights in 8 bits.
            assert!((f64::from(*ours) - theirs).abs() < 5e-3, "playing: {ours} {theirs}");
        }
    }

    let candle = Reference::of(&network).unwrap().log_probabilities(&[&sequence]).unwrap();
    let candle: Vec<Vec<f32>> = candle[0].to_vec2().unwrap();
    let mut sums = [0.0; N_PARTS];
    for (ours, expected) in candle.iter().zip(expected) {
        for ((ours, theirs), sum) in ours.iter().zip(numbers(&expected["log_probabilities"])).zip(&mut sums) {
            assert!((f64::from(*ours) - theirs).abs() < 1e-5, "candle: {ours} {theirs}");
            *sum -= theirs;
        }
    }

    let mut window = Window::default();
    window.fill(&[sequence]);
    let losses = Worker::new(&network, 0.0, 1).evaluate(&network, &window);
    for (ours, theirs) in losses.iter().zip(sums) {
        assert!((ours - theirs).abs() < 1e-4, "training: {ours} {theirs}");
    }
}

/// Chords, a drum, a rest of two bars, a note over a bar line.
fn notes() -> Vec<Note> {
    let note = |onset, duration, pitch, family| Note {
        onset: Tick(onset),
        duration: Tick(duration),
        pitch,
        velocity: 80,
        family,
        feel: None,
    };
    let mut notes: Vec<Note> = (0..40)
        .flat_map(|beat| {
            let onset = beat * 24 + if beat > 20 { 192 } else { 0 };
            let root = 48 + (beat * 5 % 12) as u8;
            [
                note(onset, 30, root, Family::PIANO),
                note(onset, 24, root + 7, Family::STRINGS),
                note(onset + 12, 3, 42, Family::DRUMS),
            ]
        })
        .collect();
    notes.sort();
    // Some early, some late, some not at all.
    for (idx, note) in notes.iter_mut().enumerate() {
        note.feel = (idx % 3 > 0).then(|| Feel::new((idx % 9) as i8 - 4));
        note.velocity = 20 + (idx * 11 % 100) as u8;
    }
    notes
}

/// Changes on and off the beat, and a stretch without.
fn chords() -> Vec<(Tick, Option<Chord>)> {
    let chord = |root, tones: &[u8], bass| Some(Chord::new(root, PitchClassSet::new(tones), bass));
    vec![
        (Tick(0), chord(0, &[0, 4, 7], 4)),
        (Tick(100), chord(9, &[0, 3, 7, 10], 9)),
        (Tick(288), None),
        (Tick(480), chord(7, &[0, 4, 7, 10], 7)),
        (Tick(900), chord(0, &[0, 4, 7, 11], 0)),
    ]
}

#[test]
fn a_step_in_playing_equals_the_training_pass() {
    [Encoding::Second, Encoding::Third].into_iter().for_each(playing_equals_the_training_pass);
}

fn playing_equals_the_training_pass(encoding: Encoding) {
    let config = NetworkConfig { encoding, n_styles: 3, embedding: 13, hidden: 21, n_layers: 2, head: 9 };
    let network = Network::random(config, 5);
    let styles = ["one", "two", "three"].map(String::from).to_vec();
    let card = Card { name: "test".into(), styles, ..Card::default() };
    let model = Arc::new(Model::new(network.clone(), card, Vec::new()).unwrap());
    let piece = Arc::new(KeyedPiece {
        style: 1,
        modes: vec![(Tick(0), Mode::Minor)],
        piece: Piece { notes: notes(), chords: chords(), ..Piece::default() },
    });

    let mut generator = Generator::new(model);
    let end = piece.piece.bar_at(piece.piece.notes.last().unwrap().onset).0 + Meter::COMMON.bar_length();
    generator.tell(Told { chords: chords().into(), end: Some(end) });
    generator.begin(&Beginning {
        style: StyleMix::of(1),
        mode: Mode::Minor,
        start: Tick(0),
        meter: Meter::COMMON,
        primer: None,
    });
    let mut playing = [0.0; N_PARTS];
    for note in notes() {
        let (bar, meter) = piece.piece.bar_at(note.onset);
        let mut start = Tick(0);
        while start < bar {
            start += meter.bar_length();
            generator.begin_bar(start, meter);
        }
        for (sum, part) in playing.iter_mut().zip(generator.log_probabilities(&note).unwrap()) {
            *sum -= f64::from(part);
        }
        generator.feed(&note);
    }

    let mut reader = Reader::new(piece, encoding, Telling::Everything);
    let positions: Vec<Position> = std::iter::from_fn(|| reader.next_position()).collect();
    let mut window = Window::default();
    window.fill(&[positions]);
    let rounded = rounded(&network);
    let training = Worker::new(&rounded, 0.0, 1).evaluate(&rounded, &window);
    for (playing, training) in playing.iter().zip(training) {
        assert!((playing - training).abs() < 1e-3 * (1.0 + training), "{playing} {training}");
    }
}
