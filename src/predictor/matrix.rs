//! Products of small dense matrices, vectorised for the processor at hand and the same bits on all of them.
//!
//! Every element is a sum in the order of `k`, multiplied and added apart (no fused operations), so that only the
//! speed depends on the width of the vectors. `pulp` compiles the loops for AVX2 and picks at run time, safely.

use std::ops::{Add, Mul};

/// Rows of a tile held in registers.
const TILE_ROWS: usize = 4;
/// Columns of a tile held in registers, in single and double precision: two vectors of 32 bytes.
const SINGLE_COLUMNS: usize = 16;
const DOUBLE_COLUMNS: usize = 8;

/// A number a matrix is made of.
pub(super) trait Element:
    Copy + Default + Add<Output = Self> + Mul<Output = Self> + Send + Sync
{
    /// Whether a vector holds half as many.
    const IS_DOUBLE: bool;
}
impl Element for f32 {
    const IS_DOUBLE: bool = false;
}
impl Element for f64 {
    const IS_DOUBLE: bool = true;
}

/// An expression compiled for the widest vectors this processor has. What is called in it must be `#[inline(always)]`: what is
/// not, is compiled once, for the oldest processor. A closure that could be called twice counts as that, since it is called
/// through a function of the library's; hence a macro, whose closure gives something away.
macro_rules! vectorised {
    ($work:expr) => {{
        let once = $crate::predictor::matrix::Once;
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                let _once = once;
                $work
            },
        )
    }};
}
pub(super) use vectorised;

/// What can be given away once.
pub(super) struct Once;

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

/// Adds A B to the row-major `m × n` matrix `c`: A is `m × depth`, B is row-major, `depth × n`, `shape` has m, n and depth; the
/// rows of `c` and B are `c_step` and `b_step` apart. Call it inside `vectorised!`.
#[inline(always)]
pub(super) fn multiply_add<T: Element>(
    c: &mut [T],
    c_step: usize,
    a: Strided<'_, T>,
    b: &[T],
    b_step: usize,
    shape: (usize, usize, usize),
) {
    let at = Place {
        depth: shape.2,
        b_step,
        c_step,
    };
    match T::IS_DOUBLE {
        true => tiles::<T, DOUBLE_COLUMNS>(c, a, b, at, (shape.0, shape.1)),
        false => tiles::<T, SINGLE_COLUMNS>(c, a, b, at, (shape.0, shape.1)),
    }
}

/// What all tiles share.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    b_step: usize,
    c_step: usize,
}

#[inline(always)]
fn tiles<T: Element, const COLUMNS: usize>(
    c: &mut [T],
    a: Strided<'_, T>,
    b: &[T],
    at: Place,
    (m, n): (usize, usize),
) {
    // The rows of a tile side by side, so that the loop over them needs no index.
    let mut panel: Vec<[T; TILE_ROWS]> = Vec::with_capacity(at.depth);
    let mut i = 0;
    while i < m {
        let rows = TILE_ROWS.min(m - i);
        if rows == TILE_ROWS {
            pack(a, i, at.depth, &mut panel);
        }
        let mut j = 0;
        while j < n {
            let columns = COLUMNS.min(n - j);
            match (rows == TILE_ROWS, columns == COLUMNS) {
                (true, true) => full_tile::<T, COLUMNS>(c, &panel, b, at, (i, j)),
                (true, false) => narrow_tile(c, &panel, b, at, (i, j), columns),
                _ => edge_tile::<T, COLUMNS>(c, a, b, at, (i, j), (rows, columns)),
            }
            j += columns;
        }
        i += rows;
    }
}

