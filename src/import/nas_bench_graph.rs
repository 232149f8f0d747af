//! NAS-Bench-Graph's light tables: nine pickles of {architecture hash: validation, test, latency,
//! parameters}, inside the Python package.
//!
//! Qin, Zhang, Wang, Zhang, Zhu: NAS-Bench-Graph: Benchmarking Graph Neural Architecture Search, NeurIPS
//! 2022 Datasets and Benchmarks, arXiv 2206.09166.

use super::pickle::{self, Node, Pickle};
use super::{Files, ImporterEntry};
use crate::error::Error;
use crate::space::{NbGraph, SearchSpace};
use crate::table::{Card, ColumnCard, Table, TableRow, TaskCard, sha256_hex};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-graph",
    summary: "light tables of NAS-Bench-Graph: the wheel of its Python package, or the unpacked folder",
    detect: |files| files.names().any(|name| name.ends_with("light/cora.bench")),
    import,
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

fn import(files: &Files) -> Result<Table, Error> {
    let mut rows = Vec::new();
    let mut hashes = Vec::new();
    for (task, name) in TASKS.into_iter().enumerate() {
        let file = format!("{name}.bench");
        let bytes = files.read_ending(&format!("light/{file}"))?;
        hashes.push(format!("{file} {}", sha256_hex(&bytes)));
        let place = files.place(&file);
        let pickle = pickle::load(&bytes).map_err(|e| Error::new(&place, e))?;
        let mut of_task = read_task(&pickle, task).map_err(|e| Error::new(&place, e))?;
        of_task.sort_by_key(|row: &TableRow| row.arch);
        rows.extend(of_task);
    }
    let card = card(format!(
        "Python package nas-bench-graph 1.4.0, folder light; SHA-256: {}",
        hashes.join(", ")
    ));
    Ok(Table { card, rows })
}

fn read_task(pickle: &Pickle, task: usize) -> Result<Vec<TableRow>, String> {
    let space = if TASKS[task] == "proteins" {
        NbGraph::proteins()
    } else {
        NbGraph::full()
    };
    let entries = (pickle.root().pairs()).ok_or("expected a dictionary of architectures")?;
    let mut rows = Vec::with_capacity(entries.len());
    for (key, fields) in entries {
        let hash = key.int().and_then(|h| u32::try_from(h).ok());
        let hash = hash.ok_or("expected integer hashes as keys")?;
        let arch = space.from_hash(hash).map_err(|e| e.to_string())?;
        let number = |name: &str| -> Result<f64, String> {
            (fields.get(name).and_then(Node::number))
                .filter(|v| v.is_finite())
                .ok_or_else(|| format!("hash {hash}: no finite number `{name}`"))
        };
        let (valid, test) = (number("valid_perf")?, number("perf")?);
        if !(0.0..=1.0).contains(&valid) || !(0.0..=1.0).contains(&test) {
            return Err(format!("hash {hash}: a metric outside 0 to 1"));
        }
        rows.push(TableRow {
            task: task as u32,
            arch: space.index_of(&arch),
            epoch: 1,
            seed: 0,
            valid: Some(valid),
            test: Some(test),
            cost_s: None,
            latency_s: Some(number("latency")?),
            params: Some((number("para")? * 1e6).round()),
            flops: None,
        });
    }
    Ok(rows)
}

fn card(source: String) -> Card {
    let task = |name: &str| TaskCard {
        name: name.into(),
        metric: if name == "proteins" {
            "roc-auc"
        } else {
            "accuracy"
        }
        .into(),
        space: match name {
            "proteins" => "nas-bench-graph-proteins".into(),
            _ => "nas-bench-graph".into(),
        },
    };
    Card {
        name: "nas-bench-graph".into(),
        title: "Graph neural networks on nine node-classification data sets".into(),
        citation: "Qin, Zhang, Wang, Zhang, Zhu, NeurIPS 2022 Datasets and Benchmarks, arXiv 2206.09166"
            .into(),
        source,
        licence: "Apache-2.0".into(),
        sha256: String::new(),
        seeds: "one: the published mean of three trainings".into(),
        oracle: false,
        defects: vec![
            "single trainings are not in the light tables: seed noise cannot be drawn".into(),
            "no training times: budgets in simulated seconds are refused".into(),
            "epoch is 1 throughout and stands for the full training; curves are in the full release only"
                .into(),
            "proteins has five operations only (2,021 architectures) and is measured by ROC-AUC".into(),
            "the package's code suggests base-6 hashes for proteins; its file uses base 10 as the others"
                .into(),
            "the architecture of skip connections only is absent".into(),
        ],
        columns: vec![
            ColumnCard::new("task", "data set"),
            ColumnCard::new("arch", "link pattern : operations, canonical form"),
            ColumnCard::new("epoch", "1, a full training"),
            ColumnCard::new("seed", "0, the published mean"),
            ColumnCard::new("valid", "validation metric, fraction in 0 to 1"),
            ColumnCard::new("test", "test metric, fraction in 0 to 1"),
            ColumnCard::new("latency_s", "inference latency, seconds"),
            ColumnCard::new("params", "trainable parameters, mean over trainings, rounded"),
        ],
        tasks: TASKS.into_iter().map(task).collect(),
    }
}
