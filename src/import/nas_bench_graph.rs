//! NAS-Bench-Graph's light tables: nine pickles of {architecture hash: validation, test, latency,
//! parameters}, inside the Python package.
//!
//! Qin, Zhang, Wang, Zhang, Zhu: NAS-Bench-Graph: Benchmarking Graph Neural Architecture Search, NeurIPS
//! 2022 Datasets and Benchmarks, arXiv 2206.09166.

use super::pickle::{self, Node, Pickle};
use super::{Files, ImporterEntry};
use crate::error::Error;
use crate::space::{NbGraph, SearchSpace};
use crate::table::{
    About, Attribute, Epochs, Fact, HardwareMetric, Meaning, Source, Table, Task, TaskBuilder,
    Verdict, facts, hex,
};
use sha2::{Digest, Sha256};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-graph",
    summary: "light tables of NAS-Bench-Graph: the wheel of its Python package, or the unpacked folder",
    detect: |files| TASKS.iter().any(|task| file_of(files, task).is_some()),
    import,
    facts: FACTS,
};

const TASKS: [&str; 9] = [
    "cora",
    "citeseer",
    "pubmed",
    "cs",
    "physics",
    "photo",
    "computers",
    "arxiv",
    "proteins",
];

/// The file of a task, by its name.
fn file_of<'f>(files: &'f Files, task: &str) -> Option<&'f str> {
    let is_it = |name: &&str| {
        let stem = name
            .rsplit('/')
            .next()
            .and_then(|file| file.strip_suffix(".bench"));
        stem == Some(task)
    };
    files.names().find(is_it)
}

fn import(files: &Files) -> Result<Table, Error> {
    let mut tasks = Vec::new();
    let mut hash = Sha256::new();
    for name in TASKS {
        let Some(file) = file_of(files, name) else {
            continue;
        };
        let bytes = files.read(file)?;
        hash.update(&bytes);
        let place = files.place(file);
        let pickle = pickle::load(&bytes).map_err(|e| Error::new(&place, e))?;
        tasks.push(read_task(&pickle, name).map_err(|e| e.within(&place))?);
    }
    let names: Vec<&str> = tasks.iter().map(Task::name).collect();
    let which = match names.len() == TASKS.len() {
        true => "light/*.bench, in the order of the tasks".into(),
        false => format!("{} of light/*.bench", names.join(", ")),
    };
    Ok(Table {
        about: about(),
        sources: vec![Source {
            importer: ENTRY.name.into(),
            files: format!("Python package nas-bench-graph 1.4.0: {which}"),
            sha256: hex(&hash.finalize()),
        }],
        tasks,
    })
}

fn read_task(pickle: &Pickle, name: &str) -> Result<Task, Error> {
    let (space, metric) = match name {
        "proteins" => (NbGraph::proteins(), "roc-auc"),
        _ => (NbGraph::full(), "accuracy"),
    };
    let mut task = TaskBuilder::new(name, space.name(), metric)?;
    let full = task.schedule("full", &[0]);
    let valid = task.series(full, Meaning::VALID, Epochs::one(1));
    let test = task.series(full, Meaning::TEST, Epochs::one(1));
    let latency = Attribute::Hardware(HardwareMetric::LatencyMs, "gpu".into());
    let latency = task.attribute(latency);
    let params = task.attribute(Attribute::Params);
    let wrong = |problem: String| Error::new("dictionary", problem);
    let entries = pickle.root().pairs();
    for (key, fields) in entries.ok_or_else(|| wrong("expected one of architectures".into()))? {
        let hash = (key.int().and_then(|h| u32::try_from(h).ok()))
            .ok_or_else(|| wrong("expected integer hashes as keys".into()))?;
        let row = task.row(&space.from_hash(hash)?);
        let number = |name: &str| -> Result<f64, Error> {
            (fields.get(name).and_then(Node::number))
                .filter(|v| v.is_finite())
                .ok_or_else(|| wrong(format!("hash {hash}: no finite number `{name}`")))
        };
        task.set(valid, row, 0, 1, number("valid_perf")?);
        task.set(test, row, 0, 1, number("perf")?);
        task.put(latency, row, number("latency")? * 1e3);
        task.put(params, row, (number("para")? * 1e6).round());
    }
    task.finish()
}

fn about() -> About {
    About {
        name: "nas-bench-graph".into(),
        title: "Graph neural networks on nine node-classification data sets".into(),
        citation: "Qin, Zhang, Wang, Zhang, Zhu, NeurIPS 2022 Datasets and Benchmarks, arXiv 2206.09166"
            .into(),
        licence: "Apache-2.0".into(),
        seeds: "one: the published mean of three trainings".into(),
        defects: [
            "single trainings are not in the light tables: seed noise cannot be drawn",
            "no training times: budgets in simulated seconds are refused",
            "epoch 1 stands for the full training; curves are in the full release only",
            "proteins has five operations only (2,021 architectures) and is measured by ROC-AUC",
            "the package's code suggests base-6 hashes for proteins; its file uses base 10 as the others",
            "the architecture of skip connections only is absent",
            "the latency's device and batch are not stated",
        ]
        .map(String::from)
        .to_vec(),
    }
}

/// The numbers of architectures and the best validation metrics, read off the published files with Python.
const FACTS: &[Fact] = &[
    Fact {
        name: "26,206 architectures on eight tasks and 2,021 on proteins",
        check: |table| {
            let expected = |task: &str| if task == "proteins" { 2_021 } else { 26_206 };
            let counts = |count: &dyn Fn(&Task) -> usize| -> Vec<String> {
                table.tasks.iter().map(|t| count(t).to_string()).collect()
            };
            let found = counts(&|task| task.archs().len());
            Verdict::equal(
                found.join(" "),
                counts(&|task| expected(task.name())).join(" "),
            )
        },
    },
    Fact {
        name: "the best validation metric of cora is 0.819333",
        check: |table| {
            facts::best(
                table,
                "cora",
                "full",
                &Meaning::VALID,
                0.8193333333333334,
                1e-12,
            )
        },
    },
    Fact {
        name: "the best validation metric of arxiv is 0.736667",
        check: |table| {
            facts::best(
                table,
                "arxiv",
                "full",
                &Meaning::VALID,
                0.7366666666666667,
                1e-12,
            )
        },
    },
];
