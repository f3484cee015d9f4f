//! The GPU: memory, kernels and matrix products, all queued on one stream.
//!
//! The only module that calls CUDA, and the only one with unsafe code for it. Sizes are checked here or follow from the
//! buffers allocated here.

use std::collections::HashMap;
use std::ffi::c_int;
use std::ops::Range;
use std::sync::Arc;

use cudarc::cublas::{CudaBlas, result as blas, sys as blas_sys};
use cudarc::driver::{
    CudaContext, CudaFunction, CudaGraph, CudaSlice, CudaStream, DeviceRepr, LaunchConfig, PushKernelArg,
    ValidAsZeroBits, sys,
};
use cudarc::nvrtc::{CompileOptions, compile_ptx_with_opts};

use crate::training::engines::cuda::error::CudaError;

const SOURCE: &str = include_str!("kernels.cu");
const KERNELS: [&str; 12] = [
    "leave_out",
    "spread_rows",
    "begin_window",
    "cell_forward",
    "cell_backward",
    "rectify",
    "rectify_backward",
    "lose",
    "sum_losses",
    "sum_squares",
    "norm_of",
    "adamw",
];
/// Threads in a block.
const BLOCK: usize = 256;
/// Workspace of cuBLAS.
const WORKSPACE_BYTES: usize = 32 << 20;

/// Precision of matrix products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// f32, as on the processor.
    Full,
    /// Factors rounded to 10 bits of mantissa (tf32), sums in f32.
    Tensor,
}

/// A GPU with the kernels loaded.
pub(super) struct Device {
    stream: Arc<CudaStream>,
    blas: CudaBlas,
    kernels: HashMap<&'static str, CudaFunction>,
    compute: blas_sys::cublasComputeType_t,
    workspace: CudaSlice<u8>,
}

/// Memory on the device.
pub(super) struct Buffer<T>(CudaSlice<T>);

/// An address on the device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address(u64);

/// An argument of a kernel.
#[derive(Debug, Clone, Copy)]
pub(super) enum Argument {
    Address(Address),
    Whole(i32),
    Real(f32),
}

/// A row-major matrix on the device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matrix {
    begin: Address,
    /// Values between the starts of two rows.
    stride: usize,
    is_transposed: bool,
}

impl Address {
    /// The address `n_values` values of four bytes further on.
    pub(super) fn plus(self, n_values: usize) -> Self {
        Self(self.0 + 4 * n_values as u64)
    }
}

impl Matrix {
    pub(super) fn new(begin: Address, stride: usize) -> Self {
        Self { begin, stride, is_transposed: false }
    }

    /// The transposed matrix.
    pub(super) fn transposed(self) -> Self {
        Self { is_transposed: !self.is_transposed, ..self }
    }
}

impl<T> Buffer<T> {
    pub(super) fn address(&self, device: &Device) -> Address {
        use cudarc::driver::DevicePtr;
        Address(self.0.device_ptr(&device.stream).0)
    }
}

impl From<Address> for Argument {
    fn from(address: Address) -> Self {
        Self::Address(address)
    }
}

impl From<usize> for Argument {
    fn from(whole: usize) -> Self {
        Self::Whole(whole as i32)
    }
}

impl From<f32> for Argument {
    fn from(real: f32) -> Self {
        Self::Real(real)
    }
}

