//! NAS-Bench-Macro: one JSON object of {eight digits: three test accuracies in percent, parameters, FLOPs}.
//!
//! Su, Huang, Li, You, Wang, Qian, Zhang, Xu: Prioritized Architecture Sampling with Monto-Carlo Tree
//! Search, CVPR 2021, arXiv 2103.11922.

use super::json::{self, Pairs};
use super::{Files, ImporterEntry};
use crate::error::Error;
use crate::space::{NbMacro, SearchSpace};
use crate::table::{
    About, Attribute, Epochs, Fact, Meaning, Source, Table, TaskBuilder, Verdict, facts, sha256_hex,
};
use serde::Deserialize;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-macro",
    summary: "NAS-Bench-Macro: nas-bench-macro_cifar10.json",
    detect: |files| files.names().any(is_it),
    import,
    facts: FACTS,
};

fn is_it(name: &str) -> bool {
    name.contains("nas-bench-macro") && name.ends_with(".json")
}

#[derive(Deserialize)]
struct Entry {
    test_acc: [f64; 3],
    params: f64,
    flops: f64,
}

fn import(files: &Files) -> Result<Table, Error> {
    let name = files.find_known(is_it, ".json")?;
    let bytes = files.read(name)?;
    let sha256 = sha256_hex(&bytes);
    let Pairs(entries) = json::parse::<Pairs<Entry>>(bytes)
        .map_err(|e| Error::new(files.place(name), format!("not NAS-Bench-Macro: {e}")))?;
    let space = NbMacro::shared();
    let mut task = TaskBuilder::new("cifar10", space.name(), "accuracy")?;
    let full = task.schedule("50", &[0, 1, 2]);
    let test = task.series(full, Meaning::TEST, Epochs::one(50));
    let params = task.attribute(Attribute::Params);
    let flops = task.attribute(Attribute::Flops);
    for (text, entry) in &entries {
        let arch = (space.parse(text)).map_err(|e| e.within(files.place(name)))?;
        let row = task.row(&arch);
        for (seed, percent) in entry.test_acc.into_iter().enumerate() {
            task.set(test, row, seed, 50, percent / 100.0);
        }
        task.put(params, row, entry.params);
        task.put(flops, row, entry.flops);
    }
    Ok(Table {
        about: about(),
        sources: vec![Source {
            importer: ENTRY.name.into(),
            files: "nas-bench-macro_cifar10.json".into(),
            sha256,
        }],
        tasks: vec![(task.finish()).map_err(|e| e.within(files.place(".json")))?],
    })
}

fn about() -> About {
    About {
        name: "nas-bench-macro".into(),
        title: "Macro architectures of eight layers on CIFAR-10".into(),
        citation: "Su et al., CVPR 2021, arXiv 2103.11922".into(),
        licence: "Apache-2.0".into(),
        seeds: "three trainings of 50 epochs".into(),
        defects: vec!["no validation split: the test accuracy stands in for it (oracle)".into()],
    }
}

/// Computed from the published file with Python: counts, and the mean of three trainings of the best architecture.
const FACTS: &[Fact] = &[
    Fact {
        name: "all 6,561 architectures are there",
        check: |table| Verdict::equal(table.tasks[0].archs().len(), 6561),
    },
    Fact {
        name: "22212220 is the best, with a mean test accuracy of 0.931267",
        check: |table| {
            facts::best_arch(
                table,
                "cifar10",
                "50",
                &Meaning::TEST,
                "22212220",
                0.931267,
                5e-7,
            )
        },
    },
    Fact {
        name: "22212220 has 1,985,514 parameters and 85,164,544 FLOPs",
        check: |table| {
            let task = &table.tasks[0];
            let of = |attribute| facts::figure(task, "22212220", attribute).unwrap_or(f64::NAN);
            let found = format!("{} {}", of(&Attribute::Params), of(&Attribute::Flops));
            Verdict::equal(found, "1985514 85164544".into())
        },
    },
];
