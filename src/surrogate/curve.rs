//! Learning curves through a low-rank basis: the few shapes that curves are mixtures of.
//!
//! Yan et al., NeurIPS 2021, arXiv 2111.03602, take the singular vectors of the matrix of curves and predict how much of each a
//! curve has. Deviation: the last value is predicted by itself, and what it says of each epoch (the least-squares line,
//! flat at first and of slope 1 at the end) is taken out of the curves before, so that a curve ends where the final metric
//! says and an early epoch does not inherit the final metric's error. The eigenvectors are smartcore's.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::evd::EVDDecomposable;

/// The shapes of curves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CurveBasis {
    mean: Vec<f64>,
    /// How much the last value's distance to its mean adds to each epoch.
    slope: Vec<f64>,
    /// Of what is left; orthonormal, the most important first.
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
        let covariances = covariances(curves, &mean);
        let with_last = &covariances[epochs - 1];
        let spread = with_last[epochs - 1];
        let slope: Vec<f64> = with_last
            .iter()
            .map(|c| if spread > 0.0 { c / spread } else { 0.0 })
            .collect();
        // What the last value explains of the covariances taken out: those of what is left.
        let left: Vec<Vec<f64>> = covariances
            .iter()
            .zip(&slope)
            .map(|(row, s)| row.iter().zip(with_last).map(|(c, l)| c - s * l).collect())
            .collect();
        let failed = |e: smartcore::error::Failed| Error::new("basis of learning curves", e);
        let matrix = DenseMatrix::from_2d_vec(&left).map_err(failed)?;
        let found = matrix.evd(true).map_err(failed)?;
        let mut order: Vec<usize> = (0..epochs).collect();
        order.sort_by(|&a, &b| found.d[b].total_cmp(&found.d[a]).then(a.cmp(&b)));
        let vector = |&column: &usize| (0..epochs).map(|row| *found.V.get((row, column))).collect();
        Ok(Self {
            vectors: order.iter().take(rank).map(vector).collect(),
            mean,
            slope,
        })
    }

    /// How much of each shape a curve has.
    pub(super) fn coefficients(&self, curve: &[f64]) -> Vec<f64> {
        let last = curve[curve.len() - 1];
        let epochs = curve.iter().enumerate();
        let left: Vec<f64> = epochs.map(|(at, v)| v - self.expected(at, last)).collect();
        let of = |vector: &Vec<f64>| vector.iter().zip(&left).map(|(a, b)| a * b).sum();
        self.vectors.iter().map(of).collect()
    }

    /// The value at an epoch's position of the mixture with these coefficients and this last value.
    pub(super) fn at(&self, coefficients: &[f64], epoch: usize, last: f64) -> f64 {
        let terms = self.vectors.iter().zip(coefficients);
        self.expected(epoch, last) + terms.map(|(vector, c)| c * vector[epoch]).sum::<f64>()
    }

    /// What the last value alone says of an epoch.
    fn expected(&self, epoch: usize, last: f64) -> f64 {
        let mean_last = self.mean[self.mean.len() - 1];
        self.mean[epoch] + self.slope[epoch] * (last - mean_last)
    }

    /// The number of shapes.
    pub(super) fn rank(&self) -> usize {
        self.vectors.len()
    }
}

fn covariances(curves: &[Vec<f64>], mean: &[f64]) -> Vec<Vec<f64>> {
    let (n, epochs) = (curves.len() as f64, mean.len());
    let mut covariances = vec![vec![0.0; epochs]; epochs];
    for curve in curves {
        let centred: Vec<f64> = curve.iter().zip(mean).map(|(v, m)| v - m).collect();
        for (row, a) in covariances.iter_mut().zip(&centred) {
            let slots = row.iter_mut().zip(&centred);
            slots.for_each(|(slot, b)| *slot += a * b / n);
        }
    }
    covariances
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mixtures of two shapes and a mean: `numpy.linalg.svd` of the centred matrix has two singular values above rounding,
    /// of which the last value takes one; with it, one vector is enough.
    #[test]
    fn mixtures_of_two_shapes_are_the_last_value_and_one_more() {
        let shape = |e: usize| (1.0 / (e as f64 + 1.0), (e as f64 / 3.0).sin());
        let curves: Vec<Vec<f64>> = (0..30)
            .map(|i| {
                let (a, b) = (f64::from(i % 7), f64::from(i * i % 11));
                (0..12)
                    .map(|e| 0.3 + a * shape(e).0 + b * shape(e).1)
                    .collect()
            })
            .collect();
        for rank in [1, 2] {
            let basis = CurveBasis::new(&curves, rank).expect("a basis");
            assert_eq!(basis.rank(), rank);
            for curve in &curves {
                let coefficients = basis.coefficients(curve);
                for (epoch, value) in curve.iter().enumerate() {
                    assert!((basis.at(&coefficients, epoch, curve[11]) - value).abs() < 1e-9);
                }
            }
            // Whatever the mixture, it ends where it is told to.
            assert!((basis.at(&[3.0, 1.0], 11, 0.123) - 0.123).abs() < 1e-9);
        }
        let basis = CurveBasis::new(&curves, 2).expect("a basis");
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        assert!((dot(&basis.vectors[0], &basis.vectors[0]) - 1.0).abs() < 1e-9);
        assert!(dot(&basis.vectors[0], &basis.vectors[1]).abs() < 1e-9);
    }

    /// An early epoch that has nothing to do with the last is not moved by it.
    #[test]
    fn an_epoch_at_chance_stays_there() {
        let curves: Vec<Vec<f64>> = (0..50)
            .map(|i| vec![0.1, f64::from(i % 10) / 10.0, 0.5 + f64::from(i % 7) / 20.0])
            .collect();
        let basis = CurveBasis::new(&curves, 1).expect("a basis");
        assert!((basis.at(&[0.0], 0, 0.9) - 0.1).abs() < 1e-12);
        assert!((basis.at(&[0.0], 2, 0.9) - 0.9).abs() < 1e-12);
    }
}
