//! Comparing Ardour's recording with the expected notes.

use anyhow::{Context as _, Result, ensure};

use crate::midi::{Note, Song};

/// The difference of two recordings of the same piece.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How much later every note is in the second, in quarter notes; negative if earlier.
    pub offset: f64,
    /// The largest deviation from that offset, in quarter notes.
    pub stray: f64,
    /// The number of notes compared.
    pub n_compared: usize,
}

/// Compares Ardour's recording with the expected notes, which may go on for longer.
///
/// Ardour places every note early by one constant, and clips or loses those that would then be before beat 0. So
/// recorded notes at beat 0 are ignored, expected notes of the first sixteenth may be missing, and expected notes
/// after the last recorded onset are not required.
///
/// # Errors
/// If any other note is missing, added or different.
pub fn compare(expected: &Song, recorded: &Song) -> Result<Comparison> {
    let (expected, mut recorded) = (chords(expected), chords(recorded));
    recorded.retain(|note| note.beat > SAME_ONSET);
    ensure!(!recorded.is_empty(), "nothing was recorded");
    let n_early = expected.iter().take_while(|note| note.beat < 0.25).count();
    let mut first_error = None;
    for n_lost in 0..=n_early {
        match compare_notes(&expected[n_lost..], &recorded) {
            Ok(comparison) => return Ok(comparison),
            // With the most notes lost, the error is the most specific.
            Err(error) => first_error = Some(error),
        }
    }
    Err(first_error.context("nothing was expected")?)
}

fn compare_notes(expected: &[Note], recorded: &[Note]) -> Result<Comparison> {
    let (n_expected, n_recorded) = (expected.len(), recorded.len());
    ensure!(n_recorded <= n_expected, "{n_recorded} notes recorded, {n_expected} expected");
    let mut offsets = Vec::new();
    for (expected, recorded) in expected.iter().zip(recorded) {
        let struck = |note: &Note| (note.channel, note.key, note.velocity);
        ensure!(struck(expected) == struck(recorded), "expected {expected:?}, recorded {recorded:?}");
        offsets.push(recorded.beat - expected.beat);
    }
    let offset = offsets.iter().sum::<f64>() / offsets.len() as f64;
    ensure!(offset.abs() < LARGEST_OFFSET, "every note is {offset} quarter notes off");
    let stray = offsets.iter().map(|each| (each - offset).abs()).fold(0.0, f64::max);
    Ok(Comparison { offset, stray, n_compared: offsets.len() })
}

/// The notes by onset, and then by channel and key.
fn chords(song: &Song) -> Vec<Note> {
    let mut notes = song.notes.clone();
    notes.sort_by(|a, b| a.beat.total_cmp(&b.beat));
    for chord in notes.chunk_by_mut(|a, b| b.beat - a.beat < SAME_ONSET) {
        chord.sort_by_key(|note| (note.channel, note.key));
    }
    notes
}

/// Notes this close, in quarter notes, are struck together.
const SAME_ONSET: f64 = 0.01;

/// A thirty-second note; Ardour's constant is about half of that at 120.
const LARGEST_OFFSET: f64 = 0.125;

#[cfg(test)]
mod tests {
    use super::*;

    fn song(notes: &[(f64, u8)]) -> Song {
        let note = |&(beat, key)| Note { beat, length: 0.5, channel: 0, key, velocity: 80 };
        Song { notes: notes.iter().map(note).collect(), meters: vec![(0.0, (4, 4))], tempo: 120.0 }
    }

    #[test]
    fn one_constant_offset_and_a_clipped_first_note_are_the_same_piece() {
        let expected = song(&[(0.0, 60), (1.0, 62), (1.0, 65), (2.0, 64), (3.0, 60)]);
        let recorded = song(&[(0.96, 65), (0.96, 62), (1.96, 64)]);
        let comparison = compare(&expected, &recorded).unwrap();
        assert_eq!(comparison.n_compared, 3);
        assert!((comparison.offset + 0.04).abs() < 1e-9 && comparison.stray < 1e-9);
    }

    #[test]
    fn a_different_or_missing_note_is_found() {
        let expected = song(&[(1.0, 62), (2.0, 64), (3.0, 60)]);
        assert!(compare(&expected, &song(&[(1.0, 62), (2.0, 65)])).is_err());
        assert!(compare(&expected, &song(&[(1.0, 62), (3.0, 60)])).is_err());
        assert!(compare(&expected, &song(&[])).is_err());
    }
}
