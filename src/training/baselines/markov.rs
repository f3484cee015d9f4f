//! A Markov model of order n with interpolation.

use std::sync::Arc;

use crate::training::baselines::baseline::{Baseline, N_CLASSES, divided};
use crate::training::baselines::place::{Place, Said};
use crate::training::baselines::table::{Chain, hash};
use crate::training::corpus::KeyedPiece;

/// Counts what followed the last n notes, and mixes that with what followed fewer.
///
/// Each part is given the parts of its note before it. From what is common to what is special: nothing but
/// the family, all parts so far, these and the place in the bar, then also the last note, the last two, and
/// so on up to n. Each level is mixed with the ones before it, and the first with all classes alike; how far
/// a level is trusted is fitted on a tenth of the training pieces.
#[derive(Debug)]
pub struct Markov {
    order: usize,
    /// One for each part.
    chains: Vec<Chain>,
}

/// Levels that see no earlier note.
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

    /// How many notes it looks back.
    #[must_use]
    pub fn order(&self) -> usize {
        self.order
    }
}

impl Baseline for Markov {
    fn distribution(&self, place: &Place<'_>, said: &Said) -> Vec<f64> {
        self.chains[said.len()].distribution(place, said)
    }
}

/// What a level of a part looks at.
fn context(place: &Place<'_>, said: &Said, level: usize) -> u32 {
    let is_velocity = said.len() == 4;
    let n_said = if level == 0 { said.len().min(1) } else { said.len() };
    let mut words: Vec<i64> = said.parts()[..n_said].iter().map(|part| *part as i64).collect();
    if level >= 2 {
        let (tick, length) = place.in_bar(place.target(said));
        words.extend([tick, length]);
    }
    for n_back in 1..=(level + 1).saturating_sub(N_FIRST_LEVELS) {
        match place.back(n_back) {
            Some([family, shift, pitch, duration, velocity]) => {
                words.extend([family, shift, pitch, duration].map(|part| part as i64));
                // How hard the last note was struck tells how hard this one is, and little else.
                words.extend(is_velocity.then_some(velocity as i64));
            }
            None => words.push(-1),
        }
    }
    hash(words)
}
