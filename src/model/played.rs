//! The network's weights as playing reads them: whole numbers, laid out once for a model and shared by all
//! its instances.
//!
//! A step waits for its weights to come from memory, so they are small: matrices in 8 bits, each row in
//! steps of its own; what a row of the embedding adds to the first layer, multiplied out beforehand, in 16.
//! What goes in is rounded to 16 bits. Sums of whole numbers do not depend on their order, and what is left
//! is computed number by number: the same notes follow from the same seed on every processor.

use crate::model::matrix::{Onto, Scratch, View};
use crate::model::network::{LinearSlots, Network, NetworkConfig, Slot};
use crate::model::simd::{Products, Simd};

mod kernel;
use kernel::{Line, PANEL_ROWS};

/// A network to be played.
#[derive(Debug)]
pub struct Played {
    /// The sizes.
    pub config: NetworkConfig,
    simd: Simd,
    /// `[rows + styles, 4H]`: what a row of the embedding adds to the first layer's gates.
    inputs: Table,
    /// From the bottom up: over what goes in and the layer's own output; the first over the latter alone.
    layers: Vec<Linear>,
    family: Linear,
    trunk: Linear,
    heads: Vec<(Table, Linear)>,
}

/// A linear layer.
#[derive(Debug)]
pub(crate) struct Linear {
    matrix: Matrix,
    bias: Vec<f32>,
}

/// `[out, in]` in 8 bits, each row in steps of its own.
#[derive(Debug)]
struct Matrix {
    /// `[panels][pairs of inputs][PANEL_ROWS][2]`.
    lines: Vec<Line>,
    /// `[out]`.
    steps: Vec<f32>,
    n_inputs: usize,
}

/// Rows to add up, in 16 bits.
#[derive(Debug)]
pub(crate) struct Table {
    values: Vec<i16>,
    step: f32,
    width: usize,
}

/// What goes into a product, and what comes out.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) input: Rounded,
    pub(crate) out: Vec<f32>,
}

/// Numbers rounded to 16 bits, to be multiplied.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rounded {
    /// Of an even length.
    values: Vec<i16>,
    /// How many of them there are.
    length: usize,
}

impl Played {
    /// Lays out a network's weights; takes a tenth of a second for large ones.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        Self::with_simd(Simd::detect(), network)
    }

    /// The same, to be computed with `simd`, which this processor must have.
    #[must_use]
    pub fn with_simd(simd: Simd, network: &Network) -> Self {
        let layout = &network.layout;
        let layers = layout.lstm.iter().enumerate().map(|(layer_idx, slots)| {
            let own = rows_of(network, &slots.recurrent);
            let rows: Vec<Vec<f32>> = match layer_idx {
                0 => own.map(<[f32]>::to_vec).collect(),
                _ => rows_of(network, &slots.input)
                    .zip(own)
                    .map(|(input, own)| [input, own].concat())
                    .collect(),
            };
            Linear { matrix: Matrix::new(&rows), bias: network.values(&slots.bias).to_vec() }
        });
        let linear = |slots: &LinearSlots| Linear {
            matrix: Matrix::new(&rows_of(network, &slots.weight).map(<[f32]>::to_vec).collect::<Vec<_>>()),
            bias: network.values(&slots.bias).to_vec(),
        };
        let head_width = network.config.head;
        Self {
            config: network.config,
            simd,
            inputs: fold_inputs(simd, network),
            layers: layers.collect(),
            family: linear(&layout.family),
            trunk: linear(&layout.trunk),
            heads: layout
                .heads
                .iter()
                .map(|slots| (Table::new(network.values(&slots.table), head_width), linear(&slots.out)))
                .collect(),
        }
    }

    /// What a row of the embedding adds to the first layer's gates.
    pub(crate) fn inputs(&self) -> &Table {
        &self.inputs
    }

    /// The LSTM's layers from the bottom up: over what goes in and the layer's own output; the first over
    /// the latter alone.
    pub(crate) fn layers(&self) -> &[Linear] {
        &self.layers
    }

    /// `[17, H]`.
    pub(crate) fn family(&self) -> &Linear {
        &self.family
    }

    /// `[4R, H]`.
    pub(crate) fn trunk(&self) -> &Linear {
        &self.trunk
    }

    /// A head's table of rows, and what is over it.
    pub(crate) fn head(&self, head_idx: usize) -> (&Table, &Linear) {
        let (table, out) = &self.heads[head_idx];
        (table, out)
    }

    /// What computes it.
    pub(crate) fn simd(&self) -> Simd {
        self.simd
    }
}

