//! Simple models to beat on the same pieces, so that a number of nats means something.
//!
//! Both say the same parts in the same classes as the network, one given the ones before it, and both give
//! real probabilities: over everything that can follow they sum to one.

mod place;
pub use place::{Place, Said};

mod baseline;
pub use baseline::{Baseline, N_CLASSES, evaluate, probabilities};

mod table;

mod markov;
pub use markov::Markov;

mod copy_bar;
pub use copy_bar::CopyBar;
