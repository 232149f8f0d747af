//! Gaussian process over encoded architectures: which architectures are alike is what the encoding says.
//!
//! Rasmussen and Williams, "Gaussian Processes for Machine Learning", MIT Press 2006. With the encoding
//! `weisfeiler-lehman` and the kernel `cosine` it is the surrogate of Ru, Wan, Dong and Osborne, "Interpretable Neural
//! Architecture Search via Bayesian Optimisation with Weisfeiler-Lehman Kernels", ICLR 2021, arXiv 2006.07556; with `path`,
//! one over paths as White et al. compare. Deviation: length scale and noise are the likeliest of a grid, on at most
//! `fit_points` points; the signal's variance is profiled out.

use super::cholesky::Cholesky;
use super::linear::{check_columns, dot};
use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::encoding::Features;
use crate::error::Error;
use crate::rng::StreamRng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<FeatureGaussianProcess>(
    "feature-gaussian-process",
    "a Gaussian process whose kernel compares encodings, such as paths or Weisfeiler-Lehman counts",
    "Ru, Wan, Dong & Osborne, ICLR 2021, arXiv 2006.07556",
);

/// Shares of the signal's variance that the noise may have.
const NOISES: [f64; 8] = [1e-3, 1e-2, 0.03, 0.1, 0.2, 0.4, 1.0, 2.0];
/// Length scales, as multiples of the root mean squared distance of the training set.
const LENGTHS: [f64; 6] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.5];
/// Architectures whose variance is computed at once.
const BLOCK: usize = 64;

/// How alike two rows of features are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureKernel {
    /// The cosine of their angle: the normalised dot product of counts.
    #[default]
    Cosine,
    /// exp(−d² / 2ℓ²) of their Euclidean distance d.
    SquaredExponential,
}

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureGaussianProcess {
    /// How alike two rows of features are.
    pub kernel: FeatureKernel,
    /// The most points that length scale and noise are chosen on.
    pub fit_points: usize,
    /// The most points that are conditioned on.
    pub max_points: usize,
}

impl Default for FeatureGaussianProcess {
    fn default() -> Self {
        Self {
            kernel: FeatureKernel::Cosine,
            fit_points: 300,
            max_points: 3000,
        }
    }
}

/// Training rows by column, so that a sparse row is compared with all of them by a few additions of columns.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Rows {
    kernel: FeatureKernel,
    count: usize,
    /// Column-major.
    columns: Vec<Vec<f64>>,
    /// Squared length of each row.
    squares: Vec<f64>,
    /// Squared length scale.
    length: f64,
}

impl Rows {
    fn new(kernel: FeatureKernel, features: &Features, rows: &[usize]) -> Self {
        let column = |c: usize| rows.iter().map(|&row| features.row(row)[c]).collect();
        let square = |&row: &usize| dot(features.row(row), features.row(row));
        Self {
            kernel,
            count: rows.len(),
            columns: (0..features.columns()).map(column).collect(),
            squares: rows.iter().map(square).collect(),
            length: 1.0,
        }
    }

    /// The covariances of a row with all of these, the signal's variance being 1.
    fn covariances(&self, row: &[f64]) -> Vec<f64> {
        let mut dots = vec![0.0; self.count];
        for (value, column) in row.iter().zip(&self.columns) {
            if *value != 0.0 {
                dots.iter_mut()
                    .zip(column)
                    .for_each(|(d, c)| *d += value * c);
            }
        }
        let own = dot(row, row);
        for (slot, square) in dots.iter_mut().zip(&self.squares) {
            *slot = match self.kernel {
                FeatureKernel::Cosine => *slot / (own * square).sqrt().max(f64::MIN_POSITIVE),
                FeatureKernel::SquaredExponential => {
                    let distance = (own + square - 2.0 * *slot).max(0.0);
                    (-0.5 * distance / self.length).exp()
                }
            };
        }
        dots
    }

    /// The mean squared distance between two different rows.
    fn mean_distance(&self) -> f64 {
        let n = self.count as f64;
        let spread: f64 = self
            .columns
            .iter()
            .map(|column| {
                let mean = column.iter().sum::<f64>() / n;
                column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n
            })
            .sum();
        let distance = 2.0 * spread * n / (n - 1.0).max(1.0);
        if distance > 0.0 { distance } else { 1.0 }
    }

    /// The factor of the covariance of these rows with noise.
    fn factor(&self, noise: f64) -> Result<Cholesky, Error> {
        let mut covariance = Vec::with_capacity(self.count * self.count);
        for at in 0..self.count {
            let row: Vec<f64> = self.columns.iter().map(|column| column[at]).collect();
            covariance.extend(self.covariances(&row));
            covariance[at * self.count + at] += noise;
        }
        Cholesky::new(covariance, self.count)
            .ok_or_else(|| Error::new("covariance", "is not positive definite"))
    }
}