/// The network whose weights are those that playing rounds to: to measure what the rounding costs.
///
/// Rounded here is what playing holds in 8 bits; what 16 bits hold is left as it is.
#[must_use]
pub fn as_played(network: &Network) -> Network {
    let mut rounded = network.clone();
    let mut round = |slots: &[&Slot]| {
        for row in 0..slots[0].shape[0] {
            let ranges = slots.iter().map(|slot| {
                let width = slot.shape[1];
                slot.range.start + row * width..slot.range.start + (row + 1) * width
            });
            let values = ranges.clone().flat_map(|range| network.parameters[range].iter());
            let step = step_of(values, 127.0);
            for value in ranges.flatten() {
                rounded.parameters[value] = whole(network.parameters[value], step) * step;
            }
        }
    };
    for (layer_idx, slots) in network.layout.lstm.iter().enumerate() {
        match layer_idx {
            0 => round(&[&slots.recurrent]),
            _ => round(&[&slots.input, &slots.recurrent]),
        }
    }
    round(&[&network.layout.family.weight]);
    round(&[&network.layout.trunk.weight]);
    network.layout.heads.iter().for_each(|head| round(&[&head.out.weight]));
    rounded
}

fn rows_of<'a>(network: &'a Network, slot: &Slot) -> impl Iterator<Item = &'a [f32]> {
    network.values(slot).chunks_exact(slot.shape[1])
}

/// The embedding times the first layer's input weights.
fn fold_inputs(simd: Simd, network: &Network) -> Table {
    let (embedding, slots) = (&network.layout.embedding, &network.layout.lstm[0].input);
    let [n_rows, n_inputs] = embedding.shape;
    let width = slots.shape[0];
    let mut folded = vec![0.0; n_rows * width];
    let factors =
        (View::new(network.values(embedding), n_inputs), View::new(network.values(slots), n_inputs));
    Scratch::new(Products::F32(simd)).product(
        Onto::Nothing,
        &mut folded,
        width,
        factors.0,
        factors.1.transposed(),
    );
    Table::new(&folded, width)
}

/// The step in which the largest of `values` is `most`.
fn step_of<'a>(values: impl Iterator<Item = &'a f32>, most: f32) -> f32 {
    let largest = values.fold(0.0_f32, |largest, value| largest.max(value.abs()));
    if largest > 0.0 { largest / most } else { 1.0 }
}

/// The nearest whole number of steps.
fn whole(value: f32, step: f32) -> f32 {
    (value / step).round_ties_even()
}

impl Matrix {
    fn new(rows: &[Vec<f32>]) -> Self {
        let n_inputs = rows.first().map_or(0, Vec::len);
        let n_pairs = n_inputs.div_ceil(2);
        let mut lines = vec![Line::ZERO; rows.len().div_ceil(PANEL_ROWS) * n_pairs];
        let steps = rows.iter().map(|row| step_of(row.iter(), 127.0)).collect::<Vec<_>>();
        for (row_idx, (row, step)) in rows.iter().zip(&steps).enumerate() {
            let panel = &mut lines[row_idx / PANEL_ROWS * n_pairs..][..n_pairs];
            let place = row_idx % PANEL_ROWS * 2;
            for (line, pair) in panel.iter_mut().zip(row.chunks(2)) {
                for (to, value) in line.0[place..].iter_mut().zip(pair) {
                    *to = whole(*value, *step) as i8;
                }
            }
        }
        Self { lines, steps, n_inputs }
    }

    fn panels(&self) -> impl Iterator<Item = &[Line]> {
        self.lines.chunks_exact(self.n_inputs.div_ceil(2).max(1))
    }

    /// Adds the sums of a panel to the numbers that they belong to.
    fn add_sums(&self, panel_idx: usize, sums: &[i32; PANEL_ROWS], input_step: f32, out: &mut [f32]) {
        let first = panel_idx * PANEL_ROWS;
        let places = out[first..].iter_mut().zip(&self.steps[first..]);
        for ((out, step), sum) in places.zip(sums) {
            *out += *sum as f32 * (step * input_step);
        }
    }
}

impl Linear {
    /// The largest whole number that an input of 1 may become, so that no sum leaves 32 bits.
    pub(crate) fn fineness(&self) -> f32 {
        let largest = i32::MAX as usize / (127 * self.matrix.n_inputs.max(1));
        largest.min(16_383) as f32
    }

