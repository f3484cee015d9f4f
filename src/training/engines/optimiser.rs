//! `AdamW` with gradient clipping, and the learning-rate schedule.

use multiversion::multiversion;

use crate::model::network::Layout;
use crate::training::threads::Threads;

/// The `AdamW` optimiser (Loshchilov & Hutter 2019) over the flat parameter buffer.
#[derive(Debug, Clone)]
pub struct AdamW {
    /// Running mean of the gradients.
    pub mean: Vec<f32>,
    /// Running mean of their squares.
    pub square: Vec<f32>,
    /// Updates made.
    pub n_updates: u64,
    /// Weight decay of each parameter; zero for biases.
    decay: Vec<f32>,
}

/// Gradients are scaled down to this norm.
pub(crate) const MAX_NORM: f32 = 1.0;
pub(crate) const MEAN_DECAY: f32 = 0.9;
pub(crate) const SQUARE_DECAY: f32 = 0.99;
pub(crate) const EPSILON: f32 = 1e-8;
/// Values that a thread takes at a time. Squares are summed by chunk, so the number of threads changes no result.
const CHUNK: usize = 1 << 15;
/// Values processed together, so that they stay in the cache.
const BLOCK: usize = 1024;

impl AdamW {
    /// An optimiser before its first update.
    #[must_use]
    pub fn new(layout: &Layout, weight_decay: f32) -> Self {
        let mut decay = vec![0.0; layout.n_parameters];
        for slot in layout.slots().into_iter().filter(|slot| slot.shape[0] > 1) {
            decay[slot.range.clone()].fill(weight_decay);
        }
        let zeros = vec![0.0; layout.n_parameters];
        Self { mean: zeros.clone(), square: zeros, n_updates: 0, decay }
    }

    /// The learning rate of the `n_updates`th update, corrected for the bias of the running means, which begin at zero.
    pub(crate) fn corrected_rate(lr: f32, n_updates: u64) -> f32 {
        let n_updates = n_updates as f32;
        lr * (1.0 - SQUARE_DECAY.powf(n_updates)).sqrt() / (1.0 - MEAN_DECAY.powf(n_updates))
    }

    /// Weight decay of each parameter.
    #[cfg(feature = "cuda")]
    pub(crate) fn decay(&self) -> &[f32] {
        &self.decay
    }

    /// Updates `parameters` by the sum of `gradients`; returns the norm of that sum.
    ///
    /// Sums are taken in the order of `gradients`, so the number of threads changes no result.
    pub fn update(
        &mut self,
        parameters: &mut [f32],
        gradients: &[&[f32]],
        lr: f32,
        threads: &Threads,
    ) -> f32 {
        self.n_updates += 1;
        let norm = norm_of_sum(gradients, threads);
        let scale = if norm.is_finite() { (MAX_NORM / norm).min(1.0) } else { 0.0 };
        let rate = Self::corrected_rate(lr, self.n_updates);
        let chunks = parameters
            .chunks_mut(CHUNK)
            .zip(self.mean.chunks_mut(CHUNK))
            .zip(self.square.chunks_mut(CHUNK))
            .zip(self.decay.chunks(CHUNK))
            .enumerate();
        threads.map(chunks.collect::<Vec<_>>(), |(chunk_idx, (((values, mean), square), decay))| {
            let blocks = values
                .chunks_mut(BLOCK)
                .zip(mean.chunks_mut(BLOCK))
                .zip(square.chunks_mut(BLOCK))
                .zip(decay.chunks(BLOCK));
            let mut sum = [0.0; BLOCK];
            for (block_idx, (((values, mean), square), decay)) in blocks.enumerate() {
                add_up(gradients, chunk_idx * CHUNK + block_idx * BLOCK, &mut sum[..values.len()]);
                move_block(values, &sum, mean, square, decay, Rates { scale, rate, lr });
            }
        });
        norm
    }
}

