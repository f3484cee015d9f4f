//! The network's shape and its parameters.
//!
//! Two LSTM layers over a sum of embeddings; on top, one head for each part of a note, each given the
//! parts before it:
//!
//! ```text
//! rows -> sum of embeddings [E] -> LSTM [H] -> LSTM [H] -+-> family [17]
//!                                                        +-> trunk [5 x R] + rows of the head, relu
//!                                                              -> shift, pitch, duration, velocity, feel
//! ```
//!
//! Networks of encoding 2 have no feel, and a trunk of four heads.

use std::collections::HashMap;
use std::ops::Range;

use candle_core::{Device, Tensor};
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use crate::model::encoding::Encoding;
use crate::model::vocabulary::{N_DURATIONS, N_FAMILIES, N_FEELS, N_PITCHES, N_SHIFTS};

/// The most heads that a network has besides the family's.
pub const N_HEADS: usize = 5;
/// The most parts of a note that a network predicts: the family and those with a head of their own.
pub const N_PARTS: usize = 1 + N_HEADS;
/// Their names, in the order in which they are predicted.
pub const PART_NAMES: [&str; N_PARTS] = ["family", "shift", "pitch", "duration", "velocity", "feel"];

static SECOND_HEADS: [HeadShape; N_HEADS] = heads(Encoding::Second);
static THIRD_HEADS: [HeadShape; N_HEADS] = heads(Encoding::Third);

const fn heads(encoding: Encoding) -> [HeadShape; N_HEADS] {
    let rows = encoding.n_head_rows();
    [
        HeadShape { name: "shift", n_rows: rows[0], n_classes: N_SHIFTS },
        HeadShape { name: "pitch", n_rows: rows[1], n_classes: N_PITCHES },
        HeadShape { name: "duration", n_rows: rows[2], n_classes: N_DURATIONS },
        HeadShape { name: "velocity", n_rows: rows[3], n_classes: encoding.n_velocities() },
        HeadShape { name: "feel", n_rows: rows[4], n_classes: N_FEELS },
    ]
}

/// The sizes of a head.
#[derive(Debug, Clone, Copy)]
pub struct HeadShape {
    /// The part it predicts, and the name of its tensors.
    pub name: &'static str,
    /// Rows of its table.
    pub n_rows: usize,
    /// Classes it predicts.
    pub n_classes: usize,
}

/// The sizes of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// What its inputs and outputs mean.
    #[serde(default = "Encoding::of_older_files", skip_serializing_if = "Encoding::is_of_older_files")]
    pub encoding: Encoding,
    /// Number of styles, 1 to 64.
    pub n_styles: usize,
    /// Width of the embedding, 1 to 2048.
    pub embedding: usize,
    /// Width of an LSTM layer, 1 to 2048.
    pub hidden: usize,
    /// LSTM layers, 1 to 4.
    pub n_layers: usize,
    /// Width of a head, 1 to 1024.
    pub head: usize,
}

impl NetworkConfig {
    /// Whether every size is in its range.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        (1..=64).contains(&self.n_styles)
            && (1..=2048).contains(&self.embedding)
            && (1..=2048).contains(&self.hidden)
            && (1..=4).contains(&self.n_layers)
            && (1..=1024).contains(&self.head)
    }

    /// The parts with a head of their own, in the order they are drawn after the family.
    #[must_use]
    pub fn heads(&self) -> &'static [HeadShape] {
        match self.encoding {
            Encoding::Second => &SECOND_HEADS[..N_HEADS - 1],
            Encoding::Third => &THIRD_HEADS,
        }
    }
}

impl std::fmt::Display for NetworkConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { encoding: _, n_styles, embedding, hidden, n_layers, head } = self;
        write!(f, "{n_styles} styles, {n_layers} layers of {hidden}, embedding {embedding}, head {head}")
    }
}

/// A parameter tensor in the flat buffer, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its name in the weights file and for `candle_nn` modules.
    pub name: String,
    /// Its part of the buffer.
    pub range: Range<usize>,
    /// Rows and columns; a bias has one row.
    pub shape: [usize; 2],
}

impl Slot {
    /// The shape in the weights file and for `candle_nn` modules: a bias has one dimension.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        if self.shape[0] == 1 { &self.shape[1..] } else { &self.shape }
    }
}

/// One LSTM layer's tensors; gate order i, f, g, o, as in `PyTorch`'s `nn.LSTM`.
#[derive(Debug, Clone)]
pub struct LstmSlots {
    /// `[4H, input]`.
    pub input: Slot,
    /// `[4H, H]`.
    pub recurrent: Slot,
    /// `[4H]`; there is no second bias.
    pub bias: Slot,
}

/// A linear layer's tensors.
#[derive(Debug, Clone)]
pub struct LinearSlots {
    /// `[out, in]`.
    pub weight: Slot,
    /// `[out]`.
    pub bias: Slot,
}

/// One head's tensors.
#[derive(Debug, Clone)]
pub struct HeadSlots {
    /// `[rows, R]`.
    pub table: Slot,
    /// `[classes, R]`.
    pub out: LinearSlots,
}

