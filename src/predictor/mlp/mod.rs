//! An ensemble of small multilayer perceptrons, each trained from its own initial weights; the mean is the
//! prediction, their spread its standard deviation.
//!
//! White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
//! Search", AAAI 2021, arXiv 1910.11858: five networks. Deviations: two hidden layers of 64 instead of ten of 20, which
//! the published comparisons favour at these sizes, mean squared error on transformed targets, decoupled weight decay
//! (Loshchilov and Hutter, ICLR 2019, arXiv 1711.05101) and a cosine rate. Plain Rust in single precision.

mod adam;
mod columns;
mod network;

use super::linear::check_columns;
use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::encoding::Features;
use crate::error::Error;
use crate::rng::StreamRng;
use network::Training;

pub(super) use adam::{Moments, adam_step, cosine_rate};
pub(super) use network::Network;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<Mlp>(
    "mlp-ensemble",
    "five perceptrons of two hidden layers; their spread is the uncertainty",
    "White, Neiswanger & Savani, AAAI 2021, arXiv 1910.11858",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mlp {
    /// Networks.
    pub members: usize,
    /// Units of each hidden layer.
    pub hidden: Vec<usize>,
    /// Passes over the training set, but see `min_steps`.
    pub epochs: usize,
    /// The fewest steps; small training sets are passed more often.
    pub min_steps: usize,
    /// Architectures of one step.
    pub batch: usize,
    /// The first learning rate; it falls to 0 by a half cosine.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
}

impl Default for Mlp {
    fn default() -> Self {
        Self {
            members: 5,
            hidden: vec![64, 64],
            epochs: 100,
            min_steps: 300,
            batch: 32,
            learning_rate: 0.01,
            weight_decay: 0.3,
        }
    }
}

impl PredictorConfig for Mlp {
    type Fitted = Ensemble;

    fn check(&self) -> Result<(), String> {
        for (name, value, most) in [
            ("members", self.members, 1000),
            ("epochs", self.epochs, 1_000_000),
            ("batch", self.batch, 1_000_000),
            ("hidden", self.hidden.len(), 32),
        ] {
            if !(1..=most).contains(&value) {
                return Err(format!("{name} = {value}: expected 1 to {most}"));
            }
        }
        if let Some(units) = self.hidden.iter().find(|u| !(1..=4096).contains(*u)) {
            return Err(format!("hidden = {units}: expected 1 to 4096 units"));
        }
        for (name, value, most) in [
            ("learning_rate", self.learning_rate, 1.0),
            ("weight_decay", self.weight_decay, 100.0),
        ] {
            if !(0.0..=most).contains(&value) {
                return Err(format!("{name} = {value}: expected 0 to {most}"));
            }
        }
        Ok(())
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Ensemble, Error> {
        let (scaling, members) = self.train(data, rng);
        let constant = data.targets.iter().all(|t| *t == data.targets[0]);
        Ok(Ensemble {
            scaling,
            members,
            constant: constant.then(|| data.targets[0]),
        })
    }
}

impl Mlp {
    /// The trained networks and how their inputs are scaled.
    pub(super) fn train(
        &self,
        data: &TrainingSet<'_>,
        rng: &mut StreamRng,
    ) -> (Scaling, Vec<Network>) {
        let scaling = Scaling::of(data.inputs.features);
        let rows = scaling.scaled(data.inputs.features);
        let targets: Vec<f32> = data.targets.iter().map(|&t| t as f32).collect();
        let columns = data.inputs.features.columns();
        let steps_per_epoch = data.len().div_ceil(self.batch);
        let training = Training {
            epochs: self.epochs.max(self.min_steps.div_ceil(steps_per_epoch)),
            batch: self.batch,
            learning_rate: self.learning_rate as f32,
            weight_decay: self.weight_decay as f32,
        };
        let members = (0..self.members).map(|_| {
            let mut network = Network::new(columns, &self.hidden, rng);
            network.train(&rows, &targets, &training, rng);
            network
        });
        let members = members.collect();
        (scaling, members)
    }
}

/// Shift and scale of each feature; those that are 0 or 1 stay as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scaling {
    shift: Vec<f64>,
    scale: Vec<f64>,
}

impl Scaling {
    fn of(features: &Features) -> Self {
        let columns = features.columns();
        let mut shift = vec![0.0; columns];
        let mut scale = vec![1.0; columns];
        for column in 0..columns {
            let values: Vec<f64> = features.iter().map(|row| row[column]).collect();
            if values.iter().any(|v| *v != 0.0 && *v != 1.0) {
                let (mean, deviation) = super::target::mean_and_scale(&values);
                (shift[column], scale[column]) = (mean, 1.0 / deviation);
            }
        }
        Self { shift, scale }
    }

    /// The features scaled, row after row.
    ///
    /// # Errors
    /// When there are more or fewer columns.
    pub(super) fn apply(&self, features: &Features) -> Result<Vec<f32>, Error> {
        check_columns(features, self.shift.len())?;
        Ok(self.scaled(features))
    }

    fn scaled(&self, features: &Features) -> Vec<f32> {
        let mut scaled = Vec::with_capacity(features.values().len());
        for row in features.iter() {
            let terms = row.iter().zip(&self.shift).zip(&self.scale);
            scaled.extend(terms.map(|((v, shift), scale)| ((v - shift) * scale) as f32));
        }
        scaled
    }
}

/// Trained networks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ensemble {
    scaling: Scaling,
    members: Vec<Network>,
    /// The target, where all were the same.
    constant: Option<f64>,
}

impl FittedPredictor for Ensemble {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        let rows = self.scaling.apply(inputs.features)?;
        let n = inputs.len();
        if let Some(constant) = self.constant {
            return Ok(Predictions {
                mean: vec![constant; n],
                std: Some(vec![0.0; n]),
            });
        }
        let outputs: Vec<Vec<f32>> = self.members.iter().map(|m| m.outputs(&rows, n)).collect();
        let count = outputs.len() as f64;
        let mut mean = vec![0.0; n];
        let mut std = vec![0.0; n];
        for output in &outputs {
            for (mean, &o) in mean.iter_mut().zip(output) {
                *mean += f64::from(o) / count;
            }
        }
        for output in &outputs {
            for ((std, mean), &o) in std.iter_mut().zip(&mean).zip(output) {
                *std += (f64::from(o) - mean).powi(2) / (count - 1.0).max(1.0);
            }
        }
        std.iter_mut().for_each(|s| *s = s.sqrt());
        Ok(Predictions {
            mean,
            std: Some(std),
        })
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        let rows = self.scaling.apply(inputs.features)?;
        let n = inputs.len();
        if let Some(constant) = self.constant {
            return Ok(vec![constant; n]);
        }
        let mut mean = vec![0.0; n];
        for member in &self.members {
            for (mean, output) in mean.iter_mut().zip(member.outputs(&rows, n)) {
                *mean += f64::from(output) / self.members.len() as f64;
            }
        }
        Ok(mean)
    }
}
