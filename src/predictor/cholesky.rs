//! The Cholesky factorisation A = L Lᵀ of a symmetric positive definite matrix, and what is solved with it.
//!
//! Golub and Van Loan, "Matrix Computations", 4th edition, 2013, §4.2: by blocks of columns, so that most of the work
//! is products of panels that stay in cache.

use super::matrix::{Strided, multiply_add, vectorised};

/// Columns of a panel, and rows of a strip of what is left.
const BLOCK: usize = 48;

/// The lower factor of a matrix.
#[derive(Debug, Clone)]
pub(crate) struct Cholesky {
    n: usize,
    /// Row-major; above the diagonal there is nothing of use.
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors the `n × n` row-major `matrix`, of which only the lower half is read; O(n³ / 3).
    ///
    /// `None` when it is not positive definite.
    pub(crate) fn new(mut matrix: Vec<f64>, n: usize) -> Option<Self> {
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            factor_panel(&mut matrix, n, start, end)?;
            let width = end - start;
            // The negated panel across, so that what follows is a plain product.
            let mut across = vec![0.0; width * (n - end)];
            for row in end..n {
                for k in 0..width {
                    across[k * (n - end) + row - end] = -matrix[row * n + start + k];
                }
            }
            vectorised!({
                for strip in (end..n).step_by(BLOCK) {
                    let last = (strip + BLOCK).min(n);
                    subtract_strip(&mut matrix, n, (start, end), (strip, last), &across);
                }
            });
        }
        Some(Self { n, lower: matrix })
    }

    /// Of the matrix with no row.
    pub(super) fn empty() -> Self {
        Self {
            n: 0,
            lower: Vec::new(),
        }
    }

    /// Becomes the factor of the matrix with one more row and column, `row` being its elements left of the `diagonal`
    /// one; O(n²).
    ///
    /// `None`, and unchanged, when that matrix is not positive definite.
    pub(super) fn extend(&mut self, mut row: Vec<f64>, diagonal: f64) -> Option<()> {
        self.solve_lower(&mut row);
        let pivot = diagonal - row.iter().map(|l| l * l).sum::<f64>();
        if !(pivot > 0.0 && pivot.is_finite()) {
            return None;
        }
        let n = self.n;
        let mut lower = Vec::with_capacity((n + 1) * (n + 1));
        for at in 0..n {
            lower.extend_from_slice(&self.lower[at * n..][..n]);
            lower.push(0.0);
        }
        lower.extend(row);
        lower.push(pivot.sqrt());
        *self = Self { n: n + 1, lower };
        Some(())
    }

    /// L x.
    pub(crate) fn multiply_lower(&self, x: &[f64]) -> Vec<f64> {
        let products = |at: usize| self.row(at).iter().zip(x).map(|(l, x)| l * x);
        (0..self.n).map(|at| products(at).sum()).collect()
    }

    fn row(&self, at: usize) -> &[f64] {
        &self.lower[at * self.n..][..at + 1]
    }

    /// Solves L x = b in place.
    pub(super) fn solve_lower(&self, b: &mut [f64]) {
        for i in 0..self.n {
            let row = self.row(i);
            let known: f64 = row[..i].iter().zip(&*b).map(|(l, x)| l * x).sum();
            b[i] = (b[i] - known) / row[i];
        }
    }

    /// Solves Lᵀ x = b in place.
    pub(super) fn solve_upper(&self, b: &mut [f64]) {
        for i in (0..self.n).rev() {
            let row = self.row(i);
            b[i] /= row[i];
            let x = b[i];
            for (slot, l) in b[..i].iter_mut().zip(row) {
                *slot -= l * x;
            }
        }
    }

    /// Solves A x = b in place.
    pub(super) fn solve(&self, b: &mut [f64]) {
        self.solve_lower(b);
        self.solve_upper(b);
    }

    /// L⁻¹, row-major, zero above the diagonal; O(n³ / 3).
    pub(super) fn inverse_lower(&self) -> Vec<f64> {
        let n = self.n;
        let mut inverse = vec![0.0; n * n];
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            let (done, rest) = inverse.split_at_mut(start * n);
            // Rows of this block: minus L times the rows above, then solved within the block.
            let factors: Vec<f64> = (start..end)
                .flat_map(|row| self.row(row)[..start].iter().map(|l| -l))
                .collect();
            vectorised!({
                let shape = (end - start, start, start);
                multiply_add(
                    &mut rest[..(end - start) * n],
                    n,
                    Strided::rows(&factors, start),
                    done,
                    n,
                    shape,
                );
            });
            for row in start..end {
                let (above, here) = rest.split_at_mut((row - start) * n);
                let here = &mut here[..n];
                here[row] += 1.0;
                for k in start..row {
                    let factor = self.row(row)[k];
                    let other = &above[(k - start) * n..][..n];
                    for (slot, o) in here[..=k].iter_mut().zip(other) {
                        *slot -= factor * o;
                    }
                }
                let scale = 1.0 / self.row(row)[row];
                here[..=row].iter_mut().for_each(|v| *v *= scale);
            }
        }
        inverse
    }

    /// A⁻¹, row-major, of which only the lower half is meant to be read; O(n³).
    pub(super) fn inverse(&self) -> Vec<f64> {
        let n = self.n;
        let lower = self.inverse_lower();
        let mut inverse = vec![0.0; n * n];
        // (L⁻¹)ᵀ L⁻¹: rows of L⁻¹ before the strip are zero in its columns.
        vectorised!({
            for strip in (0..n).step_by(BLOCK) {
                let rows = BLOCK.min(n - strip);
                let left = Strided {
                    values: &lower[strip * n + strip..],
                    row_step: 1,
                    column_step: n,
                };
                let c = &mut inverse[strip * n..];
                multiply_add(
                    c,
                    n,
                    left,
                    &lower[strip * n..],
                    n,
                    (rows, strip + rows, n - strip),
                );
            }
        });
        inverse
    }

    /// rᵀ A⁻¹ r for each of `count` rows r of n numbers.
    pub(super) fn quadratic_forms(&self, rows: &[f64], count: usize) -> Vec<f64> {
        let across = self.solve_across(rows, count);
        let mut forms = vec![0.0; count];
        for row in across.chunks_exact(count.max(1)) {
            for (form, v) in forms.iter_mut().zip(row) {
                *form += v * v;
            }
        }
        forms
    }

    /// L⁻¹ Rᵀ, row-major, n × `count`: `rows` is R, `count` rows of n numbers.
    pub(super) fn solve_across(&self, rows: &[f64], count: usize) -> Vec<f64> {
        let n = self.n;
        let mut across = vec![0.0; n * count];
        for (r, row) in rows.chunks_exact(n.max(1)).enumerate() {
            for (i, &v) in row.iter().enumerate() {
                across[i * count + r] = v;
            }
        }
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            let (done, rest) = across.split_at_mut(start * count);
            let factors: Vec<f64> = (start..end)
                .flat_map(|row| self.row(row)[..start].iter().map(|l| -l))
                .collect();
            vectorised!({
                let shape = (end - start, count, start);
                multiply_add(
                    rest,
                    count,
                    Strided::rows(&factors, start),
                    done,
                    count,
                    shape,
                );
            });
            for row in start..end {
                let (above, here) = rest.split_at_mut((row - start) * count);
                let here = &mut here[..count];
                let factors = self.row(row);
                for (other, &factor) in above.chunks_exact(count).zip(&factors[start..row]) {
                    for (slot, o) in here.iter_mut().zip(other) {
                        *slot -= factor * o;
                    }
                }
                here.iter_mut().for_each(|v| *v /= factors[row]);
            }
        }
        across
    }

    /// ln det A.
    pub(super) fn log_det(&self) -> f64 {
        (0..self.n).map(|i| 2.0 * self.row(i)[i].ln()).sum()
    }
}

