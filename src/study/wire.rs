//! A study file as written: TOML with nothing unknown in it. [`super::plan`] turns it into a study.

use super::resolved::{Budget, Revisit};
use crate::error::Error;
use serde::Deserialize;

/// A search study as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireStudy {
    /// Names the only kind there is, so that a file of another kind is refused.
    #[serde(rename = "kind")]
    pub(super) _kind: Kind,
    pub(super) name: String,
    pub(super) seed: u64,
    pub(super) replicates: u32,
    pub(super) budget: Budget,
    #[serde(default = "one")]
    pub(super) workers: u32,
    #[serde(default)]
    pub(super) revisit: Revisit,
    #[serde(default = "mean")]
    pub(super) seed_policy: String,
    #[serde(rename = "benchmark", default)]
    pub(super) benchmarks: Vec<WireBenchmark>,
    #[serde(rename = "strategy", default)]
    pub(super) strategies: Vec<WireStrategy>,
}

/// What a study compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// Search strategies.
    Search,
}

/// A benchmark of a study.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireBenchmark {
    pub(super) name: String,
    /// All that can be searched, when left out.
    pub(super) tasks: Option<Vec<String>>,
    /// The longest, when left out.
    pub(super) schedule: Option<String>,
}

/// A strategy of a study: its own parameters stand beside its name and label.
#[derive(Debug, Deserialize)]
pub(super) struct WireStrategy {
    pub(super) name: String,
    pub(super) label: Option<String>,
    #[serde(flatten)]
    pub(super) parameters: toml::Table,
}

const fn one() -> u32 {
    1
}

fn mean() -> String {
    "mean".into()
}

const STUDY_KEYS: [&str; 10] = [
    "kind",
    "name",
    "seed",
    "replicates",
    "budget",
    "workers",
    "revisit",
    "seed_policy",
    "benchmark",
    "strategy",
];
const BENCHMARK_KEYS: [&str; 3] = ["name", "tasks", "schedule"];
const BUDGET_KEYS: [&str; 2] = ["evaluations", "simulated_s"];

/// Reads a study file's text.
///
/// # Errors
/// At the first thing that is no TOML, unknown, missing or of a wrong type, with its line.
pub(super) fn parse(text: &str) -> Result<WireStudy, Error> {
    let table: toml::Table = toml::from_str(text).map_err(|e| at_line(text, &e))?;
    check_keys("study", &table, &STUDY_KEYS)?;
    if let Some(budget) = table.get("budget").and_then(toml::Value::as_table) {
        check_keys("budget", budget, &BUDGET_KEYS)?;
        if budget.len() != 1 {
            return Err(
                Error::new("budget", format!("found {} limits", budget.len()))
                    .mend("give exactly one: { evaluations = 300 } or { simulated_s = 12000 }"),
            );
        }
    }
    let benchmarks = table.get("benchmark").and_then(toml::Value::as_array);
    for benchmark in benchmarks
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table)
    {
        check_keys("[[benchmark]]", benchmark, &BENCHMARK_KEYS)?;
    }
    toml::from_str(text).map_err(|e| at_line(text, &e))
}

fn check_keys(place: &str, table: &toml::Table, known: &[&str]) -> Result<(), Error> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Error::unknown_name(
            place,
            "key",
            key,
            known.iter().copied(),
        )),
        None => Ok(()),
    }
}

fn at_line(text: &str, error: &toml::de::Error) -> Error {
    let line = error
        .span()
        .map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let place = line.map_or("study".to_string(), |line| format!("line {line}"));
    Error::new(place, error.message())
}
