//! The network of `candle_nn` modules: slow and plain, the reference for every faster path.

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::ops::log_softmax;
use candle_nn::rnn::LSTMState;
use candle_nn::{Embedding, LSTM, LSTMConfig, Linear, Module, RNN, VarBuilder, embedding, linear, lstm};

use crate::model::encoding::{N_STEP_ROWS, Parts};
use crate::model::network::{HEADS, N_HEADS, Network, NetworkConfig};
use crate::model::position::Position;
use crate::model::vocabulary::N_FAMILIES;

/// A network of `candle_nn` modules.
#[derive(Debug)]
pub struct Reference {
    config: NetworkConfig,
    embedding: Embedding,
    /// From the bottom up.
    lstm: Vec<LSTM>,
    family: Linear,
    trunk: Linear,
    /// The table and the last layer of each head, in the order of [`HEADS`].
    heads: Vec<(Embedding, Linear)>,
}

impl Reference {
    /// A network of these sizes with the tensors of `tensors`, which have the names of the weights file.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape.
    pub fn new(config: NetworkConfig, tensors: &VarBuilder<'_>) -> Result<Self> {
        let NetworkConfig { n_styles, embedding: width, hidden, n_layers, head } = config;
        let layers = (0..n_layers).map(|layer_idx| {
            let n_inputs = if layer_idx == 0 { width } else { hidden };
            let settings = LSTMConfig { layer_idx, b_hh_init: None, ..LSTMConfig::default() };
            lstm(n_inputs, hidden, settings, tensors.pp("lstm"))
        });
        let heads = HEADS.iter().map(|shape| {
            let own = tensors.pp(shape.name);
            Ok((embedding(shape.n_rows, head, own.pp("table"))?, linear(head, shape.n_classes, own)?))
        });
        Ok(Self {
            config,
            embedding: embedding(N_STEP_ROWS + n_styles, width, tensors.pp("embedding"))?,
            lstm: layers.collect::<Result<_>>()?,
            family: linear(hidden, N_FAMILIES, tensors.pp("family"))?,
            trunk: linear(hidden, N_HEADS * head, tensors.pp("trunk"))?,
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

    /// The log-probability in nats of each part of each note of one sequence, from a hidden state of zero:
    /// `[time, 5]`, in the order family, shift, pitch, duration, velocity.
    ///
    /// # Errors
    /// If candle refuses.
    pub fn log_probabilities(&self, sequence: &[Position]) -> Result<Tensor> {
        let mut states: Vec<LSTMState> = Vec::new();
        let mut out = Vec::new();
        for position in sequence {
            if position.is_beginning || states.is_empty() {
                states = self.lstm.iter().map(|layer| layer.zero_state(1)).collect::<Result<_>>()?;
            }
            let mut input = sum_of_rows(&self.embedding, &position.step_rows)?; // [1, E]
            for (layer, state) in self.lstm.iter().zip(&mut states) {
                *state = layer.step(&input, state)?;
                input = state.h().clone(); // [1, H]
            }
            out.push(self.parts(&input, position)?);
        }
        Tensor::cat(&out, 0)
    }

    /// `[1, 5]` of one position, given the top of the LSTM, `[1, H]`.
    fn parts(&self, top: &Tensor, position: &Position) -> Result<Tensor> {
        let width = self.config.head;
        let Parts { family, shift, pitch, duration, velocity } = position.parts;
        let trunk = self.trunk.forward(top)?; // [1, 4R]
        let mut chosen = vec![log_softmax(&self.family.forward(top)?, D::Minus1)?.narrow(1, family, 1)?];
        for (head_idx, class) in [shift, pitch, duration, velocity].into_iter().enumerate() {
            let (table, out) = &self.heads[head_idx];
            let rows = sum_of_rows(table, &position.head_rows[head_idx])?; // [1, R]
            let inner = (trunk.narrow(1, head_idx * width, width)? + rows)?.relu()?; // [1, R]
            let logits = out.forward(&inner)?;
            let lowest = if head_idx == 1 { position.lowest_pitch } else { 0 };
            let open = logits.narrow(1, lowest, logits.dim(1)? - lowest)?;
            chosen.push(log_softmax(&open, D::Minus1)?.narrow(1, class - lowest, 1)?);
        }
        Tensor::cat(&chosen, 1)
    }
}

/// `[1, width]`.
fn sum_of_rows(table: &Embedding, rows: &[u32]) -> Result<Tensor> {
    table.forward(&Tensor::from_slice(rows, rows.len(), &Device::Cpu)?)?.sum_keepdim(0)
}
