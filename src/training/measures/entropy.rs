//! How evenly values are spread.

use std::collections::BTreeMap;

/// The entropy of how often each value occurs, in bits; 0 for no values.
pub(super) fn entropy<T: Ord>(values: impl Iterator<Item = T>) -> f64 {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let n_values: usize = counts.values().sum();
    let share = |count: usize| count as f64 / n_values as f64;
    counts.into_values().map(|count| share(count) * (1.0 / share(count)).log2()).sum()
}
