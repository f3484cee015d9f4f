//! Numbers that look like chance and are always the same.

/// Sixty-four bits of which each hangs on every bit of `value`: the finaliser of `SplitMix64` (Steele et al. 2014).
///
/// Weights files and dropout are made with it, so it never changes.
#[allow(clippy::inline_always, reason = "must become part of loops compiled for another processor")]
#[inline(always)]
pub(crate) fn mixed(value: u64) -> u64 {
    let bits = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
