//! The passages of the training music, so that composed music copies none of them at length.
//!
//! A passage is eight notes in a row, by interval, onset shift and duration, so it is recognised in any key. Passages
//! are kept in a Bloom filter (Bloom 1970) of a byte each, from which no music can be recovered. About one in forty
//! passages that it does not hold is mistaken for one that it does, and one in twelve at most once it was extended within
//! its largest size.

use std::collections::HashSet;

use crate::model::vocabulary::duration_class;
use crate::music::{Note, Tick, mix64};

/// Notes in a passage.
pub const PASSAGE: usize = 8;
/// Bits set for each passage.
const N_BITS: u64 = 4;

/// The passages of some pieces. How they are hashed is part of the weights file's format and never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passages {
    bits: Vec<u8>,
}

impl Passages {
    /// The largest filter; further passages of a larger corpus are left out.
    const MAX_BYTES: usize = 1 << 22;

    /// The passages of pieces, each in the order of [`Note`].
    #[must_use]
    pub fn of<N: AsRef<[Note]>>(pieces: impl Iterator<Item = N>) -> Self {
        let prints = prints(pieces);
        let mut passages = Self { bits: vec![0; prints.len().clamp(1, Self::MAX_BYTES)] };
        passages.add(prints);
        passages
    }

    /// These passages, and those of further pieces.
    #[must_use]
    pub fn extended<N: AsRef<[Note]>>(&self, pieces: impl Iterator<Item = N>) -> Self {
        let (prints, n_bytes) = (prints(pieces), self.bits.len().max(1));
        // It can only grow to a multiple, each bit becoming as many: two bytes for each new passage keep it sparse.
        let factor = ((2 * prints.len() + n_bytes / 2) / n_bytes + 1).min(Self::MAX_BYTES / n_bytes).max(1);
        let mut extended = Self { bits: vec![0; self.bits.len() * factor] };
        for place in (0..8 * self.bits.len()).filter(|place| self.is_set(*place)) {
            (place * factor..(place + 1) * factor).for_each(|place| extended.set(place));
        }
        extended.add(prints);
        extended
    }

    fn add(&mut self, prints: HashSet<u64>) {
        for print in prints {
            places(print, self.bits.len()).for_each(|place| self.set(place));
        }
    }

    fn is_set(&self, place: usize) -> bool {
        self.bits.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
    }

    fn set(&mut self, place: usize) {
        if let Some(byte) = self.bits.get_mut(place / 8) {
            *byte |= 1 << (place % 8);
        }
    }

