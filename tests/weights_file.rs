//! Weights files cut off, damaged or with false sizes: refused with a message, without a panic or an absurd
//! allocation.
//!
//! `CONTINUO_FUZZ=1000000 cargo test --release --no-default-features --test weights_file` tries a million
//! damaged files; without it some thousands.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use continuo::model::encoding::Encoding;
use continuo::model::network::{Network, NetworkConfig};
use continuo::model::{Card, Model, ModelError, Passages, Primer};
use continuo::music::{Family, Feel, Meter, Mode, Note, Tick};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// The smallest model there can be, with a card and a primer.
fn model() -> Model {
    let config = NetworkConfig {
        encoding: Encoding::Third,
        n_styles: 1,
        embedding: 1,
        hidden: 1,
        n_layers: 1,
        head: 1,
    };
    let card = Card {
        name: "Smallest".into(),
        styles: vec!["only".into()],
        credits: vec!["nobody".into()],
        licence: "CC0".into(),
        nats_per_note: vec![2.5],
        ..Card::default()
    };
    let note = Note {
        onset: Tick(0),
        duration: Tick(24),
        pitch: 60,
        velocity: 80,
        family: Family::PIANO,
        feel: Some(Feel::new(-3)),
    };
    let primer = Primer { style: 0, mode: Mode::Minor, meter: Meter::COMMON, n_bars: 1, notes: vec![note] };
    Model::new(Network::random(config, 1), card, vec![primer]).unwrap()
}

