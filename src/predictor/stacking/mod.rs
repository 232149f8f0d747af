//! Stacking: a non-negative weighted sum of several predictors, weighted by how they predict what they were not fitted
//! to.
//!
//! Breiman, "Stacked Regressions", Machine Learning 1996: non-negative least squares on out-of-fold predictions. Deviation:
//! the weights are drawn towards given ones, as strongly as `prior_points` training points would, because few points say
//! little about them. The standard deviation is that of the first member that has one, scaled so that out-of-fold
//! errors have the variance it states.

mod held_out;

use super::entry::{Model, SavedModel};
use super::{
    FittedPredictor, Folds, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet,
    named,
};
use crate::encoding::{Encoding, Features};
use crate::error::Error;
use crate::rng::StreamRng;
use held_out::HeldOut;
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

/// Fewer networks than this per fold say nothing: the weights stay as given.
const LEAST_PER_FOLD: usize = 3;

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
            Some(other) => Err(format!(
                "members: {key} = {other}: expected a name between quotes"
            )),
        };
        let name = text("name")?.ok_or("members: each needs a name")?;
        let encoding = text("encoding")?;
        let weight = match parameters.remove("weight") {
            None => 1.0,
            Some(toml::Value::Float(weight)) if weight >= 0.0 => weight,
            Some(toml::Value::Integer(weight)) if weight >= 0 => weight as f64,
            Some(other) => {
                return Err(format!(
                    "members: {name}: weight = {other}: expected 0 or more"
                ));
            }
        };
        let entry = named(&name).map_err(|e| format!("members: {e}"))?;
        let encoding = encoding.map(|e| Encoding::named(&e)).transpose();
        let model = entry
            .configure(parameters)
            .map_err(|e| format!("members: {name}: {e}"))?;
        let encoding = encoding.map_err(|e| format!("members: {name}: {e}"))?;
        if let (Some(encoding), Some(instead)) = (&encoding, model.sees_instead()) {
            let ignored = encoding.name();
            return Err(format!(
                "members: {name}: encoding = \"{ignored}\" would be ignored; {instead}"
            ));
        }
        Ok(Self {
            entry,
            model,
            encoding,
            weight,
        })
    }

    /// Fitted to `data`, a part of what the member `whole` was fitted to if there is one.
    fn fit(
        &self,
        data: &TrainingSet<'_>,
        whole: Option<&Member>,
        rng: &mut StreamRng,
    ) -> Result<Member, Error> {
        let own = own_features(self.encoding.as_ref(), &data.inputs)?;
        let inputs = Inputs {
            features: own.as_ref().unwrap_or(data.inputs.features),
            ..data.inputs
        };
        let data = TrainingSet { inputs, ..*data };
        Ok(Member {
            entry: self.entry,
            encoding: self.encoding.clone(),
            model: match whole {
                Some(whole) => self.model.fit_part(&*whole.model, &data, rng)?,
                None => self.model.fit(&data, rng)?,
            },
        })
    }
}

/// The architectures in an encoding of a member's own.
fn own_features(
    encoding: Option<&Encoding>,
    inputs: &Inputs<'_>,
) -> Result<Option<Features>, Error> {
    encoding
        .map(|encoding| encoding.encode(inputs.space, inputs.archs))
        .transpose()
}

impl Stacking {
    fn candidates(&self) -> Result<Vec<Candidate>, String> {
        let mut candidates: Vec<Candidate> = self
            .members
            .iter()
            .map(Candidate::read)
            .collect::<Result<_, _>>()?;
        let total: f64 = candidates.iter().map(|c| c.weight).sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err("members: expected weights with a sum above 0".into());
        }
        candidates.iter_mut().for_each(|c| c.weight /= total);
        Ok(candidates)
    }

    /// The folds of a training set, at random; none where there are too few networks.
    fn cut(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Option<Folds> {
        let (n, least) = (data.len(), self.folds.saturating_mul(LEAST_PER_FOLD));
        if self.folds == 0 || n < least {
            return None;
        }
        let mut ranks: Vec<usize> = (0..n).collect();
        ranks.shuffle(rng);
        let mut order = vec![0; n];
        ranks
            .iter()
            .enumerate()
            .for_each(|(at, &rank)| order[rank] = at);
        let Inputs { space, archs, .. } = data.inputs;
        Some(Folds::new(space, archs, self.folds, order)).filter(|folds| folds.classes() >= least)
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

    fn sees_instead(&self) -> Option<&'static str> {
        let candidates = self.candidates().ok()?;
        let reads = |c: &Candidate| c.encoding.is_none() && c.model.sees_instead().is_none();
        (!candidates.iter().any(reads))
            .then_some("no member of it reads what stands beside its name")
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Stack, Error> {
        let candidates = self.candidates().map_err(|e| Error::new("stacking", e))?;
        let mut weights: Vec<f64> = candidates.iter().map(|c| c.weight).collect();
        let mut std_scale = 1.0;
        let members = candidates
            .iter()
            .map(|c| c.fit(data, None, rng))
            .collect::<Result<Vec<Member>, Error>>()?;
        if let Some(folds) = self.cut(data, rng) {
            let both: Vec<(&Candidate, &Member)> = candidates.iter().zip(&members).collect();
            let held_out = HeldOut::new(&both, data, (self.folds, &folds), rng)?;
            weights = held_out.weights(&weights, self.prior_points);
            std_scale = held_out.std_scale(&weights);
        }
        Ok(Stack {
            members,
            weights,
            std_scale,
            mean: data.targets.iter().sum::<f64>() / data.len() as f64,
        })
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
        question(
            &*self.model,
            &Inputs {
                features,
                ..*inputs
            },
        )
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
        let (name, encoding, state) =
            <(String, Option<String>, Vec<u8>)>::deserialize(deserializer)?;
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
