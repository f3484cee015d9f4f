//! Randomness that can be repeated: everything random in a bar is a function of the numbers it depends on.

use crate::music::mix64;

/// Random bits: always the same for the same numbers.
pub(crate) fn random_bits(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0x6a09_e667_f3bc_c908, |hash, number| mix64(hash ^ mix64(*number)))
}

/// As [`random_bits`], a number from 0 to 1, 1 excluded.
pub(crate) fn random_unit(numbers: &[u64]) -> f32 {
    // The upper 24 bits are what an f32 holds exactly.
    (random_bits(numbers) >> 40) as f32 / (1u64 << 24) as f32
}
