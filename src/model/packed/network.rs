//! A network packed for playing.

use crate::model::matrix::{Init, Scratch, View};
use crate::model::network::{LinearSlots, Network, NetworkConfig, Slot};
use crate::model::packed::linear::Linear;
use crate::model::packed::rounding::{round_to_steps, step_of};
use crate::model::packed::table::Table;
use crate::model::simd::{Products, Simd};

/// A network packed for playing.
#[derive(Debug)]
pub struct PackedNetwork {
    /// The sizes.
    pub config: NetworkConfig,
    simd: Simd,
    /// `[rows + styles, 4H]`: the embedding times the first layer's input weights.
    inputs: Table,
    /// From the bottom up, over the layer's input and its own last output; the first over the latter alone.
    layers: Vec<Linear>,
    family: Linear,
    trunk: Linear,
    heads: Vec<(Table, Linear)>,
}

impl PackedNetwork {
    /// Packs a network; takes a tenth of a second for a large one.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        Self::with_simd(Simd::detect(), network)
    }

    /// The same, to be computed with `simd`, which this processor must support.
    #[must_use]
    pub fn with_simd(simd: Simd, network: &Network) -> Self {
        let layout = &network.layout;
        let layers = layout.lstm.iter().enumerate().map(|(layer_idx, slots)| {
            let (own, bias) = (rows_of(network, &slots.recurrent), network.values(&slots.bias));
            if layer_idx == 0 {
                return Linear::new(own, bias);
            }
            let rows = rows_of(network, &slots.input).zip(own);
            Linear::new(rows.map(|(input, own)| [input, own].concat()), bias)
        });
        let linear =
            |slots: &LinearSlots| Linear::new(rows_of(network, &slots.weight), network.values(&slots.bias));
        let head_width = network.config.head;
        Self {
            config: network.config,
            simd,
            inputs: fold_inputs(network),
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

    /// `[rows + styles, 4H]`: what each row of the embedding adds to the first layer's gates.
    pub(crate) fn inputs(&self) -> &Table {
        &self.inputs
    }

    /// The LSTM's layers from the bottom up, over the layer's input and its own last output; the first over
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

    /// A head's table, `[rows, R]`, and its last layer, `[classes, R]`.
    pub(crate) fn head(&self, head_idx: usize) -> (&Table, &Linear) {
        let (table, out) = &self.heads[head_idx];
        (table, out)
    }

    /// The instructions that compute it.
    pub(crate) fn simd(&self) -> Simd {
        self.simd
    }
}

/// The network with the weights that [`PackedNetwork`] rounds to, to measure the effect of the rounding.
///
/// Only weights that are packed in 8 bits are rounded, not those in 16.
#[must_use]
pub fn rounded(network: &Network) -> Network {
    let mut result = network.clone();
    let mut round = |slots: &[&Slot]| {
        for row in 0..slots[0].shape[0] {
            let ranges = slots.iter().map(|slot| {
                let width = slot.shape[1];
                slot.range.start + row * width..slot.range.start + (row + 1) * width
            });
            let values = ranges.clone().flat_map(|range| network.parameters[range].iter());
            let step = step_of(values, 127.0);
            for value in ranges.flatten() {
                result.parameters[value] = round_to_steps(network.parameters[value], step) * step;
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
    result
}

fn rows_of<'a>(network: &'a Network, slot: &Slot) -> impl ExactSizeIterator<Item = &'a [f32]> {
    network.values(slot).chunks_exact(slot.shape[1])
}

/// The embedding times the first layer's input weights. These are products of reals, which have the same bits on every
/// processor with FMA; what is computed from them afterwards are whole numbers, with the same bits anywhere.
fn fold_inputs(network: &Network) -> Table {
    let (embedding, slots) = (&network.layout.embedding, &network.layout.lstm[0].input);
    let [n_rows, n_inputs] = embedding.shape;
    let width = slots.shape[0];
    let right = View::new(network.values(slots), n_inputs).transposed();
    let mut scratch = Scratch::new(Products::f32());
    Table::computed([n_rows, width], |rows, folded| {
        let rows = &network.values(embedding)[rows.start * n_inputs..rows.end * n_inputs];
        scratch.product(Init::Zero, folded, width, View::new(rows, n_inputs), right);
    })
}
