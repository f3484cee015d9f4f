//! The memory of an update on the GPU, and its sizes.
//!
//! N is time × streams, E, H and R the widths of the embedding, a layer and a head.

use std::collections::HashMap;

use crate::model::network::{Layout, N_PARTS, Network, NetworkConfig, Slot};
use crate::training::config::Dropout;
use crate::training::engines::cuda::device::{Buffer, Device};
use crate::training::engines::cuda::error::CudaError;
use crate::training::engines::weight_dropout::WeightDropout;

/// Row stride of the logits: the most classes that a part has.
pub(super) const LOGITS: usize = 128;
/// Blocks of threads that sum the norm.
pub(super) const NORM_BLOCKS: usize = 256;

/// The offset of each tensor on the device, a multiple of 64 values, which suits tensor cores.
pub(super) struct Offsets {
    by_begin: HashMap<usize, usize>,
    pub(super) length: usize,
}

impl Offsets {
    pub(super) fn new(layout: &Layout) -> Self {
        let mut length = 0;
        let by_begin = layout
            .slots()
            .into_iter()
            .map(|slot| {
                let begin = length;
                length += slot.range.len().next_multiple_of(64);
                (slot.range.start, begin)
            })
            .collect();
        Self { by_begin, length }
    }

    pub(super) fn of(&self, slot: &Slot) -> usize {
        self.by_begin.get(&slot.range.start).copied().unwrap_or_default()
    }

    /// Copies values from the network's layout to the device's.
    pub(super) fn spread(&self, layout: &Layout, values: &[f32]) -> Vec<f32> {
        let mut spread = vec![0.0; self.length];
        for slot in layout.slots() {
            let begin = self.of(slot);
            spread[begin..begin + slot.range.len()].copy_from_slice(&values[slot.range.clone()]);
        }
        spread
    }

    /// Copies values from the device's layout to the network's.
    pub(super) fn gather(&self, layout: &Layout, spread: &[f32]) -> Vec<f32> {
        let mut values = vec![0.0; layout.n_parameters];
        for slot in layout.slots() {
            let begin = self.of(slot);
            values[slot.range.clone()].copy_from_slice(&spread[begin..begin + slot.range.len()]);
        }
        values
    }
}

/// The sizes of an update.
pub(super) struct Shape {
    pub(super) offsets: Offsets,
    pub(super) config: NetworkConfig,
    pub(super) n_steps: usize,
    pub(super) n_streams: usize,
    pub(super) dropout: Dropout,
    pub(super) weight_dropout: WeightDropout,
    /// Number of rows of the embedding and of each head's table.
    pub(super) tables: Vec<usize>,
}

impl Shape {
    pub(super) fn new(network: &Network, n_steps: usize, n_streams: usize, dropout: Dropout) -> Self {
        let of_heads = network.config.heads().iter().map(|head| head.n_rows);
        let tables = std::iter::once(network.layout.embedding.shape[0]).chain(of_heads).collect();
        Self {
            offsets: Offsets::new(&network.layout),
            config: network.config,
            n_steps,
            n_streams,
            dropout,
            weight_dropout: WeightDropout::new(&network.layout, &dropout),
            tables,
        }
    }

    pub(super) fn n_positions(&self) -> usize {
        self.n_steps * self.n_streams
    }

    pub(super) fn counts_stride(&self, list_idx: usize) -> usize {
        self.tables[list_idx].next_multiple_of(8)
    }
}

/// The memory of one LSTM layer.
pub(super) struct LayerBuffers {
    /// `[N, 4H]`: pre-activations, then gates, then gradients.
    pub(super) gates: Buffer<f32>,
    /// `[N, H]`.
    pub(super) cell: Buffer<f32>,
    /// `[N, H]`, after dropout, and its gradient.
    pub(super) output: Buffer<f32>,
    pub(super) output_gradient: Buffer<f32>,
    /// `[(time + 1) × streams, H]`: the state before each step; the last is carried to the next window.
    pub(super) output_before: Buffer<f32>,
    pub(super) cell_before: Buffer<f32>,
}

