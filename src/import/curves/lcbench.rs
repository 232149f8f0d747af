//! LCBench: `{data set: {configuration: {config, log: {tag: a value for each epoch}, results}}}`, 2,000 configurations
//! of multi-layer perceptrons on 35 OpenML data sets.
//!
//! Zimmer, Lindauer, Hutter: Auto-PyTorch Tabular: Multi-Fidelity MetaLearning for Efficient and Robust AutoDL, IEEE
//! TPAMI 2021, arXiv 2006.13799.

use super::attribute;
use crate::error::Error;
use crate::import::runs::{self, Key, Points, Run};
use crate::import::{Files, ImporterEntry, json, source};
use crate::table::{About, Fact, Meaning, Quantity, Split, Table, TaskBuilder, Verdict};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "lcbench",
    summary: "LCBench: bench_full.json, data_2k.json, data_2k_lw.json (plain or in a zip)",
    detect: |files| files.names().any(is_data),
    import,
    facts: FACTS,
};

fn is_data(name: &str) -> bool {
    let lower = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let is_known = [
        "lcbench",
        "data_2k",
        "bench_full",
        "fashion_mnist",
        "six_datasets_lw",
    ];
    lower.ends_with(".json") && is_known.iter().any(|known| lower.starts_with(known))
}

#[derive(Deserialize)]
struct Training {
    config: BTreeMap<String, serde_json::Value>,
    log: Log,
}

/// The tags that are read; those of gradients are skipped.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Log {
    epoch: Vec<Option<f64>>,
    time: Vec<Option<f64>>,
    #[serde(rename = "Train/loss")]
    loss: Vec<Option<f64>>,
    #[serde(rename = "Train/train_accuracy")]
    train_accuracy: Vec<Option<f64>>,
    #[serde(rename = "Train/val_accuracy")]
    val_accuracy: Vec<Option<f64>>,
    #[serde(rename = "Train/test_accuracy")]
    test_accuracy: Vec<Option<f64>>,
    /// What the test accuracy is called where it is logged beside other results of the test set.
    #[serde(rename = "Train/test_result")]
    test_result: Vec<Option<f64>>,
    #[serde(rename = "Train/val_balanced_accuracy")]
    val_balanced: Vec<Option<f64>>,
    #[serde(rename = "Train/test_balanced_accuracy")]
    test_balanced: Vec<Option<f64>>,
    #[serde(rename = "Train/val_cross_entropy")]
    val_loss: Vec<Option<f64>>,
    #[serde(rename = "Train/test_cross_entropy")]
    test_loss: Vec<Option<f64>>,
}

impl Log {
    /// Values at the epochs that the log itself counts; without, at 0, 1, ….
    fn points(&self, values: &[Option<f64>], scale: f64) -> Points {
        let epoch = |at: usize| match self.epoch.get(at) {
            Some(Some(epoch)) if (0.0..=1e6).contains(epoch) => epoch.round() as u32,
            _ => at as u32,
        };
        let points = values.iter().enumerate();
        let mut points: Points = points
            .filter_map(|(at, v)| Some((epoch(at), v.filter(|v| v.is_finite())? / scale)))
            .collect();
        points.dedup_by_key(|(epoch, _)| *epoch);
        points
    }

    fn curves(&self) -> Vec<(Meaning, Points)> {
        let balanced = || Quantity::Other("balanced-accuracy".into());
        let test = match self.test_accuracy.is_empty() {
            true => &self.test_result,
            false => &self.test_accuracy,
        };
        vec![
            (Meaning::VALID, self.points(&self.val_accuracy, 100.0)),
            (Meaning::TEST, self.points(test, 100.0)),
            (
                Meaning::new(Split::Train, Quantity::Metric),
                self.points(&self.train_accuracy, 100.0),
            ),
            (
                Meaning::new(Split::Valid, balanced()),
                self.points(&self.val_balanced, 1.0),
            ),
            (
                Meaning::new(Split::Test, balanced()),
                self.points(&self.test_balanced, 1.0),
            ),
            (
                Meaning::new(Split::Train, Quantity::Loss),
                self.points(&self.loss, 1.0),
            ),
            (
                Meaning::new(Split::Valid, Quantity::Loss),
                self.points(&self.val_loss, 1.0),
            ),
            (
                Meaning::new(Split::Test, Quantity::Loss),
                self.points(&self.test_loss, 1.0),
            ),
            (Meaning::COST, self.points(&self.time, 1.0)),
        ]
    }
}

fn import(files: &Files) -> Result<Table, Error> {
    let names: Vec<&str> = files.names().filter(|name| is_data(name)).collect();
    let mut tasks = Vec::new();
    for name in names {
        let data: BTreeMap<String, BTreeMap<String, Training>> = json::parse(files.read(name)?)
            .map_err(|e| Error::new(files.place(name), format!("not LCBench: {e}")))?;
        for (data_set, trainings) in &data {
            let runs: Vec<Run> = trainings
                .iter()
                .map(|(id, training)| read_run(id, training))
                .collect();
            let builder = TaskBuilder::pool(&task_name(data_set), "accuracy")?;
            tasks.push(runs::task(builder, &runs).map_err(|e| e.within(files.place(name)))?);
        }
    }
    Ok(Table {
        about: about(),
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

fn task_name(data_set: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_.".contains(c) {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    data_set.chars().map(plain).collect()
}

fn read_run(id: &str, training: &Training) -> Run {
    let numeric =
        |(key, value): (&String, &serde_json::Value)| Some((attribute(key), value.as_f64()?));
    Run {
        key: Key::Name(format!("configuration {id:0>4}")),
        schedule: "full".into(),
        curves: training.log.curves(),
        figures: training.config.iter().filter_map(numeric).collect(),
    }
}

fn about() -> About {
    About {
        name: "lcbench".into(),
        title: "Learning curves of multi-layer perceptrons on OpenML data sets".into(),
        citation: "Zimmer, Lindauer, Hutter, IEEE TPAMI 2021, arXiv 2006.13799".into(),
        licence: "Apache-2.0".into(),
        seeds: "one training each".into(),
        defects: vec![
            "configurations differ in hyperparameters as much as in architecture: a pool".into(),
            "epoch 0 is before the training".into(),
        ],
    }
}

const FACTS: &[Fact] = &[Fact {
    name: "every data set has validation, test and time",
    check: |table| {
        let is_whole = |t: &&crate::table::Task| {
            [Meaning::VALID, Meaning::TEST, Meaning::COST]
                .iter()
                .all(|m| t.has(m))
        };
        Verdict::equal(
            table.tasks.iter().filter(is_whole).count(),
            table.tasks.len(),
        )
    },
}];
