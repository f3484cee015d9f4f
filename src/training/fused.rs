//! One training step over a window, laid out by hand: forward, loss, and every gradient.
//!
//! Follows [`crate::model::reference`] to the letter, and a test holds it to candle's autograd. What makes
//! it fast: time-major buffers that are reused; one product per layer for all inputs; the recurrent
//! weights packed once a window; gates activated in place and overwritten by their gradients; each weight
//! gradient one product over time × streams. A [`Worker`] runs its streams on one thread with no barrier.

use crate::model::activation::{advance_cells, tanh};
use crate::model::matrix::{Factor, Onto, Packed, Scratch, View};
use crate::model::network::{LstmSlots, Network};
use crate::model::simd::Products;
use crate::music::nth_random;
use crate::training::heads::Heads;
use crate::training::windows::Window;
use multiversion::multiversion;

/// Sums over a window, in nats, of each part: family, shift, pitch, duration, velocity.
pub type Losses = [f64; 5];

/// What runs some streams of a batch, with all the buffers that takes.
pub struct Worker {
    layers: Vec<LayerBuffers>,
    heads: Heads,
    /// `[N, E]`, and its gradient.
    input: Vec<f32>,
    input_gradient: Vec<f32>,
    scratch: Scratch,
    /// Gradient of every parameter, laid out like them; summed over calls until [`Worker::clear_gradient`].
    pub gradient: Vec<f32>,
    dropout: f32,
    seed: u64,
    /// Random numbers drawn for dropout so far; with the seed they decide the next.
    n_drawn: u64,
}

/// What a [`Worker`] carries from window to window: all that a run needs to go on bit for bit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Carried {
    /// Each layer's outputs, `[n_layers][streams * H]`; each empty before the first window.
    pub outputs: Vec<Vec<f32>>,
    /// Each layer's cells, shaped like `outputs`.
    pub cells: Vec<Vec<f32>>,
    /// Random numbers drawn for dropout so far.
    pub n_drawn: u64,
}

/// One LSTM layer over a window; N is time × streams.
#[derive(Default)]
struct LayerBuffers {
    /// `[N, 4H]`: first the sums, then the activated gates, then their gradients.
    gates: Vec<f32>,
    /// `[N, H]`: cell after, cell before, output before, tanh of the cell.
    cell: Vec<f32>,
    cell_before: Vec<f32>,
    output_before: Vec<f32>,
    /// `[N, H]`: outputs after dropout, what the next layer reads; then their gradients in `gradient`.
    output: Vec<f32>,
    gradient: Vec<f32>,
    /// `[N, H]`: 0 or 1 / (1 − dropout).
    mask: Vec<f32>,
    /// `[streams, H]`: carried to the next window.
    carried_output: Vec<f32>,
    carried_cell: Vec<f32>,
    forward: Packed,
    backward: Packed,
}

impl Worker {
    /// A worker for a network of this size, in f32; `dropout` is the share of outputs dropped while training.
    #[must_use]
    pub fn new(network: &Network, dropout: f32, seed: u64) -> Self {
        Self::with_products(Products::f32(), network, dropout, seed)
    }

    /// The same with products of another kind, which this processor must have.
    #[must_use]
    pub fn with_products(products: Products, network: &Network, dropout: f32, seed: u64) -> Self {
        Self {
            layers: (0..network.config.n_layers).map(|_| LayerBuffers::default()).collect(),
            heads: Heads::new(products),
            input: Vec::new(),
            input_gradient: Vec::new(),
            scratch: Scratch::new(products),
            gradient: vec![0.0; network.layout.n_parameters],
            dropout,
            seed,
            n_drawn: 0,
        }
    }

    /// Sets every gradient to zero.
    pub fn clear_gradient(&mut self) {
        self.gradient.fill(0.0);
    }

    /// Begins the random numbers of dropout anew: what is dropped in the next window depends on `seed` alone.
    pub fn seed_dropout(&mut self, seed: u64) {
        (self.seed, self.n_drawn) = (seed, 0);
    }

