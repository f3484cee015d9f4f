//! Linear layers with weights in 8 bits.

use crate::model::packed::kernel::{self, Line, PANEL_ROWS};
use crate::model::packed::rounding::{Rounded, round_to_steps, step_of};
use crate::model::simd::Simd;

/// A linear layer with weights in 8 bits.
#[derive(Debug)]
pub(crate) struct Linear {
    matrix: Matrix,
    bias: Vec<f32>,
}

/// `[out, in]` in 8 bits, each row with a step of its own.
#[derive(Debug)]
struct Matrix {
    /// `[panels][pairs of inputs][PANEL_ROWS][2]`.
    lines: Vec<Line>,
    /// `[out]`.
    steps: Vec<f32>,
    n_inputs: usize,
}

/// An input and an output of a product.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) input: Rounded,
    pub(crate) out: Vec<f32>,
}

impl Matrix {
    fn new<Row: AsRef<[f32]>>(rows: impl ExactSizeIterator<Item = Row>) -> Self {
        let n_panels = rows.len().div_ceil(PANEL_ROWS);
        let (mut lines, mut steps, mut n_inputs) = (Vec::new(), Vec::with_capacity(rows.len()), 0);
        for (row_idx, row) in rows.enumerate() {
            let row = row.as_ref();
            n_inputs = row.len();
            let (n_pairs, place) = (n_inputs.div_ceil(2), row_idx % PANEL_ROWS * 2);
            if place == 0 {
                lines.reserve_exact(n_panels * n_pairs - lines.len());
                lines.resize(lines.len() + n_pairs, Line::ZERO);
            }
            let panel = lines.len() - n_pairs;
            let step = step_of(row.iter(), 127.0);
            for (line, pair) in lines[panel..].iter_mut().zip(row.chunks(2)) {
                for (to, value) in line.0[place..].iter_mut().zip(pair) {
                    *to = round_to_steps(*value, step) as i8;
                }
            }
            steps.push(step);
        }
        Self { lines, steps, n_inputs }
    }

    fn panels(&self) -> impl Iterator<Item = &[Line]> {
        self.lines.chunks_exact(self.n_inputs.div_ceil(2).max(1))
    }

    /// Adds the sums of a panel to the outputs of its rows.
    fn add_sums(&self, panel_idx: usize, sums: &[i32; PANEL_ROWS], input_step: f32, out: &mut [f32]) {
        let first = panel_idx * PANEL_ROWS;
        let places = out[first..].iter_mut().zip(&self.steps[first..]);
        for ((out, step), sum) in places.zip(sums) {
            *out += *sum as f32 * (step * input_step);
        }
    }
}

impl Linear {
    /// The layer with the weights `rows` and a bias for each of them.
    pub(super) fn new<Row: AsRef<[f32]>>(rows: impl ExactSizeIterator<Item = Row>, bias: &[f32]) -> Self {
        Self { matrix: Matrix::new(rows), bias: bias.to_vec() }
    }

    /// The factor that rounds inputs up to 1 to whole numbers, as large as sums of 32 bits allow.
    pub(crate) fn input_scale(&self) -> f32 {
        let largest = i32::MAX as usize / (127 * self.matrix.n_inputs.max(1));
        largest.min(16_383) as f32
    }

    /// `[out]`.
    pub(crate) fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `out += weights · input`, where `input_step` is the inverse of the input's scale.
    pub(crate) fn add_product(&self, simd: Simd, input: &Rounded, input_step: f32, out: &mut [f32]) {
        self.assert_fits(input);
        for (idx, panel) in self.matrix.panels().enumerate() {
            let [sums] = kernel::multiply(simd, panel, [&input.values]);
            self.matrix.add_sums(idx, &sums, input_step, out);
        }
    }

    /// The same for several lanes. With eight of them each takes a third of the time.
    pub(crate) fn add_products(&self, simd: Simd, input_step: f32, lanes: &mut [Lane]) {
        for lane in &*lanes {
            self.assert_fits(&lane.input);
        }
        let mut rest = lanes;
        while !rest.is_empty() {
            let n_lanes = [8, 4, 2, 1].into_iter().find(|n| *n <= rest.len()).unwrap_or(1);
            let (now, later) = rest.split_at_mut(n_lanes);
            match n_lanes {
                8 => self.add_products_of::<8>(simd, input_step, now),
                4 => self.add_products_of::<4>(simd, input_step, now),
                2 => self.add_products_of::<2>(simd, input_step, now),
                _ => self.add_products_of::<1>(simd, input_step, now),
            }
            rest = later;
        }
    }

    fn add_products_of<const N: usize>(&self, simd: Simd, input_step: f32, lanes: &mut [Lane]) {
        for (idx, panel) in self.matrix.panels().enumerate() {
            let inputs = std::array::from_fn::<&[i16], N, _>(|nth| &lanes[nth].input.values);
            let sums = kernel::multiply(simd, panel, inputs);
            for (lane, sums) in lanes.iter_mut().zip(&sums) {
                self.matrix.add_sums(idx, sums, input_step, &mut lane.out);
            }
        }
    }

    fn assert_fits(&self, input: &Rounded) {
        assert_eq!(input.length, self.matrix.n_inputs, "as many inputs as the matrix has columns");
    }

    /// `out = weights · input + bias`.
    pub(crate) fn compute(&self, simd: Simd, input: &Rounded, input_step: f32, out: &mut [f32]) {
        out.copy_from_slice(&self.bias);
        self.add_product(simd, input, input_step, out);
    }
}

#[cfg(test)]
mod tests {
    use crate::model::packed::linear::Linear;
    use crate::model::packed::rounding::Rounded;
    use crate::model::simd::Simd;

    fn numbers(length: usize, seed: usize) -> Vec<f32> {
        (0..length).map(|idx| ((idx * 37 + seed * 11) as f32).sin()).collect()
    }

    #[test]
    fn products_have_the_same_bits_on_every_processor_and_are_near_the_exact_ones() {
        for (n_out, n_in) in [(1, 1), (17, 31), (32, 64), (109, 192), (200, 1023)] {
            let rows: Vec<Vec<f32>> = (0..n_out).map(|row| numbers(n_in, row)).collect();
            let input = numbers(n_in, 7);
            let linear = Linear::new(rows.iter(), &numbers(n_out, 3));
            let mut rounded = Rounded::with_capacity(n_in);
            let scale = linear.input_scale();
            rounded.set(&input, scale);
            let products: Vec<Vec<f32>> = Simd::available()
                .into_iter()
                .map(|simd| {
                    let mut out = vec![0.0; n_out];
                    linear.compute(simd, &rounded, 1.0 / scale, &mut out);
                    out
                })
                .collect();
            assert!(products.iter().all(|product| *product == products[0]));
            for ((product, row), bias) in products[0].iter().zip(&rows).zip(&linear.bias) {
                let exact: f32 = bias + row.iter().zip(&input).map(|(a, b)| a * b).sum::<f32>();
                assert!((product - exact).abs() < 0.01 * (n_in as f32).sqrt(), "{product} {exact}");
            }
        }
    }
}