impl Device {
    /// Opens the first GPU and compiles the kernels for it.
    ///
    /// # Errors
    /// If there is no GPU, or CUDA's libraries are not found.
    pub(super) fn open(precision: Precision) -> Result<Self, CudaError> {
        // Checked first, since cudarc panics on the first use of a missing library.
        #[allow(unsafe_code, reason = "opening a library runs its initialisers")]
        // SAFETY: these are NVIDIA's libraries, whose initialisers have no preconditions.
        let found = unsafe {
            [
                ("the NVIDIA driver", sys::is_culib_present()),
                ("NVRTC", cudarc::nvrtc::sys::is_culib_present()),
                ("cuBLAS", blas_sys::is_culib_present()),
            ]
        };
        if let Some((library, _)) = found.iter().find(|(_, is_present)| !is_present) {
            return Err(CudaError::Missing(library));
        }
        let context = CudaContext::new(0)?;
        #[allow(unsafe_code, reason = "events between streams are of no use to a single stream")]
        // SAFETY: every use of the device's memory is queued on one stream, in order.
        unsafe {
            context.disable_event_tracking();
        }
        let (major, minor) = context.compute_capability()?;
        let options = CompileOptions {
            options: vec![format!("--gpu-architecture=compute_{major}{minor}"), "--std=c++17".into()],
            ..CompileOptions::default()
        };
        let module = context.load_module(compile_ptx_with_opts(SOURCE, options)?)?;
        let kernels = KERNELS
            .into_iter()
            .map(|name| Ok((name, module.load_function(name)?)))
            .collect::<Result<_, CudaError>>()?;
        let stream = context.new_stream()?;
        let blas = CudaBlas::new(Arc::clone(&stream))?;
        let workspace = stream.alloc_zeros::<u8>(WORKSPACE_BYTES)?;
        let device = Self {
            compute: match precision {
                Precision::Full => blas_sys::cublasComputeType_t::CUBLAS_COMPUTE_32F,
                Precision::Tensor => blas_sys::cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_TF32,
            },
            stream,
            blas,
            kernels,
            workspace,
        };
        device.use_workspace()?;
        Ok(device)
    }

    /// Gives cuBLAS its workspace, so that it allocates nothing while a graph is recorded.
    fn use_workspace(&self) -> Result<(), CudaError> {
        use cudarc::driver::DevicePtr;
        let begin = self.workspace.device_ptr(&self.stream).0;
        #[allow(unsafe_code, reason = "cudarc has no safe call for it")]
        // SAFETY: the buffer is of this size and lives as long as the handle.
        unsafe {
            blas_sys::cublasSetWorkspace_v2(*self.blas.handle(), begin as *mut _, WORKSPACE_BYTES)
                .result()?;
        }
        Ok(())
    }

    /// The GPU's name.
    pub(super) fn name(&self) -> Result<String, CudaError> {
        Ok(self.stream.context().name()?)
    }

    /// Allocates memory filled with zeros.
    pub(super) fn zeros<T: DeviceRepr + ValidAsZeroBits>(
        &self,
        length: usize,
    ) -> Result<Buffer<T>, CudaError> {
        Ok(Buffer(self.stream.alloc_zeros(length.max(1))?))
    }

    /// Copies to the start of `buffer`, which is reallocated if it is too short.
    pub(super) fn upload<T: DeviceRepr + ValidAsZeroBits>(
        &self,
        values: &[T],
        buffer: &mut Buffer<T>,
    ) -> Result<(), CudaError> {
        if buffer.0.len() < values.len() {
            *buffer = self.zeros(values.len().next_power_of_two())?;
        }
        if !values.is_empty() {
            self.stream.memcpy_htod(values, &mut buffer.0)?;
        }
        Ok(())
    }

    /// Copies all of `buffer` back, after everything queued before.
    pub(super) fn download<T: DeviceRepr>(&self, buffer: &Buffer<T>) -> Result<Vec<T>, CudaError> {
        let values = self.stream.clone_dtoh(&buffer.0)?;
        self.stream.synchronize()?;
        Ok(values)
    }

    /// Copies to `buffer`, starting at its value `begin`.
    pub(super) fn upload_at<T: DeviceRepr>(
        &self,
        values: &[T],
        buffer: &mut Buffer<T>,
        begin: usize,
    ) -> Result<(), CudaError> {
        let mut part = buffer.0.slice_mut(begin..begin + values.len());
        Ok(self.stream.memcpy_htod(values, &mut part)?)
    }

