//! Gaussian process over the decisions of an architecture: an exponential kernel of weighted Hamming distances, its
//! parameters fitted to the marginal likelihood.
//!
//! Rasmussen and Williams, "Gaussian Processes for Machine Learning", MIT Press 2006; relevance determination over
//! categories as in Hutter, Hoos and Leyton-Brown, "Sequential Model-Based Optimization for General Algorithm
//! Configuration", LION 2011. Deviations: parameters have weak log-normal priors (without them, few points are
//! overfitted); with more than `fit_points` points they are fitted to a random subset and all points condition on them;
//! the `shared-operations` kernel also learns how much each operation matters, once for all decisions with the
//! same options.

mod kernel;
mod likelihood;

use super::cholesky::Cholesky;
use super::product_kernel::Choices;
use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use crate::space::Architecture;
use kernel::{Kernel, Structure};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<GaussianProcess>(
    "gaussian-process",
    "exponential kernel of weighted Hamming distances, marginal likelihood",
    "Rasmussen & Williams, MIT Press 2006",
);

/// What distances between architectures the kernel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum KernelName {
    /// The number of decisions that differ.
    Hamming,
    /// A weight for each decision.
    #[default]
    ArdHamming,
    /// A weight for each decision and one for each operation, shared by decisions with the same options.
    SharedOperations,
}

/// Fewer points than this are fitted to at once.
const FEWEST: usize = 100;

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GaussianProcess {
    /// The kernel.
    pub kernel: KernelName,
    /// The most points the kernel's parameters are fitted to.
    pub fit_points: usize,
    /// The most evaluations of the marginal likelihood.
    pub evaluations: usize,
}

impl Default for GaussianProcess {
    fn default() -> Self {
        Self {
            kernel: KernelName::ArdHamming,
            fit_points: 500,
            evaluations: 30,
        }
    }
}

impl PredictorConfig for GaussianProcess {
    type Fitted = Posterior;

    fn check(&self) -> Result<(), String> {
        if !(2..=5000).contains(&self.fit_points) {
            return Err(format!(
                "fit_points = {}: expected 2 to 5000",
                self.fit_points
            ));
        }
        if !(1..=10_000).contains(&self.evaluations) {
            return Err(format!(
                "evaluations = {}: expected 1 to 10000",
                self.evaluations
            ));
        }
        Ok(())
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Posterior, Error> {
        let structure = Structure::new(data.inputs.space.decisions(), self.kernel);
        let n = data.len();
        let mut order: Vec<usize> = (0..n).collect();
        if n > self.fit_points {
            order.shuffle(rng);
            order.truncate(self.fit_points);
        }
        let archs: Vec<Architecture> = order.iter().map(|&at| data.inputs.archs[at]).collect();
        let targets: Vec<f64> = order.iter().map(|&at| data.targets[at]).collect();
        let mut kernel = Kernel::prior(structure);
        // Most of the way on a third of the points costs a ninth or less of it on all.
        let few = archs.len() / 3;
        if few >= FEWEST {
            kernel = likelihood::fit(kernel, &archs[..few], &targets[..few], self.evaluations);
        }
        let kernel = likelihood::fit(kernel, &archs, &targets, self.evaluations);
        Posterior::new(kernel, data.inputs.archs, data.targets)
    }
}

/// A Gaussian process conditioned on its training set.
#[derive(Debug, Serialize, Deserialize)]
pub struct Posterior {
    kernel: Kernel,
    points: Choices,
    /// (K + σ² I)⁻¹ (y − mean), in the order of `points`.
    weights: Vec<f64>,
    mean: f64,
    /// Made when a standard deviation is first asked for.
    #[serde(skip)]
    factor: OnceLock<Cholesky>,
}

impl Posterior {
    fn new(kernel: Kernel, archs: &[Architecture], targets: &[f64]) -> Result<Self, Error> {
        let points = Choices::new(archs);
        let mean = targets.iter().sum::<f64>() / targets.len() as f64;
        let centred: Vec<f64> = targets.iter().map(|t| t - mean).collect();
        let mut weights = points.arrange(&centred);
        let factor = kernel.factor(&points)?;
        factor.solve(&mut weights);
        Ok(Self {
            kernel,
            points,
            weights,
            mean,
            factor: OnceLock::from(factor),
        })
    }

    /// Variance of a new training of each architecture.
    fn variances(&self, archs: &[Architecture]) -> Result<Vec<f64>, Error> {
        const BLOCK: usize = 64;
        let factor = match self.factor.get() {
            Some(factor) => factor,
            None => {
                let factor = self.kernel.factor(&self.points)?;
                self.factor.get_or_init(|| factor)
            }
        };
        let tables = self.kernel.tables();
        let prior = self.kernel.signal() + self.kernel.noise();
        let mut variances = Vec::with_capacity(archs.len());
        for block in archs.chunks(BLOCK) {
            let mut rows = self.points.rows(&tables, block);
            rows.iter_mut().for_each(|k| *k *= self.kernel.signal());
            for explained in factor.quadratic_forms(&rows, block.len()) {
                variances.push((prior - explained).max(self.kernel.noise()));
            }
        }
        Ok(variances)
    }
}

impl FittedPredictor for Posterior {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        let variances = self.variances(inputs.archs)?;
        Ok(Predictions {
            mean: self.predict_mean(inputs)?,
            std: Some(variances.into_iter().map(f64::sqrt).collect()),
        })
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        let tables = self.kernel.tables();
        let sums = self
            .points
            .weighted_sums(&tables, &self.weights, inputs.archs);
        let signal = self.kernel.signal();
        Ok(sums.into_iter().map(|s| self.mean + signal * s).collect())
    }
}
