//! The logits of the next note, part by part, without constraints.

use crate::model::encoding::{Encoding, Memory};
use crate::model::network::NetworkConfig;
use crate::model::packed::{PackedNetwork, Rounded};
use crate::model::step::HiddenState;
use crate::model::vocabulary::{N_DURATIONS, N_FAMILIES, N_FEELS, N_PITCHES, N_SHIFTS, N_VELOCITIES};

/// Capacity for the rows of a step; more make the buffer grow.
pub(crate) const ROWS: usize = 128;

/// Buffers of a draw.
#[derive(Debug, Clone)]
pub(crate) struct Buffers {
    /// First layer of all heads, before the rows: `[heads × R]`.
    trunk: Vec<f32>,
    /// Whether `top` and `trunk` belong to the current state: after a note that falls into the next bar, the state
    /// is drawn from again.
    is_current: bool,
    /// `[R]` each.
    inner: Vec<f32>,
    sums: Vec<i32>,
    /// The top of the LSTM, and the inner layer of a head.
    top: Rounded,
    input: Rounded,
    rows: Vec<u32>,
}

impl Buffers {
    pub(crate) fn new(config: &NetworkConfig) -> Self {
        Self {
            trunk: vec![0.0; config.heads().len() * config.head],
            is_current: false,
            inner: vec![0.0; config.head],
            sums: vec![0; config.head],
            top: Rounded::with_capacity(config.hidden),
            input: Rounded::with_capacity(config.head),
            rows: Vec::with_capacity(ROWS),
        }
    }

    /// To be called when the hidden state has changed.
    pub(crate) fn invalidate(&mut self) {
        self.is_current = false;
    }
}

/// The heads of a network, over a hidden state and the notes so far.
pub(crate) struct Heads<'a> {
    network: &'a PackedNetwork,
    pub(crate) memory: &'a Memory,
    buffers: &'a mut Buffers,
}

impl<'a> Heads<'a> {
    pub(crate) fn new(
        network: &'a PackedNetwork,
        memory: &'a Memory,
        state: &HiddenState,
        buffers: &'a mut Buffers,
    ) -> Self {
        if !buffers.is_current {
            let trunk = network.trunk();
            buffers.top.set(state.top(network.config.hidden), trunk.input_scale());
            trunk.compute(network.simd(), &buffers.top, 1.0 / trunk.input_scale(), &mut buffers.trunk);
            buffers.is_current = true;
        }
        Self { network, memory, buffers }
    }

    pub(crate) fn family(&self) -> [f32; N_FAMILIES] {
        let mut logits = [0.0; N_FAMILIES];
        let family = self.network.family();
        family.compute(self.network.simd(), &self.buffers.top, 1.0 / family.input_scale(), &mut logits);
        logits
    }

    pub(crate) fn shift(&mut self, family: usize) -> [f32; N_SHIFTS] {
        self.logits(0, |memory, rows| memory.shift_rows(family, rows))
    }

    pub(crate) fn pitch(&mut self, family: usize, shift: usize) -> [f32; N_PITCHES] {
        self.logits(1, |memory, rows| memory.pitch_rows(family, shift, rows))
    }

    pub(crate) fn duration(&mut self, family: usize, shift: usize, pitch: usize) -> [f32; N_DURATIONS] {
        self.logits(2, |memory, rows| memory.duration_rows(family, shift, pitch, rows))
    }

    pub(crate) fn velocity(
        &mut self,
        family: usize,
        shift: usize,
        pitch: usize,
        duration: usize,
    ) -> [f32; N_VELOCITIES] {
        self.logits(3, |memory, rows| memory.velocity_rows(family, shift, pitch, duration, rows))
    }

    /// `None` in an encoding without feel.
    pub(crate) fn feel(
        &mut self,
        family: usize,
        shift: usize,
        pitch: usize,
        velocity: usize,
    ) -> Option<[f32; N_FEELS]> {
        let has_feel = self.memory.encoding() != Encoding::Second;
        let write_rows =
            |memory: &Memory, rows: &mut Vec<u32>| memory.feel_rows(family, shift, pitch, velocity, rows);
        has_feel.then(|| self.logits(4, write_rows))
    }

    /// The logits of a head, given the rows that `write_rows` adds; minus infinity for classes that it does not have.
    fn logits<const N: usize>(
        &mut self,
        head_idx: usize,
        write_rows: impl FnOnce(&Memory, &mut Vec<u32>),
    ) -> [f32; N] {
        let (simd, width) = (self.network.simd(), self.network.config.head);
        let (table, out) = self.network.head(head_idx);
        let Buffers { trunk, inner, sums, input, rows, .. } = &mut *self.buffers;
        rows.clear();
        write_rows(self.memory, rows);
        table.sum(rows, &[], &trunk[head_idx * width..(head_idx + 1) * width], sums, inner);
        let mut highest = 0.0;
        for value in inner.iter_mut() {
            *value = if *value > 0.0 { *value } else { 0.0 };
            highest = if *value > highest { *value } else { highest };
        }
        let step = if highest > 0.0 { highest / out.input_scale() } else { 1.0 };
        input.set(inner, 1.0 / step);
        let mut logits = [f32::NEG_INFINITY; N];
        out.compute(simd, input, step, &mut logits[..out.bias().len()]);
        logits
    }
}

/// Excludes every class that is not open.
pub(crate) fn mask(logits: &mut [f32], is_open: impl Fn(usize) -> bool) {
    for (class, logit) in logits.iter_mut().enumerate() {
        if !is_open(class) {
            *logit = f32::NEG_INFINITY;
        }
    }
}
