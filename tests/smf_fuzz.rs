//! Damaged MIDI files by the thousand: none may panic the reader, hang it, or make it swell.
//!
//! A short run is part of the tests. A long one:
//! `CONTINUO_FUZZ=1000000 cargo test --release --no-default-features --test smf_fuzz`

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::time::{Duration, Instant};

use continuo::music::smf;
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
    // The largest say nothing that the small ones do not, and would take most of the time.
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
    let (mut n_read, mut n_refused, mut slowest) = (0, 0, Duration::ZERO);
    for input_idx in 0..n_inputs() {
        let bytes = if input_idx % 4 == 0 {
            random_bytes(&mut rng)
        } else {
            let mut bytes = fixtures[rng.random_range(0..fixtures.len())].clone();
            mutate(&mut bytes, &mut rng);
            bytes
        };
        let began = Instant::now();
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
                assert_eq!(again.notes, piece.notes);
            }
            Err(error) => {
                n_refused += 1;
                assert!(error.to_string().starts_with("at byte "), "{error}");
            }
        }
        slowest = slowest.max(began.elapsed());
    }
    println!("{n_read} read, {n_refused} refused, the slowest took {slowest:?}");
    assert!(n_read > 0 && n_refused > 0);
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

#[test]
fn time_grows_with_the_file_and_not_with_its_square() {
    // Each of these once could make a reader search or walk its whole past at every step.
    let n = 40_000;
    let track_with_wrong_length = b"MTrk\0\x0a\0\0\0\xff\x2f\0".repeat(n);
    let unended_notes_then_silence: Vec<u8> = (0..n)
        .flat_map(|idx| [0, 0x90, (idx % 128) as u8, 0x40])
        .chain((0..n).flat_map(|_| [0, 0xb0, 123, 0]))
        .collect();
    let pedals = b"\0\x90\x3c\x40\0\xb0\x40\x7f\0\x80\x3c\0\0\xb0\x40\0".repeat(n);
    for events in [track_with_wrong_length, unended_notes_then_silence, pedals] {
        let mut bytes = b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\0\x04\0\xff\x2f\0".to_vec();
        if !events.starts_with(b"MTrk") {
            bytes.truncate(18);
            bytes.extend((events.len() as u32).to_be_bytes());
        }
        bytes.extend(&events);
        let began = Instant::now();
        let smf = smf::read(&bytes).unwrap();
        assert!(smf.to_piece().notes.len() <= n);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}
