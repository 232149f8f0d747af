//! `surrogate.toml`: what a surrogate is, what it was fitted to, and how far it can be trusted.

use super::wire::SurrogateStudy;
use crate::error::Error;
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
    /// Of the test metric, where the table has one.
    pub test_kendall_tau: Option<f64>,
    /// Of the training time, where the table has one.
    pub cost_r2: Option<f64>,
    /// Mean over epochs before the last of the root mean squared error, where the table has learning curves.
    pub curve_rmse: Option<f64>,
    /// Standard deviation of the noise, in the metric's unit.
    pub noise: f64,
    /// `training seeds`, or `residuals` where the table has one seed: then it holds the model's own error too.
    pub noise_from: String,
    /// Kendall's τ-b between the strategies' mean results on the surrogate and on the table.
    pub ranking_kendall_tau: Option<f64>,
    /// The strategies.
    #[serde(rename = "strategy")]
    pub strategies: Vec<RankedStrategy>,
}

/// A strategy on the surrogate and on the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankedStrategy {
    /// Its name.
    pub name: String,
    /// R² on what it trains, of a model fitted to what the others train.
    pub left_out_r2: Option<f64>,
    /// Kendall's τ-b, likewise.
    pub left_out_kendall_tau: Option<f64>,
    /// Mean validation metric of its final incumbent on the table.
    pub on_table: f64,
    /// The same on the surrogate.
    pub on_surrogate: f64,
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
}
