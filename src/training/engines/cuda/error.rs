//! Errors of the GPU.

/// The GPU could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CudaError {
    /// A part of CUDA is not installed.
    #[error("{0} was not found; train on the processor, or install CUDA")]
    Missing(&'static str),
    /// The driver failed.
    #[error("the GPU failed")]
    Driver(#[from] cudarc::driver::DriverError),
    /// cuBLAS failed.
    #[error("cuBLAS failed")]
    Blas(#[from] cudarc::cublas::result::CublasError),
    /// The kernels did not compile.
    #[error("the kernels could not be compiled for this GPU")]
    Compiler(#[from] cudarc::nvrtc::CompileError),
    /// A window or hidden state whose size is not that of the trainer.
    #[error("expected windows of {expected} notes, or a hidden state of as many values; found {found}")]
    Window {
        /// The trainer's size.
        expected: usize,
        /// The size found.
        found: usize,
    },
}
