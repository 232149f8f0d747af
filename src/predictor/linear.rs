//! What all linear models share once fitted: weights and an intercept.

use super::{FittedPredictor, Inputs, Predictions, TrainingSet};
use crate::encoding::Features;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// A fitted linear model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// One weight for each feature.
    pub(super) weights: Vec<f64>,
    /// The prediction where all features are 0.
    pub(super) intercept: f64,
}

impl Linear {
    /// The model with these weights whose mean over the training set is the mean target.
    pub(super) fn through_mean(weights: Vec<f64>, centred: &Centred) -> Self {
        let shift: f64 = dot(&weights, &centred.feature_means);
        Self {
            weights,
            intercept: centred.target_mean - shift,
        }
    }

    /// The prediction for one row of features.
    pub(super) fn at(&self, row: &[f64]) -> f64 {
        self.intercept + dot(&self.weights, row)
    }
}

impl FittedPredictor for Linear {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        check_columns(inputs.features, self.weights.len())?;
        let mean = (0..inputs.len())
            .map(|row| self.at(inputs.features.row(row)))
            .collect();
        Ok(Predictions { mean, std: None })
    }
}

/// Whether there are as many features as the model was fitted with.
pub(super) fn check_columns(features: &Features, expected: usize) -> Result<(), Error> {
    if features.columns() == expected {
        return Ok(());
    }
    let problem = format!("{} features of an architecture", features.columns());
    Err(Error::new("predictor", problem).mend(format!("it was fitted with {expected}")))
}

/// A training set less its means.
pub(super) struct Centred {
    pub(super) feature_means: Vec<f64>,
    pub(super) target_mean: f64,
    /// Features less their means, row after row.
    pub(super) rows: Vec<f64>,
    pub(super) columns: usize,
    /// Targets less their mean.
    pub(super) targets: Vec<f64>,
}

impl Centred {
    pub(super) fn new(data: &TrainingSet<'_>) -> Self {
        let features = data.inputs.features;
        let (n, columns) = (data.len(), features.columns());
        let mut feature_means = vec![0.0; columns];
        for row in features.iter() {
            for (mean, v) in feature_means.iter_mut().zip(row) {
                *mean += v / n as f64;
            }
        }
        let mut rows = Vec::with_capacity(n * columns);
        for row in features.iter() {
            rows.extend(row.iter().zip(&feature_means).map(|(v, mean)| v - mean));
        }
        let target_mean = data.targets.iter().map(|t| t / n as f64).sum::<f64>();
        Self {
            feature_means,
            target_mean,
            rows,
            columns,
            targets: data.targets.iter().map(|t| t - target_mean).collect(),
        }
    }

    pub(super) fn row(&self, at: usize) -> &[f64] {
        &self.rows[at * self.columns..][..self.columns]
    }

    /// The symmetric matrix of products of columns, XᵀX.
    pub(super) fn gram(&self) -> Vec<f64> {
        let p = self.columns;
        let mut gram = vec![0.0; p * p];
        for row in self.rows.chunks_exact(p.max(1)) {
            for (i, &a) in row.iter().enumerate() {
                for (slot, &b) in gram[i * p..=i * p + i].iter_mut().zip(row) {
                    *slot += a * b;
                }
            }
        }
        for i in 0..p {
            for j in 0..i {
                gram[j * p + i] = gram[i * p + j];
            }
        }
        gram
    }

    /// The products of each column with the targets, Xᵀy.
    pub(super) fn products(&self) -> Vec<f64> {
        let mut products = vec![0.0; self.columns];
        for (row, &t) in self
            .rows
            .chunks_exact(self.columns.max(1))
            .zip(&self.targets)
        {
            for (slot, &v) in products.iter_mut().zip(row) {
                *slot += v * t;
            }
        }
        products
    }
}

/// The inner product.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
