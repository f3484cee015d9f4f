//! A folder of MIDI files in, a trained network out.
//!
//! [`corpus`] reads the files, [`streams`] plays their pieces side by side, [`windows`] are what a batch is made
//! of, [`fused`] runs one training step over a batch, [`optimiser`] applies it, [`engine`] does all that on the
//! processor, and [`run`] is the loop around it.

pub mod corpus;

mod reading;

mod transposition;
pub use transposition::in_c;

mod duplicates;

mod split;
pub use split::Report;

mod dataset;

pub mod windows;

pub mod streams;

pub mod fused;

mod heads;

#[cfg(feature = "cuda")]
pub mod cuda;

pub mod optimiser;

pub mod engine;

pub mod run;

pub mod validation;

pub mod checkpoint;

pub mod baselines;

pub mod measures;

mod fine_tuning;
pub use fine_tuning::start_from;

mod copying;
pub use copying::{Limits, limits};

mod primers;
pub use primers::choose_primers;
