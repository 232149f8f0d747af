//! Learning curves through a low-rank basis: the few shapes that curves are mixtures of.
//!
//! Yan et al., NeurIPS 2021, arXiv 2111.03602, take the singular vectors of the matrix of curves and predict how much of each a
//! curve has. Deviation: curves are taken less their last value, which is predicted by itself, so that a curve ends
//! where the final metric says. The eigenvectors are smartcore's.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::evd::EVDDecomposable;

/// The shapes of curves, less their last value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CurveBasis {
    mean: Vec<f64>,
    /// Orthonormal, the most important first.
    vectors: Vec<Vec<f64>>,
}

impl CurveBasis {
    /// The `rank` most important shapes of `curves`, of the same length each.
    pub(super) fn new(curves: &[Vec<f64>], rank: usize) -> Result<Self, Error> {
        let (n, epochs) = (curves.len() as f64, curves[0].len());
        let mut mean = vec![0.0; epochs];
        for curve in curves {
            mean.iter_mut().zip(curve).for_each(|(m, v)| *m += v / n);
        }
        let mut covariance = vec![vec![0.0; epochs]; epochs];
        for curve in curves {
            let centred: Vec<f64> = curve.iter().zip(&mean).map(|(v, m)| v - m).collect();
            for (row, a) in covariance.iter_mut().zip(&centred) {
                row.iter_mut()
                    .zip(&centred)
                    .for_each(|(slot, b)| *slot += a * b / n);
            }
        }
        let failed = |e: smartcore::error::Failed| Error::new("basis of learning curves", e);
        let matrix = DenseMatrix::from_2d_vec(&covariance).map_err(failed)?;
        let found = matrix.evd(true).map_err(failed)?;
        let mut order: Vec<usize> = (0..epochs).collect();
        order.sort_by(|&a, &b| found.d[b].total_cmp(&found.d[a]).then(a.cmp(&b)));
        let vector = |&column: &usize| (0..epochs).map(|row| *found.V.get((row, column))).collect();
        Ok(Self {
            vectors: order.iter().take(rank).map(vector).collect(),
            mean,
        })
    }

    /// How much of each shape a curve has.
    pub(super) fn coefficients(&self, curve: &[f64]) -> Vec<f64> {
        let centred: Vec<f64> = curve.iter().zip(&self.mean).map(|(v, m)| v - m).collect();
        let of = |vector: &Vec<f64>| vector.iter().zip(&centred).map(|(a, b)| a * b).sum();
        self.vectors.iter().map(of).collect()
    }

    /// The value at an epoch's position of the mixture with these coefficients.
    pub(super) fn at(&self, coefficients: &[f64], epoch: usize) -> f64 {
        let terms = self.vectors.iter().zip(coefficients);
        self.mean[epoch] + terms.map(|(vector, c)| c * vector[epoch]).sum::<f64>()
    }

    /// The number of shapes.
    pub(super) fn rank(&self) -> usize {
        self.vectors.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mixtures of two shapes and a mean are recovered from two vectors; `numpy.linalg.svd` of the centred matrix has two
    /// singular values above rounding.
    #[test]
    fn mixtures_of_two_shapes_have_rank_two() {
        let shape = |e: usize| (1.0 / (e as f64 + 1.0), (e as f64 / 3.0).sin());
        let curves: Vec<Vec<f64>> = (0..30)
            .map(|i| {
                let (a, b) = (f64::from(i % 7), f64::from(i * i % 11));
                (0..12)
                    .map(|e| 0.3 + a * shape(e).0 + b * shape(e).1)
                    .collect()
            })
            .collect();
        let basis = CurveBasis::new(&curves, 2).expect("a basis");
        assert_eq!(basis.rank(), 2);
        for curve in &curves {
            let coefficients = basis.coefficients(curve);
            for (epoch, value) in curve.iter().enumerate() {
                assert!((basis.at(&coefficients, epoch) - value).abs() < 1e-9);
            }
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        assert!((dot(&basis.vectors[0], &basis.vectors[0]) - 1.0).abs() < 1e-9);
        assert!(dot(&basis.vectors[0], &basis.vectors[1]).abs() < 1e-9);
    }
}
