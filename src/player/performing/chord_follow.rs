//! Chord follow: the keys that are held at the input, and the notes that are moved to their chord.

/// The tones of a chord: the held keys in every octave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chord {
    /// One bit for each pitch class, C the lowest.
    classes: u16,
    /// The pitch class of the lowest key.
    bass: u8,
}

impl Chord {
    /// How far a note is moved at most to stay apart from others; beyond that they share a key.
    const REACH: u8 = 9;

    /// The chord of these keys, one bit for each; none if there are none.
    pub(crate) fn of_keys(keys: u128) -> Option<Self> {
        if keys == 0 {
            return None;
        }
        let classes =
            (0..128).filter(|key| keys >> key & 1 == 1).fold(0, |classes, key| classes | 1 << (key % 12));
        Some(Self { classes, bass: (keys.trailing_zeros() % 12) as u8 })
    }

    /// The chord tone nearest to `key` that is not among the keys `taken`, one bit for each.
    ///
    /// Of two that are equally near, the lower. If all in reach are taken, the nearest tone.
    pub(crate) fn nearest(self, key: u8, taken: u128) -> u8 {
        let free = nearest_where(key, |tone| self.has(tone) && taken >> tone & 1 == 0);
        free.filter(|tone| tone.abs_diff(key) <= Self::REACH)
            .or_else(|| nearest_where(key, |tone| self.has(tone)))
            .unwrap_or(key)
    }

    /// The nearest key of the pitch class of the lowest held key, for a bass.
    pub(crate) fn nearest_bass(self, key: u8) -> u8 {
        nearest_where(key, |tone| tone % 12 == self.bass).unwrap_or(key)
    }

    fn has(self, key: u8) -> bool {
        self.classes >> (key % 12) & 1 == 1
    }
}

/// The key nearest to `key` for which this is so, the lower of two that are equally near.
fn nearest_where(key: u8, is_wanted: impl Fn(u8) -> bool) -> Option<u8> {
    (0..128).find_map(|distance| {
        let below = key.checked_sub(distance);
        let above = key.checked_add(distance).filter(|above| *above < 128);
        below.into_iter().chain(above).find(|near| is_wanted(*near))
    })
}

/// The keys that are held at the input, and the chord that they make.
///
/// When all keys have been released, the chord stays. Fingers never leave together: after a release, the chord
/// loses the key only after a grace period.
#[derive(Debug, Default)]
pub(crate) struct HeldKeys {
    /// For each channel, one bit for each key that is down.
    held: [u128; 16],
    chord: Option<Chord>,
    /// The sample of the first release whose key is still in the chord.
    released_at: Option<u64>,
}

impl HeldKeys {
    /// The grace period in seconds.
    pub(crate) const GRACE: f64 = 0.05;

    /// A key goes down.
    pub(crate) fn press(&mut self, channel: u8, key: u8) {
        if let Some(held) = self.held.get_mut(usize::from(channel)) {
            *held |= 1u128.checked_shl(key.into()).unwrap_or_default();
        }
        self.chord = Chord::of_keys(self.keys());
        self.released_at = None;
    }

    /// A key goes up at the sample `now`.
    pub(crate) fn release(&mut self, channel: u8, key: u8, now: u64) {
        if let Some(held) = self.held.get_mut(usize::from(channel)) {
            *held &= !1u128.checked_shl(key.into()).unwrap_or_default();
        }
        self.released_at = self.released_at.or(Some(now));
    }

    /// The chord to follow at the sample `now`; the grace period is in samples.
    pub(crate) fn chord(&mut self, now: u64, grace: u64) -> Option<Chord> {
        if self.released_at.is_some_and(|then| now >= then + grace) {
            self.chord = Chord::of_keys(self.keys()).or(self.chord);
            self.released_at = None;
        }
        self.chord
    }

    /// Forgets the chord, unless it is still held: the song has stopped.
    pub(crate) fn forget_unless_held(&mut self) {
        self.chord = Chord::of_keys(self.keys());
        self.released_at = None;
    }