    /// What stands alone when nothing goes in.
    pub(crate) fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `out += weights · input`, where `input_step` is what a step of the input is worth.
    pub(crate) fn add_product(&self, simd: Simd, input: &Rounded, input_step: f32, out: &mut [f32]) {
        self.assert_fits(input);
        for (idx, panel) in self.matrix.panels().enumerate() {
            let [sums] = kernel::multiply(simd, panel, [&input.values]);
            self.matrix.add_sums(idx, &sums, input_step, out);
        }
    }

    /// The same for several lanes: a third of the time for each, with eight of them.
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

impl Table {
    fn new(values: &[f32], width: usize) -> Self {
        let step = step_of(values.iter(), 32_767.0);
        Self { values: values.iter().map(|value| whole(*value, step) as i16).collect(), step, width }
    }

    fn row(&self, row: u32) -> &[i16] {
        let begin = row as usize * self.width;
        &self.values[begin..begin + self.width]
    }

    /// What lies between two rows, `thousandths` of the way from the first to the second, in whole numbers.
    pub(crate) fn between(&self, first: u32, second: u32, thousandths: u16) -> Vec<i16> {
        let share = i32::from(thousandths.min(1000));
        let pairs = self.row(first).iter().zip(self.row(second));
        let mix = |(a, b): (&i16, &i16)| i32::from(*a) * (1000 - share) + i32::from(*b) * share;
        pairs.map(|pair| (mix(pair) + 500).div_euclid(1000) as i16).collect()
    }

    /// `out = onto + the sum of rows`, with `sums` as a buffer; all are as wide as the table. `more` is a row
    /// that the table does not have, or empty.
    pub(crate) fn sum(&self, rows: &[u32], more: &[i16], onto: &[f32], sums: &mut [i32], out: &mut [f32]) {
        sums.fill(0);
        for row in rows {
            add_up(sums, self.row(*row));
        }
        add_up(sums, more);
        for ((out, sum), onto) in out.iter_mut().zip(sums).zip(onto) {
            *out = onto + *sum as f32 * self.step;
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn add_up(sums: &mut [i32], row: &[i16]) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += i32::from(*value);
    }
}

impl Rounded {
    /// Room for `length` numbers.
    pub(crate) fn with_capacity(length: usize) -> Self {
        Self { values: Vec::with_capacity(length + 1), length: 0 }
    }

    /// Takes the place of what stood here: `values` times `fineness`, which must leave them within 16 bits.
    pub(crate) fn set(&mut self, values: &[f32], fineness: f32) {
        self.length = values.len();
        self.values.resize(self.length, 0);
        round(values, fineness, &mut self.values);
        if self.length % 2 == 1 {
            self.values.push(0);
        }
    }
}

#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn round(values: &[f32], fineness: f32, out: &mut [i16]) {
    // Adding 1.5 · 2^23 leaves the nearest whole number in the lowest bits.
    const TO_WHOLE: f32 = 12_582_912.0;
    for (out, value) in out.iter_mut().zip(values) {
        *out = (value * fineness + TO_WHOLE).to_bits() as i16;
    }
}

#[cfg(test)]
mod tests {
    use crate::model::played::{Linear, Matrix, Rounded};
    use crate::model::simd::Simd;

    fn numbers(length: usize, seed: usize) -> Vec<f32> {
        (0..length).map(|idx| ((idx * 37 + seed * 11) as f32).sin()).collect()
    }

    #[test]
    fn products_have_the_same_bits_on_every_processor_and_are_near_the_exact_ones() {
        for (n_out, n_in) in [(1, 1), (17, 31), (32, 64), (109, 192), (200, 1023)] {
            let rows: Vec<Vec<f32>> = (0..n_out).map(|row| numbers(n_in, row)).collect();
            let input = numbers(n_in, 7);
            let linear = Linear { matrix: Matrix::new(&rows), bias: numbers(n_out, 3) };
            let mut rounded = Rounded::with_capacity(n_in);
            let fineness = linear.fineness();
            rounded.set(&input, fineness);
            let products: Vec<Vec<f32>> = Simd::available()
                .into_iter()
                .map(|simd| {
                    let mut out = vec![0.0; n_out];
                    linear.compute(simd, &rounded, 1.0 / fineness, &mut out);
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
