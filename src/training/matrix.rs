//! Matrix products for training, in blocks that stay in the caches and tiles that stay in registers.
//!
//! Written here rather than taken from a library because the recurrence multiplies a few rows by the same
//! weights at every step: a [`Packed`] factor is laid out once and used many times.

/// A matrix in a slice: `rows × columns`, element (r, c) at `r * row_stride + c * column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// A row-major matrix that fills `data`.
    pub(crate) fn new(data: &'a [f32], columns: usize) -> Self {
        Self::strided(data, columns, columns)
    }

    /// The first `columns` of each `stride` values.
    pub(crate) fn strided(data: &'a [f32], columns: usize, stride: usize) -> Self {
        let rows = (data.len() + stride - columns) / stride;
        Self { data, rows, columns, row_stride: stride, column_stride: 1 }
    }

    /// Rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Lays out rows `begin..` of the block `inner` of columns as `[inner][TILE_ROWS]`, zero-padded.
    fn pack_rows(&self, begin: usize, inner: std::ops::Range<usize>, tile: &mut [[f32; TILE_ROWS]]) {
        let height = TILE_ROWS.min(self.rows - begin);
        for (column, values) in inner.zip(tile) {
            let first = begin * self.row_stride + column * self.column_stride;
            for (row, value) in values.iter_mut().enumerate() {
                *value = if row < height { self.data[first + row * self.row_stride] } else { 0.0 };
            }
        }
    }

    /// Lays out columns `begin..` of the block `inner` of rows as `[inner][TILE_COLUMNS]`, zero-padded.
    fn pack_columns(&self, begin: usize, inner: std::ops::Range<usize>, panel: &mut [[f32; TILE_COLUMNS]]) {
        let width = TILE_COLUMNS.min(self.columns - begin);
        for (row, line) in inner.zip(panel) {
            let first = row * self.row_stride + begin * self.column_stride;
            if self.column_stride == 1 {
                line[..width].copy_from_slice(&self.data[first..first + width]);
            } else {
                for (column, value) in line[..width].iter_mut().enumerate() {
                    *value = self.data[first + column * self.column_stride];
                }
            }
            line[width..].fill(0.0);
        }
    }
}

/// Rows of the left factor that a kernel works on at a time.
const TILE_ROWS: usize = 8;
/// Columns of the right factor that a kernel works on at a time.
const TILE_COLUMNS: usize = 32;
/// Inner dimension of a block: a panel of it fits the first-level cache.
const BLOCK: usize = 256;

/// Buffers that products reuse.
#[derive(Default)]
pub(crate) struct Scratch {
    tiles: Vec<[f32; TILE_ROWS]>,
    panel: Vec<[f32; TILE_COLUMNS]>,
}

impl Scratch {
    /// `out += a · b`, `out` row-major with `stride` values from row to row.
    pub(crate) fn add_product(&mut self, out: &mut [f32], stride: usize, a: View<'_>, b: View<'_>) {
        let n_tiles = a.rows.div_ceil(TILE_ROWS);
        for inner in (0..a.columns).step_by(BLOCK).map(|begin| begin..(begin + BLOCK).min(a.columns)) {
            let depth = inner.len();
            self.tiles.resize(n_tiles * depth, [0.0; TILE_ROWS]);
            self.panel.resize(depth, [0.0; TILE_COLUMNS]);
            for (tile_idx, tile) in self.tiles.chunks_exact_mut(depth).enumerate() {
                a.pack_rows(tile_idx * TILE_ROWS, inner.clone(), tile);
            }
            for column in (0..b.columns).step_by(TILE_COLUMNS) {
                b.pack_columns(column, inner.clone(), &mut self.panel);
                let width = TILE_COLUMNS.min(b.columns - column);
                for (tile_idx, tile) in self.tiles.chunks_exact(depth).enumerate() {
                    let row = tile_idx * TILE_ROWS;
                    let height = TILE_ROWS.min(a.rows - row);
                    add_tile(tile, &self.panel, &mut out[row * stride + column..], stride, height, width);
                }
            }
        }
    }
}

/// The right factor of many products, laid out once so that each product reads it front to back.
#[derive(Default)]
pub(crate) struct Packed {
    /// `[panels][inner]`.
    panels: Vec<[f32; TILE_COLUMNS]>,
    inner: usize,
    columns: usize,
}