    /// Copies a part of `buffer` back, after everything queued before.
    pub(super) fn download_part<T: DeviceRepr>(
        &self,
        buffer: &Buffer<T>,
        part: Range<usize>,
    ) -> Result<Vec<T>, CudaError> {
        let values = self.stream.clone_dtoh(&buffer.0.slice(part))?;
        self.stream.synchronize()?;
        Ok(values)
    }

    /// Fills `buffer` with zeros.
    pub(super) fn clear<T: DeviceRepr + ValidAsZeroBits>(
        &self,
        buffer: &mut Buffer<T>,
    ) -> Result<(), CudaError> {
        Ok(self.stream.memset_zeros(&mut buffer.0)?)
    }

    /// Queues a kernel on at least `n_threads` threads, in blocks of 256.
    ///
    /// The arguments must match the kernel in `kernels.cu`, and every address must be inside its buffer for the given
    /// sizes.
    pub(super) fn launch(
        &self,
        kernel: &'static str,
        n_threads: usize,
        arguments: &[Argument],
    ) -> Result<(), CudaError> {
        let function = self.kernels.get(kernel).ok_or(CudaError::Missing(kernel))?;
        let mut launch = self.stream.launch_builder(function);
        for argument in arguments {
            match argument {
                Argument::Address(Address(address)) => launch.arg(address),
                Argument::Whole(whole) => launch.arg(whole),
                Argument::Real(real) => launch.arg(real),
            };
        }
        let config = LaunchConfig {
            grid_dim: (n_threads.div_ceil(BLOCK).max(1) as u32, 1, 1),
            block_dim: (BLOCK as u32, 1, 1),
            shared_mem_bytes: 0,
        };
        #[allow(unsafe_code, reason = "a kernel reads and writes through raw addresses")]
        // SAFETY: `pass.rs` gives each kernel buffers and sizes that were allocated together.
        unsafe {
            launch.launch(config)?;
        }
        Ok(())
    }

    /// Queues `out = a · b`, or `out += a · b`; `a` is `[rows, inner]`, `b` is `[inner, columns]`.
    pub(super) fn multiply(
        &self,
        a: Matrix,
        b: Matrix,
        out: Matrix,
        [rows, inner, columns]: [usize; 3],
        is_added: bool,
    ) -> Result<(), CudaError> {
        let operation = |matrix: Matrix| {
            if matrix.is_transposed {
                blas_sys::cublasOperation_t::CUBLAS_OP_T
            } else {
                blas_sys::cublasOperation_t::CUBLAS_OP_N
            }
        };
        let (alpha, beta) = (1.0_f32, if is_added { 1.0_f32 } else { 0.0 });
        let real = blas_sys::cudaDataType_t::CUDA_R_32F;
        #[allow(unsafe_code, reason = "cuBLAS reads and writes through raw addresses")]
        // SAFETY: as for `launch`; alpha and beta outlive the call, which copies them.
        unsafe {
            // cuBLAS is column-major: our rows are its columns, so it computes the transpose, bᵀ · aᵀ.
            blas::gemm_ex(
                *self.blas.handle(),
                operation(b),
                operation(a),
                columns as c_int,
                rows as c_int,
                inner as c_int,
                (&raw const alpha).cast(),
                b.begin.0 as *const _,
                real,
                b.stride as c_int,
                a.begin.0 as *const _,
                real,
                a.stride as c_int,
                (&raw const beta).cast(),
                out.begin.0 as *mut _,
                real,
                out.stride as c_int,
                self.compute,
                blas_sys::cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT,
            )?;
        }
        Ok(())
    }

    /// Records the work that `queue` queues as a graph, to be replayed in one launch.
    pub(super) fn record(
        &self,
        queue: impl FnOnce() -> Result<(), CudaError>,
    ) -> Result<CudaGraph, CudaError> {
        self.stream.begin_capture(sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)?;
        let queued = queue();
        let graph = self.stream.end_capture(sys::CUgraphInstantiate_flags(0));
        queued?;
        graph?.ok_or(CudaError::Missing("a recorded graph"))
    }
}
