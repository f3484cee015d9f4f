//! Products of matrices, in blocks that stay in the caches and tiles that stay in registers.

use std::ops::Range;

use crate::model::matrix::kernel::{self, Init, PanelRow, Place, TILE_COLUMNS, TILE_ROWS};
use crate::model::matrix::layout::{LeftRows, ROWS_A_PANEL, lay_out_panel};
use crate::model::matrix::view::View;
use crate::model::simd::Products;

/// Inner dimension of a block at most: the output is read and written once a block.
const BLOCK: usize = 512;

/// Computes products, and keeps the buffers for it.
pub(crate) struct Scratch {
    products: Products,
    left: LeftRows,
    panels: Vec<PanelRow>,
}

impl Scratch {
    /// For such products, which this processor must support.
    pub(crate) fn new(products: Products) -> Self {
        assert!(products.is_available(), "this processor has no {products:?}");
        Self { products, left: LeftRows::default(), panels: Vec::new() }
    }

    /// `out = init + a · b`, `out` row-major with `stride` values from row to row.
    pub(crate) fn product(
        &mut self,
        init: Init<'_>,
        out: &mut [f32],
        stride: usize,
        a: View<'_>,
        b: View<'_>,
    ) {
        self.products(init, a, [Factor { out, stride, b }]);
    }

    /// Several products with one left factor, which is laid out once for all of them.
    pub(crate) fn products<const N: usize>(
        &mut self,
        init: Init<'_>,
        a: View<'_>,
        mut factors: [Factor<'_>; N],
    ) {
        let mut init = init;
        for inner in blocks(a.columns) {
            let depth = self.products.n_words(inner.len());
            let length_of = |b: View<'_>| b.columns.div_ceil(TILE_COLUMNS) * depth;
            self.panels.resize(factors.iter().map(|factor| length_of(factor.b)).sum(), PanelRow::ZERO);
            let mut unused = self.panels.as_mut_slice();
            let mut rights = factors.each_mut().map(|Factor { out, stride, b }| {
                let (panels, rest) = std::mem::take(&mut unused).split_at_mut(length_of(*b));
                unused = rest;
                for (panel_idx, panel) in panels.chunks_exact_mut(depth).enumerate() {
                    lay_out_panel(self.products, *b, panel_idx * TILE_COLUMNS, &inner, panel);
                }
                Right { out, stride: *stride, panels, depth, from: 0, columns: b.columns }
            });
            multiply_block(self.products, init, a, &inner, &mut rights, &mut self.left);
            init = Init::Accumulate;
        }
    }
}

/// A right factor, and where its product goes: row-major, with `stride` values from row to row.
pub(crate) struct Factor<'a> {
    pub(crate) out: &'a mut [f32],
    pub(crate) stride: usize,
    pub(crate) b: View<'a>,
}

/// `0..length` cut into blocks, as even as can be; all but the last are of an even length.
fn blocks(length: usize) -> impl Iterator<Item = Range<usize>> {
    let size = length.div_ceil(length.div_ceil(BLOCK).max(1)).max(1).next_multiple_of(2);
    (0..length).step_by(size).map(move |begin| begin..(begin + size).min(length))
}

/// Panels of a right factor, each of `depth` rows of words, a block of them from the row `from` on; and where
/// the product goes.
struct Right<'a> {
    out: &'a mut [f32],
    stride: usize,
    panels: &'a [PanelRow],
    depth: usize,
    from: usize,
    columns: usize,
}

