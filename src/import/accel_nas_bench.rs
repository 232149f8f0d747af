//! Accel-NASBench: one JSON file for each MnasNet-like network, with its accuracy on ImageNet and its speed on six
//! accelerators.
//!
//! Ahmad, Du, Xie, Zhang: Accel-NASBench: Sustainable Benchmarking for Accelerator-Aware NAS, DAC 2024, arXiv
//! 2404.08005.

use super::runs::{self, Key, Run};
use super::{Files, ImporterEntry, json, source};
use crate::error::Error;
use crate::space::{self, SearchSpace};
use crate::table::{
    About, Attribute, Fact, HardwareMetric, Meaning, Quantity, Split, Table, TaskBuilder, Verdict,
};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "accel-nas-bench",
    summary: "Accel-NASBench: anb_dataset_jsons.tar.gz, or the folder of result_*.json",
    detect: |files| files.names().any(is_result),
    import,
    facts: FACTS,
};

#[derive(Deserialize)]
struct Results {
    architecture: serde_json::Map<String, serde_json::Value>,
    metrics: BTreeMap<String, Option<f64>>,
    model_info: BTreeMap<String, Option<f64>>,
    #[serde(default)]
    platform_perf: BTreeMap<String, BTreeMap<String, Option<f64>>>,
}

fn is_result(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.starts_with("result_") && file.ends_with(".json")
}

/// `result_17.json` is number 17: the files' order.
fn number(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(u64::MAX)
}

fn import(files: &Files) -> Result<Table, Error> {
    let space = space::open("accel-nasbench")?;
    let mut names: Vec<&str> = files.names().filter(|name| is_result(name)).collect();
    names.sort_by_key(|name| number(name.rsplit('/').next().unwrap_or(name)));
    let runs: Vec<Run> = (names.par_iter())
        .map(|name| {
            let failed = |problem: String| Error::new(files.place(name), problem);
            let results = json::parse(&files.read(name)?).map_err(failed)?;
            read_run(&results, space.as_ref()).map_err(failed)
        })
        .collect::<Result<_, Error>>()?;
    let builder = TaskBuilder::new("imagenet", space.name(), "accuracy")?;
    Ok(Table {
        about: about(),
        sources: vec![source(ENTRY.name, files)?],
        tasks: vec![runs::task(builder, &runs).map_err(|e| e.within(files.root_name()))?],
    })
}

fn read_run(results: &Results, space: &dyn SearchSpace) -> Result<Run, String> {
    let text = serde_json::to_string(&results.architecture).map_err(|e| e.to_string())?;
    let arch = space.parse(&text).map_err(|e| e.to_string())?;
    let metric = |name: &str| results.metrics.get(name).copied().flatten();
    let at_end = |value: Option<f64>| value.map(|v| (1, v)).into_iter().collect();
    let percent = |name: &str| at_end(metric(name).map(|p| p / 100.0));
    let top5 = Meaning::new(Split::Valid, Quantity::Other("top5-accuracy".into()));
    let curves = vec![
        (Meaning::VALID, percent("val_top1")),
        (top5, percent("val_top5")),
        (Meaning::COST, at_end(metric("train_time"))),
    ];
    let info = |name: &str| {
        results
            .model_info
            .get(name)
            .copied()
            .flatten()
            .map(|m| (m * 1e6).round())
    };
    let mut figures: Vec<(Attribute, f64)> = Vec::new();
    figures.extend(info("params").map(|n| (Attribute::Params, n)));
    figures.extend(info("macs").map(|n| (Attribute::Other("macs".into()), n)));
    for (name, values) in &results.platform_perf {
        let (kind, device) = name
            .split_once('_')
            .ok_or_else(|| format!("`{name}` names no device"))?;
        let metric = match kind {
            "latency" => HardwareMetric::LatencyMs,
            "throughput" => HardwareMetric::ThroughputPerS,
            _ => return Err(format!("`{name}` is neither latency nor throughput")),
        };
        let mean = values.get(&format!("{kind}_mean")).copied().flatten();
        figures.extend(mean.map(|v| (Attribute::Hardware(metric, device.to_lowercase()), v)));
    }
    Ok(Run {
        key: Key::Arch(arch),
        schedule: "proxy".into(),
        curves,
        figures,
    })
}

fn about() -> About {
    About {
        name: "accel-nas-bench".into(),
        title: "MnasNet-like networks on ImageNet, with speed on six accelerators".into(),
        citation: "Ahmad, Du, Xie, Zhang, DAC 2024, arXiv 2404.08005".into(),
        licence: "Apache-2.0".into(),
        seeds: "first training of each network; further ones are in the schedule of repeats".into(),
        defects: vec![
            "accuracy is of the authors' shortened training, whose epochs the files do not state: epoch 1 stands for it"
                .into(),
            "no test accuracy".into(),
            "speed is the mean of the measurements of a network's first file".into(),
        ],
    }
}

/// Counted in the published archive with Python.
const FACTS: &[Fact] = &[Fact {
    name: "the 5,138 files hold 5,125 distinct networks",
    check: |table| Verdict::equal(table.tasks[0].archs().len(), 5_125),
}];
