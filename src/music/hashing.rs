//! Deterministic hashing: `SplitMix64` (Steele et al. 2014).
//!
//! Weights files, composed music and dropout depend on these functions, so their results never change.

/// What each step of the generator adds to its state.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes the bits of `value`, so that each bit of the result depends on all of them.
#[allow(clippy::inline_always, reason = "must become part of loops compiled for another processor")]
#[inline(always)]
pub(crate) fn mix64(value: u64) -> u64 {
    let bits = value.wrapping_add(GAMMA);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The `idx`th number, from 0, of the generator seeded with `seed`.
#[allow(clippy::inline_always, reason = "must become part of loops compiled for another processor")]
#[inline(always)]
pub(crate) fn nth_random(seed: u64, idx: u64) -> u64 {
    mix64(seed.wrapping_add(idx.wrapping_mul(GAMMA)))
}

#[cfg(test)]
mod tests {
    use crate::music::nth_random;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        // The first outputs of the reference implementation (https://prng.di.unimi.it/splitmix64.c).
        let expected = [0x599e_d017_fb08_fc85, 0x2c73_f084_5854_0fa5, 0x883e_bce5_a3f2_7c77];
        assert_eq!([0, 1, 2].map(|idx| nth_random(1_234_567, idx)), expected);
    }
}
