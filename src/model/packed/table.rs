//! Tables whose rows are added up, in 16 bits.

use std::ops::Range;

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

    /// A table of this shape, of which `compute` computes some rows at a time; each twice, since all have the same step.
    pub(super) fn computed(
        [n_rows, width]: [usize; 2],
        mut compute: impl FnMut(Range<usize>, &mut [f32]),
    ) -> Self {
        const N_AT_A_TIME: usize = 128;
        let mut buffer = vec![0.0; N_AT_A_TIME * width];
        let mut each = |then: &mut dyn FnMut(&[f32])| {
            for begin in (0..n_rows).step_by(N_AT_A_TIME) {
                let rows = begin..n_rows.min(begin + N_AT_A_TIME);
                let computed = &mut buffer[..rows.len() * width];
                compute(rows, computed);
                then(computed);
            }
        };
        let mut largest = 0.0_f32;
        each(&mut |computed| {
            largest = computed.iter().fold(largest, |largest, value| largest.max(value.abs()));
        });
        let step = step_of(std::iter::once(&largest), 32_767.0);
        let mut values = Vec::with_capacity(n_rows * width);
        each(&mut |computed| values.extend(computed.iter().map(|value| round_to_steps(*value, step) as i16)));
        Self { values, step, width }
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

#[cfg(test)]
mod tests {
    use crate::model::packed::table::Table;

    #[test]
    fn a_table_computed_some_rows_at_a_time_is_that_of_all_its_values() {
        let (n_rows, width) = (300, 3);
        // The first rows are zero, and the largest value is among the last.
        let value = |idx: usize| if idx < 600 { 0.0 } else { (idx as f32).sin() * idx as f32 };
        let values: Vec<f32> = (0..n_rows * width).map(value).collect();
        let [whole, computed] = [
            Table::new(&values, width),
            Table::computed([n_rows, width], |rows, out| {
                out.copy_from_slice(&values[rows.start * width..rows.end * width]);
            }),
        ];
        assert_eq!((&computed.values, computed.step), (&whole.values, whole.step));
    }
}
