//! Accel-NASBench: one JSON file for each MnasNet-like network, with its accuracy on ImageNet and its speed on six
//! accelerators.
//!
//! Ahmad, Du, Xie, Zhang: Accel-NASBench: Sustainable Benchmarking for Accelerator-Aware NAS, DAC 2024, arXiv
//! 2404.08005.

use super::json::{self, Pairs};
use super::runs::{self, Key, Run};
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space::{Architecture, MnasNet, SearchSpace};
use crate::table::{
    About, Attribute, Fact, HardwareMetric, Meaning, Quantity, Split, Table, TaskBuilder, Verdict,
};
use rayon::prelude::*;
use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer};

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
    architecture: Published,
    metrics: Metrics,
    model_info: ModelInfo,
    #[serde(default)]
    platform_perf: Pairs<Performance>,
}

/// The published object of an architecture, or why it is none.
struct Published(Result<Architecture, Error>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metrics {
    val_top1: Option<f64>,
    val_top5: Option<f64>,
    train_time: Option<f64>,
}

/// Millions.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ModelInfo {
    params: Option<f64>,
    macs: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Performance {
    latency_mean: Option<f64>,
    throughput_mean: Option<f64>,
}

impl<'de> Deserialize<'de> for Published {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        (&*MnasNet::shared()).deserialize(from).map(Self)
    }
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
    let mut names: Vec<&str> = files.names().filter(|name| is_result(name)).collect();
    names.sort_by_cached_key(|name| number(name.rsplit('/').next().unwrap_or(name)));
    let runs: Vec<Run> = (names.par_iter())
        .map(|name| {
            let failed = |problem: String| Error::new(files.place(name), problem);
            let results = json::parse(files.read(name)?).map_err(failed)?;
            read_run(results).map_err(failed)
        })
        .collect::<Result<_, Error>>()?;
    let builder = TaskBuilder::new("imagenet", MnasNet::shared().name(), "accuracy")?;
    Ok(Table {
        about: about(),
        sources: vec![source(ENTRY.name, files)?],
        tasks: vec![runs::task(builder, &runs).map_err(|e| e.within(files.root_name()))?],
    })
}

fn read_run(results: Results) -> Result<Run, String> {
    let Published(arch) = results.architecture;
    let arch = arch.map_err(|e| e.to_string())?;
    let at_end = |value: Option<f64>| value.map(|v| (1, v)).into_iter().collect();
    let percent = |value: Option<f64>| at_end(value.map(|p| p / 100.0));
    let top5 = Meaning::new(Split::Valid, Quantity::Other("top5-accuracy".into()));
    let curves = vec![
        (Meaning::VALID, percent(results.metrics.val_top1)),
        (top5, percent(results.metrics.val_top5)),
        (Meaning::COST, at_end(results.metrics.train_time)),
    ];
    let count = |millions: f64| (millions * 1e6).round();
    let params = results
        .model_info
        .params
        .map(|m| (Attribute::Params, count(m)));
    let macs = results
        .model_info
        .macs
        .map(|m| (Attribute::Other("macs".into()), count(m)));
    let mut figures: Vec<(Attribute, f64)> = params.into_iter().chain(macs).collect();
    for (name, performance) in &results.platform_perf.0 {
        let (kind, device) = name
            .split_once('_')
            .ok_or_else(|| format!("`{name}` names no device"))?;
        let (metric, mean) = match kind {
            "latency" => (HardwareMetric::LatencyMs, performance.latency_mean),
            "throughput" => (HardwareMetric::ThroughputPerS, performance.throughput_mean),
            _ => return Err(format!("`{name}` is neither latency nor throughput")),
        };
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
