//! Matrix products for training: the gemm crate's for large ones, packed weights for the recurrence.
#![allow(unsafe_code, reason = "gemm's entry point takes pointers; the views here check what it is told")]

use multiversion::multiversion;

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

    fn last_index(&self) -> usize {
        (self.rows.max(1) - 1) * self.row_stride + (self.columns.max(1) - 1) * self.column_stride
    }
}

/// `out += a · b`, `out` row-major with `stride` values from row to row.
///
/// # Panics
/// If the shapes disagree or a matrix does not fit its slice; both are mistakes of the caller.
pub(crate) fn add_product(out: &mut [f32], stride: usize, a: View<'_>, b: View<'_>) {
    let (rows, columns) = (a.rows, b.columns);
    if rows == 0 || columns == 0 || a.columns == 0 {
        return;
    }
    assert!(a.columns == b.rows && columns <= stride, "shapes disagree");
    assert!((rows - 1) * stride + columns <= out.len(), "the product does not fit");
    assert!(a.last_index() < a.data.len() && b.last_index() < b.data.len(), "a factor does not fit");
    // SAFETY: all three matrices lie inside their slices, as asserted above; `out` is borrowed mutably, so
    // it overlaps neither factor; f32 has no invalid values.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            stride as isize,
            true,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Rows of the left factor that a kernel works on at a time.
const TILE_ROWS: usize = 8;
/// Columns of the right factor that a kernel works on at a time.
const TILE_COLUMNS: usize = 32;

/// The right factor of many products, laid out once so that each product reads it front to back.
#[derive(Default)]
pub(crate) struct Packed {
    /// `[panels][inner][TILE_COLUMNS]`, zero-padded.
    panels: Vec<f32>,
    inner: usize,
    columns: usize,
}

impl Packed {
    /// Lays out `matrix`, reusing the buffer.
    pub(crate) fn pack(&mut self, matrix: View<'_>) {
        (self.inner, self.columns) = (matrix.rows, matrix.columns);
        let n_panels = matrix.columns.div_ceil(TILE_COLUMNS);
        self.panels.clear();
        self.panels.resize(n_panels * matrix.rows * TILE_COLUMNS, 0.0);
        for (panel_idx, panel) in self.panels.chunks_exact_mut(matrix.rows * TILE_COLUMNS).enumerate() {
            let begin = panel_idx * TILE_COLUMNS;
            let width = TILE_COLUMNS.min(matrix.columns - begin);
            for (row, line) in panel.chunks_exact_mut(TILE_COLUMNS).enumerate() {
                for (column, value) in line[..width].iter_mut().enumerate() {
                    *value = matrix.data[row * matrix.row_stride + (begin + column) * matrix.column_stride];
                }
            }
        }
    }

    /// `out += left · self`; `left` is `[rows, inner]`, `out` is `[rows, columns]`, both row-major and full.
    /// `scratch` is a buffer to reuse.
    pub(crate) fn add_product(&self, left: &[f32], out: &mut [f32], scratch: &mut Vec<f32>) {
        let n_rows = left.len() / self.inner;
        scratch.resize(self.inner * TILE_ROWS, 0.0);
        for first in (0..n_rows).step_by(TILE_ROWS) {
            let height = TILE_ROWS.min(n_rows - first);
            let rows = &left[first * self.inner..(first + height) * self.inner];
            for (column, values) in scratch.as_chunks_mut::<TILE_ROWS>().0.iter_mut().enumerate() {
                for (row, value) in values[..height].iter_mut().enumerate() {
                    *value = rows[row * self.inner + column];
                }
                values[height..].fill(0.0);
            }
            let out = &mut out[first * self.columns..(first + height) * self.columns];
            for (panel_idx, panel) in self.panels.chunks_exact(self.inner * TILE_COLUMNS).enumerate() {
                add_tile(scratch, panel, out, self.columns, panel_idx * TILE_COLUMNS);
            }
        }
    }
}

/// One tile: sums stay in registers over the whole inner dimension.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn add_tile(left: &[f32], panel: &[f32], out: &mut [f32], stride: usize, column: usize) {
    let mut sums = [[0.0_f32; TILE_COLUMNS]; TILE_ROWS];
    for (values, line) in left.as_chunks::<TILE_ROWS>().0.iter().zip(panel.as_chunks::<TILE_COLUMNS>().0) {
        for row in 0..TILE_ROWS {
            for lane in 0..TILE_COLUMNS {
                sums[row][lane] = values[row].mul_add(line[lane], sums[row][lane]);
            }
        }
    }
    for (row, sums) in out.chunks_mut(stride).zip(sums) {
        for (value, sum) in row[column..].iter_mut().zip(sums) {
            *value += sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::training::matrix::{Packed, View, add_product};

    fn numbers(length: usize, seed: usize) -> Vec<f32> {
        (0..length).map(|idx| ((idx * 37 + seed * 11) % 17) as f32 - 8.0).collect()
    }

    #[test]
    fn packed_and_unpacked_products_agree_with_the_definition_at_odd_sizes() {
        for (rows, inner, columns) in [(1, 1, 1), (3, 5, 7), (8, 32, 32), (13, 31, 70), (17, 64, 33)] {
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
            add_product(&mut plain, columns, View::new(&a, inner), View::new(&b, columns));
            let mut factor = Packed::default();
            factor.pack(View::new(&b, columns));
            factor.add_product(&a, &mut packed, &mut Vec::new());
            assert_eq!(plain, expected, "{rows} {inner} {columns}");
            assert_eq!(packed, expected, "{rows} {inner} {columns}");
        }
    }
}