    /// What is carried to the next window.
    #[must_use]
    pub fn carried(&self) -> Carried {
        Carried {
            outputs: self.layers.iter().map(|layer| layer.carried_output.clone()).collect(),
            cells: self.layers.iter().map(|layer| layer.carried_cell.clone()).collect(),
            n_drawn: self.n_drawn,
        }
    }

    /// Goes on from what another worker of the same seed and network carried; layers that are missing
    /// there begin at zero.
    pub fn carry_on(&mut self, carried: Carried) {
        let mut outputs = carried.outputs.into_iter();
        let mut cells = carried.cells.into_iter();
        for layer in &mut self.layers {
            layer.carried_output = outputs.next().unwrap_or_default();
            layer.carried_cell = cells.next().unwrap_or_default();
        }
        self.n_drawn = carried.n_drawn;
    }

    /// Forward and backward with dropout: adds to the gradient that of the loss times `scale`, and returns
    /// the loss's sums.
    pub fn train(&mut self, network: &Network, window: &Window, scale: f32) -> Losses {
        self.forward(network, window, self.dropout);
        let top = self.layers.len() - 1;
        let layer = &mut self.layers[top];
        let losses =
            self.heads.train(network, window, &layer.output, &mut layer.gradient, scale, &mut self.gradient);
        self.backward(network, window);
        losses
    }

    /// Forward without dropout; returns the loss's sums.
    pub fn evaluate(&mut self, network: &Network, window: &Window) -> Losses {
        self.forward(network, window, 0.0);
        let top = self.layers.len() - 1;
        self.heads.evaluate(network, window, &self.layers[top].output)
    }

    fn forward(&mut self, network: &Network, window: &Window, dropout: f32) {
        let width = network.config.embedding;
        self.input.clear();
        self.input.resize(window.len() * width, 0.0);
        let table = network.values(&network.layout.embedding);
        for (idx, sum) in self.input.chunks_exact_mut(width).enumerate() {
            add_rows(sum, table, window.step_rows.get(idx));
        }
        for layer_idx in 0..self.layers.len() {
            let (below, rest) = self.layers.split_at_mut(layer_idx);
            let input = below.last().map_or(self.input.as_slice(), |layer| &layer.output);
            let layer = &mut rest[0];
            layer.draw_mask(window.len() * network.config.hidden, dropout, self.seed, &mut self.n_drawn);
            layer.forward(network, &network.layout.lstm[layer_idx], window, input, &mut self.scratch);
        }
    }

    fn backward(&mut self, network: &Network, window: &Window) {
        let width = network.config.embedding;
        for layer_idx in (0..self.layers.len()).rev() {
            let slots = &network.layout.lstm[layer_idx];
            let (below, rest) = self.layers.split_at_mut(layer_idx);
            let layer = &mut rest[0];
            layer.backward_through_time(network, slots, window, &mut self.scratch);
            let (input, input_gradient) = match below.last_mut() {
                Some(lower) => (lower.output.as_slice(), &mut lower.gradient),
                None => (self.input.as_slice(), &mut self.input_gradient),
            };
            layer.collect_gradients(
                network,
                slots,
                input,
                input_gradient,
                &mut self.gradient,
                &mut self.scratch,
            );
        }
        let slot = &network.layout.embedding;
        let table = &mut self.gradient[slot.range.clone()];
        for (idx, gradient) in self.input_gradient.chunks_exact(width).enumerate() {
            scatter_rows(table, window.step_rows.get(idx), gradient);
        }
    }
}

impl LayerBuffers {
    fn draw_mask(&mut self, length: usize, dropout: f32, seed: u64, n_drawn: &mut u64) {
        self.mask.resize(length, 1.0);
        if dropout == 0.0 {
            self.mask.fill(1.0);
            return;
        }
        // One random byte a value: dropout in steps of 1/256.
        let threshold = (dropout * 256.0).round().min(255.0) as u8;
        *n_drawn = draw_dropout(&mut self.mask, threshold, seed, *n_drawn);
    }

