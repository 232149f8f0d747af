//! NAAP-440: 440 convolutional networks on CIFAR-10, with training loss and test accuracy for each of 90 epochs.
//!
//! Hakim: NAAP-440 Dataset and Baseline for Neural Architecture Accuracy Prediction, 2022, arXiv 2209.06626. There is no
//! validation data: a table of it is an oracle.

use super::{Rows, attribute, number};
use crate::error::Error;
use crate::import::runs::{self, Key, Run, from_first};
use crate::import::{Files, ImporterEntry, source};
use crate::table::{About, Fact, Meaning, Quantity, Split, Table, TaskBuilder, Verdict};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "naap-440",
    summary: "NAAP-440: naap440.csv",
    detect: |files| {
        files
            .ending(".csv")
            .any(|name| Rows::has_columns(files, name, &["ModelId", "e1Accuracy"]))
    },
    import,
    facts: FACTS,
};

fn import(files: &Files) -> Result<Table, Error> {
    let name = files.find(".csv")?;
    let Rows { header, rows } = Rows::read(files, name)?;
    let runs = (rows.iter())
        .map(|(line, row)| read_run(&header, *line, row))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| e.within(files.place(name)))?;
    let task = runs::task(TaskBuilder::pool("cifar10", "accuracy")?, &runs);
    Ok(Table {
        about: About {
            name: "naap-440".into(),
            title: "Learning curves of 440 convolutional networks on CIFAR-10".into(),
            citation: "Hakim, 2022, arXiv 2209.06626".into(),
            licence: "MIT".into(),
            seeds: "one training each".into(),
            defects: vec![
                "test accuracy only: it stands in for validation (oracle)".into(),
                "the published maximum over epochs is left out: no training ends there".into(),
            ],
        },
        sources: vec![source(ENTRY.name, files)?],
        tasks: vec![task.map_err(|e| e.within(files.place(name)))?],
    })
}

fn read_run(header: &[String], line: u64, row: &csv::StringRecord) -> Result<Run, Error> {
    let mut model = String::new();
    let (mut accuracy, mut mean, mut median) = (Vec::new(), Vec::new(), Vec::new());
    let mut figures = Vec::new();
    for (column, text) in header.iter().zip(row) {
        // `e12Accuracy`: epochs stand in order.
        let of_epoch = column
            .strip_prefix('e')
            .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        match (column.as_str(), of_epoch) {
            ("ModelId", _) => model = text.to_owned(),
            ("IsTest" | "MaxAccuracy", _) => {}
            (_, Some("Accuracy")) => accuracy.push(number(text, column, line)?),
            (_, Some("LossMean")) => mean.push(number(text, column, line)?),
            (_, Some("LossMedian")) => median.push(number(text, column, line)?),
            _ => figures.extend(number(text, column, line)?.map(|v| (attribute(column), v))),
        }
    }
    let median_loss = Quantity::Other("median-loss".into());
    Ok(Run {
        key: Key::Name(format!("model {model:0>3}")),
        schedule: "90".into(),
        curves: vec![
            (Meaning::TEST, from_first(accuracy)),
            (Meaning::new(Split::Train, Quantity::Loss), from_first(mean)),
            (Meaning::new(Split::Train, median_loss), from_first(median)),
        ],
        figures,
    })
}

/// Counted in the published file.
const FACTS: &[Fact] = &[Fact {
    name: "440 networks, 90 epochs, an oracle",
    check: |table| {
        let task = &table.tasks[0];
        let last = task.schedule("90").map_or(0, |s| s.last_epoch());
        Verdict::equal(
            format!("{} {last} {}", task.archs().len(), table.is_oracle()),
            "440 90 true".into(),
        )
    },
}];
