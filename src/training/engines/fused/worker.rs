//! Runs a training step for the streams of one lane.

use crate::model::matrix::Scratch;
use crate::model::network::Network;
use crate::model::simd::Products;
use crate::training::engines::fused::heads::Heads;
use crate::training::engines::fused::layer::LayerBuffers;
use crate::training::engines::fused::rows::{add_rows, scatter_rows};
use crate::training::losses::Losses;
use crate::training::windows::Window;

/// Trains on some streams of a batch; owns the buffers for that.
pub struct Worker {
    layers: Vec<LayerBuffers>,
    heads: Heads,
    /// `[N, E]`, and its gradient.
    input: Vec<f32>,
    input_gradient: Vec<f32>,
    scratch: Scratch,
    /// Gradients, laid out like the parameters; summed over calls until [`Worker::clear_gradient`].
    pub gradient: Vec<f32>,
    dropout: f32,
    seed: u64,
    /// Random numbers drawn for dropout since the seed was set.
    n_drawn: u64,
}

/// The state that a [`Worker`] carries from window to window, from which a run continues bit for bit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Carried {
    /// Outputs of each layer, `[n_layers][streams * H]`; each empty before the first window.
    pub outputs: Vec<Vec<f32>>,
    /// Cells of each layer, shaped like `outputs`.
    pub cells: Vec<Vec<f32>>,
    /// Random numbers drawn for dropout since the seed was set.
    pub n_drawn: u64,
}

impl Worker {
    /// A worker for networks of this size with f32 products; `dropout` is the share of outputs dropped in training.
    #[must_use]
    pub fn new(network: &Network, dropout: f32, seed: u64) -> Self {
        Self::with_products(Products::f32(), network, dropout, seed)
    }

    /// Like [`Worker::new`], with another kind of products, which this processor must support.
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

    /// Seeds dropout: what is dropped in the next window depends only on `seed`.
    pub fn seed_dropout(&mut self, seed: u64) {
        (self.seed, self.n_drawn) = (seed, 0);
    }

    /// The state carried to the next window.
    #[must_use]
    pub fn carried(&self) -> Carried {
        Carried {
            outputs: self.layers.iter().map(|layer| layer.carried_output.clone()).collect(),
            cells: self.layers.iter().map(|layer| layer.carried_cell.clone()).collect(),
            n_drawn: self.n_drawn,
        }
    }

    /// Continues from the state of another worker with the same seed and network. Missing layers begin at zero.
    pub fn carry_on(&mut self, carried: Carried) {
        let mut outputs = carried.outputs.into_iter();
        let mut cells = carried.cells.into_iter();
        for layer in &mut self.layers {
            layer.carried_output = outputs.next().unwrap_or_default();
            layer.carried_cell = cells.next().unwrap_or_default();
        }
        self.n_drawn = carried.n_drawn;
    }

    /// Runs forward and backward with dropout. Adds the gradient of the loss times `scale` to [`Worker::gradient`] and
    /// returns the sums of the loss.
    pub fn train(&mut self, network: &Network, window: &Window, scale: f32) -> Losses {
        self.forward(network, window, self.dropout);
        let top = self.layers.len() - 1;
        let layer = &mut self.layers[top];
        let losses =
            self.heads.train(network, window, &layer.output, &mut layer.gradient, scale, &mut self.gradient);
        self.backward(network, window);
        losses
    }

    /// Runs forward without dropout; returns the sums of the loss.
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
