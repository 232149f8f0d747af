//! NAS-Bench-101: a TensorFlow record file of `[module hash, epochs, adjacency, operations, metrics]`, one record for
//! each repeat of each training. The EC-NAS files are of the same form, with the energy of each training.
//!
//! Ying, Klein, Christiansen, Real, Murphy, Hutter: NAS-Bench-101: Towards Reproducible Neural Architecture Search,
//! ICML 2019, arXiv 1902.09635. Each number of epochs is a training with a schedule of its own; a training is evaluated
//! at its start, about halfway, and at its end. EC-NAS: Bakhtiarifard, Igel, Selvan: EC-NAS: Energy Consumption Aware
//! Tabular Benchmarks for Neural Architecture Search, ICASSP 2024, arXiv 2210.06015; files of its surrogate and of other
//! hardware repeat the final accuracies at every evaluation, of which the last is kept.

mod about;
mod model_metrics;

use super::tfrecord::Records;
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space::{self, Architecture, Nb101, SearchSpace};
use crate::table::{
    Attribute, Epochs, Fact, Meaning, Quantity, Split, Table, Task, TaskBuilder, Verdict,
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
    /// Whether it is a copy of `other`: the file of 108 epochs is a part of the full one.
    fn is_copy_of(&self, other: &Self) -> bool {
        let bits = |repeat: &Self| -> Vec<[u64; 5]> {
            let numbers = |e: &Evaluation| [e.epoch, e.training_time_s, e.train, e.valid, e.test];
            let evaluations = repeat.evaluations.iter();
            evaluations.map(|e| numbers(e).map(f64::to_bits)).collect()
        };
        bits(self) == bits(other)
    }

    /// Whether the accuracies are the same at every evaluation.
    fn is_flat(&self) -> bool {
        let accuracies = |e: &Evaluation| [e.train, e.valid, e.test].map(f64::to_bits);
        let first = self.evaluations.first().map(accuracies);
        self.evaluations.len() > 1
            && self
                .evaluations
                .iter()
                .all(|e| Some(accuracies(e)) == first)
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
    let is_flat = keep_final_of_flat(&mut modules);
    let mut evaluated = repeats(&modules).flat_map(|repeat| &repeat.evaluations);
    let has_energy = evaluated.any(|e| e.energy_kwh.is_some());
    let task = build(&modules, space.name(), has_energy);
    Ok(Table {
        about: about::about(has_energy, is_flat),
        sources: vec![source(ENTRY.name, files)?],
        tasks: vec![task.map_err(|e| e.within(files.root_name()))?],
    })
}

/// Every repeat of every training.
fn repeats(modules: &BTreeMap<String, Module>) -> impl Iterator<Item = &Repeat> {
    let trainings = modules.values().flat_map(|m| m.trainings.values());
    trainings.flatten()
}

/// Where every training repeats its final accuracies there are no curves: the last evaluations are kept. A single
/// training may be at chance from its start to its end.
fn keep_final_of_flat(modules: &mut BTreeMap<String, Module>) -> bool {
    let is_flat = repeats(modules).all(Repeat::is_flat) && !modules.is_empty();
    if is_flat {
        for repeat in modules
            .values_mut()
            .flat_map(|m| m.trainings.values_mut().flatten())
        {
            repeat.evaluations.drain(..repeat.evaluations.len() - 1);
        }
    }
    is_flat
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
        let mut of_others = repeats.iter().filter(|known| known.file != file).peekable();
        if of_others.peek().is_none() {
            repeats.push(repeat);
        } else if !of_others.any(|known| repeat.is_copy_of(known)) {
            // Other hardware, or predictions: no repeat.
            let problem = format!(
                "trains for {} epochs what a file before it does",
                training.epochs
            );
            return Err(Error::new("records", problem).mend("import the files one by one"));
        }
    }
    Ok(())
}

