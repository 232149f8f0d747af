//! Bayesian linear regression: the precisions of weights and noise are fitted to the evidence; the posterior gives a
//! standard deviation.
//!
//! MacKay, "Bayesian Interpolation", Neural Computation 1992; Tipping's update of the precisions, JMLR 2001, with the
//! vague Gamma priors of scikit-learn's `BayesianRidge`.

use super::cholesky::Cholesky;
use super::linear::{Centred, Linear, check_columns, dot};
use super::target::is_constant;
use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<BayesianRidge>(
    "bayesian-ridge",
    "linear regression whose penalty is fitted to the evidence",
    "MacKay, Neural Computation 1992",
);

/// Shape and rate of the Gamma priors of both precisions.
const PRIOR: f64 = 1e-6;
/// Each update solves for all weights: more would take hours and change nothing.
const MOST_ITERATIONS: usize = 100_000;
/// The least noise, as the inverse of its share of the targets' variance.
const CLEANEST: f64 = 1e8;

/// Parameters; the defaults are scikit-learn's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BayesianRidge {
    /// Updates of the precisions at most.
    pub iterations: usize,
    /// Total change of the weights that ends the updates.
    pub tolerance: f64,
}

impl Default for BayesianRidge {
    fn default() -> Self {
        Self {
            iterations: 300,
            tolerance: 1e-3,
        }
    }
}

impl PredictorConfig for BayesianRidge {
    type Fitted = BayesianLinear;

    fn check(&self) -> Result<(), String> {
        if !(1..=MOST_ITERATIONS).contains(&self.iterations) {
            let found = self.iterations;
            return Err(format!(
                "iterations = {found}: expected 1 to {MOST_ITERATIONS}"
            ));
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(format!(
                "tolerance = {}: expected 0 or more",
                self.tolerance
            ));
        }
        Ok(())
    }

    fn fit(&self, data: &TrainingSet<'_>, _: &mut StreamRng) -> Result<BayesianLinear, Error> {
        let centred = Centred::new(data);
        let (gram, products) = (centred.gram(), centred.products());
        let n = data.len() as f64;
        // Of a constant, the rounded mean leaves a spread far below what a target can mean.
        let spread = match is_constant(data.targets) {
            true => 0.0,
            false => dot(&centred.targets, &centred.targets) / n,
        };
        // Targets without noise would send its precision, and then the conditioning, to infinity.
        let cleanest = if spread > 0.0 { CLEANEST / spread } else { 1.0 };
        let mut noise = if spread > 0.0 { 1.0 / spread } else { 1.0 };
        let mut prior = 1.0;
        let largest = gram.iter().copied().fold(1.0, f64::max);
        let mut weights: Option<Vec<f64>> = None;
        for _ in 0..self.iterations {
            let (next, covariance) = posterior(&gram, &products, noise, prior)?;
            let change: f64 = weights
                .iter()
                .flatten()
                .zip(&next)
                .map(|(a, b)| (a - b).abs())
                .sum();
            let done = weights.is_some() && change <= self.tolerance;
            weights = Some(next);
            let w = weights.as_deref().unwrap_or_default();
            let p = w.len();
            let trace: f64 = (0..p).map(|i| covariance[i * p + i]).sum();
            let effective = p as f64 - prior * trace;
            let residual: f64 = (0..data.len())
                .map(|row| (centred.targets[row] - dot(centred.row(row), w)).powi(2))
                .sum();
            if done {
                break;
            }
            prior = (effective + 2.0 * PRIOR) / (dot(w, w) + 2.0 * PRIOR);
            noise = ((n - effective + 2.0 * PRIOR) / (residual + 2.0 * PRIOR)).min(cleanest);
            prior = prior.max(noise * largest * f64::EPSILON);
        }
        let (weights, covariance) = posterior(&gram, &products, noise, prior)?;
        Ok(BayesianLinear {
            means: centred.feature_means.clone(),
            linear: Linear::through_mean(weights, &centred),
            covariance,
            noise_variance: 1.0 / noise,
        })
    }
}

/// Mean and covariance (row-major, both halves) of the weights.
fn posterior(
    gram: &[f64],
    products: &[f64],
    noise: f64,
    prior: f64,
) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let p = products.len();
    let mut precision: Vec<f64> = gram.iter().map(|g| noise * g).collect();
    for i in 0..p {
        precision[i * p + i] += prior;
    }
    let factor = Cholesky::new(precision, p).ok_or_else(|| {
        Error::new(
            "bayesian ridge",
            "the features are too large to be solved for",
        )
    })?;
    let mut weights: Vec<f64> = products.iter().map(|b| noise * b).collect();
    factor.solve(&mut weights);
    let mut covariance = factor.inverse();
    for i in 0..p {
        for j in 0..i {
            covariance[j * p + i] = covariance[i * p + j];
        }
    }
    Ok((weights, covariance))
}

/// A linear model with the posterior of its weights.
#[derive(Debug, Serialize, Deserialize)]
pub struct BayesianLinear {
    linear: Linear,
    /// Of the features; the posterior is over deviations from them.
    means: Vec<f64>,
    covariance: Vec<f64>,
    noise_variance: f64,
}

impl FittedPredictor for BayesianLinear {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        let mean = self.predict_mean(inputs)?;
        let p = self.means.len();
        let variance = |row: &[f64]| {
            let x: Vec<f64> = row.iter().zip(&self.means).map(|(v, m)| v - m).collect();
            let rows = self.covariance.chunks_exact(p.max(1)).zip(&x);
            rows.map(|(row, xi)| xi * dot(row, &x)).sum::<f64>() + self.noise_variance
        };
        let rows = (0..inputs.len()).map(|at| inputs.features.row(at));
        let std = rows.map(|row| variance(row).max(0.0).sqrt()).collect();
        Ok(Predictions {
            mean,
            std: Some(std),
        })
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        check_columns(inputs.features, self.means.len())?;
        Ok(self.linear.predict(inputs)?.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_without_end_are_refused() {
        for (iterations, tolerance, is_legal) in [
            (0, 1e-3, false),
            (usize::MAX / 2, 0.0, false),
            (300, 0.0, true),
            (300, -1.0, false),
        ] {
            let config = BayesianRidge {
                iterations,
                tolerance,
            };
            assert_eq!(config.check().is_ok(), is_legal, "{iterations} {tolerance}");
        }
    }
}
