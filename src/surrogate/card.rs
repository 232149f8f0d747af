//! `surrogate.toml`: what a surrogate is, what it was fitted to, and how far it can be trusted.

use super::wire::SurrogateStudy;
use crate::error::Error;
use crate::table::sha256_hex;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A surrogate's card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The surrogate's name.
    pub name: String,
    /// One line.
    pub title: String,
    /// Of the table it was fitted to.
    pub citation: String,
    /// SHA-256 of the table it was fitted to.
    pub table_sha256: String,
    /// SHA-256 of the model file.
    pub model_sha256: String,
    /// Version of archbench that fitted it.
    pub archbench: String,
    /// SHA-256 of the card itself without a seal: seeds and noise follow from what it says. The shipped one needs none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seal: String,
    /// What was asked for: predictor, split, ensemble.
    pub study: SurrogateStudy,
    /// How well it does, task by task.
    pub scores: Vec<TaskScores>,
}

/// How well a surrogate does on a task: on architectures it was not fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskScores {
    /// The task.
    pub task: String,
    /// Architectures it was fitted to.
    pub fitted: usize,
    /// Architectures held out.
    pub held_out: usize,
    /// Of the validation metric.
    pub r2: f64,
    /// Kendall's τ-b.
    pub kendall_tau: f64,
    /// Kendall's τ-b, the truth rounded to 0.1 percentage points.
    pub sparse_kendall_tau: f64,
    /// Root mean squared error, in the metric's unit.
    pub rmse: f64,
    /// Kendall's τ-b between two trainings of the same architectures, where the table has some. Both have noise: a model can agree
    /// with trainings better than they agree with one another.
    pub seed_kendall_tau: Option<f64>,
    /// Derived from it: the τ-b expected of a model that knows every architecture's true mean, were truth and noise jointly normal
    /// (`src/stats/attenuation.rs`).
    pub attainable_kendall_tau: Option<f64>,
    /// Of the test metric, where the table has one.
    pub test_kendall_tau: Option<f64>,
    /// Of the training time, where the table has one.
    pub cost_r2: Option<f64>,
    /// Of learning curves, where the table has them.
    pub curve: Option<CurveScores>,
    /// Of the noise.
    pub noise: NoiseScores,
    /// Whether strategies come out as on the table.
    pub ranking: Option<Ranking>,
    /// The strategies that were ranked.
    #[serde(rename = "strategy")]
    pub strategies: Vec<RankedStrategy>,
    /// What one model of them says of what a strategy trains that the others do not.
    pub left_out: Vec<LeftOut>,
}

/// How well learning curves are met: over all epochs before the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurveScores {
    /// Root mean squared error, in the metric's unit.
    pub rmse: f64,
    /// R² about the mean of each epoch, of all epochs together: epochs in which networks are alike weigh little.
    pub r2: Option<f64>,
    /// The mean over epochs of Kendall's τ-b.
    pub kendall_tau: Option<f64>,
}

/// How well the noise is met by trainings of held-out architectures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseScores {
    /// `training seeds`, or `residuals` where the table has one seed: then it holds the models' own error too.
    pub from: String,
    /// The root mean square of the standard deviations that the noise states.
    pub stated: f64,
    /// That of the deviations themselves.
    pub measured: f64,
    /// Spearman's ρ between stated standard deviation and size of the deviation.
    pub spearman: Option<f64>,
    /// The share within the stated 50 % interval.
    pub within_half: f64,
    /// The share within the stated 95 % interval.
    pub within_95: f64,
}

/// Whether strategies come out on the surrogate in the order in which they come out on the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// Pairs of strategies.
    pub pairs: usize,
    /// Those that differ on the table: Wilcoxon's test, Holm's correction, 5 %.
    pub told_apart: usize,
    /// Those of them that differ on the surrogate the other way round, by the same test.
    pub contradicted: usize,
    /// Of those told apart, the share in the same order on the surrogate less the share in the other order.
    pub agreement: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<[f64; 2]>,
    /// Kendall's τ-b of all mean results, those that are not told apart included.
    pub kendall_tau: Option<f64>,
}

/// A strategy on the surrogate and on the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankedStrategy {
    /// Its name.
    pub name: String,
    /// Mean validation metric of its final incumbent on the table.
    pub on_table: f64,
    /// Its standard error.
    pub on_table_error: f64,
    /// The same on the surrogate.
    pub on_surrogate: f64,
    /// Its standard error.
    pub on_surrogate_error: f64,
}

/// A strategy that was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The strategy.
    pub strategy: String,
    /// Architectures that it alone trains.
    pub asked: usize,
    /// R² on them.
    pub r2: Option<f64>,
    /// Kendall's τ-b on them.
    pub kendall_tau: Option<f64>,
}

impl Card {
    /// As TOML.
    ///
    /// # Errors
    /// Never in practice: plain values only.
    pub(super) fn to_toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|e| Error::new("surrogate.toml", e))
    }

    /// Reads a card.
    ///
    /// # Errors
    /// When it is no card.
    pub(super) fn parse(text: &str, place: &Path) -> Result<Self, Error> {
        toml::from_str(text)
            .map_err(|e| Error::new(place.display(), format!("not a card: {}", e.message())))
    }

    /// Puts the seal on a finished card.
    pub(super) fn seal(&mut self) -> Result<(), Error> {
        self.seal = self.computed_seal()?;
        Ok(())
    }

    /// Checks that this is the card of the surrogate `name`, as it was written.
    ///
    /// # Errors
    /// When it was changed, or put into another surrogate's place.
    pub(super) fn check(&self, name: &str, place: &Path) -> Result<(), Error> {
        let wrong = |problem: String| {
            Err(Error::new(place.display(), problem).mend("fit the surrogate again"))
        };
        if self.seal.is_empty() {
            return wrong("has no seal".to_owned());
        }
        if self.seal != self.computed_seal()? {
            return wrong("was changed after it was written: its seal does not hold".to_owned());
        }
        if self.name != name || self.study.name != name {
            return wrong(format!("is the card of `{}`, not of `{name}`", self.name));
        }
        self.study.check().map_err(|e| e.within(place.display()))
    }

    fn computed_seal(&self) -> Result<String, Error> {
        let open = Self {
            seal: String::new(),
            ..self.clone()
        };
        Ok(sha256_hex(open.to_toml()?.as_bytes()))
    }
}
