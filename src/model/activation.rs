//! The LSTM's nonlinearities, in a form that compilers turn into vector code.
//!
//! Written without calls or branches, so that a loop over units runs in vector registers; the same code
//! serves training and playing, so that both agree.

use multiversion::multiversion;

/// e to the `x`, relative error below 3e-7; `x` is clamped to ±87, the range of an f32.
///
/// Range reduction to ±ln 2 / 2 and the polynomial of Cephes' `expf`.
#[allow(clippy::inline_always, reason = "must become part of a loop compiled for another processor")]
#[inline(always)]
#[must_use]
pub fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5 · 2^23 rounds to a whole number and leaves it in the lowest bits.
    const TO_WHOLE: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, TO_WHOLE);
    let power = shifted - TO_WHOLE;
    let rest = power.mul_add(-LN_2_LOW, power.mul_add(-LN_2_HIGH, x));
    let mut sum = 1.987_569_1e-4_f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        sum = sum.mul_add(rest, coefficient);
    }
    let mantissa = sum.mul_add(rest * rest, rest) + 1.0;
    // Adding the power to the exponent's bits scales by a power of two.
    f32::from_bits(mantissa.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// The natural logarithm of a number above 0 that is not denormal, relative error below 3e-7 (absolute near
/// 1). Unlike the system's library the same on every processor.
///
/// Range reduction to mantissas around 1 and the polynomial of Cephes' `logf`.
#[must_use]
pub fn ln(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const COEFFICIENTS: [f32; 8] = [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_7e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ];
    // Mantissa within √½ to √2, times a power of two.
    const ROOT_HALF: u32 = 0x3f35_04f3;
    let bits = x.max(f32::MIN_POSITIVE).to_bits().wrapping_sub(ROOT_HALF);
    let power = (bits as i32 >> 23) as f32;
    let rest = f32::from_bits((bits & 0x007f_ffff) + ROOT_HALF) - 1.0;
    let mut sum = 7.037_683_6e-2_f32;
    for coefficient in COEFFICIENTS {
        sum = sum.mul_add(rest, coefficient);
    }
    let square = rest * rest;
    let curve = (sum * rest).mul_add(square, square.mul_add(-0.5, power * LN_2_LOW));
    power.mul_add(LN_2_HIGH, curve + rest)
}

/// The logistic function.
#[allow(clippy::inline_always, reason = "must become part of a loop compiled for another processor")]
#[inline(always)]
#[must_use]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, absolute error below 3e-7.
#[allow(clippy::inline_always, reason = "must become part of a loop compiled for another processor")]
#[inline(always)]
#[must_use]
pub fn tanh(x: f32) -> f32 {
    2.0f32.mul_add(sigmoid(2.0 * x), -1.0)
}

/// One step of the cells: activates the gates in place (sigmoid of i, f and o, tanh of g), then the cell and
/// the output after it. `gates` is `[4H]`; `c` and `h` are `[H]`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn advance_cells(gates: &mut [f32], c: &mut [f32], h: &mut [f32]) {
    let hidden = c.len();
    let (i, rest) = gates.split_at_mut(hidden);
    let (f, rest) = rest.split_at_mut(hidden);
    let (g, o) = rest.split_at_mut(hidden);
    for (((((c, h), i), f), g), o) in c.iter_mut().zip(h).zip(i).zip(f).zip(g).zip(o) {
        (*i, *f, *g, *o) = (sigmoid(*i), sigmoid(*f), tanh(*g), sigmoid(*o));
        *c = f.mul_add(*c, *i * *g);
        *h = *o * tanh(*c);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::activation::{exp, ln, sigmoid, tanh};

    #[test]
    fn the_fast_functions_agree_with_the_standard_ones() {
        for step in -8000..8000 {
            let x = step as f32 * 0.01;
            assert!((exp(x) / x.exp() - 1.0).abs() < 3e-7, "exp {x}");
            assert!((sigmoid(x) - 1.0 / (1.0 + (-x).exp())).abs() < 3e-7, "sigmoid {x}");
            assert!((tanh(x) - x.tanh()).abs() < 3e-7, "tanh {x}");
        }
    }

    #[test]
    fn the_logarithm_agrees_with_the_standard_one() {
        for step in 1..8000 {
            let x = exp(step as f32 * 0.02 - 80.0);
            assert!((ln(x) - x.ln()).abs() < 3e-7 * x.ln().abs().max(1.0), "{x}: {} {}", ln(x), x.ln());
        }
        assert!(ln(1.0) == 0.0);
    }
}
