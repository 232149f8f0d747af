//! A Gaussian process conditioned on its training set: exactly, or through fewer inducing points.
//!
//! Sparse: the deterministic training conditional of Seeger, Williams and Lawrence, AISTATS 2003, as reviewed by
//! Quiñonero-Candela and Rasmussen, JMLR 2005; the inducing points are training points drawn at random.

use super::kernel::{Kernel, factored};
use super::points::{Asked, Points};
use crate::error::Error;
use crate::predictor::cholesky::Cholesky;
use crate::predictor::matrix::{Strided, multiply_add, vectorised};
use crate::predictor::{FittedPredictor, Inputs, Predictions, TrainingSet};
use crate::rng::StreamRng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// What keeps the covariance of inducing points positive definite, as a share of the variance.
const JITTER: f64 = 1e-6;
/// Architectures whose variance is computed at once.
const BLOCK: usize = 64;

/// The conditioned process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Posterior {
    kernel: Kernel,
    /// The training set, or the inducing points.
    points: Points,
    /// What their covariances are multiplied by, in their order.
    weights: Vec<f64>,
    mean: f64,
    /// Of a sparse posterior, the products K_mn K_nm of its inducing points.
    products: Option<Vec<f64>>,
    /// Made when a standard deviation is first asked for.
    #[serde(skip)]
    factors: OnceLock<Factors>,
}

/// What variances are solved with.
#[derive(Debug)]
enum Factors {
    /// Of K + σ² I.
    Exact(Cholesky),
    /// Of K_mm, and of σ² K_mm + K_mn K_nm.
    Sparse(Cholesky, Cholesky),
}

impl Posterior {
    pub(super) fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Conditioned on all points; O(n³).
    pub(super) fn exact(kernel: Kernel, data: &TrainingSet<'_>) -> Result<Self, Error> {
        let all: Vec<usize> = (0..data.len()).collect();
        let (points, mut weights) = kernel.points(data, &all)?;
        let factor = kernel.factor(&points, kernel.noise())?;
        factor.solve(&mut weights);
        Ok(Self {
            kernel,
            points,
            weights,
            mean: mean(data.targets),
            products: None,
            factors: OnceLock::from(Factors::Exact(factor)),
        })
    }

    /// Conditioned through `inducing` of the points; O(n × inducing²).
    pub(super) fn sparse(
        kernel: Kernel,
        data: &TrainingSet<'_>,
        inducing: usize,
        rng: &mut StreamRng,
    ) -> Result<Self, Error> {
        let mut chosen: Vec<usize> = (0..data.len()).collect();
        chosen.shuffle(rng);
        chosen.truncate(inducing);
        let (points, _) = kernel.points(data, &chosen)?;
        let m = points.len();
        let asked = Asked::new(data.inputs.space, data.inputs.archs, &points)?;
        let rows = kernel.rows(&points, &asked);
        let mut products = vec![0.0; m * m];
        vectorised!({
            let across = Strided::transposed(&rows, m);
            multiply_add(&mut products, m, across, &rows, m, (m, m, data.len()));
        });
        let mean = mean(data.targets);
        let mut weights = vec![0.0; m];
        for (row, target) in rows.chunks_exact(m).zip(data.targets) {
            for (slot, k) in weights.iter_mut().zip(row) {
                *slot += k * (target - mean);
            }
        }
        let mut posterior = Self {
            kernel,
            points,
            weights,
            mean,
            products: Some(products),
            factors: OnceLock::new(),
        };
        let factors = posterior.make_factors()?;
        if let Factors::Sparse(_, whole) = &factors {
            whole.solve(&mut posterior.weights);
        }
        posterior.factors = OnceLock::from(factors);
        Ok(posterior)
    }

    fn make_factors(&self) -> Result<Factors, Error> {
        let Some(products) = &self.products else {
            return Ok(Factors::Exact(
                self.kernel.factor(&self.points, self.kernel.noise())?,
            ));
        };
        let m = self.points.len();
        let mut covariance = self.kernel.covariance(&self.points);
        for i in 0..m {
            covariance[i * m + i] += JITTER * self.kernel.variance();
        }
        let noise = self.kernel.noise();
        let terms = covariance.iter().zip(products);
        let whole = terms.map(|(k, product)| noise * k + product).collect();
        Ok(Factors::Sparse(
            factored(covariance, m)?,
            factored(whole, m)?,
        ))
    }

