//! Measures of music, to compare a model's samples with real pieces.
//!
//! A low loss does not guarantee good music: samples may wander through all keys or never repeat a bar, which the loss
//! hardly shows. So models are also judged by their samples, with the same measures for samples and real pieces.

mod passage;
pub use passage::Passage;

mod count;
pub use count::{Measures, measure};

mod entropy;

mod groove;

mod verdict;
pub use verdict::{Comparison, Means, Verdict};

mod passage_index;
pub use passage_index::{PassageIndex, Shared};

pub mod judge;
