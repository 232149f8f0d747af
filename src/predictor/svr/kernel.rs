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
    /// The points whose coefficient is not 0. Their form is that of the whole training set: the few that are kept may be bits, or
    /// none, where features are not.
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
            match BitRows::of(inputs.features).and_then(|_| BitRows::of(&features)) {
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
            Vectors::Bits(bits) => match BitRows::of(inputs.features) {
                Some(asked) => self.bit_sums(bits, &asked, inputs.len()),
                // An extra feature can be a bit for all that were trained and not for all that are asked about.
                None => self.row_sums(&bits.to_rows(self.columns), inputs.features),
            },
            Vectors::Rows(rows) => self.row_sums(rows, inputs.features),
        })
    }

    fn bit_sums(&self, vectors: &BitRows, asked: &BitRows, n: usize) -> Vec<f64> {
        let table = self.kernel.table(self.columns);
        let term = |q: usize, i: usize, b: f64| b * table[asked.distance(q, vectors, i) as usize];
        let sum = |q: usize| -> f64 {
            vectorised!({
                let terms = self.coefficients.iter().enumerate();
                terms.map(|(i, &b)| term(q, i, b)).sum()
            })
        };
        (0..n).map(sum).collect()
    }

    /// The same bits as [`Support::bit_sums`] where all are bits.
    fn row_sums(&self, vectors: &[f64], asked: &Features) -> Vec<f64> {
        let sum = |row: &[f64]| {
            let vectors = vectors.chunks_exact(self.columns.max(1));
            let terms = vectors.zip(&self.coefficients);
            terms.map(|(v, b)| b * self.kernel.at(row, v)).sum()
        };
        asked.iter().map(sum).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictor::{FittedPredictor, PredictorConfig, TrainingSet, svr::EpsilonSvr};
    use crate::rng::derive_rng;
    use crate::space::{Nb201, SearchSpace};

    /// `s = SVR(gamma=0.5, tol=1e-12).fit([[0, 0], [1, 0], [0, 1], [1, 1]], [0, 1, 0.5, 2])`, then
    /// `s.predict([[0, 1], [1, 1], [0.3, 0.8]])` of scikit-learn 1.9.
    const EXPECTED: [f64; 3] = [0.6, 1.382_120_558_8, 0.735_516_339_8];

    fn fit(rows: &[f64], targets: &[f64]) -> crate::predictor::svr::Svr {
        let (space, n) = (Nb201::shared(), targets.len());
        let archs: Vec<Architecture> = (0..n as u64).map(|at| space.at_index(at)).collect();
        let features = Features::from_rows(n, rows.len() / n, rows.to_vec()).expect("whole rows");
        let inputs = Inputs {
            space: &*space,
            archs: &archs,
            features: &features,
        };
        let config = EpsilonSvr {
            gamma: 0.5,
            tolerance: 1e-9,
            ..EpsilonSvr::default()
        };
        let data = TrainingSet::new(inputs, targets).expect("sound");
        config
            .fit(&data, &mut derive_rng(1, &["svr"]))
            .expect("fits")
    }

    fn ask(fitted: &crate::predictor::svr::Svr, rows: &[f64], columns: usize) -> Vec<f64> {
        let (space, n) = (Nb201::shared(), rows.len() / columns);
        let archs: Vec<Architecture> = (0..n as u64).map(|at| space.at_index(at)).collect();
        let features = Features::from_rows(n, columns, rows.to_vec()).expect("whole rows");
        let inputs = Inputs {
            space: &*space,
            archs: &archs,
            features: &features,
        };
        fitted.predict(&inputs).expect("as many columns").mean
    }

    #[test]
    fn fitted_on_bits_it_answers_for_numbers() {
        let bits = [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let fitted = fit(&bits, &[0.0, 1.0, 0.5, 2.0]);
        let both = ask(&fitted, &[0.0, 1.0, 1.0, 1.0, 0.3, 0.8], 2);
        for (found, expected) in both.iter().zip(EXPECTED) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
        // What stands beside it does not change an answer by a bit.
        assert_eq!(ask(&fitted, &[0.0, 1.0, 1.0, 1.0], 2), both[..2]);
    }

    /// One point, or a tube that holds all, leaves no support vector: the answer is the middle of the targets.
    #[test]
    fn without_a_support_vector_the_answer_is_constant() {
        for (rows, targets) in [(&[0.7][..], &[0.4][..]), (&[0.7, 3.0], &[0.35, 0.45])] {
            let fitted = fit(rows, targets);
            let bytes = postcard::to_allocvec(&fitted).expect("plain values");
            let again = postcard::from_bytes(&bytes).expect("as written");
            for fitted in [fitted, again] {
                let found = ask(&fitted, &[0.7, 5.0, 1.0, 0.0], 1);
                assert!(found.iter().all(|f| (f - 0.4).abs() < 1e-12), "{found:?}");
            }
        }
    }
}
