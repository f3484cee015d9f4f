//! An interpolated Markov model of order n.

use std::sync::Arc;

use crate::training::baselines::baseline::{Baseline, N_CLASSES, divided};
use crate::training::baselines::table::{Chain, hash};
use crate::training::baselines::target::{KnownParts, Target};
use crate::training::corpus::KeyedPiece;

/// Counts which notes followed the last n notes, interpolated with shorter contexts.
///
/// Each part is given the earlier parts of its note. The levels of context are: the family; all earlier parts; these
/// and the position in the bar; then also the last note, the last two, and so on up to n. Each level is interpolated
/// with the ones before it, the first with the uniform distribution; the weights are fitted on a tenth of the pieces.
#[derive(Debug)]
pub struct Markov {
    order: usize,
    /// One for each part.
    chains: Vec<Chain>,
}

/// Levels without an earlier note.
const N_FIRST_LEVELS: usize = 3;

impl Markov {
    /// Counts the training pieces.
    #[must_use]
    pub fn new(order: usize, pieces: &[Arc<KeyedPiece>]) -> Self {
        let (counted, held_out) = divided(pieces);
        let chain = |part: usize| {
            Chain::new(part, N_CLASSES[part], N_FIRST_LEVELS + order, context, (&counted, &held_out))
        };
        Self { order, chains: (0..N_CLASSES.len()).map(chain).collect() }
    }

    /// Number of earlier notes in the longest context.
    #[must_use]
    pub fn order(&self) -> usize {
        self.order
    }
}

impl Baseline for Markov {
    fn distribution(&self, target: &Target<'_>, known: &KnownParts) -> Vec<f64> {
        self.chains[known.len()].distribution(target, known)
    }
}

/// Hash of a level's context.
fn context(target: &Target<'_>, known: &KnownParts, level: usize) -> u32 {
    let is_velocity = known.len() == 4;
    let n_known = if level == 0 { known.len().min(1) } else { known.len() };
    let mut words: Vec<i64> = known.parts()[..n_known].iter().map(|part| *part as i64).collect();
    if level >= 2 {
        let (tick, length) = target.in_bar(target.onset(known));
        words.extend([tick, length]);
    }
    for n_back in 1..=(level + 1).saturating_sub(N_FIRST_LEVELS) {
        match target.back(n_back) {
            Some([family, shift, pitch, duration, velocity]) => {
                words.extend([family, shift, pitch, duration].map(|part| part as i64));
                // The velocity of earlier notes predicts only this one's velocity.
                words.extend(is_velocity.then_some(velocity as i64));
            }
            None => words.push(-1),
        }
    }
    hash(words)
}