/// Puts the rows of a tile side by side.
#[inline(always)]
fn pack<T: Element>(a: Strided<'_, T>, i: usize, depth: usize, panel: &mut Vec<[T; TILE_ROWS]>) {
    panel.clear();
    if a.column_step == 1 {
        let row = |r: usize| &a.values[(i + r) * a.row_step..][..depth];
        let rows = row(0).iter().zip(row(1)).zip(row(2)).zip(row(3));
        panel.extend(rows.map(|(((&a, &b), &c), &d)| [a, b, c, d]));
    } else if a.row_step == 1 && a.column_step >= TILE_ROWS {
        let columns = a.values[i..].chunks(a.column_step).take(depth);
        panel.extend(columns.map(|c| [c[0], c[1], c[2], c[3]]));
    } else {
        let at = |r: usize, k: usize| a.values[(i + r) * a.row_step + k * a.column_step];
        panel.extend((0..depth).map(|k| [at(0, k), at(1, k), at(2, k), at(3, k)]));
    }
}

/// A tile of few columns, one after the other.
#[inline(always)]
fn narrow_tile<T: Element>(
    c: &mut [T],
    panel: &[[T; TILE_ROWS]],
    b: &[T],
    at: Place,
    (i, j): (usize, usize),
    columns: usize,
) {
    for column in j..j + columns {
        let mut sums = [T::default(); TILE_ROWS];
        if !panel.is_empty() {
            for (factors, b_row) in panel.iter().zip(b[column..].chunks(at.b_step)) {
                add_multiple(&mut sums, b_row[0], factors);
            }
        }
        for (row, &sum) in sums.iter().enumerate() {
            let slot = &mut c[(i + row) * at.c_step + column];
            *slot = *slot + sum;
        }
    }
}

#[inline(always)]
fn full_tile<T: Element, const COLUMNS: usize>(
    c: &mut [T],
    panel: &[[T; TILE_ROWS]],
    b: &[T],
    at: Place,
    (i, j): (usize, usize),
) {
    let [mut first, mut second, mut third, mut fourth] = [[T::default(); COLUMNS]; TILE_ROWS];
    if !panel.is_empty() {
        for (factors, b_row) in panel.iter().zip(b[j..].chunks(at.b_step)) {
            let b_row: &[T; COLUMNS] = b_row[..COLUMNS].try_into().expect("a tile's width");
            add_multiple(&mut first, factors[0], b_row);
            add_multiple(&mut second, factors[1], b_row);
            add_multiple(&mut third, factors[2], b_row);
            add_multiple(&mut fourth, factors[3], b_row);
        }
    }
    for (row, sums) in [first, second, third, fourth].iter().enumerate() {
        let c_row = &mut c[(i + row) * at.c_step + j..][..COLUMNS];
        for (slot, &sum) in c_row.iter_mut().zip(sums) {
            *slot = *slot + sum;
        }
    }
}

#[inline(always)]
fn add_multiple<T: Element, const COLUMNS: usize>(
    sums: &mut [T; COLUMNS],
    factor: T,
    b: &[T; COLUMNS],
) {
    for (sum, &b) in sums.iter_mut().zip(b) {
        *sum = *sum + factor * b;
    }
}

#[inline(always)]
fn edge_tile<T: Element, const COLUMNS: usize>(
    c: &mut [T],
    a: Strided<'_, T>,
    b: &[T],
    at: Place,
    (i, j): (usize, usize),
    (rows, columns): (usize, usize),
) {
    for row in i..i + rows {
        let mut sums = [T::default(); COLUMNS];
        for k in 0..at.depth {
            let factor = a.values[row * a.row_step + k * a.column_step];
            for (sum, &b) in sums.iter_mut().zip(&b[k * at.b_step + j..][..columns]) {
                *sum = *sum + factor * b;
            }
        }
        let c_row = &mut c[row * at.c_step + j..][..columns];
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
        fn agrees_with_the_definition(m in 1usize..13, n in 1usize..35, depth in 1usize..7, seed in 0i32..100) {
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
            vectorised!(multiply_add(&mut c, n, Strided::rows(&a, depth), &b, n, (m, n, depth)));
            prop_assert_eq!(&c, &expected);
            let mut across = vec![0.0; a.len()];
            for i in 0..m {
                for k in 0..depth {
                    across[k * m + i] = a[i * depth + k];
                }
            }
            let mut c = vec![1.0; m * n];
            vectorised!(multiply_add(&mut c, n, Strided::transposed(&across, m), &b, n, (m, n, depth)));
            prop_assert_eq!(&c, &expected);
        }
    }
}
