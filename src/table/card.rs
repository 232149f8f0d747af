//! A table's card: where it is from, what it measures, and what is wrong with it.

use serde::{Deserialize, Serialize};

/// The card of a table, `card.toml` beside `table.parquet`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Kebab-case name.
    pub name: String,
    /// One line.
    pub title: String,
    /// Authors, venue, year, arXiv id.
    pub citation: String,
    /// Which published file it was made from, with its checksum.
    pub source: String,
    /// SPDX identifier of the data's licence.
    pub licence: String,
    /// SHA-256 of `table.parquet`, in hex.
    pub sha256: String,
    /// What the seeds are.
    pub seeds: String,
    /// Whether the source has only a test metric, which then stands in for validation.
    pub oracle: bool,
    /// Known defects.
    #[serde(default)]
    pub defects: Vec<String>,
    /// What each column is, with its unit.
    pub columns: Vec<ColumnCard>,
    /// The tasks, in the table's order.
    #[serde(rename = "task")]
    pub tasks: Vec<TaskCard>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnCard {
    /// Its name.
    pub name: String,
    /// What it is, with its unit.
    pub meaning: String,
}

/// A task of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskCard {
    /// Kebab-case name.
    pub name: String,
    /// What `valid` and `test` measure: `accuracy` or `roc-auc`, as a fraction.
    pub metric: String,
    /// The registered search space its architectures are from.
    pub space: String,
}

impl ColumnCard {
    /// A column and its meaning.
    pub fn new(name: &str, meaning: &str) -> Self {
        Self {
            name: name.into(),
            meaning: meaning.into(),
        }
    }
}
