//! NAS-Bench-Suite-Zero: scores of zero-cost proxies beside accuracies, as one JSON object of
//! `{data set: {architecture: {proxy: {score, time}, val_accuracy}}}`, or as lists of
//! `{idx, arch, proxy: {score, time}, val_accuracy}` in a zip.
//!
//! Krishnakumar, White, Zela, Tu, Safari, Hutter: NAS-Bench-Suite-Zero, NeurIPS 2022 Datasets and Benchmarks, arXiv
//! 2210.03230. A score that is no number, -1e8, or 0 with time -1 was not computed: it is missing. What is called
//! `val_accuracy` of NAS-Bench-201 is the test accuracy of seed 888 (compared with NATS-Bench's files), and is
//! imported as such.

use super::runs::{self, Key, Run};
use super::{Files, ImporterEntry, json, source};
use crate::error::Error;
use crate::space::{self, Architecture, SearchSpace};
use crate::table::{About, Attribute, Fact, Meaning, Table, TaskBuilder, Verdict, facts};
use rayon::prelude::*;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-suite-zero",
    summary: "NAS-Bench-Suite-Zero: zc_*.json, or zips of benchmark--SPACE--DATA--*.json",
    detect: |files| {
        files
            .names()
            .any(|name| is_object(name) || list_of(name).is_some())
    },
    import,
    facts: FACTS,
};

/// An architecture's entry.
#[derive(Debug, Default, PartialEq)]
struct Entry {
    arch: Option<String>,
    accuracy: Option<f64>,
    scores: Vec<(String, Score)>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Score {
    score: Option<f64>,
    time: Option<f64>,
}

/// A proxy's entry, or another figure, which is left out.
#[derive(Deserialize)]
#[serde(untagged)]
enum Figure {
    Proxy(Score),
    Another(IgnoredAny),
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an architecture's proxies and accuracy")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
                let mut entry = Entry::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "arch" => entry.arch = map.next_value()?,
                        "val_accuracy" => entry.accuracy = map.next_value()?,
                        _ => match map.next_value()? {
                            Figure::Proxy(score) => entry.scores.push((key, score)),
                            Figure::Another(IgnoredAny) => {}
                        },
                    }
                }
                Ok(entry)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The benchmark whose accuracies are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Population {
    Nb201,
    TransnasMicro,
    /// Another, whose architectures stay names.
    Other,
}

fn is_object(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.starts_with("zc_") && file.ends_with(".json")
}

/// `benchmark--nasbench201--cifar10--250.json`: benchmark and data set.
fn list_of(name: &str) -> Option<(&str, &str)> {
    let file = name.rsplit('/').next()?.strip_suffix(".json")?;
    let mut parts = file.strip_prefix("benchmark--")?.split("--");
    Some((parts.next()?, parts.next()?))
}

impl Population {
    fn of(benchmark: &str) -> Self {
        match benchmark {
            "nasbench201" => Self::Nb201,
            "transbench101_micro" => Self::TransnasMicro,
            _ => Self::Other,
        }
    }

    /// The task, its space and its metric.
    fn task(self, data_set: &str) -> Result<TaskBuilder, Error> {
        let name = data_set.to_lowercase().replace('_', "-");
        match self {
            // The accuracies on CIFAR-10 are of the trainings on half of its training images.
            Self::Nb201 if name == "cifar10" => {
                TaskBuilder::new("cifar10-valid", "nas-bench-201", "accuracy")
            }
            Self::Nb201 => TaskBuilder::new(&name, "nas-bench-201", "accuracy"),
            Self::TransnasMicro => {
                let space = "transnas-bench-101-micro";
                TaskBuilder::new(&format!("micro-{name}"), space, metric(data_set).0)
            }
            Self::Other => TaskBuilder::pool(&name, metric(data_set).0),
        }
    }

    /// The schedule, what the accuracy means, and its epoch.
    fn meaning(self) -> (&'static str, Meaning, u32) {
        match self {
            Self::Nb201 => ("200-seed888", Meaning::TEST, 200),
            _ => ("full", Meaning::VALID, 1),
        }
    }
}

/// The metric of a data set, and what a published value is divided by.
fn metric(data_set: &str) -> (&'static str, f64) {
    match data_set {
        "room_layout" => ("negative-loss", 1.0),
        "autoencoder" | "normal" => ("ssim", 1.0),
        "segmentsemantic" => ("pixel-accuracy", 100.0),
        _ => ("accuracy", 100.0),
    }
}

