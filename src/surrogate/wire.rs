//! The file that says what surrogate to fit.

use crate::error::Error;
use crate::predictor::{Predictor, TargetTransform};
use crate::strategy::STRATEGIES;
use crate::study::wire::{at_line, check_keys};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A surrogate to be fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurrogateStudy {
    /// The surrogate's name, and that of its folder.
    pub name: String,
    /// Root of every random stream.
    pub seed: u64,
    /// The benchmark to fit to.
    pub benchmark: String,
    /// The schedule; the longest, when left out.
    pub schedule: Option<String>,
    /// Its tasks; all that can be searched, when left out.
    pub tasks: Option<Vec<String>>,
    /// The share of architectures to fit to; the rest judge the fit.
    #[serde(default = "four_fifths")]
    pub train_share: f64,
    /// Models of the ensemble, each fitted without one part of the training set.
    #[serde(default = "five")]
    pub members: usize,
    /// Vectors of the basis of learning curves.
    #[serde(default = "six")]
    pub rank: usize,
    /// Training seeds that the surrogate pretends to have.
    #[serde(default = "three")]
    pub seeds: u32,
    /// Which training seed of the table is learnt: `mean`, `mean-of-present` or `index:K`.
    #[serde(default = "crate::study::wire::mean")]
    pub seed_policy: String,
    /// The strategies that judge the surrogate: each is left out once, and all are ranked on it and on the table.
    #[serde(default = "strategies")]
    pub strategies: Vec<String>,
    /// Runs of each strategy.
    #[serde(default = "two_hundred")]
    pub replicates: u32,
    /// Evaluations of a run.
    #[serde(default = "three_hundred")]
    pub evaluations: u32,
    /// The predictor: `name`, and its parameters beside `encoding` and `target`.
    pub predictor: toml::Table,
}

const fn four_fifths() -> f64 {
    0.8
}

const fn three() -> u32 {
    3
}

const fn five() -> usize {
    5
}

const fn six() -> usize {
    6
}

const fn two_hundred() -> u32 {
    200
}

const fn three_hundred() -> u32 {
    300
}

fn strategies() -> Vec<String> {
    let classic = [
        "random-search",
        "local-search",
        "regularized-evolution",
        "genetic-algorithm",
        "simulated-annealing",
        "reinforce",
        "tpe",
    ];
    classic.map(String::from).to_vec()
}

const KEYS: [&str; 15] = [
    "kind",
    "name",
    "seed",
    "benchmark",
    "schedule",
    "tasks",
    "train_share",
    "members",
    "rank",
    "seeds",
    "seed_policy",
    "strategies",
    "replicates",
    "evaluations",
    "predictor",
];

impl SurrogateStudy {
    /// Whether the file at `path` says that it is such a study.
    pub fn is_one(path: &Path) -> bool {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let table: Result<toml::Table, _> = toml::from_str(&text);
        table.is_ok_and(|t| t.get("kind").and_then(toml::Value::as_str) == Some("surrogate"))
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// At the first mistake.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::new(path.display(), format!("cannot read the study: {e}")))?;
        Self::parse(&text).map_err(|e| e.within(path.display()))
    }

    /// Reads and checks a study given as text.
    ///
    /// # Errors
    /// At the first mistake.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut table: toml::Table = toml::from_str(text).map_err(|e| at_line(text, &e))?;
        check_keys("study", &table, &KEYS)?;
        match table.remove("kind") {
            Some(kind) if kind.as_str() == Some("surrogate") => {}
            _ => {
                return Err(Error::new("kind", "is not that of a surrogate")
                    .mend("expected kind = \"surrogate\""));
            }
        }
        let study: Self = table
            .try_into()
            .map_err(|e: toml::de::Error| Error::new("study", e.message()))?;
        study.check()?;
        study.predictor()?;
        Ok(study)
    }

    /// The predictor of the ensemble's members, to be fitted to what the target transform gives.
    pub(super) fn predictor(&self) -> Result<(Predictor, TargetTransform), Error> {
        let mut parameters = self.predictor.clone();
        let Some(toml::Value::String(name)) = parameters.remove("name") else {
            return Err(Error::new("predictor", "has no `name`")
                .mend("`archbench list predictors` shows those there are"));
        };
        let target = Predictor::configure(&name, parameters.clone())?.target();
        let plain = TargetTransform::Plain.name().to_owned();
        parameters.insert("target".to_owned(), plain.into());
        Ok((Predictor::configure(&name, parameters)?, target))
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// At the first mistake.
    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |place: &str, problem: String| Err(Error::new(place, problem));
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(is_plain) {
            let found = &self.name;
            return wrong("name", format!("expected a-z, 0-9 and -, found `{found}`"));
        }
        if !(self.train_share > 0.0 && self.train_share < 1.0) {
            let share = self.train_share;
            return wrong(
                "train_share",
                format!("expected between 0 and 1, found {share}"),
            );
        }
        for (place, found, least, most) in [
            ("members", self.members, 2, 50),
            ("rank", self.rank, 1, 50),
            ("seeds", self.seeds as usize, 1, 1000),
            ("replicates", self.replicates as usize, 1, 1000),
            ("evaluations", self.evaluations as usize, 2, 100_000),
        ] {
            if !(least..=most).contains(&found) {
                return wrong(place, format!("expected {least} to {most}, found {found}"));
            }
        }
        if self.seed_policy == "draw" {
            return wrong(
                "seed_policy",
                "expected mean, mean-of-present or index:K, found `draw`".to_owned(),
            );
        }
        for (place, names) in [
            ("tasks", self.tasks.as_deref().unwrap_or(&[])),
            ("strategies", &self.strategies),
        ] {
            let twice = (1..names.len()).find(|&at| names[..at].contains(&names[at]));
            if let Some(at) = twice {
                return wrong(place, format!("`{}` occurs twice", names[at]));
            }
        }
        if self.tasks.as_ref().is_some_and(Vec::is_empty) {
            return wrong("tasks", "is empty; leave it out for all tasks".to_owned());
        }
        let known = || STRATEGIES.iter().map(|s| s.name);
        let unknown = self.strategies.iter().find(|s| !known().any(|k| k == *s));
        match unknown {
            Some(name) => Err(Error::unknown_name("strategies", "strategy", name, known())),
            None => Ok(()),
        }
    }
}
