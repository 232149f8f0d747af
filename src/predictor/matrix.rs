//! Products of small dense matrices, vectorised for the processor at hand and the same bits on all of them.
//!
//! Every element is a sum in the order of `k`, multiplied and added apart (no fused operations), so that only the
//! speed depends on the width of the vectors. `pulp` compiles the loops for AVX2 and picks at run time, safely.

use std::ops::{Add, Mul};

/// Rows of a tile held in registers.
const TILE_ROWS: usize = 4;
/// Columns of a tile held in registers.
const TILE_COLUMNS: usize = 16;

/// A number a matrix is made of.
pub(super) trait Element:
    Copy + Default + Add<Output = Self> + Mul<Output = Self> + Send + Sync
{
}
impl Element for f32 {}
impl Element for f64 {}

/// Runs `work` compiled for the widest vectors this processor has. What is called in it must be inlined.
pub(super) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// A matrix to read: element (i, k) is `values[i × row_step + k × column_step]`, so that a transpose costs nothing.
#[derive(Clone, Copy)]
pub(super) struct Strided<'a, T> {
    pub(super) values: &'a [T],
    pub(super) row_step: usize,
    pub(super) column_step: usize,
}

impl<'a, T> Strided<'a, T> {
    /// The row-major matrix of this many columns.
    pub(super) fn rows(values: &'a [T], columns: usize) -> Self {
        Self {
            values,
            row_step: columns,
            column_step: 1,
        }
    }

    /// The transpose of the row-major matrix of this many columns.
    pub(super) fn transposed(values: &'a [T], columns: usize) -> Self {
        Self {
            values,
            row_step: 1,
            column_step: columns,
        }
    }
}

/// Adds A B to the row-major `m × n` matrix `c`: A is `m × depth`, B is row-major, `depth × n`; the rows of `c` and B
/// are `c_step` and `b_step` apart. Call it inside [`vectorised`].
#[inline(always)]
pub(super) fn multiply_add<T: Element>(
    c: &mut [T],
    c_step: usize,
    a: Strided<'_, T>,
    b: &[T],
    b_step: usize,
    (m, n, depth): (usize, usize, usize),
) {
    let mut i = 0;
    while i < m {
        let rows = TILE_ROWS.min(m - i);
        let mut j = 0;
        while j < n {
            let columns = TILE_COLUMNS.min(n - j);
            let place = Tile {
                i,
                j,
                depth,
                b_step,
                c_step,
            };
            match (rows, columns) {
                (TILE_ROWS, TILE_COLUMNS) => full_tile(c, a, b, place),
                _ => edge_tile(c, a, b, place, rows, columns),
            }
            j += columns;
        }
        i += rows;
    }
}

#[derive(Clone, Copy)]
struct Tile {
    i: usize,
    j: usize,
    depth: usize,
    b_step: usize,
    c_step: usize,
}

#[inline(always)]
fn full_tile<T: Element>(c: &mut [T], a: Strided<'_, T>, b: &[T], at: Tile) {
    let mut sums = [[T::default(); TILE_COLUMNS]; TILE_ROWS];
    for k in 0..at.depth {
        let b_row: &[T; TILE_COLUMNS] = b[k * at.b_step + at.j..][..TILE_COLUMNS]
            .try_into()
            .expect("a tile's width");
        for (row, sums) in sums.iter_mut().enumerate() {
            let factor = a.values[(at.i + row) * a.row_step + k * a.column_step];
            for (sum, &b) in sums.iter_mut().zip(b_row) {
                *sum = *sum + factor * b;
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let c_row = &mut c[(at.i + row) * at.c_step + at.j..][..TILE_COLUMNS];
        for (slot, &sum) in c_row.iter_mut().zip(sums) {
            *slot = *slot + sum;
        }
    }
}

#[inline(always)]
fn edge_tile<T: Element>(
    c: &mut [T],
    a: Strided<'_, T>,
    b: &[T],
    at: Tile,
    rows: usize,
    columns: usize,
) {
    for row in at.i..at.i + rows {
        let mut sums = [T::default(); TILE_COLUMNS];
        for k in 0..at.depth {
            let factor = a.values[row * a.row_step + k * a.column_step];
            for (sum, &b) in sums.iter_mut().zip(&b[k * at.b_step + at.j..][..columns]) {
                *sum = *sum + factor * b;
            }
        }
        let c_row = &mut c[row * at.c_step + at.j..][..columns];
        for (slot, &sum) in c_row.iter_mut().zip(&sums) {
            *slot = *slot + sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_definition(m in 1usize..9, n in 1usize..35, depth in 1usize..7, seed in 0i32..100) {
            let value = |i: usize| f64::from((seed + i as i32 * 37) % 19 - 9);
            let a: Vec<f64> = (0..m * depth).map(value).collect();
            let b: Vec<f64> = (0..depth * n).map(|i| value(i + 5)).collect();
            let mut expected = vec![1.0; m * n];
            for i in 0..m {
                for j in 0..n {
                    for k in 0..depth {
                        expected[i * n + j] += a[i * depth + k] * b[k * n + j];
                    }
                }
            }
            let mut c = vec![1.0; m * n];
            vectorised(|| multiply_add(&mut c, n, Strided::rows(&a, depth), &b, n, (m, n, depth)));
            prop_assert_eq!(&c, &expected);
            let mut across = vec![0.0; a.len()];
            for i in 0..m {
                for k in 0..depth {
                    across[k * m + i] = a[i * depth + k];
                }
            }
            let mut c = vec![1.0; m * n];
            vectorised(|| multiply_add(&mut c, n, Strided::transposed(&across, m), &b, n, (m, n, depth)));
            prop_assert_eq!(&c, &expected);
        }
    }
}
