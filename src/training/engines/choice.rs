//! The engine of a device.

use std::sync::Arc;

use crate::training::config::{Device, TrainingConfig};
use crate::training::corpus::Corpus;
use crate::training::engines::cpu::CpuEngine;
#[cfg(feature = "cuda")]
use crate::training::engines::cuda::CudaEngine;
use crate::training::engines::engine::{Engine, EngineError, EngineState};

/// An engine on the device of `config` that continues from `state`.
///
/// # Errors
/// If the device fails.
pub fn choose_engine(
    config: &TrainingConfig,
    corpus: &Arc<Corpus>,
    state: EngineState,
) -> Result<Box<dyn Engine>, EngineError> {
    Ok(match config.device {
        Device::Processor => Box::new(CpuEngine::new(config, corpus, state)),
        #[cfg(feature = "cuda")]
        Device::Cuda => Box::new(CudaEngine::new(config, corpus, state).map_err(|e| EngineError(e.into()))?),
    })
}
