//! Stacking: a non-negative weighted sum of several predictors, weighted by how they predict what they were not fitted
//! to.
//!
//! Breiman, "Stacked Regressions", Machine Learning 1996: non-negative least squares on out-of-fold predictions. Deviation:
//! the weights are drawn towards equal ones, as strongly as `prior_points` training points would, because few points say
//! little about them. The standard deviation is that of the first member that has one, scaled so that out-of-fold
//! errors have the variance it states.

use super::entry::{Model, SavedModel};
use super::{
    FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet, named,
};
use crate::encoding::Features;
use crate::error::Error;
use crate::rng::StreamRng;
use crate::space::Architecture;
use rand::seq::SliceRandom;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<Stacking>(
    "stacking",
    "a weighted sum of predictors, weighted by out-of-fold error",
    "Breiman, Machine Learning 1996",
);

/// Fewer points than this per fold say nothing: the weights stay equal.
const LEAST_PER_FOLD: usize = 3;
/// Passes over the weights at most.
const PASSES: usize = 1000;

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stacking {
    /// Each member: its name, and its parameters beside it.
    pub members: Vec<toml::Table>,
    /// Parts the training set is cut into; 0: equal weights without fitting more than once.
    pub folds: usize,
    /// How many points the equal weights are worth.
    pub prior_points: f64,
}

impl Default for Stacking {
    fn default() -> Self {
        let member = |name: &str| toml::Table::from_iter([("name".to_owned(), name.into())]);
        Self {
            members: ["ridge", "svr", "gradient-boosting"].map(member).to_vec(),
            folds: 5,
            prior_points: 20.0,
        }
    }
}

impl Stacking {
    /// The members' lines in the registry and their checked parameters.
    fn models(&self) -> Result<Vec<(&'static PredictorEntry, Arc<dyn Model>)>, String> {
        let model = |table: &toml::Table| {
            let mut parameters = table.clone();
            let name = match parameters.remove("name") {
                Some(toml::Value::String(name)) => name,
                _ => return Err("members: each needs a name between quotes".to_owned()),
            };
            let entry = named(&name).map_err(|e| format!("members: {e}"))?;
            let model = entry
                .configure(parameters)
                .map_err(|e| format!("members: {name}: {e}"))?;
            Ok((entry, model))
        };
        self.members.iter().map(model).collect()
    }
}

impl PredictorConfig for Stacking {
    type Fitted = Stack;

