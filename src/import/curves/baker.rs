//! Curves of Baker et al.: one row for each training, with its configuration and a validation accuracy for each epoch.
//!
//! Baker, Gupta, Raskar, Naik: Accelerating Neural Architecture Search using Performance Prediction, ICLR 2018
//! workshop, arXiv 1705.10823.

use super::{Rows, attribute, number};
use crate::error::Error;
use crate::import::runs::{self, Key, Run, from_first};
use crate::import::{Files, ImporterEntry, source};
use crate::table::{About, Fact, Meaning, Table, Task, TaskBuilder, Verdict};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "baker-curves",
    summary: "learning curves of Baker et al.: metaqnn_*.csv, deep_resnets_*.csv (a file or a folder)",
    detect: |files| {
        let mut names = files.ending(".csv").peekable();
        names.peek().is_some()
            && names.all(|name| Rows::has_columns(files, name, &["lr", "acc_1", "acc_2"]))
    },
    import,
    facts: FACTS,
};

fn import(files: &Files) -> Result<Table, Error> {
    let tasks = (files.ending(".csv"))
        .map(|name| read_task(files, name).map_err(|e| e.within(files.place(name))))
        .collect::<Result<_, Error>>()?;
    Ok(Table {
        about: About {
            name: "baker-curves".into(),
            title: "Learning curves of convolutional networks and deep ResNets".into(),
            citation: "Baker, Gupta, Raskar, Naik, ICLR 2018 workshop, arXiv 1705.10823".into(),
            licence: "MIT".into(),
            seeds: "one training each".into(),
            defects: vec![
                "validation accuracy only".into(),
                "no training times".into(),
                "architectures are rows of the files: a pool".into(),
            ],
        },
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

fn read_task(files: &Files, name: &str) -> Result<Task, Error> {
    let Rows { header, rows } = Rows::read(files, name)?;
    let epoch = |column: &str| {
        column
            .strip_prefix("acc_")
            .and_then(|n| n.parse::<u32>().ok())
    };
    let mut runs = Vec::new();
    for (at, (line, row)) in rows.iter().enumerate() {
        let mut curve = Vec::new();
        let mut config = Vec::new();
        let mut figures = Vec::new();
        for (column, text) in header.iter().zip(row) {
            if epoch(column).is_some() {
                curve.push(number(text, column, *line)?);
            } else if column == "net" {
                config.push(text.to_owned());
            } else if !matches!(column.as_str(), "training_dataset" | "base_model") {
                config.push(format!("{column}={text}"));
                figures.extend(number(text, column, *line)?.map(|v| (attribute(column), v)));
            }
        }
        runs.push(Run {
            key: Key::Name(format!("{at:04} {}", config.join(" "))),
            schedule: "full".into(),
            curves: vec![(Meaning::VALID, from_first(curve))],
            figures,
        });
    }
    let file = name.rsplit('/').next().unwrap_or(name);
    let task = file
        .trim_end_matches(".csv")
        .to_lowercase()
        .replace('_', "-");
    runs::task(TaskBuilder::pool(&task, "accuracy")?, &runs)
}

/// Rows and columns counted in the published files.
const FACTS: &[Fact] = &[Fact {
    name: "1,000, 1,300, 486 and 684 trainings of 20, 20, 50 and 141 epochs",
    check: |table| {
        let published = [
            ("metaqnn-cifar10", 1_000, 20),
            ("metaqnn-svhn", 1_300, 20),
            ("deep-resnets-cifar10", 486, 50),
            ("deep-resnets-tinyimagenet", 684, 141),
        ];
        let mut found = 0;
        for (name, rows, epochs) in published {
            let Some(task) = table.task(name) else {
                continue;
            };
            let last = task.schedules().iter().map(|s| s.last_epoch()).max();
            if (task.archs().len(), last) != (rows, Some(epochs)) {
                return Verdict::Fails(format!(
                    "{name}: {} trainings, last epoch {last:?}",
                    task.archs().len()
                ));
            }
            found += 1;
        }
        match found {
            0 => Verdict::Skipped("none of the published files".into()),
            n => Verdict::Holds(format!("{n} of 4 files")),
        }
    },
}];
