//! The classes of a note's parts that the network predicts.

use crate::music::{Family, Feel, Meter, Tick};

/// Shifts of up to four quarters are exact, one class a tick.
const EXACT_SHIFT: i64 = 4 * Tick::PER_BEAT;
/// The farthest beat that a longer shift can reach.
const FARTHEST_BEAT: i64 = 16;

/// How many onset shifts there are: exact ones, then the 5th to 16th beat ahead.
pub const N_SHIFTS: usize = EXACT_SHIFT as usize + 1 + (FARTHEST_BEAT as usize - 4);
/// How many pitches there are.
pub const N_PITCHES: usize = 128;
/// How many durations there are.
pub const N_DURATIONS: usize = DURATIONS.len();
/// How many velocities there are: bins of four MIDI velocities.
pub const N_VELOCITIES: usize = 32;
/// How many velocities encoding 2 has: bins of eight MIDI velocities.
pub const N_COARSE_VELOCITIES: usize = 16;
/// How many feels there are: none, then one for each quarter tick from [`Feel::FARTHEST`] early to as late.
pub const N_FEELS: usize = 2 * Feel::FARTHEST as usize + 2;
/// How many instrument families there are.
pub const N_FAMILIES: usize = Family::COUNT;
/// How many classes of meter there are; the last is for all others.
pub const N_METERS: usize = METERS.len() + 1;

/// Durations in ticks: exact up to two quarters, then in steps that grow.
const DURATIONS: [i64; 68] = durations();

const fn durations() -> [i64; 68] {
    let mut table = [0; 68];
    let mut idx = 0;
    while idx < 68 {
        table[idx] = match idx {
            0..48 => idx as i64 + 1,
            48..56 => 54 + 6 * (idx as i64 - 48),
            56..64 => 108 + 12 * (idx as i64 - 56),
            _ => 240 + 48 * (idx as i64 - 64),
        };
        idx += 1;
    }
    table
}

const METERS: [(u8, u8); 19] = [
    (4, 4),
    (3, 4),
    (2, 4),
    (2, 2),
    (6, 8),
    (3, 8),
    (9, 8),
    (12, 8),
    (3, 2),
    (6, 4),
    (5, 4),
    (7, 8),
    (5, 8),
    (4, 2),
    (1, 4),
    (2, 8),
    (4, 8),
    (7, 4),
    (8, 8),
];

/// The class of the shift from an onset at `from` to one at `to`, which must not be earlier.
///
/// Up to four quarters the shift is exact; beyond, it names the nearest beat.
#[must_use]
pub fn shift_class(from: Tick, to: Tick) -> usize {
    let shift = (to - from).0.max(0);
    if shift <= EXACT_SHIFT {
        return shift as usize;
    }
    let since_beat = to.0 - floor_to_beat(from).0;
    let beat = ((since_beat + Tick::PER_BEAT / 2) / Tick::PER_BEAT).clamp(5, FARTHEST_BEAT);
    (EXACT_SHIFT + beat - 4) as usize
}

/// The onset shifted by `class` from one at `from`.
#[must_use]
pub fn shifted(from: Tick, class: usize) -> Tick {
    let class = class as i64;
    if class <= EXACT_SHIFT {
        from + Tick(class)
    } else {
        floor_to_beat(from) + Tick((class - EXACT_SHIFT + 4) * Tick::PER_BEAT)
    }
}

fn floor_to_beat(tick: Tick) -> Tick {
    Tick(tick.0.div_euclid(Tick::PER_BEAT) * Tick::PER_BEAT)
}

/// The class of the nearest duration; of two equally near the shorter.
#[must_use]
pub fn duration_class(duration: Tick) -> usize {
    let above = DURATIONS.partition_point(|ticks| *ticks < duration.0);
    match (above.checked_sub(1).map(|idx| DURATIONS[idx]), DURATIONS.get(above)) {
        (Some(shorter), Some(longer)) if duration.0 - shorter > longer - duration.0 => above,
        (None, _) => 0,
        _ => above - 1 + usize::from(DURATIONS.get(above) == Some(&duration.0)),
    }
}

/// The duration of a class.
#[must_use]
pub fn duration_of(class: usize) -> Tick {
    Tick(DURATIONS[class.min(N_DURATIONS - 1)])
}

/// The class of a MIDI velocity.
#[must_use]
pub fn velocity_class(velocity: u8) -> usize {
    usize::from(velocity.min(127) / 4)
}

/// The velocities of a class, 1 to 127.
#[must_use]
pub fn velocities_of(class: usize) -> std::ops::RangeInclusive<u8> {
    let lowest = (class.min(N_VELOCITIES - 1) * 4) as u8;
    lowest.max(1)..=lowest + 3
}

/// The middle of a velocity class, 2 to 126.
#[must_use]
pub fn velocity_of(class: usize) -> u8 {
    (class.min(N_VELOCITIES - 1) * 4 + 2) as u8
}

/// The class of a MIDI velocity in encoding 2.
#[must_use]
pub fn coarse_velocity_class(velocity: u8) -> usize {
    usize::from(velocity.min(127) / 8)
}

/// The middle of a velocity class of encoding 2, 4 to 124.
#[must_use]
pub fn coarse_velocity_of(class: usize) -> u8 {
    (class.min(N_COARSE_VELOCITIES - 1) * 8 + 4) as u8
}

/// The class of a feel.
#[must_use]
pub fn feel_class(feel: Option<Feel>) -> usize {
    usize::from(Feel::code(feel))
}

/// The feel of a class.
#[must_use]
pub fn feel_of(class: usize) -> Option<Feel> {
    Feel::from_code(class.try_into().unwrap_or(0))
}

/// The class of a meter.
#[must_use]
pub fn meter_class(meter: Meter) -> usize {
    let signature = (meter.numerator(), meter.denominator());
    METERS.iter().position(|known| *known == signature).unwrap_or(METERS.len())
}

#[cfg(test)]
mod tests {
    use crate::model::vocabulary::{
        N_COARSE_VELOCITIES, N_DURATIONS, N_FEELS, N_SHIFTS, N_VELOCITIES, coarse_velocity_class,
        coarse_velocity_of, duration_class, duration_of, feel_class, feel_of, shift_class, shifted,
        velocity_class, velocity_of,
    };
    use crate::music::{Note, Tick};

    #[test]
    fn every_class_survives_a_round_trip() {
        for from in [0, 7, 24, -13] {
            for class in 0..N_SHIFTS {
                assert_eq!(shift_class(Tick(from), shifted(Tick(from), class)), class, "from {from}");
            }
        }
        for class in 0..N_DURATIONS {
            assert_eq!(duration_class(duration_of(class)), class);
        }
        for class in 0..N_VELOCITIES {
            assert_eq!(velocity_class(velocity_of(class)), class);
        }
        for class in 0..N_COARSE_VELOCITIES {
            assert_eq!(coarse_velocity_class(coarse_velocity_of(class)), class);
        }
        for class in 0..N_FEELS {
            assert_eq!(feel_class(feel_of(class)), class);
        }
    }

    #[test]
    fn a_duration_between_two_classes_becomes_the_nearer() {
        assert_eq!(duration_of(duration_class(Tick(0))), Tick(1));
        assert_eq!(duration_of(duration_class(Tick(50))), Tick(48));
        assert_eq!(duration_of(duration_class(Tick(52))), Tick(54));
        assert_eq!(duration_of(duration_class(Tick(100_000))), Note::LONGEST);
    }
}
