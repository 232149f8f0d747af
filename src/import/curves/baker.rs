//! Curves of Baker et al.: one row for each training, with its configuration and a validation accuracy for each epoch;
//! of the recurrent networks a perplexity, which becomes its negative.
//!
//! Baker, Gupta, Raskar, Naik: Accelerating Neural Architecture Search using Performance Prediction, ICLR 2018
//! workshop, arXiv 1705.10823. Columns `acc_0` (`ep_0`) are of the untrained network, by the authors' description and by
//! their values; in the ResNets on CIFAR-10 alone, of 24 % on average, they count completed epochs from 0.

use super::{Rows, attribute, number};
use crate::error::Error;
use crate::import::runs::{self, Key, Points, Run};
use crate::import::{Files, ImporterEntry, source};
use crate::table::{About, Fact, Meaning, Table, Task, TaskBuilder, Verdict};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "baker-curves",
    summary: "learning curves of Baker et al.: metaqnn_*.csv, deep_resnets_*.csv, cudaconvnet_*.csv, lstm_ptb.csv, \
              alexnet_imagenet.csv (a file or a folder)",
    detect: |files| {
        let mut names = files.ending(".csv").peekable();
        let is_of = |name: &str| {
            [["acc_1", "acc_2"], ["ep_1", "ep_2"]]
                .iter()
                .any(|columns| Rows::has_columns(files, name, columns))
        };
        names.peek().is_some() && names.all(is_of)
    },
    import,
    facts: FACTS,
};

/// The most epochs of a training.
const MAX_EPOCHS: u32 = 100_000;

fn import(files: &Files) -> Result<Table, Error> {
    let tasks = (files.ending(".csv"))
        .map(|name| {
            let rows = Rows::read(files, name)?;
            read_task(name, rows).map_err(|e| e.within(files.place(name)))
        })
        .collect::<Result<_, Error>>()?;
    Ok(Table {
        about: About {
            name: "baker-curves".into(),
            title: "Learning curves of convolutional networks and deep ResNets".into(),
            citation: "Baker, Gupta, Raskar, Naik, ICLR 2018 workshop, arXiv 1705.10823".into(),
            licence: "MIT".into(),
            seeds: "one training each".into(),
            defects: vec![
                "validation accuracy only, of recurrent networks the negated perplexity".into(),
                "no training times".into(),
                "epoch 0 is the untrained network".into(),
                "architectures are rows of the files: a pool".into(),
            ],
        },
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

/// The one file whose `acc_0` follows a training's first epoch.
const COUNTED_FROM_0: &str = "deep-resnets-cifar10";

fn read_task(name: &str, Rows { header, rows }: Rows) -> Result<Task, Error> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let task = file
        .trim_end_matches(".csv")
        .to_lowercase()
        .replace('_', "-");
    let shift = u32::from(task == COUNTED_FROM_0);
    let epoch = |column: &str, prefix: &str| -> Option<u32> {
        let number: u32 = column.strip_prefix(prefix)?.parse().ok()?;
        (number < MAX_EPOCHS).then_some(number + shift)
    };
    let is_perplexity = header.iter().any(|column| epoch(column, "ep_").is_some());
    let (metric, sign) = match is_perplexity {
        true => ("negative-perplexity", -1.0),
        false => ("accuracy", 1.0),
    };
    let columns: Vec<Option<u32>> = (header.iter())
        .map(|column| epoch(column, if is_perplexity { "ep_" } else { "acc_" }))
        .collect();
    let mut runs = Vec::with_capacity(rows.len());
    for (at, (line, row)) in rows.iter().enumerate() {
        let mut curve: Points = Vec::with_capacity(columns.len());
        let mut config = Vec::new();
        let mut figures = Vec::new();
        for ((column, text), epoch) in header.iter().zip(row).zip(&columns) {
            if let Some(epoch) = epoch {
                let value = number(text, column, *line)?;
                curve.extend(value.map(|value| (*epoch, sign * value)));
            } else if column == "net" {
                config.push(text.to_owned());
            } else if !matches!(column.as_str(), "training_dataset" | "base_model") {
                config.push(format!("{column}={text}"));
                figures.extend(number(text, column, *line)?.map(|v| (attribute(column), v)));
            }
        }
        curve.sort_by_key(|(epoch, _)| *epoch);
        runs.push(Run {
            key: Key::Name(format!("{at:04} {}", config.join(" "))),
            schedule: "full".into(),
            curves: vec![(Meaning::VALID, curve)],
            figures,
        });
    }
    runs::task(TaskBuilder::pool(&task, metric)?, &runs)
}

/// Rows and columns counted in the published files.
const FACTS: &[Fact] = &[Fact {
    name: "published numbers of trainings, and of their epochs",
    check: |table| {
        let published = [
            ("metaqnn-cifar10", 1_000, 20),
            ("metaqnn-svhn", 1_300, 20),
            ("deep-resnets-cifar10", 486, 50),
            ("deep-resnets-tinyimagenet", 684, 140),
            ("alexnet-imagenet", 974, 500),
            ("lstm-ptb", 280, 59),
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
            n => Verdict::Holds(format!("{n} files")),
        }
    },
}];
