//! The network in candle, step by step: slow and plain, and what every faster path is held to.

use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::{log_softmax, sigmoid};

use crate::model::Position;
use crate::model::encoding::Parts;
use crate::model::network::{LinearSlots, Network, Slot};

/// The network's tensors, by slot.
#[derive(Debug)]
pub struct Reference {
    tensors: std::collections::HashMap<String, Tensor>,
    network: Network,
}

impl Reference {
    /// The network on candle, each tensor made by `make` (a plain tensor or a variable).
    ///
    /// # Errors
    /// If candle refuses.
    pub fn new(network: &Network, make: impl Fn(Tensor) -> Result<Tensor>) -> Result<Self> {
        let tensors = network
            .layout
            .slots()
            .into_iter()
            .map(|slot| {
                let tensor = Tensor::from_slice(network.values(slot), slot.shape.to_vec(), &Device::Cpu)?;
                Ok((slot.name.clone(), make(tensor)?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { tensors, network: network.clone() })
    }

    /// The tensor of a slot.
    ///
    /// # Errors
    /// If the slot is of another network.
    pub fn tensor(&self, slot: &Slot) -> Result<&Tensor> {
        self.tensors
            .get(&slot.name)
            .ok_or_else(|| candle_core::Error::Msg(format!("no tensor {}", slot.name)))
    }

    /// The log-probability in nats of each part of each note of one sequence, from a hidden state of zero:
    /// `[time, 5]`, in the order family, shift, pitch, duration, velocity.
    ///
    /// # Errors
    /// If candle refuses.
    pub fn log_probabilities(&self, sequence: &[Position]) -> Result<Tensor> {
        let hidden = self.network.config.hidden;
        let zero = || Tensor::zeros((1, hidden), candle_core::DType::F32, &Device::Cpu);
        let mut states = Vec::new();
        let mut out = Vec::new();
        for position in sequence {
            if position.is_beginning || states.is_empty() {
                states = self
                    .network
                    .layout
                    .lstm
                    .iter()
                    .map(|_| Ok((zero()?, zero()?)))
                    .collect::<Result<Vec<_>>>()?;
            }
            let mut input = self.sum_of_rows(&self.network.layout.embedding, &position.step_rows)?; // [1, E]
            for (layer_idx, slots) in self.network.layout.lstm.iter().enumerate() {
                let (h, c) = &states[layer_idx];
                let gates = (self.product(&input, &slots.input)? + self.product(h, &slots.recurrent)?)?
                    .broadcast_add(self.tensor(&slots.bias)?)?; // [1, 4H]
                let gate = |idx: usize| gates.narrow(1, idx * hidden, hidden);
                let kept = (sigmoid(&gate(1)?)? * c)?;
                let c = (kept + (sigmoid(&gate(0)?)? * gate(2)?.tanh()?)?)?;
                let h = (sigmoid(&gate(3)?)? * c.tanh()?)?;
                input = h.clone();
                states[layer_idx] = (h, c);
            }
            out.push(self.parts(&input, position)?);
        }
        Tensor::cat(&out, 0)
    }

    /// `[1, 5]` of one position, given the top of the LSTM, `[1, H]`.
    fn parts(&self, top: &Tensor, position: &Position) -> Result<Tensor> {
        let layout = &self.network.layout;
        let width = self.network.config.head;
        let Parts { family, shift, pitch, duration, velocity } = position.parts;
        let linear = |input: &Tensor, slots: &LinearSlots| {
            self.product(input, &slots.weight)?.broadcast_add(self.tensor(&slots.bias)?)
        };
        let trunk = linear(top, &layout.trunk)?; // [1, 4R]
        let mut chosen = vec![log_softmax(&linear(top, &layout.family)?, D::Minus1)?.narrow(1, family, 1)?];
        for (head_idx, class) in [shift, pitch, duration, velocity].into_iter().enumerate() {
            let slots = &layout.heads[head_idx];
            let rows = self.sum_of_rows(&slots.table, &position.head_rows[head_idx])?;
            let inner = (trunk.narrow(1, head_idx * width, width)? + rows)?.relu()?; // [1, R]
            let logits = linear(&inner, &slots.out)?;
            let lowest = if head_idx == 1 { position.lowest_pitch } else { 0 };
            let open = logits.narrow(1, lowest, logits.dim(1)? - lowest)?;
            chosen.push(log_softmax(&open, D::Minus1)?.narrow(1, class - lowest, 1)?);
        }
        Tensor::cat(&chosen, 1)
    }

    fn sum_of_rows(&self, slot: &Slot, rows: &[u32]) -> Result<Tensor> {
        let ids = Tensor::from_slice(rows, rows.len(), &Device::Cpu)?;
        self.tensor(slot)?.index_select(&ids, 0)?.sum_keepdim(0)
    }

    fn product(&self, input: &Tensor, weight: &Slot) -> Result<Tensor> {
        input.matmul(&self.tensor(weight)?.t()?)
    }
}
