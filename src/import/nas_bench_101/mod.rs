//! NAS-Bench-101: a TensorFlow record file of `[module hash, epochs, adjacency, operations, metrics]`, one record for
//! each repeat of each training. The EC-NAS files are of the same form.
//!
//! Ying, Klein, Christiansen, Real, Murphy, Hutter: NAS-Bench-101: Towards Reproducible Neural Architecture Search,
//! ICML 2019, arXiv 1902.09635. Each number of epochs is a training with a schedule of its own; a training is evaluated
//! at its start, about halfway, and at its end.

mod model_metrics;

use super::tfrecord::Records;
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space::{self, Architecture, Nb101, SearchSpace};
use crate::table::{
    About, Attribute, Epochs, Fact, Meaning, Quantity, Split, Table, Task, TaskBuilder, Verdict,
};
use model_metrics::{Evaluation, ModelMetrics};
use rayon::prelude::*;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-101",
    summary: "NAS-Bench-101: nasbench_full.tfrecord, nasbench_only108.tfrecord; EC-NAS's files of this form",
    detect: |files| files.names().any(|name| name.ends_with(".tfrecord")),
    import,
    facts: FACTS,
};

/// Records parsed at a time.
const BATCH: usize = 1 << 14;

#[derive(Deserialize)]
struct Record<'r>(
    #[serde(borrow)] Cow<'r, str>,
    u32,
    #[serde(borrow)] Cow<'r, str>,
    #[serde(borrow)] Cow<'r, str>,
    #[serde(borrow)] Cow<'r, str>,
);

/// One repeat of one training.
struct Training {
    module: String,
    cell: String,
    epochs: u32,
    metrics: ModelMetrics,
}

fn read_record(payload: &[u8]) -> Result<Training, String> {
    let Record(hash, epochs, matrix, operations, encoded) = serde_json::from_slice(payload)
        .map_err(|e| format!("not a record of NAS-Bench-101: {e}"))?;
    let metrics = ModelMetrics::read(&model_metrics::base64(&encoded)?)?;
    if hash.len() != 32 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("`{hash}` is not a module hash"));
    }
    if !(1..=10_000).contains(&epochs) {
        return Err(format!("{epochs} epochs"));
    }
    Ok(Training {
        module: hash.into_owned(),
        cell: format!("{matrix}:{operations}"),
        epochs,
        metrics,
    })
}

/// A module's trainings: by epochs, in the order of the file.
#[derive(Default)]
struct Module {
    arch: Option<Architecture>,
    params: u64,
    trainings: BTreeMap<u32, Vec<Repeat>>,
}

/// One repeat of a training.
struct Repeat {
    /// The place of its file among the files.
    file: usize,
    evaluations: Vec<Evaluation>,
}

impl Repeat {
    /// Whether it is another file's copy of `other`: the file of 108 epochs is a part of the full one.
    fn is_copy_of(&self, other: &Self) -> bool {
        let bits = |repeat: &Self| -> Vec<[u64; 5]> {
            let numbers = |e: &Evaluation| [e.epoch, e.training_time_s, e.train, e.valid, e.test];
            let evaluations = repeat.evaluations.iter();
            evaluations.map(|e| numbers(e).map(f64::to_bits)).collect()
        };
        self.file != other.file && bits(self) == bits(other)
    }
}

fn import(files: &Files) -> Result<Table, Error> {
    let space = space::open("nas-bench-101")?;
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    let names: Vec<&str> = files.ending(".tfrecord").collect();
    for (file, name) in names.into_iter().enumerate() {
        let mut records = Records::new(BufReader::with_capacity(1 << 20, files.reader(name)?));
        let mut first = 0;
        loop {
            let batch: Vec<Vec<u8>> = (records.by_ref().take(BATCH))
                .collect::<Result<_, _>>()
                .map_err(|e| Error::new(files.place(name), e))?;
            if batch.is_empty() {
                break;
            }
            let parsed: Vec<Training> = (batch.par_iter().enumerate())
                .map(|(at, payload)| {
                    let failed =
                        |e| Error::new(files.place(name), format!("record {}: {e}", first + at));
                    read_record(payload).map_err(failed)
                })
                .collect::<Result<_, Error>>()?;
            first += batch.len();
            add(&mut modules, file, parsed, space.as_ref())
                .map_err(|e| e.within(files.place(name)))?;
        }
    }
    Ok(Table {
        about: about(),
        sources: vec![source(ENTRY.name, files)?],
        tasks: vec![build(&modules, space.name()).map_err(|e| e.within(files.root_name()))?],
    })
}

