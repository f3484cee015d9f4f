//! Why the GPU cannot be used.

/// Why the GPU could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CudaError {
    /// A part of CUDA is not installed.
    #[error("{0} was not found; train on the processor, or install CUDA")]
    Missing(&'static str),
    /// The driver refused.
    #[error("the GPU refused")]
    Driver(#[from] cudarc::driver::DriverError),
    /// cuBLAS refused.
    #[error("cuBLAS refused")]
    Blas(#[from] cudarc::cublas::result::CublasError),
    /// The kernels did not compile.
    #[error("the kernels could not be compiled for this GPU")]
    Compiler(#[from] cudarc::nvrtc::CompileError),
    /// A window, or a hidden state, of another size than the trainer was made for.
    #[error("expected windows of {expected} notes, or a hidden state of as many values; found {found}")]
    Window {
        /// As the trainer was made for.
        expected: usize,
        /// As there are.
        found: usize,
    },
}