/// Factors columns `start..end` of rows `start..n`, whose earlier columns have been dealt with.
fn factor_panel(matrix: &mut [f64], n: usize, start: usize, end: usize) -> Option<()> {
    for column in start..end {
        let (above, rest) = matrix.split_at_mut((column + 1) * n);
        let pivot_row = &mut above[column * n..];
        let square: f64 = pivot_row[start..column].iter().map(|l| l * l).sum();
        let pivot = pivot_row[column] - square;
        if !(pivot > 0.0 && pivot.is_finite()) {
            return None;
        }
        let pivot = pivot.sqrt();
        pivot_row[column] = pivot;
        let pivot_row = &pivot_row[start..column];
        for row in rest.chunks_exact_mut(n) {
            let known: f64 = row[start..column]
                .iter()
                .zip(pivot_row)
                .map(|(a, b)| a * b)
                .sum();
            row[column] = (row[column] - known) / pivot;
        }
    }
    Some(())
}

/// Subtracts the panel's products from rows `strip` of what is left, up to their diagonal block.
#[inline(always)]
fn subtract_strip(
    matrix: &mut [f64],
    n: usize,
    (start, end): (usize, usize),
    (strip, last): (usize, usize),
    across: &[f64],
) {
    let width = end - start;
    let left = n - end;
    let panel: Vec<f64> = (strip..last)
        .flat_map(|row| matrix[row * n + start..row * n + end].to_vec())
        .collect();
    let c = &mut matrix[strip * n + end..];
    let shape = (last - strip, last - end, width);
    multiply_add(c, n, Strided::rows(&panel, width), across, left, shape);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A well-conditioned matrix whose elements need all blocks.
    fn sample(n: usize) -> Vec<f64> {
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                a[i * n + j] = (-0.3 * (i as f64 - j as f64).abs()).exp();
            }
            a[i * n + i] += 0.1;
        }
        a
    }

    #[test]
    fn the_factor_multiplies_back_and_solves() {
        for n in [1, 2, 47, 48, 49, 131] {
            let a = sample(n);
            let factor = Cholesky::new(a.clone(), n).expect("positive definite");
            let x: Vec<f64> = (0..n).map(|i| (i % 7) as f64 - 3.0).collect();
            let mut b: Vec<f64> = a
                .chunks(n)
                .map(|row| row.iter().zip(&x).map(|(a, x)| a * x).sum())
                .collect();
            factor.solve(&mut b);
            assert!(
                b.iter().zip(&x).all(|(b, x)| (b - x).abs() < 1e-9),
                "n = {n}"
            );
            let form = factor.quadratic_forms(&a[..n], 1)[0];
            assert!((form - a[0]).abs() < 1e-9, "a row of A: e₁ᵀ A e₁");
            let whole = factor.inverse();
            for i in 0..n {
                let on_first: f64 = (0..n).map(|k| whole[i.max(k) * n + i.min(k)] * a[k]).sum();
                assert!((on_first - if i == 0 { 1.0 } else { 0.0 }).abs() < 1e-9);
            }
            let inverse = factor.inverse_lower();
            for i in 0..n {
                for j in 0..=i {
                    let element: f64 = (j..=i).map(|k| factor.row(i)[k] * inverse[k * n + j]).sum();
                    let expected = if i == j { 1.0 } else { 0.0 };
                    assert!((element - expected).abs() < 1e-12, "n = {n}, {i}, {j}");
                }
            }
        }
    }

    /// Grown row by row, the factor is the one of the whole matrix; a row that breaks definiteness is refused.
    #[test]
    fn a_grown_factor_is_the_whole_one() {
        let n = 60;
        let a = sample(n);
        let whole = Cholesky::new(a.clone(), n).expect("positive definite");
        let mut grown = Cholesky::empty();
        for i in 0..n {
            let row = a[i * n..][..i].to_vec();
            grown.extend(row, a[i * n + i]).expect("positive definite");
        }
        for i in 0..n {
            let pairs = whole.row(i).iter().zip(grown.row(i));
            assert!(pairs.clone().all(|(w, g)| (w - g).abs() < 1e-12), "row {i}");
        }
        assert!(grown.extend(a[..n].to_vec(), a[0]).is_none(), "a row twice");
        let x: Vec<f64> = (0..n).map(|i| (i % 5) as f64 - 2.0).collect();
        let mut back = grown.multiply_lower(&x);
        grown.solve_lower(&mut back);
        assert!(back.iter().zip(&x).all(|(b, x)| (b - x).abs() < 1e-10));
    }

    /// `numpy.linalg.slogdet([[4, 2, 1], [2, 3, 0.5], [1, 0.5, 2]])[1]`
    #[test]
    fn the_determinant_agrees_with_numpy() {
        let a = vec![4.0, 2.0, 1.0, 2.0, 3.0, 0.5, 1.0, 0.5, 2.0];
        let factor = Cholesky::new(a, 3).expect("positive definite");
        assert!((factor.log_det() - 2.6390573296152584).abs() < 1e-14);
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        assert!(Cholesky::new(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(Cholesky::new(vec![f64::NAN], 1).is_none());
    }
}