/// The memory of an update.
pub(super) struct Buffers {
    pub(super) parameters: Buffer<f32>,
    /// Those that an update is computed with: without what is left out.
    pub(super) thinned: Buffer<f32>,
    pub(super) gradient: Buffer<f32>,
    pub(super) mean: Buffer<f32>,
    pub(super) square: Buffer<f32>,
    pub(super) decay: Buffer<f32>,
    /// The learning rate, and the same corrected for bias.
    pub(super) rates: Buffer<f32>,
    /// Of dropout: of outputs, and of parameters.
    pub(super) seeds: Buffer<u64>,
    /// `[N]`.
    pub(super) ones: Buffer<f32>,
    /// `[N, 7]`: six classes and the lowest pitch.
    pub(super) targets: Buffer<i32>,
    /// `[N]`.
    pub(super) begins: Buffer<u8>,
    /// Rows of the embedding and of each head's table, concatenated; where each position's begin and end; and how often
    /// each row occurs, `[N, stride]`.
    pub(super) rows: Vec<Buffer<u32>>,
    pub(super) spans: Vec<Buffer<u32>>,
    pub(super) counts: Vec<Buffer<f32>>,
    /// By part.
    pub(super) loss_sums: Buffer<f64>,
    /// `[N, 6]`.
    pub(super) losses: Buffer<f32>,
    /// `[N, E]`, and its gradient.
    pub(super) input: Buffer<f32>,
    pub(super) input_gradient: Buffer<f32>,
    pub(super) layers: Vec<LayerBuffers>,
    /// `[streams, H]`: gradients that flow back to the step before.
    pub(super) output_later: Buffer<f32>,
    pub(super) cell_gradient: Buffer<f32>,
    /// `[N, heads × R]`, and its gradient.
    pub(super) inner: Buffer<f32>,
    pub(super) inner_gradient: Buffer<f32>,
    /// `[N, LOGITS]`.
    pub(super) logits: Buffer<f32>,
    pub(super) norm_sums: Buffer<f64>,
    pub(super) norm: Buffer<f32>,
}

impl Buffers {
    pub(super) fn new(device: &Device, network: &Network, shape: &Shape) -> Result<Self, CudaError> {
        let NetworkConfig { embedding, hidden, n_layers, head, .. } = network.config;
        let n = shape.n_positions();
        let reals = |length: usize| device.zeros::<f32>(length);
        let layer = || -> Result<LayerBuffers, CudaError> {
            let steps = (n + shape.n_streams) * hidden;
            Ok(LayerBuffers {
                gates: reals(4 * n * hidden)?,
                cell: reals(n * hidden)?,
                output: reals(n * hidden)?,
                output_gradient: reals(n * hidden)?,
                output_before: reals(steps)?,
                cell_before: reals(steps)?,
            })
        };
        let (n_lists, inner) = (shape.tables.len(), n * network.config.heads().len() * head);
        let one = |_| device.zeros::<u32>(1);
        Ok(Self {
            parameters: reals(shape.offsets.length)?,
            thinned: reals(shape.offsets.length)?,
            gradient: reals(shape.offsets.length)?,
            mean: reals(shape.offsets.length)?,
            square: reals(shape.offsets.length)?,
            decay: reals(shape.offsets.length)?,
            rates: reals(2)?,
            seeds: device.zeros(2)?,
            ones: reals(n)?,
            targets: device.zeros((N_PARTS + 1) * n)?,
            begins: device.zeros(n)?,
            rows: (0..n_lists).map(one).collect::<Result<_, _>>()?,
            spans: (0..n_lists).map(one).collect::<Result<_, _>>()?,
            counts: (0..n_lists).map(|idx| reals(n * shape.counts_stride(idx))).collect::<Result<_, _>>()?,
            loss_sums: device.zeros(N_PARTS)?,
            losses: reals(N_PARTS * n)?,
            input: reals(n * embedding)?,
            input_gradient: reals(n * embedding)?,
            layers: (0..n_layers).map(|_| layer()).collect::<Result<_, _>>()?,
            output_later: reals(shape.n_streams * hidden)?,
            cell_gradient: reals(shape.n_streams * hidden)?,
            inner: reals(inner)?,
            inner_gradient: reals(inner)?,
            logits: reals(n * LOGITS)?,
            norm_sums: device.zeros(NORM_BLOCKS)?,
            norm: reals(1)?,
        })
    }
}
