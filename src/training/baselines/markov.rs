//! A Markov model of order n with interpolated back-off.

use std::sync::Arc;

use crate::training::baselines::table::{Counts, hash};
use crate::training::baselines::{Baseline, N_CLASSES, Place, Said};
use crate::training::windows::KeyedPiece;

/// Counts what followed the last n notes, and mixes that with what followed fewer.
///
/// Each part is given the parts of its note before it. From what is common to what is special: nothing but
/// the family, all parts so far, these and the place in the bar, then also the last note, the last two, and
/// so on up to n. Every level is discounted absolutely and interpolated with the one before (Ney, Essen and
/// Kneser 1994); the first is interpolated with all classes alike.
#[derive(Debug)]
pub struct Markov {
    order: usize,
    /// For each part, its levels.
    levels: Vec<Vec<Counts>>,
}

/// Levels that see no earlier note.
const N_FIRST_LEVELS: usize = 3;

impl Markov {
    /// Counts the training pieces.
    #[must_use]
    pub fn new(order: usize, pieces: &[Arc<KeyedPiece>]) -> Self {
        let places: Vec<Place<'_>> = pieces.iter().flat_map(|piece| Place::all(piece)).collect();
        let levels = (0..N_CLASSES.len())
            .map(|part| {
                let count = |level| {
                    Counts::new(places.iter().map(|place| {
                        let parts = place.next();
                        (context(place, &Said::of(&parts, part), level), parts[part])
                    }))
                };
                (0..N_FIRST_LEVELS + order).map(count).collect()
            })
            .collect();
        Self { order, levels }
    }

    /// How many notes it looks back.
    #[must_use]
    pub fn order(&self) -> usize {
        self.order
    }
}

impl Baseline for Markov {
    fn distribution(&self, place: &Place<'_>, said: &Said) -> Vec<f64> {
        let n_classes = N_CLASSES[said.len()];
        let mut probabilities = vec![1.0 / n_classes as f64; n_classes];
        for (level, counts) in self.levels[said.len()].iter().enumerate() {
            counts.sharpen(context(place, said, level), &mut probabilities);
        }
        probabilities
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
