//! The types that knobs have, as numbers.

use crate::music::{Family, FamilySet, Grid, PitchClassSet, Scale, Tick};
use crate::player::knobs::cadence::Cadence;
use crate::player::knobs::conversation::Conversation;
use crate::player::knobs::parts::Part;

/// A knob's value, which a number stands for in hosts, saved takes and options.
pub trait KnobValue: Copy {
    /// The number that stands for it.
    fn number(self) -> f64;

    /// The value of a number; `None` when there is none.
    fn from_number(number: f64) -> Option<Self>;

    /// The same value within a range of numbers; `default` where it is no number.
    #[must_use]
    #[inline]
    fn within(self, min: f64, max: f64, default: Self) -> Self {
        let number = self.number();
        if (min..=max).contains(&number) {
            return self;
        }
        let nearest = number.is_finite().then(|| Self::from_number(number.clamp(min, max))).flatten();
        nearest.unwrap_or(default)
    }

    /// The same value in steps of a thousandth, if it has a fraction.
    #[must_use]
    fn in_thousandths(self) -> Self {
        self
    }
}

impl KnobValue for f32 {
    fn number(self) -> f64 {
        f64::from(self)
    }

    fn from_number(number: f64) -> Option<Self> {
        Some(number as f32)
    }

    fn in_thousandths(self) -> Self {
        (self * 1000.0).round() / 1000.0
    }
}

impl KnobValue for bool {
    fn number(self) -> f64 {
        f64::from(u8::from(self))
    }

    fn from_number(number: f64) -> Option<Self> {
        Some(number > 0.5)
    }
}

/// A whole number within the bounds of its type.
macro_rules! whole {
    ($($integer:ty),*) => {
        $(impl KnobValue for $integer {
            fn number(self) -> f64 {
                self as f64
            }

            fn from_number(number: f64) -> Option<Self> {
                let fits = (Self::MIN as f64..=Self::MAX as f64).contains(&number);
                (fits && number.fract() == 0.0).then_some(number as Self)
            }
        })*
    };
}

whole!(u8, i8, u16, u32);

/// An index into a list.
macro_rules! listed {
    ($($listed:ty),*) => {
        $(impl KnobValue for $listed {
            fn number(self) -> f64 {
                // All are listed in the order of their declaration.
                f64::from(self as u8)
            }

            fn from_number(number: f64) -> Option<Self> {
                Self::ALL.get(usize::from(u16::from_number(number)?)).copied()
            }
        })*
    };
}

listed!(Scale, Grid, Conversation, Cadence);

impl KnobValue for Family {
    fn number(self) -> f64 {
        self.index() as f64
    }

    fn from_number(number: f64) -> Option<Self> {
        Self::from_index(usize::from(u16::from_number(number)?))
    }
}

/// Which part is played alone; 0 is none.
impl KnobValue for Option<Part> {
    fn number(self) -> f64 {
        self.map_or(0.0, |part| (part.index() + 1) as f64)
    }

    fn from_number(number: f64) -> Option<Self> {
        let idx = usize::from(u16::from_number(number)?);
        Some(idx.checked_sub(1).and_then(Part::from_index))
    }
}

impl KnobValue for Tick {
    fn number(self) -> f64 {
        self.0 as f64
    }

    fn from_number(number: f64) -> Option<Self> {
        u32::from_number(number).map(|ticks| Self(i64::from(ticks)))
    }
}

impl KnobValue for PitchClassSet {
    fn number(self) -> f64 {
        f64::from(self.bits())
    }

    fn from_number(number: f64) -> Option<Self> {
        u16::from_number(number).map(Self::from_bits)
    }
}

impl KnobValue for FamilySet {
    fn number(self) -> f64 {
        f64::from(self.bits())
    }

    fn from_number(number: f64) -> Option<Self> {
        u32::from_number(number).map(Self::from_bits)
    }
}

#[cfg(test)]
mod tests {
    use crate::music::{Grid, Scale};
    use crate::player::knobs::cadence::Cadence;
    use crate::player::knobs::conversation::Conversation;
    use crate::player::knobs::value::KnobValue;

    fn numbers<T: KnobValue>(all: &[T]) -> Vec<f64> {
        all.iter().map(|value| value.number()).collect()
    }

    #[test]
    fn the_number_of_a_listed_value_is_its_place_in_the_list() {
        let places = |n: usize| (0..n).map(|place| place as f64).collect::<Vec<_>>();
        assert_eq!(numbers(&Scale::ALL), places(Scale::ALL.len()));
        assert_eq!(numbers(&Grid::ALL), places(Grid::ALL.len()));
        assert_eq!(numbers(&Conversation::ALL), places(Conversation::ALL.len()));
        assert_eq!(numbers(&Cadence::ALL), places(Cadence::ALL.len()));
    }
}