    fn forward(
        &mut self,
        network: &Network,
        slots: &LstmSlots,
        window: &Window,
        input: &[f32],
        scratch: &mut Scratch,
    ) {
        let hidden = network.config.hidden;
        let (n_streams, n_positions) = (window.n_streams, window.len());
        self.gates.resize(n_positions * 4 * hidden, 0.0);
        let bias = Onto::Row(network.values(&slots.bias));
        let n_inputs = slots.input.shape[1];
        let weight = View::new(network.values(&slots.input), n_inputs).transposed();
        scratch.product(bias, &mut self.gates, 4 * hidden, View::new(input, n_inputs), weight);
        self.forward.pack(View::new(network.values(&slots.recurrent), hidden).transposed(), scratch);

        self.carried_output.resize(n_streams * hidden, 0.0);
        self.carried_cell.resize(n_streams * hidden, 0.0);
        for buffer in [&mut self.cell, &mut self.cell_before, &mut self.output_before, &mut self.output] {
            buffer.resize(n_positions * hidden, 0.0);
        }
        let block = n_streams * hidden;
        for step in 0..window.n_steps {
            let at = step * block..(step + 1) * block;
            let begins = &window.beginnings[step * n_streams..(step + 1) * n_streams];
            let (output_before, cell_before) =
                (&mut self.output_before[at.clone()], &mut self.cell_before[at.clone()]);
            output_before.copy_from_slice(&self.carried_output);
            cell_before.copy_from_slice(&self.carried_cell);
            clear_where(begins, output_before, hidden);
            clear_where(begins, cell_before, hidden);
            let gates = &mut self.gates[step * 4 * block..(step + 1) * 4 * block];
            self.forward.product(Onto::Output, output_before, gates, scratch);
            self.carried_cell.copy_from_slice(cell_before);
            for (stream, gates) in gates.chunks_exact_mut(4 * hidden).enumerate() {
                let own = stream * hidden..(stream + 1) * hidden;
                advance_cells(gates, &mut self.carried_cell[own.clone()], &mut self.carried_output[own]);
            }
            self.cell[at.clone()].copy_from_slice(&self.carried_cell);
            multiply(&mut self.output[at.clone()], &self.carried_output, &self.mask[at]);
        }
    }

    /// Turns the gates into their gradients, last step first.
    fn backward_through_time(
        &mut self,
        network: &Network,
        slots: &LstmSlots,
        window: &Window,
        scratch: &mut Scratch,
    ) {
        let hidden = network.config.hidden;
        let n_streams = window.n_streams;
        let block = n_streams * hidden;
        self.backward.pack(View::new(network.values(&slots.recurrent), hidden), scratch);
        let mut from_later = vec![0.0; block];
        let mut cell_gradient = vec![0.0; block];
        for step in (0..window.n_steps).rev() {
            let gates = &mut self.gates[step * 4 * block..(step + 1) * 4 * block];
            for (stream, gates) in gates.chunks_exact_mut(4 * hidden).enumerate() {
                let at = step * block + stream * hidden..step * block + (stream + 1) * hidden;
                let own = stream * hidden..(stream + 1) * hidden;
                let output_gradient = &mut from_later[own.clone()];
                add_multiplied(output_gradient, &self.gradient[at.clone()], &self.mask[at.clone()]);
                gate_gradients(
                    gates,
                    hidden,
                    output_gradient,
                    &self.cell[at.clone()],
                    &self.cell_before[at],
                    &mut cell_gradient[own],
                );
            }
            self.backward.product(Onto::Nothing, gates, &mut from_later, scratch);
            let begins = &window.beginnings[step * n_streams..(step + 1) * n_streams];
            clear_where(begins, &mut from_later, hidden);
            clear_where(begins, &mut cell_gradient, hidden);
        }
    }

