//! Rounding to whole numbers of a step.

/// The step for which the largest of `values` is `most` steps.
pub(super) fn step_of<'a>(values: impl Iterator<Item = &'a f32>, most: f32) -> f32 {
    let largest = values.fold(0.0_f32, |largest, value| largest.max(value.abs()));
    if largest > 0.0 { largest / most } else { 1.0 }
}

/// The nearest whole number of steps.
pub(super) fn round_to_steps(value: f32, step: f32) -> f32 {
    (value / step).round_ties_even()
}

/// The input of a product, rounded to 16 bits.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rounded {
    /// Padded to an even length.
    pub(super) values: Vec<i16>,
    /// The length without padding.
    pub(super) length: usize,
}

impl Rounded {
    /// An empty input with room for `length` numbers.
    pub(crate) fn with_capacity(length: usize) -> Self {
        Self { values: Vec::with_capacity(length + 1), length: 0 }
    }

    /// Replaces the input by `values` times `scale`, which must keep them within 16 bits.
    pub(crate) fn set(&mut self, values: &[f32], scale: f32) {
        self.length = values.len();
        self.values.resize(self.length, 0);
        round(values, scale, &mut self.values);
        if self.length % 2 == 1 {
            self.values.push(0);
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn round(values: &[f32], scale: f32, out: &mut [i16]) {
    // Adding 1.5 · 2^23 leaves the nearest whole number in the lowest bits.
    const TO_WHOLE: f32 = 12_582_912.0;
    for (out, value) in out.iter_mut().zip(values) {
        *out = (value * scale + TO_WHOLE).to_bits() as i16;
    }
}
