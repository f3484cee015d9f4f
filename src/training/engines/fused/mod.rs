//! One training step over a window, laid out by hand: forward, loss, and every gradient.

mod rows;

mod layer;

mod heads;

mod worker;
pub use worker::{Carried, Worker};
