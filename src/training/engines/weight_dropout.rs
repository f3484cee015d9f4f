//! Dropout of parameters: what an update is computed without.
//!
//! Single recurrent weights of the LSTM layers (`DropConnect`; Wan et al. 2013, Merity et al. 2018) and whole rows of the
//! tables (embedding dropout; Gal & Ghahramani 2016) are left out of all windows of an update, and the others are
//! multiplied so that the mean stays what it is. Without the rows of some features the network learns to do with the
//! others, which matters most where the corpus is small.

use multiversion::multiversion;

use crate::model::network::{Layout, Slot};
use crate::music::nth_random;
use crate::training::config::Dropout;

/// Which parameters are left out, by the seed of the update.
#[derive(Debug, Clone)]
pub struct WeightDropout {
    tensors: Vec<DroppedTensor>,
}

/// A tensor of which groups of parameters are left out.
#[derive(Debug, Clone)]
pub(crate) struct DroppedTensor {
    pub(crate) slot: Slot,
    /// Parameters that are left out together: a weight, or a row.
    pub(crate) width: usize,
    /// In 256ths: a random byte is drawn for each group.
    pub(crate) share: u8,
    /// The first random number that is drawn for it; each has eight bytes.
    pub(crate) first_number: u64,
}

/// As an index of [`nth_random`], apart from those of the streams.
const SEED: u64 = u64::MAX;

impl WeightDropout {
    /// For a network with this layout.
    #[must_use]
    pub fn new(layout: &Layout, dropout: &Dropout) -> Self {
        let tables = std::iter::once(&layout.embedding).chain(layout.heads.iter().map(|head| &head.table));
        let tables = tables.map(|slot| (slot, slot.shape[1], dropout.rows));
        let recurrent = layout.lstm.iter().map(|lstm| (&lstm.recurrent, 1, dropout.weights));
        let mut n_drawn = 0;
        let tensor = |(slot, width, share): (&Slot, usize, f32)| {
            let first_number = n_drawn;
            n_drawn += slot.range.len().div_ceil(8 * width) as u64;
            DroppedTensor { slot: slot.clone(), width, share: (share * 256.0).round() as u8, first_number }
        };
        let tensors = tables.chain(recurrent).map(tensor).filter(|tensor| tensor.share > 0).collect();
        Self { tensors }
    }

    /// The seed of what is left out in an update with this seed.
    pub(crate) fn seed(of_update: u64) -> u64 {
        nth_random(of_update, SEED)
    }

    /// The tensors of which something is left out.
    pub(crate) fn tensors(&self) -> &[DroppedTensor] {
        &self.tensors
    }

    /// Leaves out parameters, or their gradients, in an update with this seed.
    pub fn apply(&self, parameters: &mut [f32], of_update: u64) {
        let seed = Self::seed(of_update);
        for DroppedTensor { slot, width, share, first_number } in &self.tensors {
            let parameters = &mut parameters[slot.range.clone()];
            match width {
                1 => leave_out_single(parameters, *share, seed, *first_number),
                _ => leave_out_groups(parameters, *width, *share, seed, *first_number),
            }
        }
    }
}

/// What those that are kept are multiplied by.
#[allow(clippy::inline_always, reason = "must become part of loops compiled for another processor")]
#[inline(always)]
fn kept(share: u8) -> f32 {
    256.0 / (256.0 - f32::from(share))
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn leave_out_single(parameters: &mut [f32], share: u8, seed: u64, first_number: u64) {
    let kept = kept(share);
    for (number, values) in (first_number..).zip(parameters.chunks_mut(8)) {
        let bits = nth_random(seed, number);
        // No closure over an array: it would not be compiled for the target of this function.
        for (idx, value) in values.iter_mut().enumerate() {
            *value *= if (bits >> (8 * idx)) as u8 >= share { kept } else { 0.0 };
        }
    }
}

fn leave_out_groups(parameters: &mut [f32], width: usize, share: u8, seed: u64, first_number: u64) {
    for (number, groups) in (first_number..).zip(parameters.chunks_mut(8 * width)) {
        let bytes = nth_random(seed, number).to_le_bytes();
        for (group, byte) in groups.chunks_mut(width).zip(bytes) {
            let factor = if byte >= share { kept(share) } else { 0.0 };
            for value in group {
                *value *= factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::encoding::Encoding;
    use crate::model::network::NetworkConfig;

    fn layout() -> Layout {
        let encoding = Encoding::Third;
        Layout::new(&NetworkConfig { encoding, n_styles: 2, embedding: 5, hidden: 24, n_layers: 2, head: 3 })
    }

    fn masks(dropout: Dropout, seed: u64) -> (Layout, Vec<f32>) {
        let layout = layout();
        let mut ones = vec![1.0; layout.n_parameters];
        WeightDropout::new(&layout, &dropout).apply(&mut ones, seed);
        (layout, ones)
    }

    #[test]
    fn recurrent_weights_and_whole_rows_are_left_out_as_often_as_asked() {
        let (layout, masks) = masks(Dropout { outputs: 0.7, weights: 0.4, rows: 0.1 }, 3);
        let share = |values: &[f32]| {
            values.iter().filter(|value| **value <= 0.0).count() as f32 / values.len() as f32
        };
        let mut left = masks.clone();
        for lstm in &layout.lstm {
            let own = &masks[lstm.recurrent.range.clone()];
            assert!((share(own) - 0.4).abs() < 0.04, "{}", share(own));
            assert!((own.iter().sum::<f32>() / own.len() as f32 - 1.0).abs() < 0.06);
            left[lstm.recurrent.range.clone()].fill(1.0);
        }
        for table in std::iter::once(&layout.embedding).chain(layout.heads.iter().map(|head| &head.table)) {
            let own = &masks[table.range.clone()];
            assert!((share(own) - 0.1).abs() < 0.04, "{}: {}", table.name, share(own));
            let rows = own.chunks(table.shape[1]);
            assert!(rows.into_iter().all(|row| row.iter().all(|value| value.to_bits() == row[0].to_bits())));
            left[table.range.clone()].fill(1.0);
        }
        assert!(left == vec![1.0; left.len()], "all other parameters stay");
    }

    #[test]
    fn each_seed_leaves_out_others_and_at_zero_nothing_is() {
        let dropout = Dropout { outputs: 0.0, weights: 0.3, rows: 0.2 };
        assert!(masks(dropout, 1).1 == masks(dropout, 1).1);
        assert!(masks(dropout, 1).1 != masks(dropout, 2).1);
        let (layout, whole) = masks(Dropout::default(), 1);
        assert!(whole == vec![1.0; layout.n_parameters]);
    }
}