/// The tensors of a network in one flat buffer.
#[derive(Debug, Clone)]
pub struct Layout {
    /// `[rows + styles, E]`.
    pub embedding: Slot,
    /// From the bottom up.
    pub lstm: Vec<LstmSlots>,
    /// `[17, H]`.
    pub family: LinearSlots,
    /// `[heads × R, H]`: the first layer of all heads.
    pub trunk: LinearSlots,
    /// In the order of [`NetworkConfig::heads`].
    pub heads: Vec<HeadSlots>,
    /// Length of the buffer.
    pub n_parameters: usize,
}

impl Layout {
    /// The layout of a network of these sizes.
    #[must_use]
    pub fn new(config: &NetworkConfig) -> Self {
        let mut end = 0;
        let mut slot = |name: String, rows: usize, columns: usize| {
            let range = end..end + rows * columns;
            end = range.end;
            Slot { name, range, shape: [rows, columns] }
        };
        let NetworkConfig { encoding, n_styles, embedding, hidden, n_layers, head } = *config;
        let n_rows = encoding.n_step_rows() + n_styles;
        let embedding_slot = slot("embedding.weight".into(), n_rows, embedding);
        let lstm = (0..n_layers)
            .map(|layer_idx| {
                let n_inputs = if layer_idx == 0 { embedding } else { hidden };
                LstmSlots {
                    input: slot(format!("lstm.weight_ih_l{layer_idx}"), 4 * hidden, n_inputs),
                    recurrent: slot(format!("lstm.weight_hh_l{layer_idx}"), 4 * hidden, hidden),
                    bias: slot(format!("lstm.bias_ih_l{layer_idx}"), 1, 4 * hidden),
                }
            })
            .collect();
        let mut linear = |name: &str, n_out: usize, n_in: usize| LinearSlots {
            weight: slot(format!("{name}.weight"), n_out, n_in),
            bias: slot(format!("{name}.bias"), 1, n_out),
        };
        let family = linear("family", N_FAMILIES, hidden);
        let trunk = linear("trunk", config.heads().len() * head, hidden);
        let outs: Vec<LinearSlots> =
            config.heads().iter().map(|shape| linear(shape.name, shape.n_classes, head)).collect();
        let heads = config
            .heads()
            .iter()
            .zip(outs)
            .map(|(shape, out)| HeadSlots {
                table: slot(format!("{}.table.weight", shape.name), shape.n_rows, head),
                out,
            })
            .collect();
        Self { embedding: embedding_slot, lstm, family, trunk, heads, n_parameters: end }
    }

    /// Every tensor, in the order of the buffer.
    #[must_use]
    pub fn slots(&self) -> Vec<&Slot> {
        let mut slots = vec![&self.embedding, &self.family.weight, &self.family.bias];
        slots.extend([&self.trunk.weight, &self.trunk.bias]);
        slots.extend(self.lstm.iter().flat_map(|l| [&l.input, &l.recurrent, &l.bias]));
        slots.extend(self.heads.iter().flat_map(|h| [&h.table, &h.out.weight, &h.out.bias]));
        slots.sort_by_key(|slot| slot.range.start);
        slots
    }
}

/// A network: its sizes and all its parameters in one buffer.
#[derive(Debug, Clone)]
pub struct Network {
    /// The sizes.
    pub config: NetworkConfig,
    /// The tensors in `parameters`.
    pub layout: Layout,
    /// `[layout.n_parameters]`.
    pub parameters: Vec<f32>,
}

impl Network {
    /// An untrained network: uniform within 1/√fan-in, like `PyTorch`; the bias of forget gates is 1 (Jozefowicz
    /// et al. 2015); embeddings are small.
    #[must_use]
    pub fn random(config: NetworkConfig, seed: u64) -> Self {
        let layout = Layout::new(&config);
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut parameters = vec![0.0; layout.n_parameters];
        let hidden = config.hidden;
        fill(&mut parameters, &layout.embedding, 0.1, &mut rng);
        for lstm in &layout.lstm {
            let bound = 1.0 / (hidden as f32).sqrt();
            fill(&mut parameters, &lstm.input, bound, &mut rng);
            fill(&mut parameters, &lstm.recurrent, bound, &mut rng);
            parameters[lstm.bias.range.clone()][hidden..2 * hidden].fill(1.0);
        }
        for linear in [&layout.family, &layout.trunk].into_iter().chain(layout.heads.iter().map(|h| &h.out)) {
            let bound = 1.0 / (linear.weight.shape[1] as f32).sqrt();
            fill(&mut parameters, &linear.weight, bound, &mut rng);
        }
        for head in &layout.heads {
            fill(&mut parameters, &head.table, 0.1, &mut rng);
        }
        Self { config, layout, parameters }
    }

    /// The tensors by name, as `candle_nn` modules load them.
    ///
    /// # Errors
    /// If candle refuses.
    pub fn tensors(&self) -> candle_core::Result<HashMap<String, Tensor>> {
        let slots = self.layout.slots().into_iter();
        let tensor = |slot: &Slot| Tensor::from_slice(self.values(slot), slot.dims(), &Device::Cpu);
        slots.map(|slot| Ok((slot.name.clone(), tensor(slot)?))).collect()
    }

    /// The values of one tensor, row-major.
    #[must_use]
    pub fn values(&self, slot: &Slot) -> &[f32] {
        &self.parameters[slot.range.clone()]
    }
}

fn fill(parameters: &mut [f32], slot: &Slot, bound: f32, rng: &mut impl Rng) {
    for value in &mut parameters[slot.range.clone()] {
        *value = rng.random_range(-bound..bound);
    }
}
