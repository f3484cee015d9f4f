//! The keys of an instrument, as a card lists them.

use serde::{Deserialize, Serialize};

use crate::music::Family;

/// The keys of one instrument in a style, as a card lists them: relative to a tonic of C, but for drums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentKeys {
    /// The index of its family.
    pub family: usize,
    /// Ranges of keys, lowest and highest, both inclusive.
    pub ranges: Vec<(u8, u8)>,
}

impl InstrumentKeys {
    /// The keys of an instrument that played these, one bit each: of drums the very keys, since each is an
    /// instrument of its own; else all from the lowest to the highest.
    #[must_use]
    pub fn of(family: Family, keys: u128) -> Self {
        let range = |low: u32, high: u32| (low as u8, high as u8);
        if !family.is_drums() {
            let ranges =
                if keys == 0 { Vec::new() } else { vec![range(keys.trailing_zeros(), keys.ilog2())] };
            return Self { family: family.index(), ranges };
        }
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        for key in (0..128).filter(|key| keys >> key & 1 == 1) {
            match ranges.last_mut() {
                Some((_, high)) if u32::from(*high) + 1 == key => *high = key as u8,
                _ => ranges.push(range(key, key)),
            }
        }
        Self { family: family.index(), ranges }
    }

    /// One bit each.
    pub(crate) fn keys(&self) -> u128 {
        self.ranges.iter().fold(0, |keys, (low, high)| keys | range(*low, *high))
    }
}

/// All keys of a range, none if it is empty.
pub(crate) fn range(low: u8, high: u8) -> u128 {
    (low..=high.min(127)).fold(0, |keys, key| keys | 1 << key)
}

#[cfg(test)]
mod tests {
    use crate::model::InstrumentKeys;
    use crate::music::Family;

    #[test]
    fn a_card_lists_the_very_drums_and_the_ranges_of_other_instruments() {
        let played = 1 << 36 | 1 << 38 | 1 << 39 | 1 << 40;
        assert_eq!(InstrumentKeys::of(Family::DRUMS, played).ranges, [(36, 36), (38, 40)]);
        assert_eq!(InstrumentKeys::of(Family::BASS, played).ranges, [(36, 40)]);
        assert_eq!(InstrumentKeys::of(Family::BASS, 0).ranges, []);
        assert_eq!(InstrumentKeys::of(Family::DRUMS, u128::MAX).ranges, [(0, 127)]);
    }
}
