//! Stacking: a non-negative weighted sum of several predictors, weighted by how they predict what they were not fitted
//! to.
//!
//! Breiman, "Stacked Regressions", Machine Learning 1996: non-negative least squares on out-of-fold predictions. Deviation:
//! the weights are drawn towards given ones, as strongly as `prior_points` training points would, because few points say
//! little about them. The standard deviation is that of the first member that has one, scaled so that out-of-fold
//! errors have the variance it states.

use super::entry::{Model, SavedModel};
use super::{
    FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet, named,
};
use crate::encoding::{Encoding, Features};
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
    /// Each member: its `name`, and its parameters beside it; also its `weight` before any data (default 1, all are
    /// scaled to sum to 1) and an `encoding` of its own.
    pub members: Vec<toml::Table>,
    /// Parts the training set is cut into; 0: the given weights, without fitting more than once.
    pub folds: usize,
    /// How many points the given weights are worth.
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

/// A member before it is fitted.
struct Candidate {
    entry: &'static PredictorEntry,
    model: Arc<dyn Model>,
    encoding: Option<Encoding>,
    weight: f64,
}

impl Candidate {
    fn read(table: &toml::Table) -> Result<Self, String> {
        let mut parameters = table.clone();
        let mut text = |key: &str| match parameters.remove(key) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(format!("members: {key} = {other}: expected a name between quotes")),
        };
        let name = text("name")?.ok_or("members: each needs a name")?;
        let encoding = text("encoding")?;
        let weight = match parameters.remove("weight") {
            None => 1.0,
            Some(toml::Value::Float(weight)) if weight >= 0.0 => weight,
            Some(other) => return Err(format!("members: {name}: weight = {other}: expected 0.0 or more")),
        };
        let entry = named(&name).map_err(|e| format!("members: {e}"))?;
        let encoding = encoding.map(|e| Encoding::named(&e)).transpose();
        Ok(Self {
            entry,
            model: entry.configure(parameters).map_err(|e| format!("members: {name}: {e}"))?,
            encoding: encoding.map_err(|e| format!("members: {name}: {e}"))?,
            weight,
        })
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Member, Error> {
        let own = own_features(self.encoding.as_ref(), &data.inputs)?;
        let inputs = Inputs {
            features: own.as_ref().unwrap_or(data.inputs.features),
            ..data.inputs
        };
        Ok(Member {
            entry: self.entry,
            encoding: self.encoding.clone(),
            model: self.model.fit(&TrainingSet { inputs, ..*data }, rng)?,
        })
    }
}

/// The architectures in an encoding of a member's own.
fn own_features(encoding: Option<&Encoding>, inputs: &Inputs<'_>) -> Result<Option<Features>, Error> {
    encoding.map(|encoding| encoding.encode(inputs.space, inputs.archs)).transpose()
}

impl Stacking {
    fn candidates(&self) -> Result<Vec<Candidate>, String> {
        let mut candidates: Vec<Candidate> =
            self.members.iter().map(Candidate::read).collect::<Result<_, _>>()?;
        let total: f64 = candidates.iter().map(|c| c.weight).sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err("members: expected weights with a sum above 0".into());
        }
        candidates.iter_mut().for_each(|c| c.weight /= total);
        Ok(candidates)
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
        self.candidates().map(|_| ())
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Stack, Error> {
        let candidates = self.candidates().map_err(|e| Error::new("stacking", e))?;
        let mut weights: Vec<f64> = candidates.iter().map(|c| c.weight).collect();
        let mut std_scale = 1.0;
        if self.folds > 0 && data.len() >= self.folds * LEAST_PER_FOLD {
            let held_out = HeldOut::new(&candidates, data, self.folds, rng)?;
            weights = held_out.weights(data.targets, &weights, self.prior_points);
            std_scale = held_out.std_scale(data.targets, &weights);
        }
        let members = candidates.iter().map(|c| c.fit(data, rng)).collect::<Result<_, Error>>()?;
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
        candidates: &[Candidate],
        data: &TrainingSet<'_>,
        folds: usize,
        rng: &mut StreamRng,
    ) -> Result<Self, Error> {
        let n = data.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(rng);
        let mut held_out = Self {
            means: vec![vec![0.0; n]; candidates.len()],
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
            for (means, candidate) in held_out.means.iter_mut().zip(candidates) {
                let fitted = candidate.fit(&part.training_set(data), rng)?;
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

    /// The non-negative weights of least squared error, drawn towards `given` ones.
    fn weights(&self, targets: &[f64], given: &[f64], prior_points: f64) -> Vec<f64> {
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
        let mut weights = given.to_vec();
        for _ in 0..PASSES {
            for m in 0..members {
                let others: f64 = (0..members)
                    .filter(|&o| o != m)
                    .map(|o| gram[m][o] * weights[o])
                    .sum();
                let pull = dot(&self.means[m], &errors) - others + penalty * given[m];
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

/// A fitted member; written as its name, encoding and state.
struct Member {
    entry: &'static PredictorEntry,
    encoding: Option<Encoding>,
    model: Box<dyn SavedModel>,
}

impl Member {
    fn ask<R>(
        &self,
        inputs: &Inputs<'_>,
        question: impl FnOnce(&dyn SavedModel, &Inputs<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let own = own_features(self.encoding.as_ref(), inputs)?;
        let features = own.as_ref().unwrap_or(inputs.features);
        question(&*self.model, &Inputs { features, ..*inputs })
    }

    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        self.ask(inputs, |model, inputs| model.predict(inputs))
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        self.ask(inputs, |model, inputs| model.predict_mean(inputs))
    }
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let state = self.model.state().map_err(serde::ser::Error::custom)?;
        let encoding = self.encoding.as_ref().map(Encoding::name);
        (self.entry.name, encoding, state).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, encoding, state) = <(String, Option<String>, Vec<u8>)>::deserialize(deserializer)?;
        let entry = named(&name).map_err(D::Error::custom)?;
        let encoding = encoding.map(|e| Encoding::named(&e)).transpose();
        Ok(Self {
            entry,
            encoding: encoding.map_err(D::Error::custom)?,
            model: entry.restore(&state).map_err(D::Error::custom)?,
        })
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
        let found = self.members.iter().map(|m| m.predict(inputs));
        let found = found.collect::<Result<Vec<Predictions>, Error>>()?;
        let std = found.iter().find_map(|f| f.std.as_ref());
        Ok(Predictions {
            mean: self.blend(found.iter().map(|f| &f.mean), inputs.len()),
            std: std.map(|std| std.iter().map(|s| s * self.std_scale).collect()),
        })
    }

    fn predict_mean(&self, inputs: &Inputs<'_>) -> Result<Vec<f64>, Error> {
        let means = self.members.iter().map(|m| m.predict_mean(inputs));
        let means = means.collect::<Result<Vec<Vec<f64>>, Error>>()?;
        Ok(self.blend(means.iter(), inputs.len()))
    }
}