fn header_length(bytes: &[u8]) -> usize {
    u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

/// The file with its header replaced, and the length before it made to fit.
fn with_header(bytes: &[u8], header: &str) -> Vec<u8> {
    let data = &bytes[8 + header_length(bytes)..];
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn header(bytes: &[u8]) -> String {
    String::from_utf8(bytes[8..8 + header_length(bytes)].to_vec()).unwrap()
}

#[test]
fn what_is_written_is_read_again() {
    let written = model();
    let read = Model::from_bytes(&written.to_bytes().unwrap()).unwrap();
    assert_eq!(read.card(), written.card());
    assert_eq!(read.config(), written.config());
    assert_eq!(read.primers(), written.primers());
    assert_eq!(read.passages(), None, "a file without passages");
    let [read, written_parameters] =
        [&read, &written].map(|model| model.network().unwrap().into_owned().parameters);
    for (read, written) in read.iter().zip(&written_parameters) {
        assert!((read - written).abs() <= 1e-3 * written.abs().max(1e-3), "{read} {written}");
    }
    let any = written.primers()[0].notes[0];
    let note = |idx: i64| Note { onset: Tick(24 * idx), pitch: 60 + (idx % 7) as u8, ..any };
    let tune: Vec<Note> = (0..20).map(note).collect();
    let written = written.with_passages(Passages::of(std::iter::once(&tune)));
    let read = Model::from_bytes(&written.to_bytes().unwrap()).unwrap();
    assert_eq!(read.passages(), written.passages());
    assert_eq!(read.passages().unwrap().longest_shared(&tune), 20);
}

#[test]
fn the_embedded_model_loads_and_has_primers_for_every_style() {
    let model = Model::embedded().unwrap();
    for (style, name) in model.card().styles.iter().enumerate() {
        assert!(model.primers().iter().any(|primer| primer.style == style), "{name}");
    }
    assert!(!model.card().credits.is_empty() && !model.card().licence.is_empty());
}

#[test]
fn a_file_cut_off_anywhere_is_told_apart_from_a_foreign_one() {
    let bytes = model().to_bytes().unwrap();
    for length in 0..bytes.len() {
        match Model::from_bytes(&bytes[..length]) {
            Err(ModelError::Truncated { expected, found }) => {
                assert!(length >= 8 && found == length as u64 && expected > found);
            }
            Err(ModelError::Foreign(_)) => assert!(length < 8, "{length}"),
            other => panic!("cut off at {length}: {other:?}"),
        }
    }
}

#[test]
fn a_newer_format_and_another_programs_file_are_named_as_such() {
    let bytes = model().to_bytes().unwrap();
    let newer = header(&bytes).replace("\\\"format\\\":2", "\\\"format\\\":7");
    let error = Model::from_bytes(&with_header(&bytes, &newer)).unwrap_err();
    assert!(matches!(error, ModelError::TooNew { found: 7, .. }), "{error}");
    let other = header(&bytes).replace("\"continuo\"", "\"somebody\"");
    let error = Model::from_bytes(&with_header(&bytes, &other)).unwrap_err();
    assert!(matches!(error, ModelError::Foreign(_)), "{error}");
    let error = Model::from_bytes(b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk").unwrap_err();
    assert!(matches!(error, ModelError::Foreign(_)), "{error}");
}

#[test]
fn absurd_sizes_are_refused_before_they_are_allocated() {
    let bytes = model().to_bytes().unwrap();
    for (from, to) in [
        ("\\\"hidden\\\":1", "\\\"hidden\\\":1000000000000"),
        ("\\\"hidden\\\":1", "\\\"hidden\\\":2048"),
        ("\\\"hidden\\\":1", "\\\"hidden\\\":0"),
        ("\\\"n_layers\\\":1", "\\\"n_layers\\\":4000000000"),
        ("\\\"n_styles\\\":1", "\\\"n_styles\\\":64"),
        ("\\\"n_bars\\\":1", "\\\"n_bars\\\":0"),
        ("[[0,24,60,80,238]]", "[[0,24,600,80,0]]"),
        ("[[0,24,60,80,238]]", "[[0,9223372036854775807,60,80,0]]"),
    ] {
        let lying = header(&bytes).replace(from, to);
        assert_ne!(lying, header(&bytes), "{from} is not in the header");
        let error = Model::from_bytes(&with_header(&bytes, &lying)).unwrap_err();
        assert!(matches!(error, ModelError::Damaged(_)), "{to}: {error}");
    }
    for length in [u64::MAX, 1 << 62, 1 << 40] {
        let lying = [&length.to_le_bytes()[..], &bytes[8..]].concat();
        assert!(matches!(Model::from_bytes(&lying), Err(ModelError::Foreign(_))), "{length}");
    }
}

#[test]
fn a_damaged_header_is_refused_or_harmless() {
    let bytes = model().to_bytes().unwrap();
    let length = 8 + header_length(&bytes);
    for idx in 0..length {
        for flip in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            let mut damaged = bytes.clone();
            damaged[idx] ^= flip;
            check(&damaged);
        }
    }
    let n_inputs = std::env::var("CONTINUO_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000);
    let mut rng = Pcg64Mcg::seed_from_u64(20);
    for _ in 0..n_inputs {
        let mut damaged = bytes.clone();
        for _ in 0..rng.random_range(1..6) {
            let end = if rng.random_bool(0.9) { length } else { bytes.len() };
            let idx = rng.random_range(0..end);
            damaged[idx] = rng.random();
        }
        if rng.random_bool(0.2) {
            let end = rng.random_range(0..damaged.len());
            damaged.truncate(end);
        }
        check(&damaged);
    }
}

/// A model that loads must be whole and of the size that the file has; an error must be one about the file.
fn check(bytes: &[u8]) {
    match Model::from_bytes(bytes) {
        Ok(model) => {
            let network = model.network().unwrap();
            assert_eq!(network.parameters.len(), network.layout.n_parameters);
            assert!(network.layout.n_parameters * 2 <= bytes.len());
        }
        Err(error) => {
            let words = ["not a weights file of Continuo: ", "the model file is ", "the model has format "];
            assert!(words.iter().any(|begin| error.to_string().starts_with(begin)), "{error}");
        }
    }
}

#[test]
fn a_style_is_found_by_its_name_or_the_folder_it_was_learned_from() {
    let card = Card {
        styles: vec!["Songs".into(), "Folk tunes".into()],
        sources: vec![vec!["lieder".into()], vec!["oneill".into(), "folk_tunes".into()]],
        ..Card::default()
    };
    assert_eq!(card.style_named("songs"), Some(0));
    assert_eq!(card.style_named("Lieder"), Some(0));
    assert_eq!(card.style_named("folk_tunes"), Some(1));
    assert_eq!(card.style_named("drums"), None);
}
