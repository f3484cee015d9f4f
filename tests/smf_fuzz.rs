//! Damaged MIDI files by the thousand: all are read or refused, without a panic and without absurd sizes.
//!
//! A short run is part of the tests. A long one:
//! `CONTINUO_FUZZ=1000000 cargo test --release --no-default-features --test smf_fuzz`

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use continuo::music::{Note, smf};
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64;

fn n_inputs() -> usize {
    std::env::var("CONTINUO_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(5_000)
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/odd-midi");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "mid"));
    paths.sort();
    // The largest have nothing that the small ones lack, and would take most of the time.
    paths.iter().map(|path| std::fs::read(path).unwrap()).filter(|bytes| bytes.len() < 4096).collect()
}

fn random_bytes(rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = vec![0; rng.random_range(0..300)];
    rng.fill(&mut bytes[..]);
    match rng.random_range(0..3) {
        0 => bytes,
        // Behind a good header, so that the events are reached, and with the bytes that matter most.
        kind => {
            if kind == 1 {
                let telling = [0, 0, 0x90, 0x80, 0xff, 0xf0, 0xb0, 0x40, 0x2f, 0x51, 0x58, 0x7f, 0xc0, b'M'];
                for byte in &mut bytes {
                    *byte = telling[usize::from(*byte) % telling.len()];
                }
            }
            [b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\x01\0", &bytes[..]].concat()
        }
    }
}

/// A few bytes changed, taken out, doubled or cut off.
fn mutate(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    for _ in 0..rng.random_range(1..8) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..6) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = rng.random(),
            2 => bytes[at] = [0, 0x7f, 0x80, 0xff][rng.random_range(0..4)],
            3 => drop(bytes.remove(at)),
            4 => bytes.truncate(at),
            _ => {
                let end = (at + rng.random_range(1..64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = rng.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
}

#[test]
fn fuzzed_files_are_read_or_refused() {
    let fixtures = fixtures();
    let mut rng = Pcg64::seed_from_u64(20);
    let (mut n_read, mut n_refused) = (0, 0);
    for input_idx in 0..n_inputs() {
        let bytes = if input_idx % 4 == 0 {
            random_bytes(&mut rng)
        } else {
            let mut bytes = fixtures[rng.random_range(0..fixtures.len())].clone();
            mutate(&mut bytes, &mut rng);
            bytes
        };
        match smf::read(&bytes) {
            Ok(smf) => {
                n_read += 1;
                let piece = smf.to_piece();
                assert!(smf.warnings.len() <= 33);
                // A note takes at least three bytes.
                assert!(smf.notes.len() <= bytes.len() / 3);
                assert!(piece.notes.is_sorted() && piece.notes.iter().all(|note| note.duration.0 >= 1));
                assert!(piece.end().0 <= 24 * ((1 << 16) + 256));
                let again = smf::read(&smf::write(&piece, "")).unwrap().to_piece();
                // Feel is not written: what is written is a score.
                let written = piece.notes.iter().map(|note| Note { feel: None, ..*note });
                assert_eq!(again.notes, written.collect::<Vec<_>>());
            }
            Err(error) => {
                n_refused += 1;
                assert!(error.to_string().starts_with("at byte "), "{error}");
            }
        }
    }
    println!("{n_read} read, {n_refused} refused");
    assert!(n_read > 0 && n_refused > 0);
}
