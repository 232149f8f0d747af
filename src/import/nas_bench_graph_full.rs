//! NAS-Bench-Graph's full release: for each task and seed a pickle of `{architecture hash: {dur: for each epoch
//! training, validation and test metric, the three losses, best metric so far; latency, para, …}}`.
//!
//! Qin, Zhang, Wang, Zhang, Zhu: NAS-Bench-Graph: Benchmarking Graph Neural Architecture Search, NeurIPS 2022 Datasets
//! and Benchmarks, arXiv 2206.09166. The files are `cora0.bench`, `cora1.bench`, `cora2.bench` and so on.

use super::pickle::{self, Limits, Node};
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space::{Architecture, NbGraph, SearchSpace};
use crate::table::{
    About, Attribute, Epochs, Fact, HardwareMetric, Meaning, Quantity, Split, Table, Task,
    TaskBuilder, Verdict,
};
use std::collections::BTreeMap;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-graph-full",
    summary: "NAS-Bench-Graph's full release with curves: TASK0.bench, TASK1.bench, TASK2.bench",
    detect: |files| files.names().any(|name| task_and_seed(name).is_some()),
    import,
    facts: FACTS,
};

/// The most epochs of a training.
const MAX_EPOCHS: usize = 10_000;
/// What the first six numbers of an epoch are.
const MEANINGS: [Meaning; 6] = [
    Meaning::new(Split::Train, Quantity::Metric),
    Meaning::VALID,
    Meaning::TEST,
    Meaning::new(Split::Train, Quantity::Loss),
    Meaning::new(Split::Valid, Quantity::Loss),
    Meaning::new(Split::Test, Quantity::Loss),
];

/// `cora0.bench` is task cora, seed 0.
fn task_and_seed(name: &str) -> Option<(&str, u32)> {
    let stem = name.rsplit('/').next()?.strip_suffix(".bench")?;
    let task = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((task, stem[task.len()..].parse().ok()?))
}

/// One training: its curves one after another by epoch.
struct Training {
    arch: Architecture,
    epochs: Vec<[Option<f64>; 6]>,
    latency_ms: Option<f64>,
    params: Option<f64>,
}