fn norm_of_sum(gradients: &[&[f32]], threads: &Threads) -> f32 {
    let n_values = gradients.first().map_or(0, |gradient| gradient.len());
    let sum_of_squares = |chunk: usize| -> f64 {
        let end = ((chunk + 1) * CHUNK).min(n_values);
        let mut sum = [0.0; BLOCK];
        let mut total = 0.0;
        for begin in (chunk * CHUNK..end).step_by(BLOCK) {
            let sum = &mut sum[..BLOCK.min(end - begin)];
            add_up(gradients, begin, sum);
            total += squares(sum);
        }
        total
    };
    threads.map(0..n_values.div_ceil(CHUNK), sum_of_squares).iter().sum::<f64>().sqrt() as f32
}

/// Sums `gradients` from value `begin` on.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_up(gradients: &[&[f32]], begin: usize, sums: &mut [f32]) {
    let end = begin + sums.len();
    let Some((first, rest)) = gradients.split_first() else { return };
    sums.copy_from_slice(&first[begin..end]);
    for gradient in rest {
        for (sum, value) in sums.iter_mut().zip(&gradient[begin..end]) {
            *sum += value;
        }
    }
}

/// The sum of squares, in eight independent sums, so that additions do not wait for each other.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn squares(values: &[f32]) -> f64 {
    let mut sums = [0.0_f64; 8];
    for values in values.chunks(8) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += f64::from(*value) * f64::from(*value);
        }
    }
    sums.iter().sum()
}

#[derive(Clone, Copy)]
struct Rates {
    /// Factor of the gradients.
    scale: f32,
    /// Learning rate, corrected for bias.
    rate: f32,
    /// Learning rate of the decay.
    lr: f32,
}

#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn move_block(
    values: &mut [f32],
    sums: &[f32],
    mean: &mut [f32],
    square: &mut [f32],
    decay: &[f32],
    Rates { scale, rate, lr }: Rates,
) {
    for ((((value, sum), mean), square), decay) in
        values.iter_mut().zip(sums).zip(mean).zip(square).zip(decay)
    {
        let gradient = if scale > 0.0 { sum * scale } else { 0.0 };
        *mean += (1.0 - MEAN_DECAY) * (gradient - *mean);
        *square += (1.0 - SQUARE_DECAY) * (gradient * gradient - *square);
        *value -= rate * *mean / (square.sqrt() + EPSILON) + lr * decay * *value;
    }
}

/// The learning rate at a `progress` of 0 to 1: a short linear warm-up to `peak`, constant until `hold`, then a cosine
/// decay to a fiftieth of it.
#[must_use]
pub fn learning_rate(peak: f32, hold: f32, progress: f32) -> f32 {
    const RISE: f32 = 0.02;
    let progress = progress.clamp(0.0, 1.0);
    if progress < RISE {
        return peak * (progress / RISE).max(0.01);
    }
    let begin = hold.clamp(RISE, 0.99);
    let fall = ((progress - begin) / (1.0 - begin)).max(0.0);
    peak * (0.02 + 0.98 * 0.5 * (1.0 + (std::f32::consts::PI * fall).cos()))
}

#[cfg(test)]
mod tests {
    use crate::training::engines::optimiser::learning_rate;

    #[test]
    fn the_learning_rate_rises_holds_as_long_as_asked_and_falls_to_a_fiftieth() {
        for hold in [0.0, 0.02, 0.5, 0.99] {
            let rates: Vec<f32> =
                (0..=1000).map(|idx| learning_rate(2.0, hold, idx as f32 / 1000.0)).collect();
            assert!(rates[0] < 0.03 && rates[..20].is_sorted() && rates[20..].is_sorted_by(|a, b| a >= b));
            let n_held = rates.iter().filter(|rate| (**rate - 2.0).abs() < f32::EPSILON).count();
            let expected = (1000.0 * (hold - 0.02).max(0.0)) as usize;
            assert!(n_held.abs_diff(expected) <= 8, "{n_held} of {expected} at {hold}");
            assert!((rates[1000] - 0.04).abs() < 1e-6, "{}", rates[1000]);
        }
    }
}
