//! Factors as the kernel reads them: tiles and panels of words, each one f32 or two bf16.

use std::ops::Range;

use multiversion::multiversion;

use crate::model::matrix::kernel::{Left, PanelRow, TILE_COLUMNS, TILE_ROWS, Word};
use crate::model::matrix::view::View;
use crate::model::simd::Products;

/// Rows of a pair of tiles: as many as a cache line has words.
const PAIR_ROWS: usize = 2 * TILE_ROWS;

/// Rows that are multiplied by a panel before the next panel.
pub(super) const ROWS_A_PANEL: usize = 64;

/// Words of a column that are laid out at a time.
const COLUMN_PIECE: usize = 64;

/// A cache line.
#[derive(Debug, Clone, Copy, bytemuck::Zeroable, bytemuck::Pod)]
#[repr(C, align(64))]
struct Line([Word; PAIR_ROWS]);

/// Up to [`ROWS_A_PANEL`] rows of a block of a left factor.
#[derive(Default)]
pub(super) struct LeftRows {
    lines: Vec<Line>,
    /// Words of a row.
    n_words: usize,
    /// Whether rows lie side by side in pairs of tiles, `[pairs][words][PAIR_ROWS]`; else `[rows][words]`.
    is_paired: bool,
}

impl LeftRows {
    /// Lays out `rows` of the block `inner` of columns.
    pub(super) fn lay_out(
        &mut self,
        products: Products,
        matrix: View<'_>,
        rows: Range<usize>,
        inner: &Range<usize>,
    ) {
        self.n_words = products.n_words(inner.len());
        self.is_paired = matrix.column_stride != 1;
        if !self.is_paired {
            self.lines.resize((rows.len() * self.n_words).div_ceil(PAIR_ROWS), Line([0; PAIR_ROWS]));
            let words: &mut [Word] = bytemuck::cast_slice_mut(&mut self.lines);
            for (row, words) in rows.zip(words.chunks_exact_mut(self.n_words)) {
                lay_out(products, matrix.row(row, inner), words);
            }
            return;
        }
        self.lines.resize(rows.len().div_ceil(PAIR_ROWS) * self.n_words, Line([0; PAIR_ROWS]));
        let mut buffer = [0; ROWS_A_PANEL];
        for idx in 0..self.n_words {
            let words = interleaved(products, matrix.transposed(), &rows, inner, idx, &mut buffer);
            let mut lines = self.lines.iter_mut().skip(idx).step_by(self.n_words);
            let (whole, rest) = words.as_chunks::<PAIR_ROWS>();
            for words in whole {
                if let Some(Line(line)) = lines.next() {
                    *line = *words;
                }
            }
            if let Some(Line(line)) = lines.next() {
                line[..rest.len()].copy_from_slice(rest);
            }
        }
    }

    /// The `idx`th tile of the rows that were laid out.
    pub(super) fn tile(&self, idx: usize) -> Left<'_> {
        let words: &[Word] = bytemuck::cast_slice(&self.lines);
        if self.is_paired {
            let pair = &words[idx / 2 * self.n_words * PAIR_ROWS..][..self.n_words * PAIR_ROWS];
            return Left { data: &pair[idx % 2 * TILE_ROWS..], row_stride: 1, inner_stride: PAIR_ROWS };
        }
        Left { data: &words[idx * TILE_ROWS * self.n_words..], row_stride: self.n_words, inner_stride: 1 }
    }
}

