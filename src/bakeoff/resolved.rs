//! A bake-off with every default filled in: what the lock file and the metadata of the scores hold.

use super::plan::FitPlace;
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
    pub seed_agreement: Option<f64>,
    /// What a perfect predictor is expected to score, derived from it.
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

impl ResolvedBakeoff {
    /// How many fits it has.
    pub fn fits(&self) -> u64 {
        let cells = (self.tasks.len() as u64)
            .saturating_mul(self.predictors.len() as u64)
            .saturating_mul(self.train_sizes.len() as u64);
        cells.saturating_mul(u64::from(self.replicates))
    }

    /// Where fit number `fit` of them stands: replicates vary fastest, then sizes, predictors and tasks.
    pub fn place(&self, fit: u32) -> FitPlace {
        let (replicates, sizes) = (self.replicates, self.train_sizes.len() as u32);
        let predictors = self.predictors.len() as u32;
        let rest = fit / replicates;
        FitPlace {
            task: (rest / sizes / predictors) as usize,
            predictor: (rest / sizes % predictors) as usize,
            size: (rest % sizes) as usize,
            replicate: fit % replicates,
        }
    }
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A bake-off of these predictors on one task, with one training size.
    pub(crate) fn made_up(labels: &[&str], replicates: u32) -> ResolvedBakeoff {
        let predictor = |label: &&str| ResolvedPredictor {
            name: "ridge".into(),
            label: (*label).into(),
            encoding: "one-hot".into(),
            target: "plain".into(),
            features: Vec::new(),
            fidelity: None,
            citation: String::new(),
            parameters: toml::Table::new(),
        };
        let task = ResolvedPool {
            benchmark: "made-up".into(),
            task: "one".into(),
            metric: "accuracy".into(),
            schedule: "1".into(),
            space: "pool".into(),
            citation: String::new(),
            table_sha256: String::new(),
            oracle: false,
            has_cost: false,
            training_seeds: 1,
            architectures: 100,
            classes: 100,
            seed_agreement: None,
            noise_ceiling: None,
        };
        ResolvedBakeoff {
            kind: Kind::Bakeoff,
            name: "made-up".into(),
            seed: 1,
            replicates,
            train_sizes: vec![20],
            training: "random".into(),
            test_size: None,
            recalibration_folds: 0,
            seed_policy: "mean".into(),
            tasks: vec![task],
            predictors: labels.iter().map(predictor).collect(),
        }
    }
}
