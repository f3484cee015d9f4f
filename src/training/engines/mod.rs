//! Engines compute the updates of a run, on the processor or on a GPU.

pub mod fused;

pub mod optimiser;

pub mod validation;

mod weight_dropout;
pub use weight_dropout::WeightDropout;

mod engine;
pub use engine::{Engine, EngineError, EngineState};

mod cpu;
pub use cpu::CpuEngine;

#[cfg(feature = "cuda")]
pub mod cuda;

mod choice;
pub use choice::choose_engine;