/// Lays out columns `begin..` of the block `inner` of rows as `[words][TILE_COLUMNS]`, zero-padded.
pub(super) fn lay_out_panel(
    products: Products,
    matrix: View<'_>,
    begin: usize,
    inner: &Range<usize>,
    panel: &mut [PanelRow],
) {
    let columns = begin..(begin + TILE_COLUMNS).min(matrix.columns);
    if matrix.column_stride == 1 {
        let mut buffer = [0; ROWS_A_PANEL];
        for (idx, PanelRow(line)) in panel.iter_mut().enumerate() {
            let words = interleaved(products, matrix, &columns, inner, idx, &mut buffer);
            if let Ok(whole) = words.try_into() {
                *line = whole;
            } else {
                line[..words.len()].copy_from_slice(words);
                line[words.len()..].fill(0);
            }
        }
        return;
    }
    // Columns are contiguous: eight of them at a time, so that both sides stay in the first cache.
    let mut words = [0; COLUMN_PIECE];
    let numbers_a_word = if products == Products::Bf16 { 2 } else { 1 };
    for first_column in (0..TILE_COLUMNS).step_by(8) {
        for (piece, lines) in panel.chunks_mut(COLUMN_PIECE).enumerate() {
            let first = inner.start + piece * COLUMN_PIECE * numbers_a_word;
            let rows = first..(first + lines.len() * numbers_a_word).min(inner.end);
            for column in first_column..first_column + 8 {
                if begin + column < columns.end {
                    lay_out(
                        products,
                        matrix.transposed().row(begin + column, &rows),
                        &mut words[..lines.len()],
                    );
                } else {
                    words.fill(0);
                }
                for (PanelRow(line), word) in lines.iter_mut().zip(&words) {
                    line[column] = *word;
                }
            }
        }
    }
}

/// The `idx`th words of the block `inner` of rows of a matrix, in the columns `columns`.
fn interleaved<'a>(
    products: Products,
    matrix: View<'a>,
    columns: &Range<usize>,
    inner: &Range<usize>,
    idx: usize,
    buffer: &'a mut [Word; ROWS_A_PANEL],
) -> &'a [Word] {
    match products {
        Products::F32(_) => bytemuck::cast_slice(matrix.row(inner.start + idx, columns)),
        Products::Bf16 => {
            let row = inner.start + 2 * idx;
            let next = if row + 1 < inner.end { matrix.row(row + 1, columns) } else { &ZEROS };
            let words = &mut buffer[..columns.len()];
            join(matrix.row(row, columns), next, words);
            words
        }
    }
}

/// In place of the row after the last of an odd count.
static ZEROS: [f32; ROWS_A_PANEL] = [0.0; ROWS_A_PANEL];

/// Numbers that follow each other along the inner dimension.
fn lay_out(products: Products, values: &[f32], words: &mut [Word]) {
    match products {
        Products::F32(_) => words.copy_from_slice(bytemuck::cast_slice(values)),
        Products::Bf16 => {
            join_neighbours(values, words);
            if let ([.., last], 1) = (values, values.len() % 2) {
                words[values.len() / 2] = joined(*last, 0.0);
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn join(first: &[f32], second: &[f32], words: &mut [Word]) {
    for ((word, first), second) in words.iter_mut().zip(first).zip(second) {
        *word = joined(*first, *second);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn join_neighbours(values: &[f32], words: &mut [Word]) {
    for (word, [first, second]) in words.iter_mut().zip(values.as_chunks::<2>().0) {
        *word = joined(*first, *second);
    }
}

/// Two numbers rounded to the nearest bf16, ties to even.
#[allow(clippy::inline_always, reason = "must become part of a loop compiled for another processor")]
#[inline(always)]
fn joined(first: f32, second: f32) -> Word {
    let rounded = |value: f32| {
        let bits = value.to_bits();
        bits.wrapping_add(0x7fff + ((bits >> 16) & 1))
    };
    rounded(first) >> 16 | rounded(second) & 0xffff_0000
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use crate::model::matrix::layout::joined;

    #[test]
    fn numbers_are_rounded_to_bf16_as_its_definition_says() {
        let numbers = (0..100_000_u32).map(|idx| f32::from_bits(idx.wrapping_mul(0x9e37_79b9)));
        let special = [
            0.0,
            -0.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            f32::MIN_POSITIVE,
            1.003_906_3,
            1.011_718_8,
        ];
        for value in numbers.filter(|value| !value.is_nan()).chain(special) {
            let word = joined(value, -value);
            let (first, second) = (bf16::from_bits(word as u16), bf16::from_bits((word >> 16) as u16));
            let expected = (bf16::from_f32(value), bf16::from_f32(-value));
            assert!(
                (first, second) == expected || value.is_nan() && first.is_nan(),
                "{value}: {first} {second}"
            );
        }
    }
}
