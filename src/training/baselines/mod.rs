//! Simple models for comparison with the network, evaluated on the same pieces.
//!
//! They predict the same parts and classes as the network, each part given the ones before it, and their probabilities
//! over everything possible sum to one.

mod target;
pub use target::{KnownParts, Target};

mod baseline;
pub use baseline::{Baseline, N_CLASSES, evaluate, probabilities};

mod table;

mod markov;
pub use markov::Markov;

/// Order of the Markov model that networks are compared with.
pub const MARKOV_ORDER: usize = 4;

mod copy_bar;
pub use copy_bar::CopyBar;
