//! Validation accuracies of NAS-Bench-201 as NAS-Bench-Suite-Zero ships them: a zip of JSON lists of
//! {idx, arch, proxy, val_accuracy}, one file per data set and 250 architectures.
//!
//! Krishnakumar, White, Zela, Tu, Safari, Hutter: NAS-Bench-Suite-Zero, NeurIPS 2022 Datasets and
//! Benchmarks, arXiv 2210.03230; the accuracies are those of Dong & Yang, ICLR 2020, arXiv 2001.00326.

use super::{Files, ImporterEntry};
use crate::error::Error;
use crate::space::{Architecture, Nb201, SearchSpace};
use crate::table::{Card, ColumnCard, Table, TableRow, TaskCard};
use serde::Deserialize;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "suite-zero-nas-bench-201",
    summary: "NAS-Bench-201's validation accuracies in NAS-Bench-Suite-Zero's list form (zip)",
    detect: |files| {
        files
            .names()
            .any(|name| name.contains("benchmark--nasbench201--"))
    },
    import,
};

const TASKS: [(&str, &str); 3] = [
    ("cifar10", "cifar10"),
    ("cifar100", "cifar100"),
    ("imagenet16-120", "ImageNet16-120"),
];

#[derive(Deserialize)]
struct Entry {
    arch: String,
    val_accuracy: f64,
}

/// Options of Suite-Zero's tuples in the order of their codes, as option codes of our space.
const OPERATIONS: [u8; 5] = [1, 0, 3, 2, 4];
/// Position in Suite-Zero's tuple (0→1, 0→2, 0→3, 1→2, 1→3, 2→3) of each edge of our space.
const EDGES: [usize; 6] = [0, 1, 3, 2, 4, 5];

fn parse_tuple(text: &str) -> Option<Architecture> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let codes: Vec<usize> = inner
        .split(',')
        .map(|c| c.trim().parse().ok())
        .collect::<Option<_>>()?;
    let codes: [usize; 6] = codes.try_into().ok()?;
    let mut choices = [0; 6];
    for (choice, at) in choices.iter_mut().zip(EDGES) {
        *choice = *OPERATIONS.get(codes[at])?;
    }
    Some(Architecture::new(&choices))
}

fn import(files: &Files) -> Result<Table, Error> {
    let space = Nb201::shared();
    let mut rows = Vec::new();
    for (task, (_, data_set)) in TASKS.into_iter().enumerate() {
        let part = format!("benchmark--nasbench201--{data_set}--");
        for name in files.names().filter(|name| name.contains(&part)) {
            let bytes = files.read(name)?;
            let entries: Vec<Entry> = serde_json::from_slice(&bytes)
                .map_err(|e| Error::new(files.place(name), format!("not a proxy list: {e}")))?;
            for entry in entries {
                let arch = parse_tuple(&entry.arch).ok_or_else(|| {
                    Error::new(
                        files.place(name),
                        format!("not an architecture: {}", entry.arch),
                    )
                })?;
                if !(0.0..=100.0).contains(&entry.val_accuracy) {
                    let problem = format!("{}: {} percent", entry.arch, entry.val_accuracy);
                    return Err(Error::new(files.place(name), problem));
                }
                rows.push(TableRow {
                    task: task as u32,
                    arch: space.index_of(&arch),
                    epoch: 200,
                    seed: 0,
                    valid: Some(entry.val_accuracy / 100.0),
                    test: None,
                    cost_s: None,
                    latency_s: None,
                    params: None,
                    flops: None,
                });
            }
        }
    }
    rows.sort_by_key(|row| (row.task, row.arch));
    Ok(Table { card: card(), rows })
}

fn card() -> Card {
    Card {
        name: "nas-bench-201".into(),
        title: "Cells of six edges and five operations on three image data sets".into(),
        citation: "Dong & Yang, ICLR 2020, arXiv 2001.00326".into(),
        source: "NAS-Bench-Suite-Zero proxy lists".into(),
        licence: "Apache-2.0".into(),
        sha256: String::new(),
        seeds: "one: the published mean over trainings of 200 epochs".into(),
        oracle: false,
        defects: vec!["validation accuracy only: no test metric, no training times".into()],
        columns: vec![
            ColumnCard::new("arch", "NAS-Bench-201's own string"),
            ColumnCard::new("valid", "validation accuracy, fraction in 0 to 1"),
        ],
        tasks: TASKS
            .into_iter()
            .map(|(name, _)| TaskCard {
                name: name.into(),
                metric: "accuracy".into(),
                space: "nas-bench-201".into(),
            })
            .collect(),
    }
}
