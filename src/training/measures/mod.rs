//! What can be counted in music, to hold what a model plays against what it learned from.
//!
//! A low loss does not make music: samples can wander through all keys or never repeat a bar, and the loss
//! hardly shows it. So a model is judged by its samples, too, by measures that are the same for both.

mod passage;
pub use passage::Passage;

mod count;
pub use count::{Measures, measure};

mod verdict;
pub use verdict::{Comparison, Means, Verdict};

mod memorised;
pub use memorised::{Known, Shared};