/// Codes of NAS-Bench-201's operations in a tuple; its edges are 0→1, 0→2, 0→3, 1→2, 1→3, 2→3.
const OPERATIONS: [&str; 5] = [
    "skip_connect",
    "none",
    "nor_conv_3x3",
    "nor_conv_1x1",
    "avg_pool_3x3",
];

fn codes(text: &str) -> Option<[usize; 6]> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let codes: Vec<usize> = inner
        .split(',')
        .map(|c| c.trim().parse().ok())
        .collect::<Option<_>>()?;
    codes.try_into().ok()
}

/// An architecture of NAS-Bench-201 from its tuple.
pub(super) fn nb201_arch(text: &str, space: &dyn SearchSpace) -> Result<Architecture, Error> {
    let wrong = || {
        Error::new(
            "architecture",
            format!("`{text}` is not a tuple of six operations"),
        )
    };
    let names = codes(text)
        .ok_or_else(wrong)?
        .map(|code| OPERATIONS.get(code));
    let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] = names else {
        return Err(wrong());
    };
    space.parse(&format!("|{a}~0|+|{b}~0|{d}~1|+|{c}~0|{e}~1|{f}~2|"))
}

fn key(population: Population, text: &str) -> Result<Key, Error> {
    match population {
        Population::Nb201 => {
            nb201_arch(text, space::open("nas-bench-201")?.as_ref()).map(Key::Arch)
        }
        Population::TransnasMicro => {
            let wrong = || {
                Error::new(
                    "architecture",
                    format!("`{text}` is not a tuple of six operations"),
                )
            };
            let [a, b, c, d, e, f] = codes(text).ok_or_else(wrong)?;
            let space = space::open("transnas-bench-101-micro")?;
            space
                .parse(&format!("64-41414-{a}_{b}{c}_{d}{e}{f}"))
                .map(Key::Arch)
        }
        Population::Other => Ok(Key::Name(text.to_owned())),
    }
}

fn run(population: Population, data_set: &str, arch: &str, entry: &Entry) -> Result<Run, Error> {
    let (schedule, meaning, epoch) = population.meaning();
    let scale = metric(data_set).1;
    let accuracy = entry.accuracy.map(|a| (epoch, a / scale));
    let mut figures = Vec::new();
    for (proxy, Score { score, time }) in &entry.scores {
        let name = proxy.to_lowercase();
        let is_missing = |score: f64| score.abs() >= 1e7 || (score == 0.0 && *time == Some(-1.0));
        figures.extend(
            score
                .filter(|s| !is_missing(*s))
                .map(|s| (Attribute::ProxyScore(name.clone()), s)),
        );
        figures.extend(
            time.filter(|t| *t >= 0.0)
                .map(|t| (Attribute::ProxyTimeS(name), t)),
        );
    }
    Ok(Run {
        key: key(population, arch)?,
        schedule: schedule.into(),
        curves: accuracy.map(|a| (meaning, vec![a])).into_iter().collect(),
        figures,
    })
}

/// A data set of a population, in order.
type Group = (Population, String);

