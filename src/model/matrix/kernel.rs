//! The innermost loops of a product: up to eight rows times 48 columns, one for each kind of processor.
//!
//! All loops over f32 add up the products of one element in the same order with one rounding each (fused
//! multiply-add), so AVX-512, AVX2 and NEON give the same bits; an x86 processor without FMA rounds twice.

use crate::model::simd::Products;
#[cfg(target_arch = "x86_64")]
use crate::model::simd::Simd;

/// 32 bits of a factor: one f32, or two bf16 that follow each other along the inner dimension, the first in the
/// lower half.
pub(super) type Word = u32;

/// Rows of the left factor that are worked on at a time.
pub(super) const TILE_ROWS: usize = 8;
/// Columns of the right factor that are worked on at a time.
pub(super) const TILE_COLUMNS: usize = 48;

/// Bytes of a cache line: a third of a row of a panel.
#[cfg(target_arch = "x86_64")]
const CACHE_LINE: usize = 64;

/// The initial value that a product is added to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Init<'a> {
    /// The values of the output.
    Accumulate,
    /// Zero; the output is overwritten.
    Zero,
    /// This row, for each row of the output, which is overwritten.
    Bias(&'a [f32]),
}

/// One row of a panel of the right factor; its alignment keeps vectors from straddling cache lines.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct PanelRow(pub(super) [Word; TILE_COLUMNS]);

impl PanelRow {
    pub(super) const ZERO: Self = Self([0; TILE_COLUMNS]);
}

/// Rows of the left factor: word (row, inner) at `row * row_stride + inner * inner_stride`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left<'a> {
    pub(super) data: &'a [Word],
    pub(super) row_stride: usize,
    pub(super) inner_stride: usize,
}

/// Where a tile's product goes: `height` rows of `width` values, `stride` values from row to row.
pub(super) struct Place<'a> {
    pub(super) out: &'a mut [f32],
    pub(super) stride: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

/// The same by address, once every bound has been checked.
#[derive(Clone, Copy)]
struct Job {
    left: *const Word,
    row_stride: usize,
    inner_stride: usize,
    panel: *const Word,
    depth: usize,
    out: *mut f32,
    stride: usize,
    height: usize,
    width: usize,
    /// Null for zero; the output itself; or a row, with a stride of zero.
    init: *const f32,
    init_stride: usize,
    /// What is read soon: two lines of it are prefetched with each row of the panel. May be any address.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only prefetched on x86-64"))]
    ahead: *const i8,
}

