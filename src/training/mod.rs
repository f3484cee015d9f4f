//! A folder of MIDI files in, a trained network out.
//!
//! [`corpus`] reads the files, [`windows`] cuts them into batches, [`fused`] runs one training step over a
//! batch, [`optimiser`] applies it, and [`run`] is the loop around them.

pub mod corpus;

pub mod windows;

pub mod streams;

pub mod fused;

mod heads;

mod matrix;

#[cfg(feature = "cuda")]
pub mod cuda;

pub mod optimiser;

pub mod engine;

pub mod run;

pub mod validation;

pub mod checkpoint;

pub mod baselines;

pub mod measures;

mod primers;
pub use primers::choose_primers;
