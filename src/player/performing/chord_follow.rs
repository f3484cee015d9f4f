//! Chord follow: the keys that somebody holds at the input, and where they pull the notes.

/// The tones of a chord: every octave of the keys that are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chord {
    /// One bit for each pitch class, C the lowest.
    classes: u16,
    /// The pitch class of the lowest key.
    bass: u8,
}

impl Chord {
    /// Notes are moved this far at most to keep apart from each other; then they meet on one key.
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
    /// Of two that are equally near, the lower. If all in reach are taken it is the nearest tone.
    pub(crate) fn nearest(self, key: u8, taken: u128) -> u8 {
        let free = nearest_where(key, |tone| self.has(tone) && taken >> tone & 1 == 0);
        free.filter(|tone| tone.abs_diff(key) <= Self::REACH)
            .or_else(|| nearest_where(key, |tone| self.has(tone)))
            .unwrap_or(key)
    }

    /// The nearest key of the lowest held note's pitch class: what a bass plays.
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
/// When all keys are let go, the chord that was held stays. Fingers never leave together: while keys are
/// being let go, the chord shrinks only after a moment's grace.
#[derive(Debug, Default)]
pub(crate) struct Keyboard {
    /// For each channel, one bit for each key that is down.
    held: [u128; 16],
    chord: Option<Chord>,
    /// The sample at which a key was let go that still counts.
    let_go: Option<u64>,
}

impl Keyboard {
    /// How long a key counts that was let go while others are held, in seconds.
    pub(crate) const GRACE: f64 = 0.05;

    /// A key goes down.
    pub(crate) fn press(&mut self, channel: u8, key: u8) {
        if let Some(held) = self.held.get_mut(usize::from(channel)) {
            *held |= 1u128.checked_shl(key.into()).unwrap_or_default();
        }
        self.chord = Chord::of_keys(self.keys());
        self.let_go = None;
    }

    /// A key goes up at the sample `now`.
    pub(crate) fn lift(&mut self, channel: u8, key: u8, now: u64) {
        if let Some(held) = self.held.get_mut(usize::from(channel)) {
            *held &= !1u128.checked_shl(key.into()).unwrap_or_default();
        }
        self.let_go = self.let_go.or(Some(now));
    }

    /// The chord to follow at the sample `now`, where the grace is so many samples.
    pub(crate) fn chord(&mut self, now: u64, grace: u64) -> Option<Chord> {
        if self.let_go.is_some_and(|then| now >= then + grace) {
            self.chord = Chord::of_keys(self.keys()).or(self.chord);
            self.let_go = None;
        }
        self.chord
    }

    /// Forgets the chord, unless it is held still: the song has stopped.
    pub(crate) fn forget_unless_held(&mut self) {
        self.chord = Chord::of_keys(self.keys());
        self.let_go = None;
    }

    /// Forgets every key: what happens to them is no longer heard.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Whether any key is down.
    pub(crate) fn is_held(&self) -> bool {
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

    use crate::player::performing::chord_follow::{Chord, Keyboard};

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
    fn a_chord_stays_when_its_keys_are_let_go_one_after_the_other() {
        let (mut keyboard, grace) = (Keyboard::default(), 100);
        assert_eq!(keyboard.chord(0, grace), None);
        for key in [48, 52, 55] {
            keyboard.press(0, key);
        }
        let c_major = keyboard.chord(10, grace);
        assert_eq!(c_major, Chord::of_keys(keys(&[48, 52, 55])));
        [48, 52, 55].iter().zip([1000, 1030, 1090]).for_each(|(key, now)| keyboard.lift(0, *key, now));
        assert_eq!(keyboard.chord(5000, grace), c_major);
        keyboard.forget_unless_held();
        assert_eq!(keyboard.chord(5000, grace), None);
    }

    #[test]
    fn a_key_let_go_while_others_are_held_leaves_the_chord_after_a_moment() {
        let (mut keyboard, grace) = (Keyboard::default(), 100);
        keyboard.press(0, 48);
        keyboard.press(3, 52);
        keyboard.lift(0, 48, 1000);
        assert_eq!(keyboard.chord(1099, grace), Chord::of_keys(keys(&[48, 52])));
        assert_eq!(keyboard.chord(1100, grace), Chord::of_keys(keys(&[52])));
        keyboard.forget_unless_held();
        assert_eq!(keyboard.chord(1100, grace), Chord::of_keys(keys(&[52])));
        keyboard.press(16, 200);
        keyboard.lift(255, 255, 0);
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
