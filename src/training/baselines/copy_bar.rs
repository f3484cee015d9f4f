//! A model that repeats the previous bar, mixed with class frequencies.

use std::sync::Arc;

use crate::training::baselines::baseline::{Baseline, N_CLASSES, divided};
use crate::training::baselines::table::{Chain, hash};
use crate::training::baselines::target::{KnownParts, Target};
use crate::training::corpus::KeyedPiece;

/// Mixes a copy of the note at the same place in the previous bar with the frequency of each class.
#[derive(Debug)]
pub struct CopyBar {
    /// For each part, the frequencies of its classes, overall and by family.
    common: Vec<Chain>,
    /// For each part, the probability that it is copied.
    copies: [f64; 5],
}

/// Rounds of fitting; the likelihood hardly changes after a few.
const N_ROUNDS: usize = 20;

impl CopyBar {
    /// Counts the training pieces, and fits the probability of a copy for each part by maximum likelihood.
    #[must_use]
    pub fn new(pieces: &[Arc<KeyedPiece>]) -> Self {
        let (counted, held_out) = divided(pieces);
        let targets: Vec<Target<'_>> = counted.iter().chain(&held_out).copied().collect();
        let chain = |part: usize| Chain::new(part, N_CLASSES[part], 2, family, (&counted, &held_out));
        let mut model = Self { common: (0..N_CLASSES.len()).map(chain).collect(), copies: [0.5; 5] };
        for part in 0..N_CLASSES.len() {
            model.copies[part] = model.fitted(part, &targets);
        }
        model
    }

    /// The maximum-likelihood probability of a copy (expectation maximisation).
    fn fitted(&self, part: usize, targets: &[Target<'_>]) -> f64 {
        // The frequency of the class that followed, and whether a copy would have predicted it.
        let cases: Vec<(f64, bool)> = targets
            .iter()
            .filter_map(|target| {
                let parts = target.next();
                let known = KnownParts::of(&parts, part);
                let copied = copied(target, &known)?;
                Some((self.common[part].distribution(target, &known)[parts[part]], copied == parts[part]))
            })
            .collect();
        let mut share = 0.5;
        for _ in 0..N_ROUNDS {
            let expected: f64 = cases
                .iter()
                .filter(|(_, is_copy)| *is_copy)
                .map(|(common, _)| share / (share + (1.0 - share) * common))
                .sum();
            share = (expected / cases.len().max(1) as f64).clamp(0.001, 0.999);
        }
        share
    }
}

impl Baseline for CopyBar {
    fn distribution(&self, target: &Target<'_>, known: &KnownParts) -> Vec<f64> {
        let mut probabilities = self.common[known.len()].distribution(target, known);
        if let Some(class) = copied(target, known) {
            let share = self.copies[known.len()];
            for probability in &mut probabilities {
                *probability *= 1.0 - share;
            }
            probabilities[class] += share;
        }
        probabilities
    }
}

/// Level 0 has no context, level 1 the family.
fn family(_: &Target<'_>, known: &KnownParts, level: usize) -> u32 {
    hash(known.parts().iter().take(level).map(|part| *part as i64))
}

/// The class of the next part a bar earlier.
fn copied(target: &Target<'_>, known: &KnownParts) -> Option<usize> {
    match known.len() {
        0 => target.followed_a_bar_ago().map(|(family, _)| family),
        1 => target.followed_a_bar_ago().map(|(_, shift)| shift),
        part => target.counterpart(known).map(|parts| parts[part - 2]),
    }
}
