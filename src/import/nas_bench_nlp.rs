//! NAS-Bench-NLP's logs: one JSON file for each training of a recurrent cell, with the cell as a recipe in a string.
//!
//! Klyuchnikov, Trofimov, Artemova, Salnikov, Fedorov, Filippov, Burnaev: NAS-Bench-NLP: Neural Architecture Search
//! Benchmark for Natural Language Processing, IEEE Access 2022, arXiv 2006.07116. The metric is the negated loss per
//! word; a training whose loss was no number stops there, and so does its curve.

use super::json::Numbers;
use super::runs::{self, Key, Run, cumulative, from_first};
use super::{Files, ImporterEntry, json, source};
use crate::error::Error;
use crate::space::RecurrentCell;
use crate::table::{About, Attribute, Fact, Meaning, Quantity, Split, Table, TaskBuilder, Verdict};
use rayon::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-nlp",
    summary: "NAS-Bench-NLP: logs.zip, or the folder of log_stats_model_*.json",
    detect: |files| files.names().any(is_log),
    import,
    facts: FACTS,
};

#[derive(Deserialize)]
struct Log {
    data: String,
    recepie: String,
    num_params: Option<f64>,
    wall_times: Numbers,
    train_losses: Numbers,
    val_losses: Numbers,
    #[serde(default)]
    test_losses: Numbers,
}

fn is_log(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.starts_with("log_stats_model_") && file.ends_with(".json") && !name.contains("__MACOSX")
}

fn import(files: &Files) -> Result<Table, Error> {
    let names: Vec<&str> = files.names().filter(|name| is_log(name)).collect();
    let read: Vec<(String, Run)> = (names.par_iter())
        .map(|name| {
            let failed = |problem: String| Error::new(files.place(name), problem);
            let log: Log = json::parse(files.read(name)?).map_err(failed)?;
            read_run(&log).map_err(|e| e.within(files.place(name)))
        })
        .collect::<Result<_, Error>>()?;
    let mut of_task: BTreeMap<String, Vec<Run>> = BTreeMap::new();
    for (task, run) in read {
        of_task.entry(task).or_default().push(run);
    }
    let tasks = (of_task.iter())
        .map(|(name, runs)| runs::task(TaskBuilder::pool(name, "negative-loss")?, runs))
        .collect::<Result<_, Error>>()
        .map_err(|e| e.within(files.root_name()))?;
    Ok(Table {
        about: about(),
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

/// The data set's name, and the training.
fn read_run(log: &Log) -> Result<(String, Run), Error> {
    let data = log
        .data
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or("");
    let cell = RecurrentCell::parse(&log.recepie).map_err(|e| e.within("recepie"))?;
    let negated = |losses: &Numbers| from_first(losses.0.iter().map(|l| Some(-l)));
    let curves = vec![
        (Meaning::VALID, negated(&log.val_losses)),
        (Meaning::TEST, negated(&log.test_losses)),
        (
            Meaning::new(Split::Train, Quantity::Metric),
            negated(&log.train_losses),
        ),
        (
            Meaning::COST,
            cumulative(log.wall_times.0.iter().copied().map(Some)),
        ),
    ];
    let params = log.num_params.map(|n| (Attribute::Params, n));
    let run = Run {
        key: Key::Name(cell.to_string()),
        schedule: "full".into(),
        curves,
        figures: params.into_iter().collect(),
    };
    Ok((data.to_lowercase(), run))
}

fn about() -> About {
    About {
        name: "nas-bench-nlp".into(),
        title: "Recurrent cells as language models".into(),
        citation: "Klyuchnikov et al., IEEE Access 2022, arXiv 2006.07116".into(),
        licence: "Apache-2.0".into(),
        seeds: "first training of each cell; further ones are in the schedule of repeats".into(),
        defects: vec![
            "trainings whose loss was no number stop early: their later epochs are missing".into(),
            "the metric is the negated cross-entropy per word, not perplexity".into(),
        ],
    }
}

const FACTS: &[Fact] = &[Fact {
    name: "losses are positive",
    check: |table| {
        let series = table
            .tasks
            .iter()
            .flat_map(|t| t.schedules().iter().map(move |s| (t, s)));
        for (task, series) in series.filter_map(|(t, s)| Some((t, s.get(&Meaning::VALID)?))) {
            for row in 0..task.archs().len() {
                match series.curve(row, 0) {
                    Ok(curve) if curve.iter().flatten().any(|v| v >= 0.0) => {
                        return Verdict::Fails(format!("row {row} of {}", task.name()));
                    }
                    Ok(_) => {}
                    Err(_) => return Verdict::Fails("the file is damaged".into()),
                }
            }
        }
        Verdict::Holds("all".into())
    },
}];