    /// Weight gradients and the gradient of the layer's input, from those of the gates.
    fn collect_gradients(
        &self,
        network: &Network,
        slots: &LstmSlots,
        input: &[f32],
        input_gradient: &mut Vec<f32>,
        gradient: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let hidden = network.config.hidden;
        let n_inputs = slots.input.shape[1];
        let gates = View::new(&self.gates, 4 * hidden);
        let of = |slot: &crate::model::network::Slot| slot.range.clone();
        let by_gate = gates.transposed();
        let (onto, input) = (Onto::Output, View::new(input, n_inputs));
        let before = View::new(&self.output_before, hidden);
        // The input's weights lie before the recurrent ones.
        let (to_input, to_recurrent) = gradient.split_at_mut(slots.recurrent.range.start);
        let factors = [
            Factor { out: &mut to_input[of(&slots.input)], stride: n_inputs, b: input },
            Factor { out: &mut to_recurrent[..slots.recurrent.range.len()], stride: hidden, b: before },
        ];
        scratch.products(onto, by_gate, factors);
        add_columns(&mut gradient[of(&slots.bias)], &self.gates);
        input_gradient.resize(input.rows() * n_inputs, 0.0);
        let weight = View::new(network.values(&slots.input), n_inputs);
        scratch.product(Onto::Nothing, input_gradient, n_inputs, gates, weight);
    }
}

/// Draws a mask: 0 for each byte below `threshold`, what keeps the mean at one for the others. Returns how
/// many numbers have been drawn, `n_drawn` before.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn draw_dropout(mask: &mut [f32], threshold: u8, seed: u64, mut n_drawn: u64) -> u64 {
    let kept = 256.0 / (256.0 - f32::from(threshold));
    for values in mask.chunks_mut(8) {
        let bits = nth_random(seed, n_drawn);
        n_drawn += 1;
        // No closure over an array: it would not become part of code for another processor.
        for (idx, value) in values.iter_mut().enumerate() {
            *value = if (bits >> (8 * idx)) as u8 >= threshold { kept } else { 0.0 };
        }
    }
    n_drawn
}

/// Adds rows of `table`, each as wide as `out`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub(crate) fn add_rows(out: &mut [f32], table: &[f32], rows: &[u32]) {
    let width = out.len();
    for row in rows {
        let begin = *row as usize * width;
        for (sum, value) in out.iter_mut().zip(&table[begin..begin + width]) {
            *sum += value;
        }
    }
}

/// Adds `gradient` to each of the rows of `table`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub(crate) fn scatter_rows(table: &mut [f32], rows: &[u32], gradient: &[f32]) {
    let width = gradient.len();
    for row in rows {
        let begin = *row as usize * width;
        for (sum, value) in table[begin..begin + width].iter_mut().zip(gradient) {
            *sum += value;
        }
    }
}

/// Adds up the rows of a row-major matrix.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub(crate) fn add_columns(sums: &mut [f32], matrix: &[f32]) {
    for row in matrix.chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

fn clear_where(begins: &[bool], values: &mut [f32], width: usize) {
    for (values, _) in values.chunks_exact_mut(width).zip(begins).filter(|(_, begins)| **begins) {
        values.fill(0.0);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn multiply(out: &mut [f32], a: &[f32], b: &[f32]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = a * b;
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_multiplied(out: &mut [f32], a: &[f32], b: &[f32]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = a.mul_add(*b, *out);
    }
}

/// Overwrites activated gates `[4H]` by the gradients of their sums; `cell_gradient` goes in as that of
/// the cell after from later steps, and comes out as that of the cell before.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn gate_gradients(
    gates: &mut [f32],
    hidden: usize,
    output_gradient: &[f32],
    cell: &[f32],
    cell_before: &[f32],
    cell_gradient: &mut [f32],
) {
    let (i, rest) = gates.split_at_mut(hidden);
    let (f, rest) = rest.split_at_mut(hidden);
    let (g, o) = rest.split_at_mut(hidden);
    let units =
        i.iter_mut().zip(f).zip(g).zip(o).zip(output_gradient).zip(cell).zip(cell_before).zip(cell_gradient);
    for (((((((i, f), g), o), dh), c), c_before), dc) in units {
        let squashed = tanh(*c);
        let through = (dh * *o).mul_add(1.0 - squashed * squashed, *dc);
        let input = through * *g * *i * (1.0 - *i);
        let forget = through * c_before * *f * (1.0 - *f);
        let candidate = through * *i * (1.0 - *g * *g);
        let output = dh * squashed * *o * (1.0 - *o);
        *dc = through * *f;
        (*i, *f, *g, *o) = (input, forget, candidate, output);
    }
}
