//! Partial least squares: a linear model on the few directions of the features that vary most with the target.
//!
//! Wold, Sjöström and Eriksson, "PLS-regression: a basic tool of chemometrics", Chemometrics and Intelligent Laboratory
//! Systems 2001. The columns of an encoding depend on each other (the options of a decision sum to 1), which is what it
//! was made for. Fitted by linfa; what is kept is the linear model that comes out. With fewer independent points than
//! components, as many as can be had.

use super::linear::Linear;
use super::{PredictorConfig, PredictorEntry, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use crate::shield::shielded;
use linfa::Dataset;
use linfa::traits::{Fit, Predict};
use linfa_pls::PlsRegression;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<PartialLeastSquares>(
    "partial-least-squares",
    "a linear model on the directions that vary most with the target",
    "Wold, Sjöström & Eriksson, Chemometrics and Intelligent Laboratory Systems 2001",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PartialLeastSquares {
    /// Directions.
    pub components: usize,
    /// Whether features are scaled to the same deviation first.
    pub scale: bool,
}

impl Default for PartialLeastSquares {
    fn default() -> Self {
        Self {
            components: 2,
            scale: true,
        }
    }
}

impl PredictorConfig for PartialLeastSquares {
    type Fitted = Linear;

    fn check(&self) -> Result<(), String> {
        match self.components {
            0 => Err("components = 0: expected 1 or more".into()),
            _ => Ok(()),
        }
    }

    fn fit(&self, data: &TrainingSet<'_>, _: &mut StreamRng) -> Result<Linear, Error> {
        let (n, p) = (data.len(), data.inputs.features.columns());
        let matrix = |rows, columns, values: &[f64]| {
            Array2::from_shape_vec((rows, columns), values.to_vec())
                .map_err(|e| Error::new("partial least squares", e))
        };
        let records = matrix(n, p, data.inputs.features.values())?;
        let targets = matrix(n, 1, data.targets)?;
        let dataset = Dataset::new(records, targets);
        let most = match data.targets.iter().all(|t| *t == data.targets[0]) {
            true => 0,
            false => self.components.min(distinct(data) - 1).min(p),
        };
        let fitted = (1..=most).rev().find_map(|components| {
            let params = PlsRegression::params(components).scale(self.scale);
            // Past the last direction there is, it divides by zero and panics.
            let fitted = shielded("partial least squares", || params.fit(&dataset));
            let model = fitted.ok()?.ok()?;
            // At the origin, then with one feature at a time: the linear model it is.
            let mut probes = Array2::zeros((p + 1, p));
            (0..p).for_each(|column| probes[[column + 1, column]] = 1.0);
            let found: Array2<f64> = model.predict(&probes);
            let intercept = found[[0, 0]];
            let weights = (1..=p).map(|row| found[[row, 0]] - intercept).collect();
            let linear = Linear { weights, intercept };
            let finite = linear.weights.iter().all(|w| w.is_finite()) && intercept.is_finite();
            finite.then_some(linear)
        });
        // Features or targets that do not vary have no direction.
        Ok(fitted.unwrap_or_else(|| Linear {
            weights: vec![0.0; p],
            intercept: data.targets.iter().sum::<f64>() / n as f64,
        }))
    }
}

/// The number of different rows of features.
fn distinct(data: &TrainingSet<'_>) -> usize {
    let features = data.inputs.features;
    let mut rows: Vec<&[f64]> = (0..features.rows()).map(|at| features.row(at)).collect();
    rows.sort_unstable_by(|a, b| {
        let pairs = a.iter().zip(b.iter());
        let orders = pairs.map(|(a, b)| a.total_cmp(b));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    rows.dedup();
    rows.len()
}
