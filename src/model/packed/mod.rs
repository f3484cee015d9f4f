//! Networks packed for playing: weights in whole numbers, laid out once for a model and shared by all instances.
//!
//! A step waits for its weights to come from memory, so they are small: matrices in 8 bits, each row with a step
//! of its own; what a row of the embedding adds to the gates of the first layer, multiplied out beforehand, in 16.
//! Inputs are rounded to 16 bits. Sums of whole numbers do not depend on their order, and the rest is computed
//! number by number: the same notes follow from the same seed on every processor.

mod kernel;

mod rounding;
pub(crate) use rounding::Rounded;

mod linear;
pub(crate) use linear::Lane;

mod table;

mod network;
pub use network::{PackedNetwork, rounded};