/// Products over one block of the inner dimension.
fn multiply_block(
    products: Products,
    init: Init<'_>,
    a: View<'_>,
    inner: &Range<usize>,
    rights: &mut [Right<'_>],
    left: &mut LeftRows,
) {
    let n_words = products.n_words(inner.len());
    for first_row in (0..a.rows).step_by(ROWS_A_PANEL) {
        let end_row = (first_row + ROWS_A_PANEL).min(a.rows);
        left.lay_out(products, a, first_row..end_row, inner);
        for Right { out, stride, panels, depth, from, columns } in rights.iter_mut() {
            for (panel_idx, panel) in panels.chunks_exact(*depth).enumerate() {
                // A panel comes from the third cache or from memory: it is prefetched during the first two tiles of
                // the panel before.
                let next = panels.as_ptr().wrapping_add((panel_idx + 1) * *depth + *from);
                let panel = &panel[*from..*from + n_words];
                let parts = [next, next.wrapping_add(n_words * 2 / 3)];
                let column = panel_idx * TILE_COLUMNS;
                let width = TILE_COLUMNS.min(*columns - column);
                let init = match init {
                    Init::Bias(row) => Init::Bias(&row[column..]),
                    other => other,
                };
                for (tile, row) in (first_row..end_row).step_by(TILE_ROWS).enumerate() {
                    let height = TILE_ROWS.min(end_row - row);
                    let place =
                        Place { out: &mut out[row * *stride + column..], stride: *stride, height, width };
                    let ahead = parts.get(tile).copied().unwrap_or(panel.as_ptr());
                    kernel::multiply(products, left.tile(tile), panel, place, init, ahead);
                }
            }
        }
    }
}

/// The right factor of many products, laid out once so that each product reads it front to back.
#[derive(Default)]
pub(crate) struct PackedFactor {
    /// `[panels][words]`.
    panels: Vec<PanelRow>,
    inner: usize,
    columns: usize,
}

impl PackedFactor {
    /// Lays out `matrix` for products with this scratch, reusing the buffer.
    pub(crate) fn pack(&mut self, matrix: View<'_>, scratch: &Scratch) {
        (self.inner, self.columns) = (matrix.rows, matrix.columns);
        let depth = scratch.products.n_words(matrix.rows);
        self.panels.resize(matrix.columns.div_ceil(TILE_COLUMNS) * depth, PanelRow::ZERO);
        for (panel_idx, panel) in self.panels.chunks_exact_mut(depth).enumerate() {
            lay_out_panel(scratch.products, matrix, panel_idx * TILE_COLUMNS, &(0..matrix.rows), panel);
        }
    }

    /// `out = init + left · self`; `left` is `[rows, inner]`, `out` is `[rows, columns]`, row-major and full.
    pub(crate) fn product(&self, init: Init<'_>, left: &[f32], out: &mut [f32], scratch: &mut Scratch) {
        let left = View::new(left, self.inner);
        let mut init = init;
        for inner in blocks(self.inner) {
            let right = Right {
                out: &mut *out,
                stride: self.columns,
                panels: &self.panels,
                depth: scratch.products.n_words(self.inner),
                from: scratch.products.n_words(inner.start),
                columns: self.columns,
            };
            multiply_block(scratch.products, init, left, &inner, &mut [right], &mut scratch.left);
            init = Init::Accumulate;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::matrix::{Init, PackedFactor, Scratch, View};
    use crate::model::simd::{Products, Simd};

    const SIZES: [(usize, usize, usize); 6] =
        [(1, 1, 1), (3, 5, 7), (8, 32, 32), (13, 31, 70), (17, 600, 33), (130, 300, 49)];

    /// Whole numbers are the same in bf16.
    fn every_way() -> Vec<Products> {
        Simd::available().into_iter().map(Products::F32).chain(Products::bf16()).collect()
    }

    fn whole_numbers(length: usize, seed: usize) -> Vec<f32> {
        (0..length).map(|idx| ((idx * 37 + seed * 11) % 17) as f32 - 8.0).collect()
    }

    fn numbers(length: usize, seed: usize) -> Vec<f32> {
        (0..length).map(|idx| ((idx * 37 + seed * 11) as f32).sin()).collect()
    }

    #[test]
    fn packed_and_unpacked_products_agree_with_the_definition_at_odd_sizes_on_every_processor() {
        for (products, (rows, inner, columns)) in
            every_way().into_iter().flat_map(|products| SIZES.map(|size| (products, size)))
        {
            let (a, b) = (whole_numbers(rows * inner, 1), whole_numbers(inner * columns, 2));
            let mut expected = whole_numbers(rows * columns, 3);
            let (mut plain, mut packed, mut turned) = (expected.clone(), expected.clone(), expected.clone());
            for row in 0..rows {
                for column in 0..columns {
                    for idx in 0..inner {
                        expected[row * columns + column] += a[row * inner + idx] * b[idx * columns + column];
                    }
                }
            }
            let mut scratch = Scratch::new(products);
            let (left, right) = (View::new(&a, inner), View::new(&b, columns));
            scratch.product(Init::Accumulate, &mut plain, columns, left, right);
            let mut factor = PackedFactor::default();
            factor.pack(View::new(&b, columns), &scratch);
            factor.product(Init::Accumulate, &a, &mut packed, &mut scratch);
            let a_turned: Vec<f32> = (0..a.len()).map(|idx| a[idx % rows * inner + idx / rows]).collect();
            let b_turned: Vec<f32> = (0..b.len()).map(|idx| b[idx % inner * columns + idx / inner]).collect();
            let (left, right) = (View::new(&a_turned, rows), View::new(&b_turned, inner));
            scratch.product(Init::Accumulate, &mut turned, columns, left.transposed(), right.transposed());
            assert_eq!(plain, expected, "{products:?} {rows} {inner} {columns}");
            assert_eq!(packed, expected, "{products:?} {rows} {inner} {columns}");
            assert_eq!(turned, expected, "{products:?} {rows} {inner} {columns}");
        }
    }

    #[test]
    fn a_product_begins_from_nothing_or_from_a_row() {
        let (a, b) = (whole_numbers(20 * 300, 1), whole_numbers(300 * 40, 2));
        for products in every_way() {
            let mut scratch = Scratch::new(products);
            let mut product = |init: Init<'_>, begin: f32| {
                let mut out = vec![begin; 20 * 40];
                scratch.product(init, &mut out, 40, View::new(&a, 300), View::new(&b, 40));
                out
            };
            let plain = product(Init::Accumulate, 0.0);
            assert_eq!(product(Init::Zero, 5.0), plain);
            let raised: Vec<f32> = plain.iter().map(|value| value + 3.0).collect();
            assert_eq!(product(Init::Bias(&[3.0; 40]), 5.0), raised);
        }
    }

    #[test]
    fn products_have_the_same_bits_on_every_processor_with_fma() {
        let (a, b) = (numbers(37 * 700, 1), numbers(700 * 45, 2));
        let products: Vec<(Simd, Vec<f32>)> = Simd::available()
            .into_iter()
            .map(|simd| {
                let mut out = vec![0.0; 37 * 45];
                let factors = (View::new(&a, 700), View::new(&b, 45));
                Scratch::new(Products::F32(simd)).product(Init::Zero, &mut out, 45, factors.0, factors.1);
                (simd, out)
            })
            .collect();
        for (simd, product) in &products[1..] {
            let rounds_once = *simd != Simd::Portable || cfg!(target_arch = "aarch64");
            for (value, best) in product.iter().zip(&products[0].1) {
                let tolerance = if rounds_once { 0.0 } else { 1e-4 };
                assert!((value - best).abs() <= tolerance, "{simd:?}: {value} {best}");
            }
        }
    }
}
