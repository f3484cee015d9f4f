//! One LSTM layer over a window, forward and backward.

use multiversion::multiversion;

use crate::model::activation::{advance_cells, tanh};
use crate::model::matrix::{Factor, Init, PackedFactor, Scratch, View};
use crate::model::network::{LstmSlots, Network, Slot};
use crate::music::nth_random;
use crate::training::engines::fused::rows::add_columns;
use crate::training::windows::Window;
/// The buffers of one LSTM layer over a window; N is time × streams.
#[derive(Default)]
pub(super) struct LayerBuffers {
    /// `[N, 4H]`: pre-activations, then gates, then gradients.
    gates: Vec<f32>,
    /// `[N, H]`: cell after the step, cell before it, output before it.
    cell: Vec<f32>,
    cell_before: Vec<f32>,
    output_before: Vec<f32>,
    /// `[N, H]`: outputs after dropout, the input of the next layer; and their gradients.
    pub(super) output: Vec<f32>,
    pub(super) gradient: Vec<f32>,
    /// Dropout mask, `[N, H]`: 0 or 1 / (1 − dropout).
    mask: Vec<f32>,
    /// Hidden state carried to the next window, `[streams, H]`.
    pub(super) carried_output: Vec<f32>,
    pub(super) carried_cell: Vec<f32>,
    forward: PackedFactor,
    backward: PackedFactor,
}

impl LayerBuffers {
    pub(super) fn draw_mask(&mut self, length: usize, dropout: f32, seed: u64, n_drawn: &mut u64) {
        self.mask.resize(length, 1.0);
        if dropout == 0.0 {
            self.mask.fill(1.0);
            return;
        }
        // One random byte per value: dropout in steps of 1/256.
        let threshold = (dropout * 256.0).round().min(255.0) as u8;
        *n_drawn = draw_dropout(&mut self.mask, threshold, seed, *n_drawn);
    }

    pub(super) fn forward(
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
        let bias = Init::Bias(network.values(&slots.bias));
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
            self.forward.product(Init::Accumulate, output_before, gates, scratch);
            self.carried_cell.copy_from_slice(cell_before);
            for (stream, gates) in gates.chunks_exact_mut(4 * hidden).enumerate() {
                let own = stream * hidden..(stream + 1) * hidden;
                advance_cells(gates, &mut self.carried_cell[own.clone()], &mut self.carried_output[own]);
            }
            self.cell[at.clone()].copy_from_slice(&self.carried_cell);
            multiply(&mut self.output[at.clone()], &self.carried_output, &self.mask[at]);
        }
    }

    /// Overwrites the gates with the gradients of their pre-activations, last step first.
    pub(super) fn backward_through_time(
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
            self.backward.product(Init::Zero, gates, &mut from_later, scratch);
            let begins = &window.beginnings[step * n_streams..(step + 1) * n_streams];
            clear_where(begins, &mut from_later, hidden);
            clear_where(begins, &mut cell_gradient, hidden);
        }
    }

    /// Computes the gradients of the weights and of the layer's input from those of the gates.
    pub(super) fn collect_gradients(
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
        let of = |slot: &Slot| slot.range.clone();
        let by_gate = gates.transposed();
        let (init, input) = (Init::Accumulate, View::new(input, n_inputs));
        let before = View::new(&self.output_before, hidden);
        // In the layout, the input weights come before the recurrent ones.
        let (to_input, to_recurrent) = gradient.split_at_mut(slots.recurrent.range.start);
        let factors = [
            Factor { out: &mut to_input[of(&slots.input)], stride: n_inputs, b: input },
            Factor { out: &mut to_recurrent[..slots.recurrent.range.len()], stride: hidden, b: before },
        ];
        scratch.products(init, by_gate, factors);
        add_columns(&mut gradient[of(&slots.bias)], &self.gates);
        input_gradient.resize(input.rows() * n_inputs, 0.0);
        let weight = View::new(network.values(&slots.input), n_inputs);
        scratch.product(Init::Zero, input_gradient, n_inputs, gates, weight);
    }
}

/// Draws a dropout mask: 0 where a random byte is below `threshold`, otherwise the factor that keeps the mean at one.
/// Returns `n_drawn` plus the random numbers drawn.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn draw_dropout(mask: &mut [f32], threshold: u8, seed: u64, mut n_drawn: u64) -> u64 {
    let kept = 256.0 / (256.0 - f32::from(threshold));
    for values in mask.chunks_mut(8) {
        let bits = nth_random(seed, n_drawn);
        n_drawn += 1;
        // No closure over an array: it would not be compiled for the target of this function.
        for (idx, value) in values.iter_mut().enumerate() {
            *value = if (bits >> (8 * idx)) as u8 >= threshold { kept } else { 0.0 };
        }
    }
    n_drawn
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

/// Overwrites activated gates `[4H]` with the gradients of their pre-activations. `cell_gradient` is the gradient of
/// the cell after the step on entry, and of the cell before it on return.
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