    /// Variance of a new training of each architecture.
    fn variances(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        let factors = match self.factors.get() {
            Some(factors) => factors,
            None => {
                let factors = self.make_factors()?;
                self.factors.get_or_init(|| factors)
            }
        };
        let (prior, noise) = (self.kernel.variance(), self.kernel.noise());
        let mut variances = Vec::with_capacity(inputs.len());
        for block in inputs.archs.chunks(BLOCK) {
            let asked = Asked::new(inputs.space, block, &self.points)?;
            let rows = self.kernel.rows(&self.points, &asked);
            let explained: Vec<f64> = match factors {
                Factors::Exact(factor) => factor.quadratic_forms(&rows, block.len()),
                Factors::Sparse(inducing, whole) => {
                    let lost = inducing.quadratic_forms(&rows, block.len());
                    let left = whole.quadratic_forms(&rows, block.len());
                    lost.iter()
                        .zip(left)
                        .map(|(lost, left)| lost - noise * left)
                        .collect()
                }
            };
            variances.extend(
                explained
                    .iter()
                    .map(|explained| (prior - explained).max(noise)),
            );
        }
        Ok(variances)
    }
}

fn mean(targets: &[f64]) -> f64 {
    targets.iter().sum::<f64>() / targets.len() as f64
}

impl FittedPredictor for Posterior {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        let variances = self.variances(inputs)?;
        Ok(Predictions {
            mean: self.predict_mean(inputs)?,
            std: Some(variances.into_iter().map(f64::sqrt).collect()),
        })
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        let asked = Asked::new(inputs.space, inputs.archs, &self.points)?;
        let sums = self
            .kernel
            .weighted_sums(&self.points, &self.weights, &asked);
        Ok(sums.into_iter().map(|s| self.mean + s).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KernelName, kernel::Structure};
    use super::*;
    use crate::predictor::reference_values::{queries, training_set};
    use crate::space::{Nb201, SearchSpace};

    /// With the training set of `reference_values`:
    /// ```python
    /// w = np.repeat(0.2 + 0.1 * np.arange(6), 5)
    /// k = lambda A, B: 1.3 * np.exp(-((A[:, None, :] != B[None]) * w).sum(2) / 2)
    /// K = k(X, X) + .2 * np.eye(60); a = np.linalg.solve(K, y - y.mean()); ks = k(Q, X)
    /// y.mean() + ks @ a, np.sqrt(1.3 + .2 - np.einsum('ij,ij->i', ks, np.linalg.solve(K, ks.T).T))
    /// ```
    #[test]
    fn the_posterior_agrees_with_numpy() {
        let space = Nb201::shared();
        let structure = Structure::new(space.decisions(), true, KernelName::ArdHamming);
        let weights = (0..6).map(|d| (0.2 + 0.1 * f64::from(d)).ln());
        let parameters = weights.chain([1.3_f64.ln(), 0.2_f64.ln()]).collect();
        let (archs, targets) = training_set();
        let kernel = Kernel {
            structure,
            parameters,
        };
        let features = Default::default();
        let inputs = Inputs {
            space: &*space,
            archs: &archs,
            features: &features,
        };
        let data = TrainingSet {
            inputs,
            targets: &targets,
        };
        let posterior = Posterior::exact(kernel, &data).expect("positive definite");
        let asked = queries();
        let inputs = Inputs {
            archs: &asked,
            ..inputs
        };
        let found = posterior.predict(&inputs).expect("of the space");
        let mean = [
            -0.3265724197,
            -0.1355135149,
            0.0050061876,
            0.1534503736,
            -0.3608270512,
            0.0107400883,
        ];
        let std = [
            0.966920212,
            1.0698509157,
            1.1033666542,
            1.0706841297,
            0.9398180512,
            1.0122230202,
        ];
        assert!(
            found
                .mean
                .iter()
                .zip(mean)
                .all(|(f, e)| (f - e).abs() < 1e-9),
            "{:?}",
            found.mean
        );
        let found = found.std.expect("has one");
        assert!(
            found.iter().zip(std).all(|(f, e)| (f - e).abs() < 1e-9),
            "{found:?}"
        );
    }

    /// With every point inducing, the sparse posterior is the exact one.
    #[test]
    fn the_sparse_posterior_of_all_points_is_the_exact_one() {
        let space = Nb201::shared();
        let structure = Structure::new(space.decisions(), true, KernelName::OperationsAndPaths);
        let kernel = Kernel::prior(structure);
        let (archs, targets) = training_set();
        let features = Default::default();
        let inputs = Inputs {
            space: &*space,
            archs: &archs,
            features: &features,
        };
        let data = TrainingSet {
            inputs,
            targets: &targets,
        };
        let exact = Posterior::exact(kernel.clone(), &data).expect("positive definite");
        let mut rng = crate::rng::derive_rng(1, &["sparse"]);
        let sparse = Posterior::sparse(kernel, &data, 60, &mut rng).expect("positive definite");
        let asked = queries();
        let inputs = Inputs {
            archs: &asked,
            ..inputs
        };
        let (a, b) = (
            exact.predict(&inputs).expect("fits"),
            sparse.predict(&inputs).expect("fits"),
        );
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(close(&a.mean, &b.mean), "{a:?} {b:?}");
        assert!(close(&a.std.expect("has one"), &b.std.expect("has one")));
    }
}
