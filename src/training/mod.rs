//! A folder of MIDI files in, a trained network out.
//!
//! [`corpus`] reads the files, [`windows`] cuts their pieces into batches, [`engines`] make updates on the processor or
//! a GPU, and [`run`] is the loop around them. [`measures`] and [`baselines`] measure the outcome.

pub mod config;

pub mod losses;

pub mod threads;

pub mod corpus;

pub mod windows;

pub mod engines;

pub mod run;

pub mod measures;

pub mod baselines;

mod fine_tuning;
pub use fine_tuning::{put_new_styles_first, start_from};

mod limits;
pub use limits::{Limits, limits};

mod keys;
pub use keys::keys;

mod velocities;
pub use velocities::{counted, velocities};

mod primers;
pub use primers::choose_primers;
