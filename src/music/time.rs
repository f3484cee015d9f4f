//! Score time and host time, and the conversions between them.

use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Score time: a position or a length, [`Tick::PER_BEAT`] to the quarter note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(pub i64);

/// Host time: a position or a length in quarter notes, whatever the time signature.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Beats(pub f64);

impl Tick {
    /// Ticks to the quarter note.
    pub const PER_BEAT: i64 = 24;
    /// The origin of the song, and the empty length.
    pub const ZERO: Self = Self(0);

    /// The same moment in quarter notes; exact up to 2^53 ticks.
    #[must_use]
    pub fn to_beats(self) -> Beats {
        Beats(self.0 as f64 / Self::PER_BEAT as f64)
    }
}

impl Beats {
    /// The last tick at or before this moment.
    #[must_use]
    pub fn to_ticks_floor(self) -> Tick {
        Tick((self.0 * Tick::PER_BEAT as f64).floor() as i64)
    }

    /// The nearest tick, halves away from zero.
    #[must_use]
    pub fn to_ticks_round(self) -> Tick {
        Tick((self.0 * Tick::PER_BEAT as f64).round() as i64)
    }
}

macro_rules! arithmetic {
    ($unit:ident) => {
        impl Add for $unit {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl Sub for $unit {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl AddAssign for $unit {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }
        impl SubAssign for $unit {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }
        impl Neg for $unit {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
    };
}
arithmetic!(Tick);
arithmetic!(Beats);

#[cfg(test)]
mod tests {
    use crate::music::{Beats, Tick};

    #[test]
    fn ticks_and_beats_convert_exactly_both_ways() {
        for tick in -5000..5000 {
            assert_eq!(Tick(tick).to_beats().to_ticks_round(), Tick(tick));
        }
        assert_eq!(Beats(-0.01).to_ticks_floor(), Tick(-1));
        assert_eq!(Beats(0.99).to_ticks_floor(), Tick(23));
    }
}
