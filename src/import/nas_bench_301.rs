//! NAS-Bench-301's raw results: one JSON file for each training of a DARTS network on CIFAR-10, in folders by the
//! optimizer that asked for it.
//!
//! Zela, Siems, Zimmer, Lukasik, Keuper, Hutter: Surrogate NAS Benchmarks: Going Beyond the Limits of Tabular NAS
//! Benchmarks, ICLR 2022, arXiv 2008.09777.

use super::runs::{self, Key, Points, Run, from_first};
use super::{Files, ImporterEntry, json, source};
use crate::error::Error;
use crate::space::{self, SearchSpace};
use crate::table::{About, Attribute, Fact, Meaning, Quantity, Split, Table, TaskBuilder, Verdict};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-301",
    summary: "NAS-Bench-301's raw results: folder or zip of OPTIMIZER/results_*.json",
    detect: |files| files.names().any(is_result),
    import,
    facts: FACTS,
};

const PREFIX: &str = "NetworkSelectorDatasetInfo:darts:";
/// The size of networks that most trainings have.
const USUAL: (u64, u64) = (8, 32);

#[derive(Deserialize)]
struct Results {
    optimized_hyperparamater_config: serde_json::Map<String, serde_json::Value>,
    budget: f64,
    info: Vec<BTreeMap<String, serde_json::Value>>,
    test_accuracy: Option<f64>,
    runtime: Option<f64>,
    #[serde(default)]
    learning_curves: BTreeMap<String, Vec<Option<f64>>>,
}

/// `rs/results_17.json` or `results_17_ti.json`; Accel-NASBench's are `result_17.json`.
fn is_result(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.starts_with("results_") && file.ends_with(".json") && !name.contains("__MACOSX")
}

fn import(files: &Files) -> Result<Table, Error> {
    let space = space::open("darts")?;
    let names: Vec<&str> = files.names().filter(|name| is_result(name)).collect();
    let runs: Vec<Run> = (names.par_iter())
        .map(|name| {
            let failed = |problem: String| Error::new(files.place(name), problem);
            let results = json::parse(files.read(name)?).map_err(failed)?;
            read_run(results, space.as_ref()).map_err(failed)
        })
        .collect::<Result<_, Error>>()?;
    let builder = TaskBuilder::new("cifar10", space.name(), "accuracy")?;
    Ok(Table {
        about: about(),
        sources: vec![source(ENTRY.name, files)?],
        tasks: vec![runs::task(builder, &runs).map_err(|e| e.within(files.root_name()))?],
    })
}

fn read_run(results: Results, space: &dyn SearchSpace) -> Result<Run, String> {
    let config = results.optimized_hyperparamater_config;
    let size = |key: &str| {
        config
            .get(&format!("{PREFIX}{key}"))
            .and_then(serde_json::Value::as_u64)
    };
    let (layers, channels) = (size("layers"), size("init_channels"));
    if !(1.0..=10_000.0).contains(&results.budget) {
        return Err(format!("`budget` is {} epochs", results.budget));
    }
    let epochs = results.budget.round() as u32;
    let is_usual = layers.is_none_or(|l| l == USUAL.0) && channels.is_none_or(|c| c == USUAL.1);
    let schedule = match (is_usual, layers, channels) {
        (false, Some(layers), Some(channels)) => {
            format!("{epochs}-layers{layers}-channels{channels}")
        }
        _ => epochs.to_string(),
    };
    let cell: serde_json::Map<_, _> = (config.into_iter())
        .filter(|(key, _)| key.contains(":edge_") || key.contains(":inputs_node_"))
        .collect();
    let text = serde_json::to_string(&cell).map_err(|e| e.to_string())?;
    let arch = space.parse(&text).map_err(|e| e.to_string())?;
    let info = results.info.first().ok_or("`info` is empty")?;
    let of_info = |key: &str| info.get(key).and_then(serde_json::Value::as_f64);
    let final_value = |value: Option<f64>| -> Points {
        value
            .map(|percent| (epochs, percent / 100.0))
            .into_iter()
            .collect()
    };
    let curve = |key: &str, last: Option<f64>| match results.learning_curves.get(key) {
        Some(values) => from_first(values.iter().map(|v| v.map(|percent| percent / 100.0))),
        None => final_value(last),
    };
    let train = Meaning::new(Split::Train, Quantity::Metric);
    let curves = vec![
        (
            Meaning::VALID,
            curve("Train/val_accuracy", of_info("val_accuracy")),
        ),
        (
            train,
            curve("Train/train_accuracy", of_info("train_accuracy")),
        ),
        (Meaning::TEST, final_value(results.test_accuracy)),
        (
            Meaning::COST,
            results.runtime.map(|s| (epochs, s)).into_iter().collect(),
        ),
    ];
    let params = of_info("model_parameters").map(|n| (Attribute::Params, n));
    Ok(Run {
        key: Key::Arch(arch),
        schedule,
        curves,
        figures: params.into_iter().collect(),
    })
}

fn about() -> About {
    About {
        name: "nas-bench-301".into(),
        title: "Some sixty thousand DARTS networks trained on CIFAR-10".into(),
        citation: "Zela, Siems, Zimmer, Lukasik, Keuper, Hutter, ICLR 2022, arXiv 2008.09777".into(),
        licence: "CC-BY-4.0".into(),
        seeds: "first training of each network; further ones are in the schedule of repeats".into(),
        defects: vec![
            "which networks are there depends on the optimizers that asked for them".into(),
            "test accuracy and running time at the end of the training only".into(),
            "a schedule is called by its epochs, and by layers and channels where they are not 8 and 32".into(),
        ],
    }
}

const FACTS: &[Fact] = &[Fact {
    name: "validation accuracy and running time belong to one network each",
    check: |table| match table.tasks[0].has(&Meaning::VALID) {
        true => Verdict::Holds(format!("{} networks", table.tasks[0].archs().len())),
        false => Verdict::Fails("no validation accuracy".into()),
    },
}];
