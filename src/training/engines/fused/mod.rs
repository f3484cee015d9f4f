//! A training step over a window, written by hand: forward pass, loss, and all gradients.
//!
//! It computes the same function as [`crate::model::reference`]; a test compares it with candle's autograd. It is fast
//! because it reuses time-major buffers, computes the inputs of a layer in one product, packs the recurrent weights
//! once for each window, activates gates in place and overwrites them with their gradients, and computes each weight
//! gradient in one product over time × streams. A [`Worker`] runs its streams on one thread without a barrier.

mod rows;

mod layer;

mod heads;

mod worker;
pub use worker::{Carried, Worker};
