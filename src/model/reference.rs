//! The network of `candle_nn` modules: slow and plain, the reference for every faster path.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::ops::log_softmax;
use candle_nn::rnn::LSTMState;
use candle_nn::{Embedding, LSTM, LSTMConfig, Linear, Module, RNN, VarBuilder, embedding, linear, lstm};

use crate::model::network::{Network, NetworkConfig};
use crate::model::position::Position;
use crate::model::vocabulary::{N_FAMILIES, N_PITCHES};

/// A network of `candle_nn` modules.
#[derive(Debug)]
pub struct Reference {
    config: NetworkConfig,
    embedding: Embedding,
    /// From the bottom up.
    lstm: Vec<LSTM>,
    family: Linear,
    trunk: Linear,
    /// The table and the last layer of each head, in the order of [`NetworkConfig::heads`].
    heads: Vec<(Embedding, Linear)>,
}

impl Reference {
    /// A network of these sizes with the tensors of `tensors`, which have the names of the weights file.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(config: NetworkConfig, tensors: &VarBuilder<'_>) -> Result<Self> {
        let NetworkConfig { encoding, n_styles, embedding: width, hidden, n_layers, head } = config;
        let layers = (0..n_layers).map(|layer_idx| {
            let n_inputs = if layer_idx == 0 { width } else { hidden };
            let settings = LSTMConfig { layer_idx, b_hh_init: None, ..LSTMConfig::default() };
            lstm(n_inputs, hidden, settings, tensors.pp("lstm"))
        });
        let heads = config.heads().iter().map(|shape| {
            let own = tensors.pp(shape.name);
            Ok((embedding(shape.n_rows, head, own.pp("table"))?, linear(head, shape.n_classes, own)?))
        });
        Ok(Self {
            config,
            embedding: embedding(encoding.n_step_rows() + n_styles, width, tensors.pp("embedding"))?,
            lstm: layers.collect::<Result<_>>()?,
            family: linear(hidden, N_FAMILIES, tensors.pp("family"))?,
            trunk: linear(hidden, config.heads().len() * head, tensors.pp("trunk"))?,
            heads: heads.collect::<Result<_>>()?,
        })
    }

    /// The same network as `network`.
    ///
    /// # Errors
    /// If candle refuses.
    pub fn of(network: &Network) -> Result<Self> {
        let tensors = VarBuilder::from_tensors(network.tensors()?, DType::F32, &Device::Cpu);
        Self::new(network.config, &tensors)
    }

    /// The log-probability in nats of each part of each note of several sequences, each from a hidden state of
    /// zero: `[time, parts]` for each sequence, in the order family, shift, pitch, duration, velocity, feel.
    ///
    /// # Errors
    /// If candle refuses, or there is no note.
    pub fn log_probabilities(&self, sequences: &[&[Position]]) -> Result<Vec<Tensor>> {
        let zero_states = self.lstm.iter().map(|layer| layer.zero_state(sequences.len()));
        let mut states: Vec<LSTMState> = zero_states.collect::<Result<_>>()?;
        let mut tops = Vec::new();
        for step in 0..sequences.iter().map(|sequence| sequence.len()).max().unwrap_or(0) {
            let rows = sequences.iter().map(|s| s.get(step).map_or(&[][..], |position| &position.step_rows));
            let mut input = sums_of_rows(&self.embedding, rows)?; // [sequences, E]
            for (layer, state) in self.lstm.iter().zip(&mut states) {
                *state = layer.step(&input, state)?;
                input = state.h().clone(); // [sequences, H]
            }
            tops.push(input);
        }
        let tops = Tensor::stack(&tops, 1)?; // [sequences, time, H]
        let parts = |(idx, sequence): (usize, &&[Position])| {
            self.parts(&tops.get(idx)?.narrow(0, 0, sequence.len())?, sequence)
        };
        sequences.iter().enumerate().map(parts).collect()
    }

    /// `[time, parts]` of one sequence, given the top of the LSTM, `[time, H]`.
    fn parts(&self, top: &Tensor, sequence: &[Position]) -> Result<Tensor> {
        let width = self.config.head;
        let trunk = self.trunk.forward(top)?; // [time, heads × R]
        let mut parts = vec![chosen(&self.family.forward(top)?, sequence, 0)?];
        for (head_idx, (table, out)) in self.heads.iter().enumerate() {
            let rows =
                sums_of_rows(table, sequence.iter().map(|position| &position.head_rows[head_idx][..]))?;
            let inner = (trunk.narrow(1, head_idx * width, width)? + rows)?.relu()?; // [time, R]
            let mut logits = out.forward(&inner)?; // [time, classes]
            if self.config.heads()[head_idx].name == "pitch" {
                logits = (logits + excluded_pitches(sequence)?)?;
            }
            parts.push(chosen(&logits, sequence, 1 + head_idx)?);
        }
        Tensor::cat(&parts, 1)
    }
}

/// The sum of the rows of each list: `[lists, width]`.
fn sums_of_rows<'a>(table: &Embedding, lists: impl Iterator<Item = &'a [u32]>) -> Result<Tensor> {
    let (mut rows, mut list_idxs, mut n_lists) = (Vec::new(), Vec::new(), 0_u32);
    for list in lists {
        rows.extend_from_slice(list);
        list_idxs.extend(list.iter().map(|_| n_lists));
        n_lists += 1;
    }
    let sums = Tensor::zeros((n_lists as usize, table.hidden_size()), DType::F32, &Device::Cpu)?;
    let rows = table.forward(&Tensor::from_vec(rows, list_idxs.len(), &Device::Cpu)?)?;
    sums.index_add(&Tensor::from_vec(list_idxs, rows.dim(0)?, &Device::Cpu)?, &rows, 0)
}

/// The log-probability of the class of one part of each position, given the logits `[time, classes]`: `[time, 1]`.
fn chosen(logits: &Tensor, sequence: &[Position], part_idx: usize) -> Result<Tensor> {
    let classes: Vec<u32> =
        sequence.iter().map(|position| position.parts.classes()[part_idx] as u32).collect();
    let classes = Tensor::from_vec(classes, (sequence.len(), 1), &Device::Cpu)?;
    log_softmax(logits, D::Minus1)?.gather(&classes, 1)
}

/// What is added to the logits of pitches, `[time, pitches]`: hardly any probability below the lowest one.
fn excluded_pitches(sequence: &[Position]) -> Result<Tensor> {
    let bias = |position: &Position| {
        let lowest = position.lowest_pitch;
        (0..N_PITCHES).map(move |pitch| if pitch < lowest { -1e30_f32 } else { 0.0 })
    };
    let biases: Vec<f32> = sequence.iter().flat_map(bias).collect();
    Tensor::from_vec(biases, (sequence.len(), N_PITCHES), &Device::Cpu)
}