/// Adds the trainings of a file, parsing the cells of modules not met before in parallel.
fn add(
    modules: &mut BTreeMap<String, Module>,
    file: usize,
    trainings: Vec<Training>,
    space: &dyn SearchSpace,
) -> Result<(), Error> {
    let new: BTreeMap<&str, &str> = (trainings.iter())
        .filter(|t| !modules.contains_key(&t.module))
        .map(|t| (t.module.as_str(), t.cell.as_str()))
        .collect();
    let new: Vec<(&str, &str)> = new.into_iter().collect();
    let archs: Vec<(String, Architecture)> = (new.par_iter())
        .map(|(module, cell)| Ok((module.to_string(), space.parse(cell)?)))
        .collect::<Result<_, Error>>()?;
    for (module, arch) in archs {
        modules.entry(module).or_default().arch = Some(arch);
    }
    for training in trainings {
        let module = modules.entry(training.module).or_default();
        module.params = training.metrics.params;
        let repeats = module.trainings.entry(training.epochs).or_default();
        let repeat = Repeat {
            file,
            evaluations: training.metrics.evaluations,
        };
        if !repeats.iter().any(|known| repeat.is_copy_of(known)) {
            repeats.push(repeat);
        }
    }
    Ok(())
}

fn build(modules: &BTreeMap<String, Module>, space: &str) -> Result<Task, Error> {
    let mut builder = TaskBuilder::new("cifar10", space, "accuracy")?;
    let mut shapes: BTreeMap<u32, (usize, BTreeSet<u32>)> = BTreeMap::new();
    for (epochs, repeats) in modules.values().flat_map(|m| &m.trainings) {
        let shape = shapes.entry(*epochs).or_default();
        shape.0 = shape.0.max(repeats.len());
        shape
            .1
            .extend(evaluations(repeats).map(|(_, e)| completed(e, *epochs)));
    }
    let meanings = [
        Meaning::new(Split::Train, Quantity::Metric),
        Meaning::VALID,
        Meaning::TEST,
        Meaning::COST,
    ];
    let mut series = BTreeMap::new();
    for (epochs, (repeats, grid)) in shapes {
        let seeds: Vec<u32> = (0..repeats.min(1000) as u32).collect();
        let schedule = builder.schedule(&epochs.to_string(), &seeds);
        let grid: Vec<u32> = grid.into_iter().collect();
        let grid = Epochs::new(&grid).map_err(|e| Error::new(format!("{epochs} epochs"), e))?;
        let ids = meanings
            .clone()
            .map(|m| builder.series(schedule, m, grid.clone()));
        series.insert(epochs, ids);
    }
    let params = builder.attribute(Attribute::Params);
    for (hash, module) in modules {
        let Some(arch) = &module.arch else { continue };
        let row = builder.row(arch);
        builder.publish_as(row, hash);
        builder.put(params, row, module.params as f64);
        for (epochs, repeats) in &module.trainings {
            for (seed, evaluation) in evaluations(repeats) {
                let epoch = completed(evaluation, *epochs);
                let values = [
                    evaluation.train,
                    evaluation.valid,
                    evaluation.test,
                    evaluation.training_time_s,
                ];
                // A training that diverged has values that are no numbers: they are missing.
                let known = series[epochs].iter().zip(values);
                for (id, value) in known.filter(|(_, v)| v.is_finite()) {
                    builder.set(*id, row, seed, epoch, value);
                }
            }
        }
    }
    builder.finish()
}

/// The evaluations of all repeats, each with the place of its repeat.
fn evaluations(repeats: &[Repeat]) -> impl Iterator<Item = (usize, &Evaluation)> {
    let repeats = repeats.iter().enumerate();
    repeats.flat_map(|(seed, repeat)| repeat.evaluations.iter().map(move |e| (seed, e)))
}

/// Completed epochs, a whole number; the end of a training is its number of epochs.
fn completed(evaluation: &Evaluation, epochs: u32) -> u32 {
    (evaluation.epoch.round().max(0.0) as u32).min(epochs)
}

fn about() -> About {
    About {
        name: "nas-bench-101".into(),
        title: "Cells of at most seven vertices and nine edges on CIFAR-10".into(),
        citation: "Ying et al., ICML 2019, arXiv 1902.09635".into(),
        licence: "Apache-2.0".into(),
        seeds: "repeats in the order of the file; their seeds are not published".into(),
        defects: vec![
            "trainings of 4, 12, 36 and 108 epochs have schedules of their own: none is the beginning of another".into(),
            "metrics at the start, about halfway and at the end only".into(),
        ],
    }
}

/// Counts of the published file.
const FACTS: &[Fact] = &[
    Fact {
        name: "the full file has 423,624 modules",
        check: |table| match table.tasks[0].archs().len() {
            few @ 0..100_000 => Verdict::Skipped(format!("a part: {few} modules")),
            all => Verdict::equal(all, 423_624),
        },
    },
    Fact {
        name: "every module's hash is the published one",
        check: |table| {
            let task = &table.tasks[0];
            let space = Nb101::shared();
            for (row, index) in task.archs().iter().enumerate() {
                let Ok(Some(published)) = task.published_name(row) else {
                    return Verdict::Skipped("no published hashes".into());
                };
                let computed = space.module_hash(&space.at_index(*index));
                if computed.as_deref() != Some(published) {
                    return Verdict::Fails(format!("{published}: computed {computed:?}"));
                }
            }
            Verdict::Holds(format!("{} modules", task.archs().len()))
        },
    },
];
