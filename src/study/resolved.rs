//! A study with every default filled in and every name resolved: what the lock file and the records' own
//! metadata hold, and all a report needs beside the records.

use super::cells::Resolved;
use crate::benchmark::Optimum;
use serde::{Deserialize, Serialize};

/// A search study, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedStudy {
    /// The study's name.
    pub name: String,
    /// Root of every random stream.
    pub seed: u64,
    /// Independent runs of each strategy on each task.
    pub replicates: u32,
    /// Simulated parallel workers.
    pub workers: u32,
    /// Whether proposing a known isomorphism class again costs budget.
    pub revisit: Revisit,
    /// Which training seed answers: `mean`, `index:K` or `draw`.
    pub seed_policy: String,
    /// What a run may spend.
    pub budget: Budget,
    /// The tasks, in the study's order.
    #[serde(rename = "task")]
    pub tasks: Vec<ResolvedTask>,
    /// The strategies, in the study's order.
    #[serde(rename = "strategy")]
    pub strategies: Vec<ResolvedStrategy>,
}

/// What a run may spend: exactly one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Budget {
    /// This many evaluations.
    Evaluations(u32),
    /// This many simulated seconds on each worker's clock.
    SimulatedS(f64),
}

/// Whether proposing a known isomorphism class again costs budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Revisit {
    /// Each evaluation costs, as if trained again.
    #[default]
    Charge,
    /// The first result is handed out again at no cost, and no record is made.
    Free,
}

/// One task of one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedTask {
    /// The benchmark's name.
    pub benchmark: String,
    /// The task's name.
    pub task: String,
    /// What is measured, for example `accuracy`.
    pub metric: String,
    /// The way of training that answered: an evaluation is never continued in another.
    #[serde(default)]
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
    /// Isomorphism classes in the space.
    pub classes: u64,
    /// The best that can be found under the study's seed policy.
    pub optimum: Optimum,
    /// The best under every other seed policy the table can answer; none where it has one training seed.
    #[serde(rename = "seed_optimum", default)]
    pub seed_optima: Vec<SeedOptimum>,
}

/// The best that can be found under a seed policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedOptimum {
    /// `mean`, `index:K` or `draw`.
    pub seed_policy: String,
    /// The best under it.
    pub optimum: Optimum,
}

/// One strategy as configured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedStrategy {
    /// Its name in the registry.
    pub name: String,
    /// Its name in the report.
    pub label: String,
    /// Its citation.
    pub citation: String,
    /// Every parameter, defaults filled in.
    pub parameters: toml::Table,
}

impl Resolved for ResolvedStudy {
    fn name(&self) -> &str {
        &self.name
    }
}