impl Packed {
    /// Lays out `matrix`, reusing the buffer.
    pub(crate) fn pack(&mut self, matrix: View<'_>) {
        (self.inner, self.columns) = (matrix.rows, matrix.columns);
        let n_panels = matrix.columns.div_ceil(TILE_COLUMNS);
        self.panels.resize(n_panels * matrix.rows, [0.0; TILE_COLUMNS]);
        for (panel_idx, panel) in self.panels.chunks_exact_mut(matrix.rows).enumerate() {
            matrix.pack_columns(panel_idx * TILE_COLUMNS, 0..matrix.rows, panel);
        }
    }

    /// `out += left · self`; `left` is `[rows, inner]`, `out` is `[rows, columns]`, both row-major and full.
    pub(crate) fn add_product(&self, left: &[f32], out: &mut [f32], scratch: &mut Scratch) {
        let left = View::new(left, self.inner);
        scratch.tiles.resize(left.rows.div_ceil(TILE_ROWS) * self.inner, [0.0; TILE_ROWS]);
        for (tile_idx, tile) in scratch.tiles.chunks_exact_mut(self.inner).enumerate() {
            left.pack_rows(tile_idx * TILE_ROWS, 0..self.inner, tile);
        }
        for (panel_idx, panel) in self.panels.chunks_exact(self.inner).enumerate() {
            let column = panel_idx * TILE_COLUMNS;
            let width = TILE_COLUMNS.min(self.columns - column);
            for (tile_idx, tile) in scratch.tiles.chunks_exact(self.inner).enumerate() {
                let row = tile_idx * TILE_ROWS;
                let height = TILE_ROWS.min(left.rows - row);
                let out = &mut out[row * self.columns + column..];
                add_tile(tile, panel, out, self.columns, height, width);
            }
        }
    }
}

/// Adds one tile's product to `height × width` values of `out`.
fn add_tile(
    left: &[[f32; TILE_ROWS]],
    panel: &[[f32; TILE_COLUMNS]],
    out: &mut [f32],
    stride: usize,
    height: usize,
    width: usize,
) {
    let mut sums = [[0.0_f32; TILE_COLUMNS]; TILE_ROWS];
    kernel::multiply(left, panel, &mut sums);
    for (row, sums) in sums[..height].iter().enumerate() {
        for (value, sum) in out[row * stride..][..width].iter_mut().zip(sums) {
            *value += sum;
        }
    }
}

/// The innermost loops, one for each kind of processor.
mod kernel {
    use crate::training::matrix::{TILE_COLUMNS, TILE_ROWS};

    type Tile = [[f32; TILE_COLUMNS]; TILE_ROWS];

