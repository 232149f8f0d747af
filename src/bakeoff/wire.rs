//! A bake-off's file as written: TOML with nothing unknown in it. [`super::plan`] turns it into a study.

use crate::error::Error;
use crate::study::Kind;
use crate::study::wire::{WireBenchmark, at_line, check_benchmarks, check_keys, mean};
use serde::Deserialize;

/// A bake-off as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireBakeoff {
    #[serde(rename = "kind")]
    pub(super) _kind: Kind,
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) replicates: u32,
    pub(super) train_sizes: Vec<u32>,
    #[serde(default = "random")]
    pub(super) training: String,
    pub(super) test_size: Option<u32>,
    /// Of predictors that name none.
    #[serde(default = "one_hot")]
    pub(super) encodings: Vec<String>,
    /// Of predictors that see learning curves and name none.
    #[serde(default)]
    pub(super) fidelities: Vec<u32>,
    #[serde(default = "five")]
    pub(super) recalibration_folds: u32,
    #[serde(default = "mean")]
    pub(super) seed_policy: String,
    #[serde(rename = "benchmark", default)]
    pub(super) benchmarks: Vec<WireBenchmark>,
    #[serde(rename = "predictor", default)]
    pub(super) predictors: Vec<WirePredictor>,
}

/// A predictor of a bake-off: its own parameters stand beside what is common to all.
#[derive(Debug, Deserialize)]
pub(super) struct WirePredictor {
    pub(super) name: String,
    pub(super) label: Option<String>,
    pub(super) encodings: Option<Vec<String>>,
    /// One encoding alone.
    pub(super) encoding: Option<String>,
    pub(super) target: Option<String>,
    #[serde(default)]
    pub(super) features: Vec<String>,
    pub(super) fidelities: Option<Vec<u32>>,
    #[serde(flatten)]
    pub(super) parameters: toml::Table,
}

/// Keys of a predictor that are no parameters of its own.
pub(super) const COMMON_KEYS: [&str; 6] = [
    "label",
    "encoding",
    "encodings",
    "target",
    "features",
    "fidelities",
];

fn random() -> String {
    "random".into()
}

fn one_hot() -> Vec<String> {
    vec!["one-hot".into()]
}

const fn five() -> u32 {
    5
}

const STUDY_KEYS: [&str; 13] = [
    "kind",
    "name",
    "seed",
    "replicates",
    "train_sizes",
    "training",
    "test_size",
    "encodings",
    "fidelities",
    "recalibration_folds",
    "seed_policy",
    "benchmark",
    "predictor",
];

/// Reads a study file's text.
///
/// # Errors
/// At the first thing that is no TOML, unknown, missing or of a wrong type, with its line.
pub(super) fn parse(text: &str) -> Result<WireBakeoff, Error> {
    let table: toml::Table = toml::from_str(text).map_err(|e| at_line(text, &e))?;
    check_keys("study", &table, &STUDY_KEYS)?;
    check_benchmarks(&table)?;
    toml::from_str(text).map_err(|e| at_line(text, &e))
}