/// Writes `init + left · panel` to one place in the output; meanwhile prefetches two cache lines from `ahead`
/// on for each row of the panel.
pub(super) fn multiply(
    products: Products,
    left: Left<'_>,
    panel: &[PanelRow],
    place: Place<'_>,
    init: Init<'_>,
    ahead: *const PanelRow,
) {
    let Place { out, stride, height, width } = place;
    let depth = panel.len();
    assert!((1..=TILE_ROWS).contains(&height) && (1..=TILE_COLUMNS).contains(&width) && depth > 0);
    assert!((height - 1) * stride + width <= out.len(), "the tile lies in the output");
    let last = (height - 1) * left.row_stride + (depth - 1) * left.inner_stride;
    assert!(last < left.data.len(), "the tile lies in the left factor");
    let out = out.as_mut_ptr();
    let (init, init_stride) = match init {
        Init::Accumulate => (out.cast_const(), stride),
        Init::Zero => (std::ptr::null(), 0),
        Init::Bias(row) => {
            assert!(width <= row.len(), "the row is as wide as the output");
            (row.as_ptr(), 0)
        }
    };
    let Left { data, row_stride, inner_stride } = left;
    let job = Job {
        left: data.as_ptr(),
        row_stride,
        inner_stride,
        panel: panel.as_ptr().cast(),
        depth,
        out,
        stride,
        height,
        width,
        init,
        init_stride,
        ahead: ahead.cast(),
    };
    #[allow(unsafe_code, reason = "the bounds were checked above, once a tile and not once a number")]
    match products {
        // SAFETY: every address that follows from the job lies in its slice, as was asserted; `Scratch::new`
        // asked the processor.
        #[cfg(target_arch = "x86_64")]
        Products::Bf16 => unsafe { x86::bf16(job) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Products::F32(Simd::Avx512 | Simd::Avx512Vnni) => unsafe { x86::avx512(job) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Products::F32(Simd::Avx2) => unsafe { x86::avx2(job) },
        // SAFETY: as above.
        _ => unsafe { portable::multiply(job) },
    }
}

/// Calls `$kernel::<ROWS>($job)` with the height as a constant, so that sums stay in registers.
macro_rules! by_height {
    ($height:expr, $kernel:ident, $job:expr, [$($rows:literal)+]) => {
        match $height {
            $($rows => $kernel::<$rows>($job),)+
            _ => {}
        }
    };
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, unsafe_op_in_unsafe_fn, reason = "vectors of a processor found at run time")]
mod x86 {
    use std::arch::x86_64::{
        __m256, __m512, __m512bh, __mmask16, _MM_HINT_T0, _MM_HINT_T1, _mm_prefetch, _mm256_add_ps,
        _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm512_add_ps,
        _mm512_dpbf16_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
        _mm512_set1_ps, _mm512_setzero_ps,
    };

    use crate::model::matrix::kernel::{CACHE_LINE, Job, TILE_COLUMNS};

    /// Three vectors a row: where another program runs on the same core, loads are the bottleneck, and there are
    /// fewer of them for each product than with two.
    macro_rules! avx512_kernel {
        ($(#[$doc:meta])* $kernel:ident, $rows:ident, $tile:ident, $features:literal, $multiply_add:ident) => {
            $(#[$doc])*
            #[target_feature(enable = $features)]
            pub(super) unsafe fn $kernel(job: Job) {
                by_height!(job.height, $rows, job, [1 2 3 4 5 6 7 8]);
            }

            #[target_feature(enable = $features)]
            unsafe fn $rows<const ROWS: usize>(job: Job) {
                match job.width.div_ceil(16) {
                    3.. => $tile::<ROWS, 3>(job),
                    2 => $tile::<ROWS, 2>(job),
                    _ => $tile::<ROWS, 1>(job),
                }
            }

            #[target_feature(enable = $features)]
            unsafe fn $tile<const ROWS: usize, const VECTORS: usize>(job: Job) {
                let mut sums = [[_mm512_setzero_ps(); VECTORS]; ROWS];
                // The output is prefetched while the products are added up.
                let mut row = 0;
                while row < ROWS {
                    let out: *const i8 = job.out.wrapping_add(row * job.stride).cast_const().cast();
                    let mut vector = 0;
                    while vector < VECTORS {
                        _mm_prefetch::<_MM_HINT_T0>(out.wrapping_add(vector * CACHE_LINE));
                        vector += 1;
                    }
                    _mm_prefetch::<_MM_HINT_T0>(out.wrapping_add(VECTORS * CACHE_LINE - 4));
                    row += 1;
                }
                let (mut left, mut panel, mut ahead) = (job.left, job.panel, job.ahead);
                let offsets = offsets::<ROWS>(job.row_stride);
                // Indices, not iterators: those are not inlined into code for another processor, and the sums
                // would leave their registers.
                let mut idx = 0;
                while idx < job.depth {
                    _mm_prefetch::<_MM_HINT_T1>(ahead);
                    _mm_prefetch::<_MM_HINT_T1>(ahead.wrapping_add(CACHE_LINE));
                    let mut factors = [_mm512_setzero_ps(); VECTORS];
                    let mut vector = 0;
                    while vector < VECTORS {
                        factors[vector] = _mm512_loadu_ps(panel.add(16 * vector).cast());
                        vector += 1;
                    }
                    let mut row = 0;
                    while row < ROWS {
                        let value = _mm512_set1_ps(*left.add(offsets[row]).cast());
                        let mut vector = 0;
                        while vector < VECTORS {
                            sums[row][vector] = $multiply_add(value, factors[vector], sums[row][vector]);
                            vector += 1;
                        }
                        row += 1;
                    }
                    // May point past the end after the last iteration, where it is not read.
                    left = left.wrapping_add(job.inner_stride);
                    panel = panel.add(TILE_COLUMNS);
                    ahead = ahead.wrapping_add(2 * CACHE_LINE);
                    idx += 1;
                }
                let mut row = 0;
                while row < ROWS {
                    let mut vector = 0;
                    while vector < VECTORS {
                        let mask = mask(job.width - 16 * vector);
                        let mut sum = sums[row][vector];
                        if !job.init.is_null() {
                            let init = job.init.wrapping_add(row * job.init_stride + vector * 16);
                            sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, init), sum);
                        }
                        let out = job.out.wrapping_add(row * job.stride + vector * 16);
                        _mm512_mask_storeu_ps(out, mask, sum);
                        vector += 1;
                    }
                    row += 1;
                }
            }
        };
    }

    avx512_kernel! {
        /// # Safety
        /// The processor has AVX-512F, and every address of the job is valid.
        avx512, avx512_rows, avx512_tile, "avx512f", _mm512_fmadd_ps
    }

    avx512_kernel! {
        /// # Safety
        /// The processor has AVX-512F and AVX-512BF16, and every address of the job is valid.
        bf16, bf16_rows, bf16_tile, "avx512f,avx512bf16", multiply_add_bf16
    }

    /// `sum + a · b`, where each f32 of the factors is the bits of two bf16.
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn multiply_add_bf16(a: __m512, b: __m512, sum: __m512) -> __m512 {
        // SAFETY: 512 bits are 512 bits.
        let (a, b) = unsafe {
            (std::mem::transmute::<__m512, __m512bh>(a), std::mem::transmute::<__m512, __m512bh>(b))
        };
        _mm512_dpbf16_ps(sum, a, b)
    }

    /// Where each row begins. Hidden from the optimiser, which would turn addresses that do not depend on
    /// each other into a chain of additions, as long as the products themselves take.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "must become part of code for another processor")]
    fn offsets<const ROWS: usize>(stride: usize) -> [usize; ROWS] {
        let mut offsets = [0; ROWS];
        let mut row = 0;
        while row < ROWS {
            offsets[row] = row * stride;
            row += 1;
        }
        std::hint::black_box(offsets)
    }

    /// A bit for each of the first `width` of sixteen columns.
    fn mask(width: usize) -> __mmask16 {
        if width >= 16 { 0xffff } else { (1 << width) - 1 }
    }

    /// Four rows and sixteen columns at a time: eight of the sixteen registers hold sums.
    ///
    /// # Safety
    /// The processor has AVX2 and FMA, and every address of the job is valid.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn avx2(job: Job) {
        let mut row = 0;
        while row < job.height {
            let mut column = 0;
            while column < job.width {
                let part = job.part(row, column, 4, 16);
                by_height!(part.height, avx2_rows, part, [1 2 3 4]);
                column += 16;
            }
            row += 4;
        }
    }

    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2_rows<const ROWS: usize>(job: Job) {
        let mut sums = [[_mm256_setzero_ps(); 2]; ROWS];
        let (mut left, mut panel) = (job.left, job.panel);
        let offsets = offsets::<ROWS>(job.row_stride);
        let mut idx = 0;
        while idx < job.depth {
            let (low, high): (__m256, __m256) =
                (_mm256_loadu_ps(panel.cast()), _mm256_loadu_ps(panel.add(8).cast()));
            let mut row = 0;
            while row < ROWS {
                let value = _mm256_set1_ps(*left.add(offsets[row]).cast());
                sums[row][0] = _mm256_fmadd_ps(value, low, sums[row][0]);
                sums[row][1] = _mm256_fmadd_ps(value, high, sums[row][1]);
                row += 1;
            }
            left = left.wrapping_add(job.inner_stride);
            panel = panel.wrapping_add(TILE_COLUMNS);
            idx += 1;
        }
        let mut row = 0;
        while row < ROWS {
            if job.width == 16 {
                let mut half = 0;
                while half < 2 {
                    let mut sum = sums[row][half];
                    if !job.init.is_null() {
                        sum = _mm256_add_ps(
                            _mm256_loadu_ps(job.init.add(row * job.init_stride + half * 8)),
                            sum,
                        );
                    }
                    _mm256_storeu_ps(job.out.add(row * job.stride + half * 8), sum);
                    half += 1;
                }
            } else {
                let mut values = [0.0; 16];
                _mm256_storeu_ps(values.as_mut_ptr(), sums[row][0]);
                _mm256_storeu_ps(values.as_mut_ptr().add(8), sums[row][1]);
                job.write_row(row, &values);
            }
            row += 1;
        }
    }
}

