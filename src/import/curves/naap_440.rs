//! NAAP-440: 440 convolutional networks on CIFAR-10, with training loss and test accuracy for each of 90 epochs.
//!
//! Hakim: NAAP-440 Dataset and Baseline for Neural Architecture Accuracy Prediction, 2022, arXiv 2209.06626. There is no
//! validation data: a table of it is an oracle.

use super::{Rows, attribute, number};
use crate::error::Error;
use crate::import::runs::{self, Key, Points, Run};
use crate::import::{Files, ImporterEntry, source};
use crate::table::{About, Attribute, Fact, Meaning, Quantity, Split, Table, TaskBuilder, Verdict};

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "naap-440",
    summary: "NAAP-440: naap440.csv",
    detect: |files| {
        let mut names = files.ending(".csv").peekable();
        let is_it = |name: &str| Rows::has_columns(files, name, &["ModelId", "e1Accuracy"]);
        names.peek().is_some() && names.all(is_it)
    },
    import,
    facts: FACTS,
};

fn import(files: &Files) -> Result<Table, Error> {
    let name = files.find(".csv")?;
    let Rows { header, rows } = Rows::read(files, name)?;
    let columns: Vec<Column> = header.iter().map(|column| Column::of(column)).collect();
    let runs = (rows.iter())
        .map(|(line, row)| read_run(&header, &columns, *line, row))
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

/// What a column holds.
enum Column {
    Model,
    /// One of [`CURVES`] at an epoch.
    Curve(usize, u32),
    Figure(Attribute),
    /// What says nothing of the network, or follows from the rest.
    Other,
}

/// The endings of columns that are curves.
const CURVES: [&str; 3] = ["Accuracy", "LossMean", "LossMedian"];

impl Column {
    fn of(column: &str) -> Self {
        // `e12Accuracy`
        let of_epoch = || {
            let rest = column.strip_prefix('e')?;
            let name = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let epoch = rest[..rest.len() - name.len()].parse().ok()?;
            let curve = CURVES.iter().position(|known| *known == name)?;
            Some(Self::Curve(curve, epoch))
        };
        match column {
            "ModelId" => Self::Model,
            "IsTest" | "MaxAccuracy" => Self::Other,
            _ => of_epoch().unwrap_or_else(|| Self::Figure(attribute(column))),
        }
    }
}

fn read_run(
    header: &[String],
    columns: &[Column],
    line: u64,
    row: &csv::StringRecord,
) -> Result<Run, Error> {
    let mut model = "";
    let mut curves: [Points; CURVES.len()] = Default::default();
    let mut figures = Vec::new();
    for ((column, name), text) in columns.iter().zip(header).zip(row) {
        match column {
            Column::Model => model = text,
            Column::Other => {}
            Column::Curve(curve, epoch) => {
                let value = number(text, name, line)?;
                curves[*curve].extend(value.map(|value| (*epoch, value)));
            }
            Column::Figure(attribute) => {
                let value = number(text, name, line)?;
                figures.extend(value.map(|value| (attribute.clone(), value)));
            }
        }
    }
    let meanings = [
        Meaning::TEST,
        Meaning::new(Split::Train, Quantity::Loss),
        Meaning::new(Split::Train, Quantity::Other("median-loss".into())),
    ];
    Ok(Run {
        key: Key::Name(format!("model {model:0>3}")),
        schedule: "90".into(),
        curves: meanings.into_iter().zip(curves).collect(),
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