    /// Forgets every key: their releases will not be received.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The keys that are down, each with its channel.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, u8)> {
        let keys_of = |(channel, held): (u8, u128)| {
            (0..128_u8).filter(move |key| held >> key & 1 == 1).map(move |key| (channel, key))
        };
        (0..16).zip(self.held).filter(|(_, held)| *held != 0).flat_map(keys_of)
    }

    /// Whether any key is down.
    pub(crate) fn has_any(&self) -> bool {
        self.keys() != 0
    }

    /// All keys that are down on any channel.
    fn keys(&self) -> u128 {
        self.held.iter().fold(0, |keys, held| keys | held)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::player::performing::chord_follow::{Chord, HeldKeys};

    fn keys(keys: &[u8]) -> u128 {
        keys.iter().fold(0, |bits, key| bits | 1 << key)
    }

    fn chord(held: &[u8]) -> Chord {
        Chord::of_keys(keys(held)).unwrap()
    }

    /// The keys of notes that sound together.
    fn follow(chord: Chord, notes: &[u8]) -> Vec<u8> {
        let mut taken = 0;
        let mut follow = |note: &u8| {
            let key = chord.nearest(*note, taken);
            taken |= 1 << key;
            key
        };
        notes.iter().map(&mut follow).collect()
    }

    #[test]
    fn each_note_goes_to_the_nearest_chord_tone_and_two_notes_stay_two() {
        let f_major = chord(&[53, 57, 60]);
        assert_eq!(follow(f_major, &[60, 64, 67]), [60, 65, 69], "C major moves as little as it can");
        assert_eq!(follow(f_major, &[62]), [60], "of two that are equally near, the lower");
        assert_eq!(follow(f_major, &[65, 66, 67]), [65, 69, 72], "three notes, three keys");
        assert_eq!(follow(f_major, &[0, 127]), [0, 125], "at the ends of the keyboard");
    }

    #[test]
    fn a_chord_of_one_tone_takes_notes_in_octaves_and_then_in_unison() {
        assert_eq!(follow(chord(&[48]), &[60, 64, 67]), [60, 72, 72]);
    }

    #[test]
    fn the_bass_plays_the_lowest_key_that_is_held() {
        let over_e = chord(&[52, 55, 60]);
        assert_eq!((over_e.nearest_bass(36), over_e.nearest_bass(41), over_e.nearest_bass(1)), (40, 40, 4));
    }

    #[test]
    fn a_chord_stays_when_its_keys_are_released_one_after_the_other() {
        let (mut held, grace) = (HeldKeys::default(), 100);
        assert_eq!(held.chord(0, grace), None);
        for key in [48, 52, 55] {
            held.press(0, key);
        }
        let c_major = held.chord(10, grace);
        assert_eq!(c_major, Chord::of_keys(keys(&[48, 52, 55])));
        [48, 52, 55].iter().zip([1000, 1030, 1090]).for_each(|(key, now)| held.release(0, *key, now));
        assert_eq!(held.chord(5000, grace), c_major);
        held.forget_unless_held();
        assert_eq!(held.chord(5000, grace), None);
    }

    #[test]
    fn a_key_released_while_others_are_held_leaves_the_chord_after_a_moment() {
        let (mut held, grace) = (HeldKeys::default(), 100);
        held.press(0, 48);
        held.press(3, 52);
        held.release(0, 48, 1000);
        assert_eq!(held.chord(1099, grace), Chord::of_keys(keys(&[48, 52])));
        assert_eq!(held.chord(1100, grace), Chord::of_keys(keys(&[52])));
        held.forget_unless_held();
        assert_eq!(held.chord(1100, grace), Chord::of_keys(keys(&[52])));
        held.press(16, 200);
        held.release(255, 255, 0);
    }

    proptest! {
        #[test]
        fn every_note_lands_on_a_chord_tone_and_apart_if_there_are_tones_in_reach(
            held in proptest::collection::btree_set(0u8..128, 1..8), mut notes in proptest::collection::vec(20u8..108, 1..6),
        ) {
            notes.sort_unstable();
            let held: Vec<u8> = held.into_iter().collect();
            let chord = chord(&held);
            let followed = follow(chord, &notes);
            for (idx, (note, key)) in notes.iter().zip(&followed).enumerate() {
                prop_assert!(held.iter().any(|held| held % 12 == key % 12));
                let is_free = |tone: &u8| !followed[..idx].contains(tone);
                let has_free = (note - 9..=note + 9).any(|tone| held.iter().any(|h| h % 12 == tone % 12) && is_free(&tone));
                prop_assert_eq!(has_free, is_free(key));
            }
        }
    }
}