fn import(files: &Files) -> Result<Table, Error> {
    let mut groups: BTreeMap<Group, Vec<Run>> = BTreeMap::new();
    let names: Vec<&str> = files.names().filter(|n| !n.contains("__MACOSX")).collect();
    let read: Vec<Vec<(Group, Vec<Run>)>> = (names.par_iter())
        .map(|name| match list_of(name) {
            Some((benchmark, data_set)) => {
                read_list(files, name, benchmark, data_set).map(|g| vec![g])
            }
            None if is_object(name) => read_object(files, name),
            None => Ok(Vec::new()),
        })
        .collect::<Result<_, Error>>()?;
    for (group, runs) in read.into_iter().flatten() {
        groups.entry(group).or_default().extend(runs);
    }
    let populations: Vec<Population> = groups.keys().map(|(p, _)| *p).collect();
    let tasks = (groups.iter())
        .map(|((population, data_set), runs)| runs::task(population.task(data_set)?, runs))
        .collect::<Result<Vec<_>, Error>>()
        .map_err(|e| e.within(files.root_name()))?;
    Ok(Table {
        about: about(&populations),
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

fn read_list(
    files: &Files,
    name: &str,
    benchmark: &str,
    data_set: &str,
) -> Result<(Group, Vec<Run>), Error> {
    let population = Population::of(benchmark);
    let entries: Vec<Entry> = json::parse(&files.read(name)?)
        .map_err(|e| Error::new(files.place(name), format!("not a list of proxies: {e}")))?;
    let runs = (entries.iter())
        .map(|entry| {
            let arch = entry
                .arch
                .as_deref()
                .ok_or_else(|| Error::new(name, "an entry without `arch`"))?;
            run(population, data_set, arch, entry)
        })
        .collect::<Result<_, Error>>()
        .map_err(|e| e.within(files.place(name)))?;
    Ok(((population, data_set.to_owned()), runs))
}

fn read_object(files: &Files, name: &str) -> Result<Vec<(Group, Vec<Run>)>, Error> {
    let benchmark = name
        .rsplit('/')
        .next()
        .and_then(|n| n.strip_prefix("zc_")?.strip_suffix(".json"));
    let population = Population::of(benchmark.unwrap_or(""));
    let data_sets: BTreeMap<String, BTreeMap<String, Entry>> = json::parse(&files.read(name)?)
        .map_err(|e| Error::new(files.place(name), format!("not an object of proxies: {e}")))?;
    (data_sets.iter())
        .map(|(data_set, entries)| {
            let runs = (entries.iter())
                .map(|(arch, entry)| run(population, data_set, arch, entry))
                .collect::<Result<_, Error>>()
                .map_err(|e| e.within(files.place(name)))?;
            Ok(((population, data_set.clone()), runs))
        })
        .collect()
}

fn about(populations: &[Population]) -> About {
    let mut defects =
        vec!["a proxy's missing scores (not a number, or -1e8) are missing here too".to_string()];
    let nb201 = populations.contains(&Population::Nb201);
    if nb201 {
        defects.push(
            "what the files call val_accuracy is the test accuracy of seed 888 after 200 epochs: there is no \
             validation accuracy (oracle)"
                .into(),
        );
    }
    if populations.iter().any(|p| *p != Population::Nb201) {
        defects.push(
            "epoch 1 stands for the full training, whose epochs the files do not state".into(),
        );
    }
    if populations.contains(&Population::Other) {
        defects.push("architectures are names: a pool without structure".into());
    }
    let name = match populations.first() {
        Some(Population::Nb201) => "suite-zero-nas-bench-201",
        Some(Population::TransnasMicro) => "suite-zero-transnas-bench-101-micro",
        _ => "suite-zero",
    };
    About {
        name: name.into(),
        title: "Zero-cost proxies beside accuracies".into(),
        citation: "Krishnakumar, White, Zela, Tu, Safari, Hutter, NeurIPS 2022, arXiv 2210.03230"
            .into(),
        licence: "Apache-2.0".into(),
        seeds: if nb201 {
            "one training: seed 888"
        } else {
            "one training, as published"
        }
        .into(),
        defects,
    }
}

/// Best test accuracies of the complete lists, read with Python; scores that say they are missing must not be there.
const FACTS: &[Fact] = &[
    Fact {
        name: "best test accuracy of NAS-Bench-201's seed 888 on cifar10-valid is 0.9157",
        check: |table| match table.task("cifar10-valid").map(|t| t.archs().len()) {
            Some(15_625) => facts::best(
                table,
                "cifar10-valid",
                "200-seed888",
                &Meaning::TEST,
                0.9157,
                5e-5,
            ),
            _ => Verdict::Skipped("not all of NAS-Bench-201".into()),
        },
    },
    Fact {
        name: "no score stands for a missing one",
        check: |table| {
            let columns = table
                .tasks
                .iter()
                .flat_map(|t| t.attributes().iter().map(move |c| (t, c)));
            for (task, column) in
                columns.filter(|(_, c)| matches!(c.attribute, Attribute::ProxyScore(_)))
            {
                for row in 0..task.archs().len() {
                    match column.at(row) {
                        Ok(values) if values.iter().flatten().all(|v| v.abs() < 1e7) => {}
                        _ => return Verdict::Fails(format!("{} of row {row}", column.attribute)),
                    }
                }
            }
            Verdict::Holds("none".into())
        },
    },
];
