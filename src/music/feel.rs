//! How far performed notes lie from their place in the score.

/// How far a performed note lies from its onset: a number of quarter ticks, 0 on it, positive later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Feel(i8);

impl Feel {
    /// Units to the tick; one lasts some five milliseconds at 120 quarter notes a minute.
    pub const PER_TICK: i8 = 4;
    /// The farthest, four ticks: beyond it a note would have another place.
    pub const FARTHEST: i8 = 4 * Self::PER_TICK;

    /// The feel of this many quarter ticks, at most [`Feel::FARTHEST`] either way.
    #[must_use]
    pub fn new(quarter_ticks: i8) -> Self {
        Self(quarter_ticks.clamp(-Self::FARTHEST, Self::FARTHEST))
    }

    /// The nearest to a number of ticks.
    #[must_use]
    pub fn from_ticks_round(ticks: f64) -> Self {
        let farthest = f64::from(Self::FARTHEST);
        Self((ticks * f64::from(Self::PER_TICK)).round().clamp(-farthest, farthest) as i8)
    }

    /// Quarter ticks, −16 to 16.
    #[must_use]
    pub fn quarter_ticks(self) -> i8 {
        self.0
    }

    /// A number for each feel, 1 to 33, and 0 for none. It is part of file formats.
    #[must_use]
    pub fn code(feel: Option<Self>) -> u8 {
        feel.map_or(0, |feel| (feel.0 + Self::FARTHEST + 1) as u8)
    }

    /// The feel of a code; numbers that are none mean no feel.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let quarter_ticks = i8::try_from(code).ok()? - Self::FARTHEST - 1;
        (-Self::FARTHEST..=Self::FARTHEST).contains(&quarter_ticks).then_some(Self(quarter_ticks))
    }

    /// The same in ticks.
    #[must_use]
    pub fn ticks(self) -> f64 {
        f64::from(self.0) / f64::from(Self::PER_TICK)
    }
}

#[cfg(test)]
mod tests {
    use crate::music::Feel;

    #[test]
    fn feel_keeps_to_its_range_and_converts_both_ways() {
        for quarter_ticks in -16..=16 {
            let feel = Feel::new(quarter_ticks);
            assert_eq!((feel.quarter_ticks(), Feel::from_ticks_round(feel.ticks())), (quarter_ticks, feel));
            assert_eq!(Feel::from_code(Feel::code(Some(feel))), Some(feel));
        }
        assert_eq!(Feel::code(None), 0);
        assert!([0, 34, 127, 128, 255].into_iter().all(|code| Feel::from_code(code).is_none()));
        assert_eq!((Feel::new(100), Feel::new(i8::MIN)), (Feel::new(16), Feel::new(-16)));
        assert_eq!(
            (Feel::from_ticks_round(-99.0), Feel::from_ticks_round(0.13)),
            (Feel::new(-16), Feel::new(1))
        );
    }
}