    /// From the bytes of [`Passages::bytes`]; `None` when there are none or too many.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (1..=Self::MAX_BYTES).contains(&bytes.len()).then(|| Self { bits: bytes.to_vec() })
    }

    /// The bytes of the filter.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bits
    }

    /// Whether a note of `pitch` at `onset`, of any duration, ends a passage after these notes.
    #[must_use]
    pub fn hold(&self, past: &[Note], pitch: u8, onset: Tick) -> bool {
        self.endings(past, onset)(pitch)
    }

    /// The same for many pitches.
    pub fn endings(&self, past: &[Note], onset: Tick) -> impl Fn(u8) -> bool {
        let past = past.len().checked_sub(PASSAGE - 1).and_then(|first| past.get(first..));
        let begun = past.map(|past| (fingerprint_of_past(past), past.last().copied()));
        move |pitch| {
            begun.is_some_and(|(print, last)| {
                places(ended(print, last.as_ref(), pitch, onset), self.bits.len())
                    .all(|place| self.is_set(place))
            })
        }
    }

    /// The share of the notes that end a passage of the pieces, of those that can; `None` if none can.
    #[must_use]
    pub fn share_known(&self, notes: &[Note]) -> Option<f64> {
        let known = notes.windows(PASSAGE).filter_map(|window| window.split_last());
        let known: Vec<bool> = known.map(|(last, past)| self.hold(past, last.pitch, last.onset)).collect();
        let n_known = known.iter().filter(|is_known| **is_known).count();
        (!known.is_empty()).then(|| n_known as f64 / known.len() as f64)
    }

    /// The longest stretch of notes shared with the pieces: the most notes in a row that each end a passage, and those
    /// before the first of them.
    #[must_use]
    pub fn longest_shared(&self, notes: &[Note]) -> usize {
        let (mut run, mut longest) = (0, 0);
        for (idx, note) in notes.iter().enumerate() {
            let is_held = self.hold(notes.get(..idx).unwrap_or_default(), note.pitch, note.onset);
            run = if is_held { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        if longest == 0 { 0 } else { longest + PASSAGE - 1 }
    }
}

/// The hashes of the passages of pieces, of which no more are kept than the largest filter has room for.
fn prints<N: AsRef<[Note]>>(pieces: impl Iterator<Item = N>) -> HashSet<u64> {
    let print_of = |window: &[Note]| {
        let (last, past) = window.split_last()?;
        Some(fingerprint(past, last.pitch, last.onset))
    };
    let mut prints: HashSet<u64> = HashSet::new();
    for notes in pieces {
        prints.extend(notes.as_ref().windows(PASSAGE).filter_map(print_of));
        if prints.len() >= Passages::MAX_BYTES {
            break;
        }
    }
    prints
}

/// The hash of a passage: seven notes and one after them, without the last one's duration.
fn fingerprint(past: &[Note], pitch: u8, onset: Tick) -> u64 {
    ended(fingerprint_of_past(past), past.last(), pitch, onset)
}

/// The hash of the seven notes.
fn fingerprint_of_past(past: &[Note]) -> u64 {
    past.windows(2).fold(0x6a09_e667_f3bc_c908, |print, two| match two {
        [before, note] => {
            let print = with(print, i64::from(note.pitch) - i64::from(before.pitch));
            with(with(print, (note.onset - before.onset).0), duration_class(note.duration) as i64)
        }
        _ => print,
    })
}

/// The hash of the notes of `print`, of which `last` is the last, and one more note.
fn ended(print: u64, last: Option<&Note>, pitch: u8, onset: Tick) -> u64 {
    last.map_or(print, |last| {
        with(with(print, i64::from(pitch) - i64::from(last.pitch)), (onset - last.onset).0)
    })
}

fn with(print: u64, number: i64) -> u64 {
    mix64(print ^ mix64(number as u64))
}

/// The bits of a fingerprint in a filter of `n_bytes` (double hashing, Kirsch and Mitzenmacher 2006).
fn places(print: u64, n_bytes: usize) -> impl Iterator<Item = usize> {
    let (first, step) = (mix64(print), mix64(print ^ 0xbb67_ae85_84ca_a73b) | 1);
    let n_bits = 8 * n_bytes as u128;
    (0..N_BITS).map(move |idx| {
        let hash = first.wrapping_add(idx.wrapping_mul(step));
        ((u128::from(hash) * n_bits) >> 64) as usize
    })
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    use crate::model::Passages;
    use crate::music::{Family, Note, Tick};

    fn tune(n_notes: i64, seed: u64) -> Vec<Note> {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut note = |idx: i64| Note {
            onset: Tick(12 * idx),
            duration: Tick(12),
            pitch: rng.random_range(50..80),
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        (0..n_notes).map(&mut note).collect()
    }

    #[test]
    fn learned_passages_are_recognised_in_any_key_and_other_music_is_not() {
        let learned = tune(4000, 1);
        let passages = Passages::of(std::iter::once(&learned));
        let moved = |note: &Note| Note { onset: note.onset + Tick(96), pitch: note.pitch + 7, ..*note };
        let copy: Vec<Note> = learned[100..130].iter().map(moved).collect();
        assert_eq!(passages.longest_shared(&copy), 30);
        assert_eq!(Passages::from_bytes(passages.bytes()), Some(passages.clone()));
        let other = tune(4000, 2);
        let n_mistaken = (7..4000)
            .filter(|idx| passages.hold(&other[..*idx], other[*idx].pitch, other[*idx].onset))
            .count();
        assert!(n_mistaken < 200, "one in forty: {n_mistaken}");
        assert!(passages.longest_shared(&other) < 12);
    }

    #[test]
    fn an_extended_filter_holds_the_passages_of_before_and_the_new_ones() {
        let (before, new, other) = (tune(4000, 1), tune(200, 2), tune(4000, 3));
        for (first, then) in [(&before, &new), (&new, &before)] {
            let passages = Passages::of(std::iter::once(first));
            let extended = passages.extended(std::iter::once(then));
            for learned in [first, then] {
                assert_eq!(extended.longest_shared(learned), learned.len());
                assert_eq!(extended.share_known(learned), Some(1.0));
            }
            let mistaken = extended.share_known(&other).unwrap();
            assert!(mistaken < 0.1, "one in twelve: {mistaken}");
            assert!(extended.bytes().len() < 3 * before.len());
        }
    }

    #[test]
    fn seven_notes_are_no_passage_and_no_bytes_are_no_filter() {
        let learned = tune(7, 1);
        let passages = Passages::of(std::iter::once(&learned));
        assert_eq!(passages.longest_shared(&learned), 0);
        assert_eq!(Passages::from_bytes(&[]), None);
    }
}
