//! The Gaussian kernel exp(−γ ‖x − x'‖²): on bits a table over Hamming distances, on one-hot features a product over
//! decisions, else computed.

use crate::encoding::Features;
use crate::error::Error;
use crate::predictor::Inputs;
use crate::predictor::bits::BitRows;
use crate::predictor::linear::check_columns;
use crate::predictor::matrix::vectorised;
use crate::predictor::product_kernel::{Choices, OptionKernel};
use crate::space::Architecture;
use serde::{Deserialize, Serialize};

/// The kernel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Gaussian {
    gamma: f64,
}

impl Gaussian {
    /// With this γ, or, for 0, 1 / (features × the variance of all their values).
    pub(super) fn of(features: &Features, gamma: f64) -> Self {
        if gamma > 0.0 {
            return Self { gamma };
        }
        let n = features.values().len() as f64;
        let mean = features.values().iter().sum::<f64>() / n;
        let variance = features
            .values()
            .iter()
            .map(|v| (v - mean).powi(2))
            .sum::<f64>()
            / n;
        let scaled = features.columns() as f64 * variance;
        Self {
            gamma: if scaled > 0.0 { 1.0 / scaled } else { 1.0 },
        }
    }

    /// Of every squared distance from 0 to `most`.
    fn table(&self, most: usize) -> Vec<f64> {
        (0..=most).map(|d| (-self.gamma * d as f64).exp()).collect()
    }

    fn at(&self, a: &[f64], b: &[f64]) -> f64 {
        let distance: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
        (-self.gamma * distance).exp()
    }

    /// Of all pairs of rows, row-major.
    pub(super) fn matrix(&self, features: &Features) -> Vec<f64> {
        let n = features.rows();
        let mut matrix = vec![1.0; n * n];
        let bits = BitRows::of(features);
        let table = self.table(features.columns());
        vectorised!({
            for i in 0..n {
                for j in 0..i {
                    let k = match &bits {
                        Some(bits) => table[bits.distance(i, bits, j) as usize],
                        None => self.at(features.row(i), features.row(j)),
                    };
                    matrix[i * n + j] = k;
                    matrix[j * n + i] = k;
                }
            }
        });
        matrix
    }
}

/// Support vectors in the form that is fastest to sum over.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Support {
    kernel: Gaussian,
    columns: usize,
    coefficients: Vec<f64>,
    vectors: Vectors,
}

#[derive(Debug, Serialize, Deserialize)]
enum Vectors {
    OneHot {
        points: Choices,
        options: Vec<usize>,
    },
    Bits(BitRows),
    Rows(Vec<f64>),
}

impl Support {
    /// The points whose coefficient is not 0.
    pub(super) fn new(kernel: Gaussian, inputs: &Inputs<'_>, coefficients: &[f64]) -> Self {
        let kept: Vec<usize> = (0..inputs.len())
            .filter(|&i| coefficients[i] != 0.0)
            .collect();
        let features = inputs.features.gather(&kept);
        let mut coefficients: Vec<f64> = kept.iter().map(|&i| coefficients[i]).collect();
        let vectors = if inputs.is_one_hot() {
            let archs: Vec<Architecture> = kept.iter().map(|&i| inputs.archs[i]).collect();
            let points = Choices::new(&archs);
            coefficients = points.arrange(&coefficients);
            let options = inputs
                .space
                .decisions()
                .iter()
                .map(|d| d.options.len())
                .collect();
            Vectors::OneHot { points, options }
        } else {
            match BitRows::of(&features) {
                Some(bits) => Vectors::Bits(bits),
                None => Vectors::Rows(features.values().to_vec()),
            }
        };
        Self {
            kernel,
            columns: inputs.features.columns(),
            coefficients,
            vectors,
        }
    }

    /// Σ β_i k(x, x_i) for each architecture.
    pub(super) fn sums(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        check_columns(inputs.features, self.columns)?;
        let table = self.kernel.table(self.columns);
        Ok(match &self.vectors {
            Vectors::OneHot { points, options } => {
                // Options that differ are at a squared distance of 2.
                let factor = (-2.0 * self.kernel.gamma).exp();
                let kernels: Vec<OptionKernel> = options
                    .iter()
                    .map(|&o| {
                        (0..o * o)
                            .map(|at| if at / o == at % o { 1.0 } else { factor })
                            .collect()
                    })
                    .collect();
                points.weighted_sums(&kernels, &self.coefficients, inputs.archs)
            }
            Vectors::Bits(bits) => {
                let asked = BitRows::of(inputs.features).ok_or_else(|| {
                    Error::new("svr", "features other than 0 and 1").mend("it was fitted on bits")
                })?;
                let term =
                    |q: usize, i: usize, b: f64| b * table[asked.distance(q, bits, i) as usize];
                let sum = |q: usize| -> f64 {
                    vectorised!({
                        let terms = self.coefficients.iter().enumerate();
                        terms.map(|(i, &b)| term(q, i, b)).sum()
                    })
                };
                (0..inputs.len()).map(sum).collect()
            }
            Vectors::Rows(rows) => {
                let sum = |q: usize| {
                    let vectors = rows
                        .chunks_exact(self.columns.max(1))
                        .zip(&self.coefficients);
                    vectors
                        .map(|(v, b)| b * self.kernel.at(inputs.features.row(q), v))
                        .sum()
                };
                (0..inputs.len()).map(sum).collect()
            }
        })
    }
}
