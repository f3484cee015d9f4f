//! A model that plays the bar before again, or else whatever is common.

use std::sync::Arc;

use crate::training::baselines::baseline::{Baseline, N_CLASSES, divided};
use crate::training::baselines::place::{Place, Said};
use crate::training::baselines::table::{Chain, hash};
use crate::training::corpus::KeyedPiece;

/// Mixes what was played at the same place a bar before with how common each class is.
#[derive(Debug)]
pub struct CopyBar {
    /// For each part, how common its classes are, in all and in the family.
    common: Vec<Chain>,
    /// For each part, how likely it is to be copied.
    copies: [f64; 5],
}

/// Rounds of fitting; the likelihood hardly moves after a few.
const N_ROUNDS: usize = 20;

impl CopyBar {
    /// Counts the training pieces, and fits how likely each part is copied to make them likeliest.
    #[must_use]
    pub fn new(pieces: &[Arc<KeyedPiece>]) -> Self {
        let (counted, held_out) = divided(pieces);
        let places: Vec<Place<'_>> = counted.iter().chain(&held_out).copied().collect();
        let chain = |part: usize| Chain::new(part, N_CLASSES[part], 2, family, (&counted, &held_out));
        let mut model = Self { common: (0..N_CLASSES.len()).map(chain).collect(), copies: [0.5; 5] };
        for part in 0..N_CLASSES.len() {
            model.copies[part] = model.fitted(part, &places);
        }
        model
    }

    /// The share of copies that makes the training pieces likeliest (expectation maximisation).
    fn fitted(&self, part: usize, places: &[Place<'_>]) -> f64 {
        // How common what followed is, and whether it is what a copy would have been.
        let cases: Vec<(f64, bool)> = places
            .iter()
            .filter_map(|place| {
                let parts = place.next();
                let said = Said::of(&parts, part);
                let copied = copied(place, &said)?;
                Some((self.common[part].distribution(place, &said)[parts[part]], copied == parts[part]))
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
    fn distribution(&self, place: &Place<'_>, said: &Said) -> Vec<f64> {
        let mut probabilities = self.common[said.len()].distribution(place, said);
        if let Some(class) = copied(place, said) {
            let share = self.copies[said.len()];
            for probability in &mut probabilities {
                *probability *= 1.0 - share;
            }
            probabilities[class] += share;
        }
        probabilities
    }
}

/// Level 0 looks at nothing, level 1 at the family.
fn family(_: &Place<'_>, said: &Said, level: usize) -> u32 {
    hash(said.parts().iter().take(level).map(|part| *part as i64))
}

/// The class that the next part had a bar before.
fn copied(place: &Place<'_>, said: &Said) -> Option<usize> {
    match said.len() {
        0 => place.followed_a_bar_ago().map(|(family, _)| family),
        1 => place.followed_a_bar_ago().map(|(_, shift)| shift),
        part => place.counterpart(said).map(|parts| parts[part - 2]),
    }
}
