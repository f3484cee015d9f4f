//! Interpolated counts of classes by context, from general contexts to specific ones.

use crate::training::baselines::target::{KnownParts, Target};

/// How often each class followed each context. A context is a hash of 32 bits.
#[derive(Debug, Default)]
struct Counts {
    /// Ascending; context, class and count in 32, 8 and 24 bits.
    entries: Vec<u64>,
}

const MAX_COUNT: u64 = (1 << 24) - 1;

/// Kinds of contexts, each with its own weight: by number of occurrences (powers of two up to 2^8) and by whether one
/// class or several followed.
const N_KINDS: usize = 18;

/// Rounds of fitting; the likelihood hardly changes after a few.
const N_ROUNDS: usize = 12;

impl Counts {
    /// Counts pairs of context and class.
    fn new(seen: impl Iterator<Item = (u32, usize)>) -> Self {
        let mut keys: Vec<u64> =
            seen.map(|(context, class)| u64::from(context) << 8 | class as u64).collect();
        keys.sort_unstable();
        let count = |alike: &[u64]| alike[0] << 24 | (alike.len() as u64).min(MAX_COUNT);
        Self { entries: keys.chunk_by(|a, b| a == b).map(count).collect() }
    }

    /// The classes that followed a context with their counts, and the sum of these.
    fn after(&self, context: u32) -> (impl Iterator<Item = (usize, f64)>, f64) {
        let first = self.entries.partition_point(|entry| entry >> 32 < u64::from(context));
        let n_alike = self.entries[first..].partition_point(|entry| entry >> 32 == u64::from(context));
        let alike = &self.entries[first..first + n_alike];
        let total = alike.iter().map(|entry| (entry & MAX_COUNT) as f64).sum();
        (alike.iter().map(|entry| ((entry >> 24 & 255) as usize, (entry & MAX_COUNT) as f64)), total)
    }

    /// The kind of a context, and the share of a class among those that followed; `None` for an unseen context.
    fn share(&self, context: u32, class: usize) -> Option<(usize, f64)> {
        let (classes, total) = self.after(context);
        let (mut n_classes, mut count) = (0, 0.0);
        for (other, n) in classes {
            n_classes += 1;
            count += if other == class { n } else { 0.0 };
        }
        (total > 0.0).then(|| (kind(total, n_classes), count / total))
    }
}

fn kind(total: f64, n_classes: usize) -> usize {
    (total.log2() as usize).min(N_KINDS / 2 - 1) * 2 + usize::from(n_classes > 1)
}

