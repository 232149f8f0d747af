//! Validation accuracies of NAS-Bench-201 as NAS-Bench-Suite-Zero ships them: a zip of JSON lists of
//! {idx, arch, proxy, val_accuracy}, one file per data set and 250 architectures.
//!
//! Krishnakumar, White, Zela, Tu, Safari, Hutter: NAS-Bench-Suite-Zero, NeurIPS 2022 Datasets and
//! Benchmarks, arXiv 2210.03230; the accuracies are those of Dong & Yang, ICLR 2020, arXiv 2001.00326.

use super::{Files, ImporterEntry};
use crate::error::Error;
use crate::space::Architecture;
use crate::table::{About, Epochs, Fact, Meaning, Source, Table, TaskBuilder, Verdict, hex};
use serde::Deserialize;
use sha2::{Digest, Sha256};

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
    facts: FACTS,
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
    let mut tasks = Vec::new();
    let mut hash = Sha256::new();
    for (task_name, data_set) in TASKS {
        let mut task = TaskBuilder::new(task_name, "nas-bench-201", "accuracy")?;
        let full = task.schedule("200", &[0]);
        let valid = task.series(full, Meaning::VALID, Epochs::one(200));
        let part = format!("benchmark--nasbench201--{data_set}--");
        for name in files.names().filter(|name| name.contains(&part)) {
            let bytes = files.read(name)?;
            hash.update(&bytes);
            let entries: Vec<Entry> = serde_json::from_slice(&bytes)
                .map_err(|e| Error::new(files.place(name), format!("not a proxy list: {e}")))?;
            for entry in entries {
                let arch = parse_tuple(&entry.arch).ok_or_else(|| {
                    let problem = format!("not an architecture: {}", entry.arch);
                    Error::new(files.place(name), problem)
                })?;
                let row = task.row(&arch);
                task.set(valid, row, 0, 200, entry.val_accuracy / 100.0);
            }
        }
        tasks.push(task.finish()?);
    }
    Ok(Table {
        about: about(),
        sources: vec![Source {
            importer: ENTRY.name.into(),
            files: "NAS-Bench-Suite-Zero proxy lists".into(),
            sha256: hex(&hash.finalize()),
        }],
        tasks,
    })
}

fn about() -> About {
    About {
        name: "nas-bench-201".into(),
        title: "Cells of six edges and five operations on three image data sets".into(),
        citation: "Dong & Yang, ICLR 2020, arXiv 2001.00326".into(),
        licence: "Apache-2.0".into(),
        seeds: "one: the published mean over trainings of 200 epochs".into(),
        defects: vec!["validation accuracy only: no test metric, no training times".into()],
    }
}

/// The best validation accuracies, read off the published lists.
const FACTS: &[Fact] = &[Fact {
    name: "all 15,625 cells are there, on three tasks",
    check: |table| {
        let counts: Vec<String> = (table.tasks.iter())
            .map(|t| t.archs().len().to_string())
            .collect();
        Verdict::equal(counts.join(" "), "15625 15625 15625".into())
    },
}];
