//! Counts of classes after contexts, from common contexts to special ones, mixed.

use crate::training::baselines::place::{Place, Said};

/// How often each class followed each context. A context is told by a hash of 32 bits.
#[derive(Debug, Default)]
struct Counts {
    /// Ascending: context, class, count, in 32, 8 and 24 bits.
    entries: Vec<u64>,
}

const MAX_COUNT: u64 = (1 << 24) - 1;

/// Contexts are trusted alike that were seen about as often (by powers of two, up to 2^8), and that were
/// followed by one class only, or by more.
const N_KINDS: usize = 18;

/// Rounds of fitting; the likelihood hardly moves after a few.
const N_ROUNDS: usize = 12;

impl Counts {
    /// Counts what was seen.
    fn new(seen: impl Iterator<Item = (u32, usize)>) -> Self {
        let mut keys: Vec<u64> =
            seen.map(|(context, class)| u64::from(context) << 8 | class as u64).collect();
        keys.sort_unstable();
        let count = |alike: &[u64]| alike[0] << 24 | (alike.len() as u64).min(MAX_COUNT);
        Self { entries: keys.chunk_by(|a, b| a == b).map(count).collect() }
    }

    /// The classes that followed a context and how often, and how often it was seen.
    fn after(&self, context: u32) -> (impl Iterator<Item = (usize, f64)>, f64) {
        let first = self.entries.partition_point(|entry| entry >> 32 < u64::from(context));
        let n_alike = self.entries[first..].partition_point(|entry| entry >> 32 == u64::from(context));
        let alike = &self.entries[first..first + n_alike];
        let total = alike.iter().map(|entry| (entry & MAX_COUNT) as f64).sum();
        (alike.iter().map(|entry| ((entry >> 24 & 255) as usize, (entry & MAX_COUNT) as f64)), total)
    }

    /// What kind of context it is, and the share of a class among those that followed; nothing for one never
    /// seen.
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

/// What a level of a chain looks at, as a hash.
pub(super) type Context = fn(&Place<'_>, &Said, usize) -> u32;

/// Levels of one part, each mixed with the ones before it.
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
    /// How far each kind of context is trusted, 0 to 1.
    trust: [f64; N_KINDS],
}

impl Chain {
    /// Counts all places, and fits how far each level is trusted on those held out, counted without them
    /// (deleted interpolation, Jelinek and Mercer 1980).
    pub(super) fn new(
        part: usize,
        n_classes: usize,
        n_levels: usize,
        context: Context,
        (counted, held_out): (&[Place<'_>], &[Place<'_>]),
    ) -> Self {
        let mut chain = Self { part, n_classes, context, levels: Vec::new() };
        // Of each place held out, how likely what followed is by the levels so far.
        let mut likely = vec![1.0 / n_classes as f64; held_out.len()];
        for level_idx in 0..n_levels {
            let counts = |places: [&[Place<'_>]; 2]| {
                Counts::new(places.into_iter().flatten().map(|place| {
                    let parts = place.next();
                    (context(place, &Said::of(&parts, part), level_idx), parts[part])
                }))
            };
            let counted_only = counts([counted, &[]]);
            let case = |place: &Place<'_>| {
                let parts = place.next();
                counted_only.share(context(place, &Said::of(&parts, part), level_idx), parts[part])
            };
            let trust = fitted(&held_out.iter().map(case).collect::<Vec<_>>(), &mut likely);
            chain.levels.push(Level { counts: counts([counted, held_out]), trust });
        }
        chain
    }

    /// The probability of each class.
    pub(super) fn distribution(&self, place: &Place<'_>, said: &Said) -> Vec<f64> {
        debug_assert_eq!(said.len(), self.part);
        let mut probabilities = vec![1.0 / self.n_classes as f64; self.n_classes];
        for (level_idx, level) in self.levels.iter().enumerate() {
            let (classes, total) = level.counts.after((self.context)(place, said, level_idx));
            if total > 0.0 {
                let classes: Vec<(usize, f64)> = classes.collect();
                let trust = level.trust[kind(total, classes.len())];
                for probability in &mut probabilities {
                    *probability *= 1.0 - trust;
                }
                for (class, count) in classes {
                    probabilities[class] += trust * count / total;
                }
            }
        }
        probabilities
    }
}

/// How far to trust each kind of context so that what followed is likeliest (expectation maximisation);
/// `likely` becomes how likely it then is.
fn fitted(cases: &[Option<(usize, f64)>], likely: &mut [f64]) -> [f64; N_KINDS] {
    let mut trust = [0.5; N_KINDS];
    for _ in 0..N_ROUNDS {
        // As if each kind had been right once and wrong once: kinds that are rarely seen stay doubtful.
        let mut expected = [(1.0, 2.0); N_KINDS];
        for (case, likely) in cases.iter().zip(likely.iter()) {
            if let Some((kind, share)) = case {
                let by_level = trust[*kind] * share;
                expected[*kind].0 += by_level / (by_level + (1.0 - trust[*kind]) * likely);
                expected[*kind].1 += 1.0;
            }
        }
        trust = expected.map(|(right, seen)| (right / seen).clamp(0.0, 0.9999));
    }
    for (case, likely) in cases.iter().zip(likely) {
        if let Some((kind, share)) = case {
            *likely = trust[*kind] * share + (1.0 - trust[*kind]) * *likely;
        }
    }
    trust
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
    fn a_level_that_foretells_is_trusted_and_one_that_misleads_is_not() {
        let case = |idx: usize| Some(if idx.is_multiple_of(2) { (0, 1.0) } else { (1, 0.0) });
        let mut likely = vec![0.1; 400];
        let trust = fitted(&(0..400).map(case).collect::<Vec<_>>(), &mut likely);
        assert!(trust[0] > 0.95 && trust[1] < 0.05, "{trust:?}");
        assert!(likely[0] > 0.9 && likely[1] > 0.09);
    }

    #[test]
    fn contexts_of_other_words_have_other_hashes() {
        assert_ne!(hash([1, 2]), hash([2, 1]));
        assert_ne!(hash([0]), hash([0, 0]));
    }
}
