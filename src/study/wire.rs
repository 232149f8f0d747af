//! A study file as written: TOML with nothing unknown in it. [`super::plan`] turns it into a study.

use super::resolved::{Budget, Revisit};
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// A search study as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireStudy {
    /// Known from [`kind`].
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Search strategies.
    #[default]
    Search,
    /// Predictors.
    Bakeoff,
}

impl Kind {
    /// Each kind with its name in study files.
    const NAMES: [(&str, Self); 2] = [("search", Self::Search), ("bakeoff", Self::Bakeoff)];

    /// The kind that a study file's text says it is of.
    ///
    /// # Errors
    /// When it is no TOML or of no known kind.
    pub fn of(text: &str) -> Result<Self, Error> {
        let table: toml::Table = toml::from_str(text).map_err(|e| at_line(text, &e))?;
        let known = || Self::NAMES.iter().map(|(name, _)| *name);
        let problem = |problem: String| {
            let known: Vec<&str> = known().collect();
            Error::new("kind", problem).mend(format!("expected one of: {}", known.join(", ")))
        };
        let Some(kind) = table.get("kind") else {
            return Err(problem("is missing".to_owned()));
        };
        let Some(name) = kind.as_str() else {
            return Err(problem(format!("{kind} is no name")));
        };
        if name == "surrogate" {
            return Err(Error::new("kind", "a surrogate is fitted, not run")
                .mend("give the file to `archbench surrogate fit`"));
        }
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, kind)| *kind)
            .ok_or_else(|| Error::unknown_name("kind", "kind of study", name, known()))
    }
}

/// A benchmark of a study.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WireBenchmark {
    pub(crate) name: String,
    /// All that can be searched, when left out.
    pub(crate) tasks: Option<Vec<String>>,
    /// The longest, when left out.
    pub(crate) schedule: Option<String>,
}

/// A strategy of a study: its own parameters stand beside its name and label.
#[derive(Debug, Deserialize)]
pub(super) struct WireStrategy {
    pub(super) name: String,
    pub(super) label: Option<String>,
    #[serde(flatten)]
    pub(super) parameters: toml::Table,
}

const BENCHMARK_KEYS: [&str; 3] = ["name", "tasks", "schedule"];

const fn one() -> u32 {
    1
}

pub(crate) fn mean() -> String {
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
    check_benchmarks(&table)?;
    toml::from_str(text).map_err(|e| at_line(text, &e))
}

/// Refuses keys that no benchmark of a study has.
pub(crate) fn check_benchmarks(study: &toml::Table) -> Result<(), Error> {
    let benchmarks = study.get("benchmark").and_then(toml::Value::as_array);
    let benchmarks = benchmarks.into_iter().flatten();
    for benchmark in benchmarks.filter_map(toml::Value::as_table) {
        check_keys("[[benchmark]]", benchmark, &BENCHMARK_KEYS)?;
    }
    Ok(())
}

pub(crate) fn check_keys(place: &str, table: &toml::Table, known: &[&str]) -> Result<(), Error> {
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

pub(crate) fn at_line(text: &str, error: &toml::de::Error) -> Error {
    let line = error
        .span()
        .map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let place = line.map_or("study".to_string(), |line| format!("line {line}"));
    Error::new(place, error.message())
}
