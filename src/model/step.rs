//! One step of the network as it plays, for one stream of notes or a batch of streams. One thread.

use crate::model::activation::advance_cells;
use crate::model::network::NetworkConfig;
use crate::model::packed::{Lane, PackedNetwork, Rounded};

/// The LSTM's hidden state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HiddenState {
    /// Outputs, `[n_layers * H]`.
    pub h: Vec<f32>,
    /// Cells, `[n_layers * H]`.
    pub c: Vec<f32>,
}

impl HiddenState {
    /// All zeros: the state before the first note.
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

/// One stream's input to a step.
#[derive(Debug)]
pub struct Advance<'a> {
    /// The input, as rows of the embedding.
    pub rows: &'a [u32],
    /// One more row, which is not in the embedding; empty for none.
    pub extra_row: &'a [i16],
    /// The hidden state before the step, and after it.
    pub state: &'a mut HiddenState,
}

/// Computes steps, and keeps the buffers for it.
#[derive(Debug, Clone)]
pub struct Stepper {
    /// `[4H]`.
    sums: Vec<i32>,
    /// The input to a layer's gates, and the gates, `[4H]`.
    lanes: Vec<Lane>,
}

impl Stepper {
    /// Buffers for a network of this size.
    #[must_use]
    pub fn new(config: &NetworkConfig) -> Self {
        let mut stepper = Self { sums: vec![0; 4 * config.hidden], lanes: Vec::new() };
        stepper.make_room(config, 1);
        stepper
    }

    fn make_room(&mut self, config: &NetworkConfig, n_lanes: usize) {
        let lane =
            || Lane { input: Rounded::with_capacity(2 * config.hidden), out: vec![0.0; 4 * config.hidden] };
        while self.lanes.len() < n_lanes {
            self.lanes.push(lane());
        }
    }

    /// Advances `state` by one step, whose input is `rows` of the embedding.
    pub fn step(&mut self, network: &PackedNetwork, rows: &[u32], state: &mut HiddenState) {
        self.step_batch(network, &mut [Advance { rows, extra_row: &[], state }]);
    }

    /// Advances several streams by one step each.
    ///
    /// The results are bit for bit those of single steps, but come sooner: a step waits for its weights to
    /// come from memory, and a batch reads them once.
    pub fn step_batch(&mut self, network: &PackedNetwork, advances: &mut [Advance<'_>]) {
        self.make_room(&network.config, advances.len());
        let hidden = network.config.hidden;
        let lanes = &mut self.lanes[..advances.len()];
        for (layer_idx, layer) in network.layers().iter().enumerate() {
            let own = layer_idx * hidden..(layer_idx + 1) * hidden;
            // The input, the output of the layer below, is right before this layer's own.
            let inputs = own.start - if layer_idx == 0 { 0 } else { hidden }..own.end;
            for (advance, lane) in advances.iter().zip(&mut *lanes) {
                if layer_idx == 0 {
                    let Advance { rows, extra_row, .. } = *advance;
                    network.inputs().sum(rows, extra_row, layer.bias(), &mut self.sums, &mut lane.out);
                } else {
                    lane.out.copy_from_slice(layer.bias());
                }
                lane.input.set(&advance.state.h[inputs.clone()], layer.input_scale());
            }
            layer.add_products(network.simd(), 1.0 / layer.input_scale(), lanes);
            for (advance, lane) in advances.iter_mut().zip(&mut *lanes) {
                let HiddenState { h, c } = &mut *advance.state;
                advance_cells(&mut lane.out, &mut c[own.clone()], &mut h[own.clone()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::encoding::Encoding;
    use crate::model::network::{Network, NetworkConfig};
    use crate::model::packed::PackedNetwork;
    use crate::model::simd::Simd;
    use crate::model::step::{Advance, HiddenState, Stepper};

    #[test]
    fn a_batch_of_steps_has_the_same_bits_as_single_steps_on_every_processor() {
        let config = NetworkConfig {
            encoding: Encoding::Third,
            n_styles: 2,
            embedding: 8,
            hidden: 37,
            n_layers: 3,
            head: 8,
        };
        let network = Network::random(config, 5);
        let rows = |lane: usize, step: usize| [lane as u32 * 3, 40 + step as u32];
        let best = PackedNetwork::new(&network);
        for n_lanes in [1, 2, 3, 5, 8, 13, 15] {
            let alone = |lane: usize| {
                let (mut stepper, mut state) = (Stepper::new(&config), HiddenState::zero(&config));
                (0..6).for_each(|step| stepper.step(&best, &rows(lane, step), &mut state));
                state
            };
            let expected: Vec<HiddenState> = (0..n_lanes).map(alone).collect();
            for simd in Simd::available() {
                let packed = PackedNetwork::with_simd(simd, &network);
                let mut stepper = Stepper::new(&config);
                let mut states = vec![HiddenState::zero(&config); n_lanes];
                for step in 0..6 {
                    let rows: Vec<_> = (0..n_lanes).map(|lane| rows(lane, step)).collect();
                    let lanes = rows.iter().zip(&mut states);
                    let mut advances: Vec<_> =
                        lanes.map(|(rows, state)| Advance { rows, extra_row: &[], state }).collect();
                    stepper.step_batch(&packed, &mut advances);
                }
                assert_eq!(states, expected, "{simd:?}, {n_lanes} lanes");
            }
        }
    }
}
