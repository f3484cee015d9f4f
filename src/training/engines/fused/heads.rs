//! The output heads over a window: the loss of each part, and its gradients.

use multiversion::multiversion;

use crate::model::activation::exp;
use crate::model::matrix::{Init, Scratch, View};
use crate::model::network::{LinearSlots, Network};
use crate::model::simd::Products;
use crate::training::engines::fused::rows::{add_columns, add_rows, scatter_rows};
use crate::training::losses::Losses;
use crate::training::windows::Window;

/// The buffers of the heads; N is time × streams.
pub(super) struct Heads {
    /// `[N, heads × R]`: first layers of the heads.
    inner: Vec<f32>,
    /// `[N, classes]` of one part: logits, then their gradients.
    logits: Vec<f32>,
    inner_gradient: Vec<f32>,
    scratch: Scratch,
}

impl Heads {
    /// Buffers for this kind of products.
    pub(super) fn new(products: Products) -> Self {
        let (inner, logits, inner_gradient) = Default::default();
        Self { inner, logits, inner_gradient, scratch: Scratch::new(products) }
    }

    /// Computes the loss and its gradients; overwrites `top_gradient` with the gradient of `top`, `[N, H]`.
    pub(super) fn train(
        &mut self,
        network: &Network,
        window: &Window,
        top: &[f32],
        top_gradient: &mut Vec<f32>,
        scale: f32,
        gradient: &mut [f32],
    ) -> Losses {
        let (hidden, width) = (network.config.hidden, network.config.head);
        let layout = &network.layout;
        let mut losses = Losses::default();
        top_gradient.resize(top.len(), 0.0);

        self.compute_logits(network, &layout.family, View::new(top, hidden));
        losses[0] = self.loss(window, 0, Some(scale));
        self.linear_gradients(
            network,
            &layout.family,
            View::new(top, hidden),
            Init::Zero,
            top_gradient,
            hidden,
            gradient,
        );

        self.compute_inner(network, window, top);
        self.inner_gradient.resize(self.inner.len(), 0.0);
        for (head_idx, slots) in layout.heads.iter().enumerate() {
            let begin = head_idx * width;
            let inner = std::mem::take(&mut self.inner);
            let own = View::strided(&inner[begin..], width, layout.heads.len() * width);
            self.compute_logits(network, &slots.out, own);
            losses[1 + head_idx] = self.loss(window, 1 + head_idx, Some(scale));
            let mut inner_gradient = std::mem::take(&mut self.inner_gradient);
            let stride = layout.heads.len() * width;
            let init = Init::Zero;
            self.linear_gradients(
                network,
                &slots.out,
                own,
                init,
                &mut inner_gradient[begin..],
                stride,
                gradient,
            );
            (self.inner, self.inner_gradient) = (inner, inner_gradient);
        }
        for (gradient, value) in self.inner_gradient.iter_mut().zip(&self.inner) {
            *gradient = if *value > 0.0 { *gradient } else { 0.0 };
        }
        for (head_idx, slots) in layout.heads.iter().enumerate() {
            let table = &mut gradient[slots.table.range.clone()];
            for (idx, row) in self.inner_gradient.chunks_exact(layout.heads.len() * width).enumerate() {
                let own = &row[head_idx * width..(head_idx + 1) * width];
                scatter_rows(table, window.head_rows[head_idx].get(idx), own);
            }
        }
        std::mem::swap(&mut self.logits, &mut self.inner_gradient);
        self.linear_gradients(
            network,
            &layout.trunk,
            View::new(top, hidden),
            Init::Accumulate,
            top_gradient,
            hidden,
            gradient,
        );
        std::mem::swap(&mut self.logits, &mut self.inner_gradient);
        losses
    }

    /// Computes only the loss.
    pub(super) fn evaluate(&mut self, network: &Network, window: &Window, top: &[f32]) -> Losses {
        let (hidden, width) = (network.config.hidden, network.config.head);
        let layout = &network.layout;
        let mut losses = Losses::default();
        self.compute_logits(network, &layout.family, View::new(top, hidden));
        losses[0] = self.loss(window, 0, None);
        self.compute_inner(network, window, top);
        for (head_idx, slots) in layout.heads.iter().enumerate() {
            let inner = std::mem::take(&mut self.inner);
            let own = View::strided(&inner[head_idx * width..], width, layout.heads.len() * width);
            self.compute_logits(network, &slots.out, own);
            losses[1 + head_idx] = self.loss(window, 1 + head_idx, None);
            self.inner = inner;
        }
        losses
    }

