//! Finds copied music: the longest passage that it shares with the training pieces.
//!
//! Notes are compared by the interval from the previous note, the onset shift and the duration, so a passage is found
//! in any key. Some sharing is part of a style (cadences, drum loops), so held-out pieces are the yardstick.

use std::collections::HashMap;

use crate::music::Note;

/// A note relative to the previous one: interval in semitones, shift and duration in ticks.
type Move = (i16, i64, i64);

/// A search index of the training pieces.
#[derive(Debug)]
pub struct PassageIndex {
    /// A number for each move that occurs in the training pieces.
    numbers: HashMap<Move, u32>,
    /// The moves of all pieces, with a unique number after each piece.
    text: Vec<u32>,
    /// The starts of all suffixes of the text, in lexicographic order.
    suffixes: Vec<u32>,
}

/// The longest passage, in notes, that each of several pieces shares with the training pieces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shared {
    /// For each piece.
    pub longest: Vec<usize>,
}

impl Shared {
    /// The maximum.
    #[must_use]
    pub fn max(&self) -> usize {
        self.longest.iter().copied().max().unwrap_or_default()
    }

    /// The mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.longest.iter().sum::<usize>() as f64 / self.longest.len().max(1) as f64
    }
}

impl PassageIndex {
    /// Indexes pieces; the notes of each must be in the order of [`Note`].
    #[must_use]
    pub fn new<'a>(pieces: impl Iterator<Item = &'a [Note]>) -> Self {
        let mut numbers = HashMap::new();
        let mut text = Vec::new();
        for (piece_idx, notes) in pieces.enumerate() {
            for step in moves(notes) {
                let next = numbers.len() as u32;
                text.push(*numbers.entry(step).or_insert(next));
            }
            // So that no passage crosses from one piece to the next.
            text.push(u32::MAX - piece_idx as u32);
        }
        let suffixes = suffix_array(&text);
        Self { numbers, text, suffixes }
    }

    /// The length in notes of the longest passage of `notes` that occurs in a training piece.
    #[must_use]
    pub fn longest_shared(&self, notes: &[Note]) -> usize {
        // A move that occurs in no piece gets an unused number.
        let numbers =
            moves(notes).map(|step| self.numbers.get(&step).copied().unwrap_or(self.numbers.len() as u32));
        let query: Vec<u32> = numbers.collect();
        let mut longest = 0;
        for begin in 0..query.len() {
            while query.get(begin..begin + longest + 1).is_some_and(|passage| self.holds(passage)) {
                longest += 1;
            }
        }
        // A passage has one more note than moves.
        if longest == 0 { 0 } else { longest + 1 }
    }

    /// The longest shared passage of each piece.
    #[must_use]
    pub fn shared<'a>(&self, pieces: impl Iterator<Item = &'a [Note]>) -> Shared {
        Shared { longest: pieces.map(|notes| self.longest_shared(notes)).collect() }
    }

    fn holds(&self, passage: &[u32]) -> bool {
        let suffix = |begin: u32| &self.text[begin as usize..];
        let first = self.suffixes.partition_point(|begin| suffix(*begin) < passage);
        self.suffixes.get(first).is_some_and(|begin| suffix(*begin).starts_with(passage))
    }
}

fn moves(notes: &[Note]) -> impl Iterator<Item = Move> {
    notes.windows(2).map(|two| {
        let interval = i16::from(two[1].pitch) - i16::from(two[0].pitch);
        (interval, (two[1].onset - two[0].onset).0, two[1].duration.0)
    })
}

/// The suffix array, by prefix doubling (Manber and Myers 1990).
fn suffix_array(text: &[u32]) -> Vec<u32> {
    let mut suffixes: Vec<u32> = (0..text.len() as u32).collect();
    let mut ranks = text.to_vec();
    let mut length = 1;
    loop {
        // A position past the end sorts first.
        let key = |begin: u32| {
            let second = ranks.get(begin as usize + length).map_or(0, |rank| u64::from(*rank) + 1);
            (u64::from(ranks[begin as usize]), second)
        };
        suffixes.sort_unstable_by_key(|begin| key(*begin));
        let mut new_ranks = vec![0; text.len()];
        let mut rank = 0;
        for two in suffixes.windows(2) {
            rank += u32::from(key(two[0]) != key(two[1]));
            new_ranks[two[1] as usize] = rank;
        }
        ranks = new_ranks;
        length *= 2;
        if rank as usize + 1 >= text.len() {
            return suffixes;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Family, Note, Tick};
    use crate::training::measures::PassageIndex;

    fn tune(pitches: &[u8]) -> Vec<Note> {
        let note = |(beat, pitch): (usize, &u8)| Note {
            onset: Tick(beat as i64 * Tick::PER_BEAT),
            duration: Tick(24),
            pitch: *pitch,
            velocity: 80,
            family: Family::PIANO,
            feel: None,
        };
        pitches.iter().enumerate().map(note).collect()
    }

    #[test]
    fn a_passage_is_found_in_another_key() {
        let known = [tune(&[60, 62, 64, 65, 67, 60]), tune(&[72, 60, 71])];
        let known = PassageIndex::new(known.iter().map(Vec::as_slice));
        assert_eq!(known.longest_shared(&tune(&[1, 50, 52, 54, 55, 40])), 4);
        assert_eq!(known.longest_shared(&tune(&[60, 62, 64, 65, 67, 60])), 6);
    }

    #[test]
    fn no_passage_crosses_pieces_and_none_is_found_in_other_music() {
        let known = [tune(&[60, 62, 64]), tune(&[64, 67, 71])];
        let known = PassageIndex::new(known.iter().map(Vec::as_slice));
        assert_eq!(known.longest_shared(&tune(&[60, 62, 64, 67, 71])), 3);
        assert_eq!(known.longest_shared(&tune(&[60, 61, 72])), 0);
        assert_eq!(PassageIndex::new(std::iter::empty()).longest_shared(&tune(&[60, 61])), 0);
    }

    #[test]
    fn the_search_agrees_with_brute_force() {
        let pitches: Vec<u8> =
            (0..200_u32).map(|i| 60 + (i.wrapping_mul(2_654_435_761) >> 29) as u8 % 4).collect();
        let known = tune(&pitches[..120]);
        let search = PassageIndex::new(std::iter::once(known.as_slice()));
        let steps = |notes: &[Note]| -> Vec<i32> {
            notes.windows(2).map(|two| i32::from(two[1].pitch) - i32::from(two[0].pitch)).collect()
        };
        for begin in (120..190).step_by(5) {
            let query = tune(&pitches[begin..]);
            let (asked, all) = (steps(&query), steps(&known));
            let occurs = |n: usize| asked.windows(n).any(|part| all.windows(n).any(|other| other == part));
            let longest = (1..=asked.len()).take_while(|n| occurs(*n)).last().map_or(0, |n| n + 1);
            assert_eq!(search.longest_shared(&query), longest);
        }
    }
}