    fn check(&self) -> Result<(), String> {
        if self.members.is_empty() {
            return Err("members: expected one or more".into());
        }
        if self.folds == 1 {
            return Err("folds = 1: expected 0, or 2 or more".into());
        }
        if !(self.prior_points.is_finite() && self.prior_points >= 0.0) {
            return Err(format!(
                "prior_points = {}: expected 0 or more",
                self.prior_points
            ));
        }
        self.models().map(|_| ())
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Stack, Error> {
        let models = self.models().map_err(|e| Error::new("stacking", e))?;
        let mut weights = vec![1.0 / models.len() as f64; models.len()];
        let mut std_scale = 1.0;
        if self.folds > 0 && data.len() >= self.folds * LEAST_PER_FOLD {
            let held_out = HeldOut::new(&models, data, self.folds, rng)?;
            weights = held_out.weights(data.targets, self.prior_points);
            std_scale = held_out.std_scale(data.targets, &weights);
        }
        let members = models
            .iter()
            .map(|(entry, model)| {
                let model = model.fit(data, rng)?;
                Ok(Member { entry, model })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Stack {
            members,
            weights,
            std_scale,
            mean: data.targets.iter().sum::<f64>() / data.len() as f64,
        })
    }
}

/// What each member predicts for points it was not fitted to.
struct HeldOut {
    /// Of each member, less the mean target of its fit.
    means: Vec<Vec<f64>>,
    /// The mean target that each point's models were fitted to.
    bases: Vec<f64>,
    /// Of the first member that has one; empty where none has.
    std: Vec<f64>,
}

impl HeldOut {
    fn new(
        models: &[(&'static PredictorEntry, Arc<dyn Model>)],
        data: &TrainingSet<'_>,
        folds: usize,
        rng: &mut StreamRng,
    ) -> Result<Self, Error> {
        let n = data.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(rng);
        let mut held_out = Self {
            means: vec![vec![0.0; n]; models.len()],
            bases: vec![0.0; n],
            std: Vec::new(),
        };
        for fold in 0..folds {
            let (out, within): (Vec<usize>, Vec<usize>) =
                (0..n).partition(|&i| order[i] % folds == fold);
            let (part, asked) = (Part::new(data, &within), Part::new(data, &out));
            let base = part.targets.iter().sum::<f64>() / within.len() as f64;
            out.iter().for_each(|&i| held_out.bases[i] = base);
            let mut std = None;
            for (means, (_, model)) in held_out.means.iter_mut().zip(models) {
                let fitted = model.fit(&part.training_set(data), rng)?;
                let found = fitted.predict(&asked.inputs(data))?;
                for (&i, mean) in out.iter().zip(&found.mean) {
                    means[i] = mean - base;
                }
                std = std.or(found.std);
            }
            if let Some(std) = std {
                held_out.std.resize(n, 0.0);
                for (&i, std) in out.iter().zip(std) {
                    held_out.std[i] = std;
                }
            }
        }
        Ok(held_out)
    }

    /// The non-negative weights of least squared error, drawn towards equal ones.
    fn weights(&self, targets: &[f64], prior_points: f64) -> Vec<f64> {
        let members = self.means.len();
        let n = targets.len() as f64;
        let errors: Vec<f64> = targets
            .iter()
            .zip(&self.bases)
            .map(|(t, base)| t - base)
            .collect();
        let dot = |a: &[f64], b: &[f64]| super::linear::dot(a, b) / n;
        let gram: Vec<Vec<f64>> = (0..members)
            .map(|a| {
                (0..members)
                    .map(|b| dot(&self.means[a], &self.means[b]))
                    .collect()
            })
            .collect();
        // The penalty is in the unit of a member's mean square, so that it does not depend on the targets' scale.
        let scale = (0..members).map(|m| gram[m][m]).sum::<f64>() / members as f64;
        let penalty = (scale * prior_points / n).max(f64::MIN_POSITIVE);
        let equal = 1.0 / members as f64;
        let mut weights = vec![equal; members];
        for _ in 0..PASSES {
            for m in 0..members {
                let others: f64 = (0..members)
                    .filter(|&o| o != m)
                    .map(|o| gram[m][o] * weights[o])
                    .sum();
                let pull = dot(&self.means[m], &errors) - others + penalty * equal;
                weights[m] = (pull / (gram[m][m] + penalty)).max(0.0);
            }
        }
        weights
    }

    /// The factor that gives out-of-fold errors the variance that was stated for them.
    fn std_scale(&self, targets: &[f64], weights: &[f64]) -> f64 {
        if self.std.is_empty() {
            return 1.0;
        }
        let squares = (0..targets.len()).map(|i| {
            let means = self.means.iter().zip(weights);
            let found = self.bases[i] + means.map(|(m, w)| w * m[i]).sum::<f64>();
            ((targets[i] - found) / self.std[i].max(1e-9)).powi(2)
        });
        (squares.sum::<f64>() / targets.len() as f64)
            .sqrt()
            .clamp(0.1, 10.0)
    }
}

/// Some points of a training set.
struct Part {
    archs: Vec<Architecture>,
    features: Features,
    targets: Vec<f64>,
}

impl Part {
    fn new(data: &TrainingSet<'_>, rows: &[usize]) -> Self {
        Self {
            archs: rows.iter().map(|&i| data.inputs.archs[i]).collect(),
            features: data.inputs.features.gather(rows),
            targets: rows.iter().map(|&i| data.targets[i]).collect(),
        }
    }

    fn inputs<'a>(&'a self, of: &TrainingSet<'a>) -> Inputs<'a> {
        Inputs {
            space: of.inputs.space,
            archs: &self.archs,
            features: &self.features,
        }
    }

    fn training_set<'a>(&'a self, of: &TrainingSet<'a>) -> TrainingSet<'a> {
        TrainingSet {
            inputs: self.inputs(of),
            targets: &self.targets,
        }
    }
}

/// A fitted member; written as its name and state.
struct Member {
    entry: &'static PredictorEntry,
    model: Box<dyn SavedModel>,
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let state = self.model.state().map_err(serde::ser::Error::custom)?;
        (self.entry.name, state).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, state) = <(String, Vec<u8>)>::deserialize(deserializer)?;
        let entry = named(&name).map_err(D::Error::custom)?;
        let model = entry.restore(&state).map_err(D::Error::custom)?;
        Ok(Self { entry, model })
    }
}

/// Fitted members and their weights.
#[derive(Serialize, Deserialize)]
pub struct Stack {
    members: Vec<Member>,
    weights: Vec<f64>,
    std_scale: f64,
    /// Mean target: weights multiply what members predict beyond it.
    mean: f64,
}

impl Stack {
    fn blend<'a>(&self, means: impl Iterator<Item = &'a Vec<f64>>, n: usize) -> Vec<f64> {
        let mut blended = vec![self.mean; n];
        for (mean, weight) in means.zip(&self.weights) {
            for (slot, m) in blended.iter_mut().zip(mean) {
                *slot += weight * (m - self.mean);
            }
        }
        blended
    }
}

impl FittedPredictor for Stack {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        let found = self.members.iter().map(|m| m.model.predict(inputs));
        let found = found.collect::<Result<Vec<Predictions>, Error>>()?;
        let std = found.iter().find_map(|f| f.std.as_ref());
        Ok(Predictions {
            mean: self.blend(found.iter().map(|f| &f.mean), inputs.len()),
            std: std.map(|std| std.iter().map(|s| s * self.std_scale).collect()),
        })
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        let means = self.members.iter().map(|m| m.model.predict_mean(inputs));
        let means = means.collect::<Result<Vec<Vec<f64>>, Error>>()?;
        Ok(self.blend(means.iter(), inputs.len()))
    }
}