impl PredictorConfig for FeatureGaussianProcess {
    type Fitted = FeaturePosterior;

    fn check(&self) -> Result<(), String> {
        for (name, value) in [
            ("fit_points", self.fit_points),
            ("max_points", self.max_points),
        ] {
            if !(2..=20_000).contains(&value) {
                return Err(format!("{name} = {value}: expected 2 to 20000"));
            }
        }
        Ok(())
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<FeaturePosterior, Error> {
        let features = data.inputs.features;
        let mut order: Vec<usize> = (0..data.len()).collect();
        if data.len() > self.fit_points.min(self.max_points) {
            order.shuffle(rng);
        }
        let few = &order[..data.len().min(self.fit_points)];
        let (length, noise) = self.likeliest(data, few)?;
        order.truncate(self.max_points);
        let mut rows = Rows::new(self.kernel, features, &order);
        rows.length = length;
        let factor = rows.factor(noise)?;
        let mean = order.iter().map(|&at| data.targets[at]).sum::<f64>() / order.len() as f64;
        let centred: Vec<f64> = order.iter().map(|&at| data.targets[at] - mean).collect();
        let mut weights = centred.clone();
        factor.solve(&mut weights);
        let signal = dot(&centred, &weights) / order.len() as f64;
        Ok(FeaturePosterior {
            rows,
            mean,
            weights,
            signal: signal.max(f64::MIN_POSITIVE),
            noise,
            factor: OnceLock::from(factor),
        })
    }
}

impl FeatureGaussianProcess {
    /// Squared length scale and noise that make the targets of `rows` likeliest.
    fn likeliest(&self, data: &TrainingSet<'_>, rows: &[usize]) -> Result<(f64, f64), Error> {
        let features = data.inputs.features;
        let n = rows.len() as f64;
        let mean = rows.iter().map(|&at| data.targets[at]).sum::<f64>() / n;
        let centred: Vec<f64> = rows.iter().map(|&at| data.targets[at] - mean).collect();
        let mut points = Rows::new(self.kernel, features, rows);
        let unit = points.mean_distance();
        let lengths: &[f64] = match self.kernel {
            FeatureKernel::Cosine => &[1.0],
            FeatureKernel::SquaredExponential => &LENGTHS,
        };
        let mut best = (f64::INFINITY, unit, 0.1);
        for length in lengths {
            points.length = unit * length * length;
            for noise in NOISES {
                let factor = points.factor(noise)?;
                let mut weights = centred.clone();
                factor.solve(&mut weights);
                let signal = (dot(&centred, &weights) / n).max(f64::MIN_POSITIVE);
                let loss = n * signal.ln() + factor.log_det();
                if loss < best.0 {
                    best = (loss, points.length, noise);
                }
            }
        }
        Ok((best.1, best.2))
    }
}

/// The conditioned process.
#[derive(Debug, Serialize, Deserialize)]
pub struct FeaturePosterior {
    rows: Rows,
    mean: f64,
    /// What covariances are multiplied by.
    weights: Vec<f64>,
    /// Variance of the function; the kernel's own is 1.
    signal: f64,
    /// As a share of the signal.
    noise: f64,
    /// Made when a standard deviation is first asked for.
    #[serde(skip)]
    factor: OnceLock<Cholesky>,
}

impl FittedPredictor for FeaturePosterior {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        check_columns(inputs.features, self.rows.columns.len())?;
        let factor = match self.factor.get() {
            Some(factor) => factor,
            None => {
                let factor = self.rows.factor(self.noise)?;
                self.factor.get_or_init(|| factor)
            }
        };
        let (mut mean, mut std) = (Vec::new(), Vec::new());
        let rows: Vec<&[f64]> = inputs.features.iter().collect();
        for block in rows.chunks(BLOCK) {
            let mut covariances = Vec::with_capacity(block.len() * self.rows.count);
            for row in block {
                let covariance = self.rows.covariances(row);
                mean.push(self.mean + dot(&covariance, &self.weights));
                covariances.extend(covariance);
            }
            let explained = factor.quadratic_forms(&covariances, block.len());
            let variance = explained
                .iter()
                .map(|e| self.signal * ((1.0 - e).max(0.0) + self.noise));
            std.extend(variance.map(f64::sqrt));
        }
        Ok(Predictions {
            mean,
            std: Some(std),
        })
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        check_columns(inputs.features, self.rows.columns.len())?;
        let mean = |row: &[f64]| self.mean + dot(&self.rows.covariances(row), &self.weights);
        Ok(inputs.features.iter().map(mean).collect())
    }
}
