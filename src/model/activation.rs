//! The LSTM's nonlinearities, in a form that compilers turn into vector code.
//!
//! Written without calls or branches, so that a loop over units runs in vector registers; the same code
//! serves training and playing, so that both agree.

use multiversion::multiversion;

/// e to the `x`, relative error below 3e-7; `x` is held within ±87, where an f32 ends.
///
/// Range reduction to ±ln 2 / 2 and the polynomial of Cephes' `expf`.
#[allow(clippy::inline_always, reason = "must become part of a loop compiled for another processor")]
#[inline(always)]
#[must_use]
pub fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 87.0);
    let power = (x * std::f32::consts::LOG2_E).round_ties_even();
    let rest = power.mul_add(-LN_2_LOW, power.mul_add(-LN_2_HIGH, x));
    let mut sum = 1.987_569_1e-4_f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        sum = sum.mul_add(rest, coefficient);
    }
    let mantissa = sum.mul_add(rest * rest, rest) + 1.0;
    // Adding the power to the exponent's bits scales by a power of two.
    f32::from_bits(mantissa.to_bits().wrapping_add(((power as i32) << 23) as u32))
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

/// Gates in place: sigmoid of i, f and o, tanh of g. `gates` is `[4H]`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn activate_gates(gates: &mut [f32], hidden: usize) {
    let (input_and_forget, rest) = gates.split_at_mut(2 * hidden);
    let (cell, output) = rest.split_at_mut(hidden);
    for value in input_and_forget {
        *value = sigmoid(*value);
    }
    for value in cell {
        *value = tanh(*value);
    }
    for value in output {
        *value = sigmoid(*value);
    }
}

/// The cell and the output after one step, given activated gates `[4H]`; `c` and `h` are `[H]`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn update_cell(gates: &[f32], hidden: usize, c: &mut [f32], h: &mut [f32]) {
    let (i, rest) = gates.split_at(hidden);
    let (f, rest) = rest.split_at(hidden);
    let (g, o) = rest.split_at(hidden);
    for (((((c, h), i), f), g), o) in c.iter_mut().zip(h).zip(i).zip(f).zip(g).zip(o) {
        *c = f.mul_add(*c, i * g);
        *h = o * tanh(*c);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::activation::{exp, sigmoid, tanh};

    #[test]
    fn the_fast_functions_agree_with_the_standard_ones() {
        for step in -8000..8000 {
            let x = step as f32 * 0.01;
            assert!((exp(x) / x.exp() - 1.0).abs() < 3e-7, "exp {x}");
            assert!((sigmoid(x) - 1.0 / (1.0 + (-x).exp())).abs() < 3e-7, "sigmoid {x}");
            assert!((tanh(x) - x.tanh()).abs() < 3e-7, "tanh {x}");
        }
    }
}