#[allow(unsafe_code, reason = "addresses that `multiply` has checked")]
impl Job {
    /// The part of a job from `row` and `column` on, at most `rows` by `columns`.
    fn part(self, row: usize, column: usize, rows: usize, columns: usize) -> Self {
        Self {
            left: self.left.wrapping_add(row * self.row_stride),
            panel: self.panel.wrapping_add(column),
            out: self.out.wrapping_add(row * self.stride + column),
            init: if self.init.is_null() {
                self.init
            } else {
                self.init.wrapping_add(row * self.init_stride + column)
            },
            height: (self.height - row).min(rows),
            width: (self.width - column).min(columns),
            ..self
        }
    }

    /// Writes the sums of one row, no more than the width.
    ///
    /// # Safety
    /// Every address of the job is valid.
    unsafe fn write_row(&self, row: usize, sums: &[f32]) {
        for (column, sum) in sums[..self.width].iter().enumerate() {
            let init = if self.init.is_null() {
                0.0
            } else {
                // SAFETY: as the caller promises.
                unsafe { *self.init.add(row * self.init_stride + column) }
            };
            // SAFETY: as the caller promises.
            unsafe { *self.out.add(row * self.stride + column) = init + sum };
        }
    }
}

/// Plain loops; vectorised by the compiler for what every processor of its kind has.
#[allow(unsafe_code, unsafe_op_in_unsafe_fn, reason = "addresses that `multiply` has checked")]
mod portable {
    use crate::model::matrix::kernel::{Job, TILE_COLUMNS};

    /// NEON has 32 registers of four numbers, SSE2 half as many.
    const COLUMNS: usize = if cfg!(target_arch = "aarch64") { 16 } else { 8 };

    /// # Safety
    /// Every address of the job is valid.
    pub(super) unsafe fn multiply(job: Job) {
        for row in (0..job.height).step_by(4) {
            for column in (0..job.width).step_by(COLUMNS) {
                let part = job.part(row, column, 4, COLUMNS);
                by_height!(part.height, rows, part, [1 2 3 4]);
            }
        }
    }

    unsafe fn rows<const ROWS: usize>(job: Job) {
        let mut sums = [[0.0_f32; COLUMNS]; ROWS];
        for idx in 0..job.depth {
            let line: *const f32 = job.panel.add(idx * TILE_COLUMNS).cast();
            for (row, sums) in sums.iter_mut().enumerate() {
                let value: f32 = *job.left.add(idx * job.inner_stride + row * job.row_stride).cast();
                for (column, sum) in sums.iter_mut().enumerate() {
                    let factor = *line.add(column);
                    *sum = if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
                        value.mul_add(factor, *sum)
                    } else {
                        value * factor + *sum
                    };
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            job.write_row(row, sums);
        }
    }
}
