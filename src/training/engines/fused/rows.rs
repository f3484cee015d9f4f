//! Sums over rows of a matrix or a table.

use multiversion::multiversion;

/// Adds rows of `table`, each as wide as `out`, to `out`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn add_rows(out: &mut [f32], table: &[f32], rows: &[u32]) {
    let width = out.len();
    for row in rows {
        let begin = *row as usize * width;
        for (sum, value) in out.iter_mut().zip(&table[begin..begin + width]) {
            *sum += value;
        }
    }
}

/// Adds `gradient` to each of the rows of `table`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn scatter_rows(table: &mut [f32], rows: &[u32], gradient: &[f32]) {
    let width = gradient.len();
    for row in rows {
        let begin = *row as usize * width;
        for (sum, value) in table[begin..begin + width].iter_mut().zip(gradient) {
            *sum += value;
        }
    }
}

/// Adds the rows of a row-major matrix to `sums`.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
pub(super) fn add_columns(sums: &mut [f32], matrix: &[f32]) {
    for row in matrix.chunks_exact(sums.len()) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}
