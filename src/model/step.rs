//! One step of the network while playing: one note at a time, one thread, nothing allocated.

use crate::model::activation::advance_cells;
use crate::model::network::NetworkConfig;
use crate::model::played::{Played, Rounded};

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
    pub fn zero(config: &NetworkConfig) -> Self {
        let length = config.n_layers * config.hidden;
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
    /// `[4H]`.
    sums: Vec<i32>,
    /// `[4H]`.
    gates: Vec<f32>,
    input: Rounded,
}

impl Stepper {
    /// Buffers for a network of this size.
    #[must_use]
    pub fn new(config: &NetworkConfig) -> Self {
        let width = 4 * config.hidden;
        Self { sums: vec![0; width], gates: vec![0.0; width], input: Rounded::with_capacity(2 * config.hidden) }
    }

    /// Advances `state` by one note, given as rows of the embedding.
    pub fn step(&mut self, network: &Played, rows: &[u32], state: &mut HiddenState) {
        self.step_with(network, rows, &[], state);
    }

    /// The same with a further row that the embedding does not have; none if it is empty.
    pub(crate) fn step_with(&mut self, network: &Played, rows: &[u32], more: &[i16], state: &mut HiddenState) {
        let hidden = network.config.hidden;
        for (layer_idx, layer) in network.layers().iter().enumerate() {
            let own = layer_idx * hidden..(layer_idx + 1) * hidden;
            // What goes in, the output of the layer below, lies right before this layer's own.
            let mut inputs = own.clone();
            if layer_idx == 0 {
                network.inputs().sum(rows, more, layer.bias(), &mut self.sums, &mut self.gates);
            } else {
                inputs.start -= hidden;
                self.gates.copy_from_slice(layer.bias());
            }
            self.input.set(&state.h[inputs], layer.fineness());
            layer.add_product(network.simd(), &self.input, 1.0 / layer.fineness(), &mut self.gates);
            advance_cells(&mut self.gates, &mut state.c[own.clone()], &mut state.h[own]);
        }
    }
}
