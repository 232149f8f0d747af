//! NAS-Bench-Macro: one JSON object of {eight digits: three test accuracies in percent, parameters, FLOPs}.
//!
//! Su, Huang, Li, You, Wang, Qian, Zhang, Xu: Prioritized Architecture Sampling with Monto-Carlo Tree
//! Search, CVPR 2021, arXiv 2103.11922.

use super::{Files, ImporterEntry};
use crate::error::Error;
use crate::space::{NbMacro, SearchSpace};
use crate::table::{Card, ColumnCard, Table, TableRow, TaskCard, sha256_hex};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-macro",
    summary: "NAS-Bench-Macro: nas-bench-macro_cifar10.json",
    detect: |files| {
        files
            .names()
            .any(|name| name.contains("nas-bench-macro") && name.ends_with(".json"))
    },
    import,
};

#[derive(Deserialize)]
struct Entry {
    test_acc: [f64; 3],
    params: f64,
    flops: f64,
}

fn import(files: &Files) -> Result<Table, Error> {
    let bytes = files.read_ending(".json")?;
    let entries: BTreeMap<String, Entry> = serde_json::from_slice(&bytes)
        .map_err(|e| Error::new(files.place(".json"), format!("not NAS-Bench-Macro: {e}")))?;
    let space = NbMacro::shared();
    let mut rows = Vec::with_capacity(3 * entries.len());
    for (text, entry) in &entries {
        let arch = space
            .parse(text)
            .map_err(|e| e.within(files.place(".json")))?;
        for (seed, percent) in entry.test_acc.into_iter().enumerate() {
            if !(0.0..=100.0).contains(&percent) {
                return Err(Error::new(
                    files.place(".json"),
                    format!("{text}: {percent} percent"),
                ));
            }
            rows.push(TableRow {
                task: 0,
                arch: space.index_of(&arch),
                epoch: 50,
                seed: seed as u32,
                valid: None,
                test: Some(percent / 100.0),
                cost_s: None,
                latency_s: None,
                params: Some(entry.params),
                flops: Some(entry.flops),
            });
        }
    }
    rows.sort_by_key(|row| (row.arch, row.seed));
    let card = Card {
        name: "nas-bench-macro".into(),
        title: "Macro architectures of eight layers on CIFAR-10".into(),
        citation: "Su et al., CVPR 2021, arXiv 2103.11922".into(),
        source: format!(
            "nas-bench-macro_cifar10.json, SHA-256 {}",
            sha256_hex(&bytes)
        ),
        licence: "Apache-2.0".into(),
        sha256: String::new(),
        seeds: "three trainings".into(),
        oracle: true,
        defects: vec!["no validation split: the test accuracy stands in for it (oracle)".into()],
        columns: vec![
            ColumnCard::new(
                "arch",
                "eight digits: 0 identity, 1 MBConv k3 e3, 2 MBConv k5 e6",
            ),
            ColumnCard::new("test", "test accuracy, fraction in 0 to 1"),
            ColumnCard::new("params", "trainable parameters"),
            ColumnCard::new("flops", "FLOPs of one forward pass"),
        ],
        tasks: vec![TaskCard {
            name: "cifar10".into(),
            metric: "accuracy".into(),
            space: "nas-bench-macro".into(),
        }],
    };
    Ok(Table { card, rows })
}
