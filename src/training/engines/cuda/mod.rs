//! Training updates on an NVIDIA GPU: the same network, loss, gradients and optimiser as
//! [`fused`](crate::training::engines::fused), as a test on a GPU checks.
//!
//! An update is recorded once as a CUDA graph and then replayed, so that its thousand small kernels need no launch
//! each. Matrix products are cuBLAS's; the rest is `kernels.cu`, compiled at run time for the GPU. Table rows are
//! counted into a dense matrix, so that the lookup and its gradient are products too, with sums in a fixed order.
//! CUDA's libraries are opened at run time, so the binary also starts without them.

mod error;
pub use error::CudaError;

mod device;
pub use device::Precision;

mod staged;
pub use staged::Staged;

mod buffers;

mod pass;

mod trainer;
pub use trainer::CudaTrainer;

mod engine;
pub use engine::CudaEngine;

/// Checks that there is a GPU to train on.
///
/// # Errors
/// If there is none, or it cannot be used.
pub fn check() -> Result<(), CudaError> {
    device::Device::open(Precision::Full).map(drop)
}
