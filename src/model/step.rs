//! One step of the network while playing: one note at a time, one thread, nothing allocated.

use crate::model::activation::{activate_gates, update_cell};
use crate::model::network::{LinearSlots, Network};

/// What the LSTM remembers between notes: `[layer][H]` each.
#[derive(Debug, Clone, PartialEq)]
pub struct HiddenState {
    /// Outputs, `[n_layers * H]`.
    pub h: Vec<f32>,
    /// Cells, `[n_layers * H]`.
    pub c: Vec<f32>,
}

impl HiddenState {
    /// All zero: nothing heard.
    #[must_use]
    pub fn zero(network: &Network) -> Self {
        let length = network.config.n_layers * network.config.hidden;
        Self { h: vec![0.0; length], c: vec![0.0; length] }
    }

    /// The output of the last layer, `[H]`.
    #[must_use]
    pub fn top(&self, hidden: usize) -> &[f32] {
        &self.h[self.h.len() - hidden..]
    }
}

/// Buffers that a step needs.
#[derive(Debug, Clone)]
pub struct Stepper {
    input: Vec<f32>,
    gates: Vec<f32>,
}

impl Stepper {
    /// Buffers for a network of this size.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        let config = &network.config;
        Self { input: vec![0.0; config.embedding.max(config.hidden)], gates: vec![0.0; 4 * config.hidden] }
    }

    /// Advances `state` by one note, given as rows of the embedding.
    pub fn step(&mut self, network: &Network, rows: &[u32], state: &mut HiddenState) {
        let hidden = network.config.hidden;
        let width = network.config.embedding;
        self.input[..width].fill(0.0);
        add_rows(&mut self.input[..width], network.values(&network.layout.embedding), rows);
        let mut n_inputs = width;
        for (layer_idx, slots) in network.layout.lstm.iter().enumerate() {
            let own = layer_idx * hidden..(layer_idx + 1) * hidden;
            let (h, c) = (&mut state.h[own.clone()], &mut state.c[own]);
            self.gates.copy_from_slice(network.values(&slots.bias));
            add_product(&mut self.gates, network.values(&slots.input), &self.input[..n_inputs]);
            add_product(&mut self.gates, network.values(&slots.recurrent), h);
            activate_gates(&mut self.gates, hidden);
            update_cell(&self.gates, hidden, c, h);
            self.input[..hidden].copy_from_slice(h);
            n_inputs = hidden;
        }
    }
}

/// `out = weight · input + bias`.
pub fn linear(network: &Network, slots: &LinearSlots, input: &[f32], out: &mut [f32]) {
    out.copy_from_slice(network.values(&slots.bias));
    add_product(out, network.values(&slots.weight), input);
}

/// Adds rows of `table`, each as wide as `out`.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn add_rows(out: &mut [f32], table: &[f32], rows: &[u32]) {
    let width = out.len();
    for row in rows {
        let begin = *row as usize * width;
        for (sum, value) in out.iter_mut().zip(&table[begin..begin + width]) {
            *sum += value;
        }
    }
}

/// `out += weight · input`, `weight` row-major `[out, input]`.
fn add_product(out: &mut [f32], weight: &[f32], input: &[f32]) {
    for (sum, row) in out.iter_mut().zip(weight.chunks_exact(input.len())) {
        *sum += dot(row, input);
    }
}

/// The sum of products, in sixteen lanes so that it runs in vector registers.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] = x[lane].mul_add(y[lane], sums[lane]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}