    /// `sums = leftᵀ · panel`.
    pub(super) fn multiply(left: &[[f32; TILE_ROWS]], panel: &[[f32; TILE_COLUMNS]], sums: &mut Tile) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512F, as was just asked.
            #[allow(unsafe_code, reason = "the only way to call code for a processor found at run time")]
            return unsafe { multiply_avx512(left, panel, sums) };
        }
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: the processor has AVX2 and FMA, as was just asked.
            #[allow(unsafe_code, reason = "the only way to call code for a processor found at run time")]
            return unsafe { multiply_avx2(left, panel, sums) };
        }
        multiply_portable(left, panel, sums);
    }

    /// Plain loops; vectorised by the compiler for what every processor of its kind has (SSE2, NEON).
    pub(super) fn multiply_portable(left: &[[f32; TILE_ROWS]], panel: &[[f32; TILE_COLUMNS]], sums: &mut Tile) {
        const WIDTH: usize = 8;
        for row in 0..TILE_ROWS {
            for begin in (0..TILE_COLUMNS).step_by(WIDTH) {
                let mut sum = [0.0_f32; WIDTH];
                for (values, line) in left.iter().zip(panel) {
                    let value = values[row];
                    for (sum, factor) in sum.iter_mut().zip(&line[begin..begin + WIDTH]) {
                        *sum += value * factor;
                    }
                }
                sums[row][begin..begin + WIDTH].copy_from_slice(&sum);
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    fn multiply_avx512(left: &[[f32; TILE_ROWS]], panel: &[[f32; TILE_COLUMNS]], sums: &mut Tile) {
        use std::arch::x86_64::{__m512, _mm512_fmadd_ps, _mm512_set1_ps, _mm512_setzero_ps};
        let mut tile = [[_mm512_setzero_ps(); 2]; TILE_ROWS];
        // Indices, not iterators: those are not inlined into code for another processor, and the sums
        // would leave their registers.
        let mut idx = 0;
        while idx < left.len() && idx < panel.len() {
            let values = &left[idx];
            let [low, high]: [__m512; 2] = to_vectors(panel[idx]);
            let mut row = 0;
            while row < TILE_ROWS {
                let value = _mm512_set1_ps(values[row]);
                tile[row][0] = _mm512_fmadd_ps(value, low, tile[row][0]);
                tile[row][1] = _mm512_fmadd_ps(value, high, tile[row][1]);
                row += 1;
            }
            idx += 1;
        }
        *sums = to_vectors(tile);
    }

    /// Four rows and sixteen columns at a time: eight of the sixteen registers hold sums.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn multiply_avx2(left: &[[f32; TILE_ROWS]], panel: &[[f32; TILE_COLUMNS]], sums: &mut Tile) {
        use std::arch::x86_64::{__m256, _mm256_fmadd_ps, _mm256_set1_ps, _mm256_setzero_ps};
        let mut first = 0;
        while first < TILE_ROWS {
            let mut half = 0;
            while half < 2 {
                let mut tile = [[_mm256_setzero_ps(); 2]; 4];
                let mut idx = 0;
                while idx < left.len() && idx < panel.len() {
                    let values = &left[idx];
                    let halves: [[__m256; 2]; 2] = to_vectors(panel[idx]);
                    let [low, high] = halves[half];
                    let mut row = 0;
                    while row < 4 {
                        let value = _mm256_set1_ps(values[first + row]);
                        tile[row][0] = _mm256_fmadd_ps(value, low, tile[row][0]);
                        tile[row][1] = _mm256_fmadd_ps(value, high, tile[row][1]);
                        row += 1;
                    }
                    idx += 1;
                }
                let values: [[f32; 16]; 4] = to_vectors(tile);
                let mut row = 0;
                while row < 4 {
                    sums[first + row][half * 16..half * 16 + 16].copy_from_slice(&values[row]);
                    row += 1;
                }
                half += 1;
            }
            first += 4;
        }
    }

    /// Reads the bits of floats as vectors of floats, or back.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "must become part of code for another processor")]
    #[allow(unsafe_code, reason = "vectors have no safe conversion from arrays")]
    fn to_vectors<A: Copy, B: Copy>(floats: A) -> B {
        const { assert!(size_of::<A>() == size_of::<B>()) };
        // SAFETY: both are plain f32 in a row, of the same size; every bit pattern is valid for both.
        unsafe { std::mem::transmute_copy(&floats) }
    }
}

#[cfg(test)]
mod tests {
    use crate::training::matrix::{Packed, Scratch, TILE_COLUMNS, TILE_ROWS, View, kernel};

    fn numbers(length: usize, seed: usize) -> Vec<f32> {
        (0..length).map(|idx| ((idx * 37 + seed * 11) % 17) as f32 - 8.0).collect()
    }

    #[test]
    fn packed_and_unpacked_products_agree_with_the_definition_at_odd_sizes() {
        for (rows, inner, columns) in [(1, 1, 1), (3, 5, 7), (8, 32, 32), (13, 31, 70), (17, 600, 33)] {
            let (a, b) = (numbers(rows * inner, 1), numbers(inner * columns, 2));
            let mut expected = numbers(rows * columns, 3);
            let (mut plain, mut packed) = (expected.clone(), expected.clone());
            for row in 0..rows {
                for column in 0..columns {
                    for idx in 0..inner {
                        expected[row * columns + column] += a[row * inner + idx] * b[idx * columns + column];
                    }
                }
            }
            let mut scratch = Scratch::default();
            scratch.add_product(&mut plain, columns, View::new(&a, inner), View::new(&b, columns));
            let mut factor = Packed::default();
            factor.pack(View::new(&b, columns));
            factor.add_product(&a, &mut packed, &mut scratch);
            assert_eq!(plain, expected, "{rows} {inner} {columns}");
            assert_eq!(packed, expected, "{rows} {inner} {columns}");
        }
    }

    #[test]
    fn the_kernel_of_this_processor_agrees_with_the_portable_one() {
        let left: Vec<[f32; TILE_ROWS]> = numbers(TILE_ROWS * 40, 1).as_chunks().0.to_vec();
        let panel: Vec<[f32; TILE_COLUMNS]> = numbers(TILE_COLUMNS * 40, 2).as_chunks().0.to_vec();
        let mut sums = [[[0.0; TILE_COLUMNS]; TILE_ROWS]; 2];
        let [own, portable] = &mut sums;
        kernel::multiply(&left, &panel, own);
        kernel::multiply_portable(&left, &panel, portable);
        assert_eq!(own, portable);
    }
}