fn build(modules: &BTreeMap<String, Module>, space: &str, has_energy: bool) -> Result<Task, Error> {
    let mut builder = TaskBuilder::new("cifar10", space, "accuracy")?;
    let mut shapes: BTreeMap<u32, (usize, BTreeSet<u32>)> = BTreeMap::new();
    for (epochs, repeats) in modules.values().flat_map(|m| &m.trainings) {
        let shape = shapes.entry(*epochs).or_default();
        shape.0 = shape.0.max(repeats.len());
        shape
            .1
            .extend(evaluations(repeats).map(|(_, e)| completed(e, *epochs)));
    }
    let of_training = |name: &str| Meaning::new(Split::Train, Quantity::Other(name.into()));
    let meanings = [
        Meaning::new(Split::Train, Quantity::Metric),
        Meaning::VALID,
        Meaning::TEST,
        Meaning::COST,
        of_training("energy-kwh"),
        of_training("co2eq-g"),
    ];
    let count = if has_energy { meanings.len() } else { 4 };
    let mut series = BTreeMap::new();
    for (epochs, (repeats, grid)) in shapes {
        let seeds: Vec<u32> = (0..repeats.min(1000) as u32).collect();
        let schedule = builder.schedule(&epochs.to_string(), &seeds);
        let grid: Vec<u32> = grid.into_iter().collect();
        let grid = Epochs::new(&grid).map_err(|e| Error::new(format!("{epochs} epochs"), e))?;
        let ids = meanings[..count].iter();
        let ids = ids.map(|m| builder.series(schedule, m.clone(), grid.clone()));
        series.insert(epochs, ids.collect::<Vec<_>>());
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
                    evaluation.energy_kwh.unwrap_or(f64::NAN),
                    evaluation.co2eq_g.unwrap_or(f64::NAN),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A training of one cell, evaluated at its start and its end.
    fn training(time_s: f64, accuracies: [f64; 2]) -> Training {
        let evaluation = |(epoch, valid): (f64, f64)| Evaluation {
            epoch,
            training_time_s: time_s * epoch,
            valid,
            ..Evaluation::default()
        };
        Training {
            module: "5529e1779433733d1145e20de5d8604e".into(),
            cell: "0110001100010000:input,conv1x1-bn-relu,conv3x3-bn-relu,output".into(),
            epochs: 4,
            metrics: ModelMetrics {
                evaluations: [0.0, 4.0]
                    .into_iter()
                    .zip(accuracies)
                    .map(evaluation)
                    .collect(),
                ..ModelMetrics::default()
            },
        }
    }

    /// The numbers of repeats after each file's trainings of the same cell.
    fn counted(files: &[&[Training]]) -> Result<Vec<usize>, Error> {
        let space = space::open("nas-bench-101")?;
        let mut modules = BTreeMap::new();
        let mut counts = Vec::new();
        for (file, trainings) in files.iter().enumerate() {
            let copies = trainings.iter().map(|t| Training {
                module: t.module.clone(),
                cell: t.cell.clone(),
                metrics: t.metrics.clone(),
                ..*t
            });
            add(&mut modules, file, copies.collect(), space.as_ref())?;
            counts.push(modules.values().map(|m| m.trainings[&4].len()).sum());
        }
        Ok(counts)
    }

    #[test]
    fn another_files_copies_are_no_repeats_and_its_other_trainings_are_refused() {
        let own = [
            training(1.0, [0.1, 0.5]),
            training(1.0, [0.1, 0.6]),
            training(1.0, [0.1, 0.6]),
        ];
        assert_eq!(counted(&[&own, &own[..1]]).expect("copies"), [3, 3]);
        let elsewhere = [training(2.0, [0.1, 0.5])];
        let refused = counted(&[&own, &elsewhere]).expect_err("other hardware");
        assert!(refused.to_string().contains("one by one"), "{refused}");
    }

    #[test]
    fn accuracies_repeated_in_every_training_are_no_curves() {
        let ends = |trainings: Vec<Training>| -> Vec<usize> {
            let space = space::open("nas-bench-101").expect("registered");
            let mut modules = BTreeMap::new();
            add(&mut modules, 0, trainings, space.as_ref()).expect("added");
            keep_final_of_flat(&mut modules);
            let repeats = modules.values().flat_map(|m| &m.trainings[&4]);
            repeats.map(|r| r.evaluations.len()).collect()
        };
        let flat = || training(1.0, [0.5, 0.5]);
        assert_eq!(ends(vec![flat(), flat()]), [1, 1]);
        assert_eq!(
            ends(vec![flat(), training(1.0, [0.1, 0.5])]),
            [2, 2],
            "one may fail"
        );
    }
}