    fn compute_inner(&mut self, network: &Network, window: &Window, top: &[f32]) {
        let (hidden, width) = (network.config.hidden, network.config.head);
        let layout = &network.layout;
        std::mem::swap(&mut self.logits, &mut self.inner);
        self.compute_logits(network, &layout.trunk, View::new(top, hidden));
        std::mem::swap(&mut self.logits, &mut self.inner);
        for (idx, row) in self.inner.chunks_exact_mut(layout.heads.len() * width).enumerate() {
            for (head_idx, (own, slots)) in row.chunks_exact_mut(width).zip(&layout.heads).enumerate() {
                add_rows(own, network.values(&slots.table), window.head_rows[head_idx].get(idx));
            }
            for value in row {
                *value = value.max(0.0);
            }
        }
    }

    fn compute_logits(&mut self, network: &Network, slots: &LinearSlots, input: View<'_>) {
        let [n_out, n_in] = slots.weight.shape;
        let bias = network.values(&slots.bias);
        self.logits.resize(input.rows() * n_out, 0.0);
        let weight = View::new(network.values(&slots.weight), n_in).transposed();
        self.scratch.product(Init::Bias(bias), &mut self.logits, n_out, input, weight);
    }

    /// The sum of the loss of one part. With a scale, overwrites the logits with the gradient of the loss times it.
    fn loss(&mut self, window: &Window, part_idx: usize, scale: Option<f32>) -> f64 {
        let n_classes = self.logits.len() / window.len().max(1);
        let mut sum = 0.0;
        for (idx, logits) in self.logits.chunks_exact_mut(n_classes).enumerate() {
            if !window.counts[idx] {
                logits.fill(0.0);
                continue;
            }
            let class = window.parts[idx].classes()[part_idx];
            let lowest = if part_idx == 2 { window.lowest_pitches[idx] } else { 0 };
            logits[..lowest].fill(f32::NEG_INFINITY);
            let target = logits[class];
            let log_total = exponentials(logits);
            sum += f64::from(log_total - target);
            if let Some(scale) = scale {
                // The gradient is the softmax, minus one at the class that followed.
                for probability in logits.iter_mut() {
                    *probability *= scale;
                }
                logits[class] -= scale;
                logits[..lowest].fill(0.0);
            }
        }
        sum
    }

    /// Computes the gradients of a linear layer from the gradient of its output in `logits`.
    #[allow(clippy::too_many_arguments, reason = "two gradients, each with its destination")]
    fn linear_gradients(
        &mut self,
        network: &Network,
        slots: &LinearSlots,
        input: View<'_>,
        init: Init<'_>,
        input_gradient: &mut [f32],
        stride: usize,
        gradient: &mut [f32],
    ) {
        let [n_out, n_in] = slots.weight.shape;
        let out = View::new(&self.logits, n_out);
        let weight_gradient = &mut gradient[slots.weight.range.clone()];
        self.scratch.product(Init::Accumulate, weight_gradient, n_in, out.transposed(), input);
        add_columns(&mut gradient[slots.bias.range.clone()], &self.logits);
        let weight = View::new(network.values(&slots.weight), n_in);
        self.scratch.product(init, input_gradient, stride, out, weight);
    }
}

/// Replaces logits by probabilities and returns the logarithm of the sum of their exponentials.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn exponentials(logits: &mut [f32]) -> f32 {
    // Sixteen independent sums, so that additions do not wait for each other.
    const LANES: usize = 16;
    let mut highest = [f32::NEG_INFINITY; LANES];
    for logits in logits.chunks(LANES) {
        for (highest, logit) in highest.iter_mut().zip(logits) {
            *highest = if *logit > *highest { *logit } else { *highest };
        }
    }
    let highest = highest.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let mut totals = [0.0_f32; LANES];
    let (chunks, rest) = logits.as_chunks_mut::<LANES>();
    for logits in chunks {
        for (total, logit) in totals.iter_mut().zip(logits) {
            *logit = exp(*logit - highest);
            *total += *logit;
        }
    }
    for (total, logit) in totals.iter_mut().zip(rest) {
        *logit = exp(*logit - highest);
        *total += *logit;
    }
    let total: f32 = totals.iter().sum();
    let share = 1.0 / total;
    for logit in logits.iter_mut() {
        *logit *= share;
    }
    highest + total.ln()
}
