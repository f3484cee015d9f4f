//! `AdamW` with gradient clipping, and the learning rate over a run.

use crate::model::network::Layout;

/// `AdamW` (Loshchilov & Hutter 2019) over the flat parameter buffer.
#[derive(Debug, Clone)]
pub struct AdamW {
    /// Mean of the gradients.
    pub mean: Vec<f32>,
    /// Mean of their squares.
    pub square: Vec<f32>,
    /// Updates made.
    pub n_updates: u64,
    /// Share of each weight that an update takes away, times the learning rate; biases keep theirs.
    decay: Vec<f32>,
}

/// Gradients longer than this are shortened to it.
pub(crate) const MAX_NORM: f32 = 1.0;
pub(crate) const MEAN_DECAY: f32 = 0.9;
pub(crate) const SQUARE_DECAY: f32 = 0.99;
pub(crate) const EPSILON: f32 = 1e-8;
/// Squares are summed in blocks of so many, whatever the number of threads, which then changes no bit.
const NORM_BLOCK: usize = 1 << 15;

impl AdamW {
    /// An optimiser that has seen nothing.
    #[must_use]
    pub fn new(layout: &Layout, weight_decay: f32) -> Self {
        let mut decay = vec![0.0; layout.n_parameters];
        for slot in layout.slots().into_iter().filter(|slot| slot.shape[0] > 1) {
            decay[slot.range.clone()].fill(weight_decay);
        }
        let zeros = vec![0.0; layout.n_parameters];
        Self { mean: zeros.clone(), square: zeros, n_updates: 0, decay }
    }

    /// The learning rate of the `n_updates`th update, corrected for the means' beginning at zero.
    pub(crate) fn corrected_rate(lr: f32, n_updates: u64) -> f32 {
        let n_updates = n_updates as f32;
        lr * (1.0 - SQUARE_DECAY.powf(n_updates)).sqrt() / (1.0 - MEAN_DECAY.powf(n_updates))
    }

    /// The share of each weight that an update takes away.
    #[cfg(feature = "cuda")]
    pub(crate) fn decay(&self) -> &[f32] {
        &self.decay
    }

    /// Moves `parameters` against the sum of `gradients`; returns the norm of that sum.
    ///
    /// The sums are taken in the order of `gradients`, so that the number of threads changes nothing.
    pub fn update(&mut self, parameters: &mut [f32], gradients: &[&[f32]], lr: f32, n_threads: usize) -> f32 {
        self.n_updates += 1;
        let length = parameters.len().div_ceil(n_threads.max(1)).max(1);
        let norm = norm_of_sum(gradients, n_threads);
        let scale = if norm.is_finite() { (MAX_NORM / norm).min(1.0) } else { 0.0 };
        let rate = Self::corrected_rate(lr, self.n_updates);
        std::thread::scope(|scope| {
            let chunks = parameters
                .chunks_mut(length)
                .zip(self.mean.chunks_mut(length))
                .zip(self.square.chunks_mut(length))
                .zip(self.decay.chunks(length))
                .enumerate();
            for (chunk_idx, (((values, mean), square), decay)) in chunks {
                let begin = chunk_idx * length;
                scope.spawn(move || {
                    for idx in 0..values.len() {
                        let sum: f32 = gradients.iter().map(|gradient| gradient[begin + idx]).sum();
                        let gradient = if scale > 0.0 { sum * scale } else { 0.0 };
                        mean[idx] += (1.0 - MEAN_DECAY) * (gradient - mean[idx]);
                        square[idx] += (1.0 - SQUARE_DECAY) * (gradient * gradient - square[idx]);
                        values[idx] -=
                            rate * mean[idx] / (square[idx].sqrt() + EPSILON) + lr * decay[idx] * values[idx];
                    }
                });
            }
        });
        norm
    }
}

fn norm_of_sum(gradients: &[&[f32]], n_threads: usize) -> f32 {
    let n_values = gradients.first().map_or(0, |gradient| gradient.len());
    let sum_of_squares = |block: usize| -> f64 {
        let begin = block * NORM_BLOCK;
        (begin..(begin + NORM_BLOCK).min(n_values))
            .map(|idx| gradients.iter().map(|gradient| gradient[idx]).sum::<f32>())
            .map(|sum| f64::from(sum * sum))
            .sum()
    };
    let mut sums = vec![0.0; n_values.div_ceil(NORM_BLOCK)];
    let per_thread = sums.len().div_ceil(n_threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for (chunk_idx, sums) in sums.chunks_mut(per_thread).enumerate() {
            scope.spawn(move || {
                for (idx, sum) in sums.iter_mut().enumerate() {
                    *sum = sum_of_squares(chunk_idx * per_thread + idx);
                }
            });
        }
    });
    sums.iter().sum::<f64>().sqrt() as f32
}

/// The learning rate at a `progress` of 0 to 1: a short linear rise to `peak`, then half a cosine down to a
/// fiftieth of it.
#[must_use]
pub fn learning_rate(peak: f32, progress: f32) -> f32 {
    const RISE: f32 = 0.02;
    let progress = progress.clamp(0.0, 1.0);
    if progress < RISE {
        return peak * (progress / RISE).max(0.01);
    }
    let fall = (progress - RISE) / (1.0 - RISE);
    peak * (0.02 + 0.98 * 0.5 * (1.0 + (std::f32::consts::PI * fall).cos()))
}
