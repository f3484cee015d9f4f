//! Training updates on an NVIDIA GPU: the same network, loss, gradients and optimiser as
//! [`crate::training::fused`], to which a test on such a machine holds them.
//!
//! An update is recorded once as a CUDA graph and then replayed, so that its thousand small kernels cost no
//! launch each. Products are cuBLAS's, what lies between them is `kernels.cu`, compiled for the GPU at hand.
//! Rows are counted into a dense matrix, so that looking up and its gradient are products too, with sums in
//! a fixed order. CUDA's libraries are opened at run time: the binary also starts where there are none.

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
