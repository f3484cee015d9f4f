//! Counts of classes after contexts, packed and sorted.

/// How often each class followed each context. A context is told by a hash of 32 bits.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Ascending: context, class, count, in 32, 8 and 24 bits.
    entries: Vec<u64>,
    /// Taken from every count and given to the level below (absolute discounting, Ney et al. 1994).
    discount: f64,
}

const MAX_COUNT: u64 = (1 << 24) - 1;

impl Counts {
    /// Counts what was seen.
    pub(super) fn new(seen: impl Iterator<Item = (u32, usize)>) -> Self {
        let mut keys: Vec<u64> = seen.map(|(context, class)| u64::from(context) << 8 | class as u64).collect();
        keys.sort_unstable();
        let entries: Vec<u64> = keys
            .chunk_by(|a, b| a == b)
            .map(|alike| alike[0] << 24 | (alike.len() as u64).min(MAX_COUNT))
            .collect();
        let n_with = |count: u64| entries.iter().filter(|entry| *entry & MAX_COUNT == count).count() as f64;
        let (once, twice) = (n_with(1), n_with(2));
        // What makes the counts likeliest when each is left out in turn.
        let discount = if once > 0.0 { once / (once + 2.0 * twice) } else { 0.5 };
        Self { entries, discount: discount.clamp(0.05, 0.95) }
    }

    /// Turns the probabilities of the level below into those of this one; a context never seen leaves them.
    pub(super) fn sharpen(&self, context: u32, probabilities: &mut [f64]) {
        let first = self.entries.partition_point(|entry| entry >> 32 < u64::from(context));
        let alike = self.entries[first..].iter().take_while(|entry| *entry >> 32 == u64::from(context));
        let seen: Vec<(usize, f64)> =
            alike.map(|entry| ((entry >> 24 & 255) as usize, (entry & MAX_COUNT) as f64)).collect();
        let total: f64 = seen.iter().map(|(_, count)| count).sum();
        if total == 0.0 {
            return;
        }
        let left = self.discount * seen.len() as f64 / total;
        probabilities.iter_mut().for_each(|probability| *probability *= left);
        for (class, count) in seen {
            probabilities[class] += (count - self.discount) / total;
        }
    }
}

/// A hash of 32 bits of what makes a context (FNV-1a over words).
pub(super) fn hash(words: impl IntoIterator<Item = i64>) -> u32 {
    let mixed = words.into_iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| {
        (hash ^ word as u64).wrapping_mul(0x0100_0000_01b3).rotate_left(23)
    });
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::{Counts, hash};

    #[test]
    fn counts_make_probabilities_that_sum_to_one_and_a_new_context_changes_nothing() {
        let counts = Counts::new([(7, 0), (7, 0), (7, 2), (9, 1)].into_iter());
        let mut probabilities = vec![0.25; 4];
        counts.sharpen(7, &mut probabilities);
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(probabilities[0] > probabilities[2] && probabilities[2] > probabilities[1]);
        let before = probabilities.clone();
        counts.sharpen(8, &mut probabilities);
        assert_eq!(probabilities, before);
    }

    #[test]
    fn contexts_of_other_words_have_other_hashes() {
        assert_ne!(hash([1, 2]), hash([2, 1]));
        assert_ne!(hash([0]), hash([0, 0]));
    }
}