/// Computes the hash of a level's context.
pub(super) type Context = fn(&Target<'_>, &KnownParts, usize) -> u32;

/// The levels of one part, each interpolated with the ones before it.
#[derive(Debug)]
pub(super) struct Chain {
    part: usize,
    n_classes: usize,
    context: Context,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    counts: Counts,
    /// Interpolation weight of each kind of context, 0 to 1.
    weights: [f64; N_KINDS],
}

impl Chain {
    /// Counts all notes, and fits the weights on the held-out ones with counts that exclude them (deleted
    /// interpolation, Jelinek and Mercer 1980).
    pub(super) fn new(
        part: usize,
        n_classes: usize,
        n_levels: usize,
        context: Context,
        (counted, held_out): (&[Target<'_>], &[Target<'_>]),
    ) -> Self {
        let mut chain = Self { part, n_classes, context, levels: Vec::new() };
        // For each held-out note, the probability of what followed by the levels so far.
        let mut likely = vec![1.0 / n_classes as f64; held_out.len()];
        for level_idx in 0..n_levels {
            let counts = |targets: [&[Target<'_>]; 2]| {
                Counts::new(targets.into_iter().flatten().map(|target| {
                    let parts = target.next();
                    (context(target, &KnownParts::of(&parts, part), level_idx), parts[part])
                }))
            };
            let counted_only = counts([counted, &[]]);
            let case = |target: &Target<'_>| {
                let parts = target.next();
                counted_only.share(context(target, &KnownParts::of(&parts, part), level_idx), parts[part])
            };
            let weights = fitted(&held_out.iter().map(case).collect::<Vec<_>>(), &mut likely);
            chain.levels.push(Level { counts: counts([counted, held_out]), weights });
        }
        chain
    }

    /// The probability of each class.
    pub(super) fn distribution(&self, target: &Target<'_>, known: &KnownParts) -> Vec<f64> {
        debug_assert_eq!(known.len(), self.part);
        let mut probabilities = vec![1.0 / self.n_classes as f64; self.n_classes];
        for (level_idx, level) in self.levels.iter().enumerate() {
            let (classes, total) = level.counts.after((self.context)(target, known, level_idx));
            if total > 0.0 {
                let classes: Vec<(usize, f64)> = classes.collect();
                let weight = level.weights[kind(total, classes.len())];
                for probability in &mut probabilities {
                    *probability *= 1.0 - weight;
                }
                for (class, count) in classes {
                    probabilities[class] += weight * count / total;
                }
            }
        }
        probabilities
    }
}

/// The maximum-likelihood weight of each kind of context (expectation maximisation). Updates `likely`, the probability
/// of what followed.
fn fitted(cases: &[Option<(usize, f64)>], likely: &mut [f64]) -> [f64; N_KINDS] {
    let mut weights = [0.5; N_KINDS];
    for _ in 0..N_ROUNDS {
        // A prior of one success and one failure, so that rare kinds keep a moderate weights.
        let mut expected = [(1.0, 2.0); N_KINDS];
        for (case, likely) in cases.iter().zip(likely.iter()) {
            if let Some((kind, share)) = case {
                let by_level = weights[*kind] * share;
                expected[*kind].0 += by_level / (by_level + (1.0 - weights[*kind]) * likely);
                expected[*kind].1 += 1.0;
            }
        }
        weights = expected.map(|(right, seen)| (right / seen).clamp(0.0, 0.9999));
    }
    for (case, likely) in cases.iter().zip(likely) {
        if let Some((kind, share)) = case {
            *likely = weights[*kind] * share + (1.0 - weights[*kind]) * *likely;
        }
    }
    weights
}

/// A hash of 32 bits (FNV-1a over words).
pub(super) fn hash(words: impl IntoIterator<Item = i64>) -> u32 {
    let mixed = words.into_iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| {
        (hash ^ word as u64).wrapping_mul(0x0100_0000_01b3).rotate_left(23)
    });
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use crate::training::baselines::table::{Counts, fitted, hash, kind};

    #[test]
    fn what_followed_a_context_is_counted() {
        let counts = Counts::new([(7, 0), (7, 0), (7, 2), (9, 1)].into_iter());
        let (classes, total) = counts.after(7);
        assert_eq!((classes.collect::<Vec<_>>(), total), (vec![(0, 2.0), (2, 1.0)], 3.0));
        assert_eq!(counts.share(7, 2), Some((kind(3.0, 2), 1.0 / 3.0)));
        assert_eq!(counts.share(8, 0), None);
    }

    #[test]
    fn a_level_that_predicts_is_weighted_and_one_that_misleads_is_not() {
        let case = |idx: usize| Some(if idx.is_multiple_of(2) { (0, 1.0) } else { (1, 0.0) });
        let mut likely = vec![0.1; 400];
        let weights = fitted(&(0..400).map(case).collect::<Vec<_>>(), &mut likely);
        assert!(weights[0] > 0.95 && weights[1] < 0.05, "{weights:?}");
        assert!(likely[0] > 0.9 && likely[1] > 0.09);
    }

    #[test]
    fn different_contexts_have_different_hashes() {
        assert_ne!(hash([1, 2]), hash([2, 1]));
        assert_ne!(hash([0]), hash([0, 0]));
    }
}
