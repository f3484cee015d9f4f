//! The time signature, and how long its bar is.

use crate::music::time::Tick;

/// A time signature such as 6/8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Meter {
    numerator: u8,
    denominator: u8,
}

/// A time signature out of range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a time signature of 1 to 64 over 1, 2, 4, 8, 16 or 32, found {numerator}/{denominator}")]
pub struct InvalidMeter {
    numerator: u32,
    denominator: u32,
}

impl Meter {
    /// 4/4, the default.
    pub const COMMON: Self = Self { numerator: 4, denominator: 4 };

    /// A meter of `numerator` notes of one `denominator`th each.
    ///
    /// # Errors
    /// If the numerator is not 1 to 64 or the denominator is no power of two up to 32.
    pub fn new(numerator: u32, denominator: u32) -> Result<Self, InvalidMeter> {
        let invalid = InvalidMeter { numerator, denominator };
        if !(1..=64).contains(&numerator) || denominator > 32 || !denominator.is_power_of_two() {
            return Err(invalid);
        }
        Ok(Self { numerator: numerator as u8, denominator: denominator as u8 })
    }

    /// The upper number: notes in a bar.
    #[must_use]
    pub fn numerator(self) -> u8 {
        self.numerator
    }

    /// The lower number: 4 is a quarter.
    #[must_use]
    pub fn denominator(self) -> u8 {
        self.denominator
    }

    /// The length of one bar; whole for every valid meter, at least 3 ticks.
    #[must_use]
    pub fn bar_length(self) -> Tick {
        Tick(4 * Tick::PER_BEAT * i64::from(self.numerator) / i64::from(self.denominator))
    }

    /// About half a bar: whole beats, at least one.
    #[must_use]
    pub fn half_bar(self) -> Tick {
        let beat = self.beat().0;
        Tick((self.bar_length().0 / 2 / beat * beat).max(beat))
    }

    /// The length of one metrical beat: a dotted quarter in 6/8 and the like, otherwise the denominator's note.
    #[must_use]
    pub fn beat(self) -> Tick {
        let unit = 4 * Tick::PER_BEAT / i64::from(self.denominator);
        let is_compound = self.denominator >= 8 && self.numerator > 3 && self.numerator.is_multiple_of(3);
        Tick(if is_compound { 3 * unit } else { unit })
    }
}

impl std::fmt::Display for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Meter, Tick};

    #[test]
    fn a_bar_is_as_long_as_its_signature_says() {
        assert_eq!(Meter::COMMON.bar_length(), Tick(96));
        assert_eq!(Meter::new(6, 8).map(Meter::bar_length), Ok(Tick(72)));
        assert_eq!(Meter::new(1, 32).map(Meter::bar_length), Ok(Tick(3)));
    }

    #[test]
    fn a_compound_meter_counts_in_threes() {
        for ((numerator, denominator), beat) in
            [((4, 4), 24), ((3, 8), 12), ((6, 8), 36), ((12, 16), 18), ((7, 8), 12), ((2, 2), 48)]
        {
            assert_eq!(
                Meter::new(numerator, denominator).unwrap().beat(),
                Tick(beat),
                "{numerator}/{denominator}"
            );
        }
    }

    #[test]
    fn signatures_out_of_range_are_refused() {
        for (numerator, denominator) in [(0, 4), (65, 4), (4, 0), (4, 3), (4, 64)] {
            assert!(Meter::new(numerator, denominator).is_err(), "{numerator}/{denominator}");
        }
    }
}