fn import(files: &Files) -> Result<Table, Error> {
    let mut of_task: BTreeMap<&str, Vec<(u32, &str)>> = BTreeMap::new();
    for name in files.names() {
        if let Some((task, seed)) = task_and_seed(name) {
            of_task.entry(task).or_default().push((seed, name));
        }
    }
    let tasks = (of_task.into_iter())
        .map(|(task, mut parts)| {
            parts.sort_unstable();
            read_task(files, task, &parts)
        })
        .collect::<Result<_, Error>>()?;
    Ok(Table {
        about: about(),
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

fn read_task(files: &Files, task: &str, parts: &[(u32, &str)]) -> Result<Task, Error> {
    let (space, metric) = match task {
        "proteins" => (NbGraph::proteins(), "roc-auc"),
        _ => (NbGraph::full(), "accuracy"),
    };
    let read: Vec<Vec<Training>> = (parts.iter())
        .map(|(_, name)| read_file(files, name, &space))
        .collect::<Result<_, Error>>()?;
    let longest = read
        .iter()
        .flatten()
        .map(|t| t.epochs.len())
        .max()
        .unwrap_or(0);
    if longest == 0 {
        return Err(Error::new(
            files.root_name(),
            format!("{task} has no curves"),
        ));
    }
    let mut builder = TaskBuilder::new(task, space.name(), metric)?;
    let seeds: Vec<u32> = parts.iter().map(|(seed, _)| *seed).collect();
    let schedule = builder.schedule("full", &seeds);
    let series = MEANINGS.map(|m| builder.series(schedule, m, Epochs::run(1, longest as u32)));
    let latency = Attribute::Hardware(HardwareMetric::LatencyMs, "gpu".into());
    let latency = builder.attribute_per_seed(latency, schedule);
    let params = builder.attribute_per_seed(Attribute::Params, schedule);
    for (seed, trainings) in read.iter().enumerate() {
        for training in trainings {
            let row = builder.row(&training.arch);
            for (values, epoch) in training.epochs.iter().zip(1..) {
                for (id, value) in series.iter().zip(values) {
                    if let Some(value) = value {
                        builder.set(*id, row, seed, epoch, *value);
                    }
                }
            }
            for (id, value) in [(latency, training.latency_ms), (params, training.params)] {
                if let Some(value) = value {
                    builder.put_for_seed(id, row, seed, value);
                }
            }
        }
    }
    builder.finish().map_err(|e| e.within(files.root_name()))
}

fn read_file(files: &Files, name: &str, space: &NbGraph) -> Result<Vec<Training>, Error> {
    let mut trainings = Vec::new();
    let mut take = |hash: Node<'_>, fields: Node<'_>| {
        trainings.push(read_training(hash, fields, space)?);
        Ok(())
    };
    let limits = Limits {
        memory: 12 << 30,
        ..Limits::default()
    };
    pickle::stream_entries(files.reader(name)?, limits, pickle::TOP, &mut take)
        .map_err(|e| Error::new(files.place(name), e))?;
    Ok(trainings)
}

fn read_training(hash: Node<'_>, fields: Node<'_>, space: &NbGraph) -> Result<Training, String> {
    let hash = hash.int().and_then(|h| u32::try_from(h).ok());
    let hash = hash.ok_or("expected integer hashes as keys")?;
    let within = |problem: String| format!("hash {hash}: {problem}");
    let number = |name: &str| {
        fields
            .get(name)
            .and_then(Node::number)
            .filter(|v| v.is_finite())
    };
    let epochs = epochs(fields.field("dur").map_err(within)?).map_err(within)?;
    Ok(Training {
        arch: space.from_hash(hash).map_err(|e| within(e.to_string()))?,
        epochs,
        latency_ms: number("latency").map(|s| s * 1e3),
        params: number("para").map(|millions| (millions * 1e6).round()),
    })
}

/// A list of epochs, or a dictionary by epoch.
fn epochs(dur: Node<'_>) -> Result<Vec<[Option<f64>; 6]>, String> {
    let wrong = || "`dur` is not a list of epochs of seven numbers".to_string();
    let rows: Vec<Node<'_>> = match (dur.items(), dur.pairs()) {
        (Some(items), _) => items.collect(),
        (_, Some(pairs)) => {
            let mut keyed: Vec<(i64, Node<'_>)> = pairs
                .map(|(epoch, row)| Some((epoch.int()?, row)))
                .collect::<Option<_>>()
                .ok_or_else(wrong)?;
            keyed.sort_by_key(|(epoch, _)| *epoch);
            keyed.into_iter().map(|(_, row)| row).collect()
        }
        _ => return Err(wrong()),
    };
    if rows.len() > MAX_EPOCHS {
        return Err(format!(
            "{} epochs; at most {MAX_EPOCHS} expected",
            rows.len()
        ));
    }
    let row = |row: Node<'_>| {
        let values = row.numbers().filter(|v| v.len() >= 6).ok_or_else(wrong)?;
        Ok(std::array::from_fn(|at| {
            Some(values[at]).filter(|v| v.is_finite())
        }))
    };
    rows.into_iter().map(row).collect()
}

fn about() -> About {
    About {
        name: "nas-bench-graph-full".into(),
        title: "Graph neural networks on nine node-classification data sets, with curves and seeds".into(),
        citation: "Qin, Zhang, Wang, Zhang, Zhu, NeurIPS 2022 Datasets and Benchmarks, arXiv 2206.09166".into(),
        licence: "CC-BY-4.0".into(),
        seeds: "three trainings, by the number in the files' names".into(),
        defects: vec![
            "the best metric so far, the seventh number of an epoch, is left out: it follows from the others".into(),
            "no training times".into(),
        ],
    }
}

/// The number of architectures of the release, as of the light tables.
const FACTS: &[Fact] = &[Fact {
    name: "26,206 architectures on a task, 2,021 on proteins",
    check: |table| {
        let wrong = table.tasks.iter().find(|t| {
            let expected = if t.name() == "proteins" {
                2_021
            } else {
                26_206
            };
            t.archs().len() != expected
        });
        match wrong {
            Some(task) => Verdict::Fails(format!("{}: {}", task.name(), task.archs().len())),
            None => Verdict::Holds(format!("{} tasks", table.tasks.len())),
        }
    },
}];
