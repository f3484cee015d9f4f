//! A matrix in a slice.

use std::ops::Range;

/// A matrix in a slice: `rows × columns`, element (r, c) at `r * row_stride + c * column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    row_stride: usize,
    pub(super) column_stride: usize,
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

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Some columns of a row, where rows are contiguous.
    pub(super) fn row(&self, row: usize, columns: &Range<usize>) -> &'a [f32] {
        let begin = row * self.row_stride;
        &self.data[begin + columns.start..begin + columns.end]
    }
}
