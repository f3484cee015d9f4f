//! Tables whose rows are added up, in 16 bits.

use crate::model::packed::rounding::{round_to_steps, step_of};

/// A table whose rows are added up, in 16 bits.
#[derive(Debug)]
pub(crate) struct Table {
    values: Vec<i16>,
    step: f32,
    width: usize,
}

impl Table {
    pub(super) fn new(values: &[f32], width: usize) -> Self {
        let step = step_of(values.iter(), 32_767.0);
        Self { values: values.iter().map(|value| round_to_steps(*value, step) as i16).collect(), step, width }
    }

    fn row(&self, row: u32) -> &[i16] {
        let begin = row as usize * self.width;
        &self.values[begin..begin + self.width]
    }

    /// The row `thousandths` of the way from the first to the second, in whole numbers.
    pub(crate) fn between(&self, first: u32, second: u32, thousandths: u16) -> Vec<i16> {
        let share = i32::from(thousandths.min(1000));
        let pairs = self.row(first).iter().zip(self.row(second));
        let mix = |(a, b): (&i16, &i16)| i32::from(*a) * (1000 - share) + i32::from(*b) * share;
        pairs.map(|pair| (mix(pair) + 500).div_euclid(1000) as i16).collect()
    }

    /// `out = init + the sum of rows`, with `sums` as a buffer; all are as wide as the table. `extra_row` is one
    /// more row, which is not in the table, or empty.
    pub(crate) fn sum(
        &self,
        rows: &[u32],
        extra_row: &[i16],
        init: &[f32],
        sums: &mut [i32],
        out: &mut [f32],
    ) {
        sums.fill(0);
        let (fours, rest) = rows.as_chunks::<4>();
        for four in fours {
            add_up_four(sums, four.map(|row| self.row(row)));
        }
        for row in rest {
            add_up(sums, self.row(*row));
        }
        add_up(sums, extra_row);
        for ((out, sum), init) in out.iter_mut().zip(sums).zip(init) {
            *out = init + *sum as f32 * self.step;
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_up(sums: &mut [i32], row: &[i16]) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += i32::from(*value);
    }
}

/// The same for four rows, so that the sums go to memory and back once.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_up_four(sums: &mut [i32], [a, b, c, d]: [&[i16]; 4]) {
    for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *sum += i32::from(*a) + i32::from(*b) + i32::from(*c) + i32::from(*d);
    }
}
