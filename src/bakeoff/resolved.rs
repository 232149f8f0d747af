//! A bake-off with every default filled in: what the lock file and the metadata of the scores hold.

use crate::study::{Kind, Resolved};
use serde::{Deserialize, Serialize};

/// A bake-off, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedBakeoff {
    /// `bakeoff`, for whoever reads a lock without knowing what it is of.
    pub kind: Kind,
    /// The study's name.
    pub name: String,
    /// Root of every random stream.
    pub seed: u64,
    /// Training sets of each size.
    pub replicates: u32,
    /// Sizes of the training sets, ascending.
    pub train_sizes: Vec<u32>,
    /// Where training sets come from: `random`, or a strategy's name.
    pub training: String,
    /// Architectures asked about, drawn for each replicate; all that are left when not given.
    pub test_size: Option<u32>,
    /// Folds of the training set that recalibrate predicted deviations; 0: none.
    pub recalibration_folds: u32,
    /// Which training seed answers: `mean`, `mean-of-present` or `index:K`.
    pub seed_policy: String,
    /// The tasks, in the study's order.
    #[serde(rename = "task")]
    pub tasks: Vec<ResolvedPool>,
    /// The predictors, one for each encoding and fidelity, in the study's order.
    #[serde(rename = "predictor")]
    pub predictors: Vec<ResolvedPredictor>,
}

/// One task of one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedPool {
    /// The benchmark's name.
    pub benchmark: String,
    /// The task's name.
    pub task: String,
    /// What is predicted, for example `accuracy`.
    pub metric: String,
    /// The way of training that is predicted.
    pub schedule: String,
    /// Name of the search space.
    pub space: String,
    /// The benchmark's citation.
    pub citation: String,
    /// SHA-256 of the table.
    pub table_sha256: String,
    /// Whether the table has only a test metric, which stood in for validation.
    pub oracle: bool,
    /// Whether the table has training times.
    pub has_cost: bool,
    /// Training seeds the table has.
    pub training_seeds: u32,
    /// Architectures with a result of their own.
    pub architectures: u64,
    /// Different networks among them.
    pub classes: u64,
    /// Kendall's τ-b between trainings of the same architectures with two seeds, the mean over pairs of seeds; none where
    /// the table has one seed.
    pub noise_ceiling: Option<f64>,
}

/// One predictor as configured, with one encoding and one fidelity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedPredictor {
    /// Its name in the registry.
    pub name: String,
    /// Its name in the report.
    pub label: String,
    /// How architectures are encoded.
    pub encoding: String,
    /// What is done to targets.
    pub target: String,
    /// What is measured beside the encoding.
    pub features: Vec<String>,
    /// How long the learning curve among the features is.
    pub fidelity: Option<u32>,
    /// Its citation.
    pub citation: String,
    /// Every parameter, defaults filled in.
    pub parameters: toml::Table,
}

impl Resolved for ResolvedBakeoff {
    fn name(&self) -> &str {
        &self.name
    }
}

impl ResolvedPredictor {
    /// What distinguishes it from all others of its study.
    pub fn identity(&self) -> (&str, &str, Option<u32>) {
        (&self.label, &self.encoding, self.fidelity)
    }
}
