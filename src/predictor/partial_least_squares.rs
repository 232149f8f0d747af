//! Partial least squares: a linear model on the few directions of the features that vary most with the target.
//!
//! Wold, Sjöström and Eriksson, "PLS-regression: a basic tool of chemometrics", Chemometrics and Intelligent Laboratory
//! Systems 2001. The columns of an encoding depend on each other (the options of a decision sum to 1), which is what it
//! was made for. Fitted by linfa; what is kept is the linear model that comes out. Of more components than there are directions
//! that vary with the target, as many as can be had: past them is rounding, which linfa would scale up. They are counted by the
//! deflations of the same paper.

use super::linear::{Centred, Linear, dot};
use super::target::is_constant;
use super::{Inputs, PredictorConfig, PredictorEntry, TrainingSet};
use crate::encoding::Features;
use crate::error::Error;
use crate::rng::StreamRng;
use crate::shield::shielded;
use linfa::Dataset;
use linfa::traits::{Fit, Predict};
use linfa_pls::PlsRegression;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<PartialLeastSquares>(
    "partial-least-squares",
    "a linear model on the directions that vary most with the target",
    "Wold, Sjöström & Eriksson, Chemometrics and Intelligent Laboratory Systems 2001",
);

/// The share of a sum of squares that is rounding.
const NEGLIGIBLE: f64 = 1e-20;

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
        let features = varied(data.inputs.features)?;
        let inputs = Inputs {
            features: &features,
            ..data.inputs
        };
        let data = &TrainingSet { inputs, ..*data };
        let records = matrix(n, p, features.values())?;
        let targets = matrix(n, 1, data.targets)?;
        let dataset = Dataset::new(records, targets);
        let most = match is_constant(data.targets) {
            true => 0,
            false => directions(data, self.scale, self.components.min(n - 1).min(p)),
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

/// Features, those that do not vary set to 0: scaled to unit deviation, the rounding of their mean would count as much as any.
fn varied(features: &Features) -> Result<Features, Error> {
    let (rows, columns) = (features.rows(), features.columns());
    let column = |c: usize| -> Vec<f64> { features.iter().map(|row| row[c]).collect() };
    let constant: Vec<bool> = (0..columns).map(|c| is_constant(&column(c))).collect();
    let values = features.values().iter().enumerate();
    let values = values.map(|(at, &v)| if constant[at % columns] { 0.0 } else { v });
    Features::from_rows(rows, columns, values.collect())
}

/// How many directions of the features vary with the target, up to `most`: each is taken out of the features before the next is
/// sought, until what is left of them is rounding.
fn directions(data: &TrainingSet<'_>, scale: bool, most: usize) -> usize {
    let mut rest = Centred::new(data);
    let p = rest.columns;
    if scale {
        let squares = |c: usize| rest.rows.iter().skip(c).step_by(p).map(|v| v * v).sum();
        let deviations: Vec<f64> = (0..p).map(|c| f64::sqrt(squares(c))).collect();
        for (at, v) in rest.rows.iter_mut().enumerate() {
            *v /= deviations[at % p].max(f64::MIN_POSITIVE);
        }
    }
    let (whole, target) = (
        dot(&rest.rows, &rest.rows),
        dot(&rest.targets, &rest.targets),
    );
    for found in 0..most {
        let mut weights = rest.products();
        let covariance = dot(&weights, &weights);
        if covariance <= NEGLIGIBLE * whole * target {
            return found;
        }
        weights.iter_mut().for_each(|w| *w /= covariance.sqrt());
        let scores: Vec<f64> = (0..data.len())
            .map(|at| dot(rest.row(at), &weights))
            .collect();
        let square = dot(&scores, &scores);
        if square <= NEGLIGIBLE * whole {
            return found;
        }
        let mut loadings = vec![0.0; p];
        for (row, score) in rest.rows.chunks_exact(p).zip(&scores) {
            let terms = loadings.iter_mut().zip(row);
            terms.for_each(|(slot, v)| *slot += score * v / square);
        }
        for (row, score) in rest.rows.chunks_exact_mut(p).zip(&scores) {
            let terms = row.iter_mut().zip(&loadings);
            terms.for_each(|(v, loading)| *v -= score * loading);
        }
        let slope = dot(&scores, &rest.targets) / square;
        let terms = rest.targets.iter_mut().zip(&scores);
        terms.for_each(|(t, score)| *t -= slope * score);
    }
    most
}

#[cfg(test)]
mod tests {
    use crate::predictor::Predictor;
    use crate::rng::derive_rng;
    use crate::space::{Architecture, Nb201};

    /// Once every direction is used, it is least squares (Wold et al., section 3), whose errors are orthogonal to the features: with
    /// two decisions that vary there are eight directions, one-hot, however many components are asked for.
    #[test]
    fn more_components_than_directions_are_least_squares() {
        let space = Nb201::shared();
        let options = (0..5u8).flat_map(|a| (0..5u8).map(move |b| [a, 2, 2, 2, 2, b]));
        let archs: Vec<Architecture> = options.map(|o| Architecture::new(&o)).collect();
        let targets: Vec<f64> = (0..25).map(|at| f64::from(at * at % 7)).collect();
        for components in [8, 9, 12, 24, 1000] {
            let parameters = toml::toml! { components = components };
            let predictor = Predictor::configure("partial-least-squares", parameters);
            let mut rng = derive_rng(1, &["pls"]);
            let fitted = predictor.expect("legal");
            let fitted = fitted
                .fit(&*space, &archs, None, &targets, &mut rng)
                .expect("fits");
            let found = fitted
                .predict_mean(&*space, &archs, None)
                .expect("of the space");
            for option in 0..5u8 {
                for decision in [0, 5] {
                    let error = |at: usize| targets[at] - found[at];
                    let has = |&at: &usize| archs[at].decisions()[decision] == option;
                    let sum: f64 = (0..25).filter(has).map(error).sum();
                    assert!(sum.abs() < 1e-9, "{components}: {sum}");
                }
            }
        }
    }
}
