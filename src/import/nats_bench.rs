//! NATS-Bench, topology and size: a folder of one bzip2-compressed pickle for each architecture, or one such pickle
//! of all. Files of a folder are read in parallel, the one pickle as a stream.
//!
//! Dong, Liu, Musial, Gabrys: NATS-Bench: Benchmarking NAS Algorithms for Architecture Topology and Size, IEEE TPAMI
//! 2021, arXiv 2009.00437.

use super::nb201_order;
use super::pickle::{self, Limits, Node};
use super::results_count::{ArchResults, Tasks};
use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::space::{self, Nb201, SearchSpace};
use crate::table::{About, Fact, Meaning, Table, Verdict};
use rayon::prelude::*;
use std::sync::Arc;

/// The line of the topology space in the registry.
pub const TOPOLOGY: ImporterEntry = ImporterEntry {
    name: "nats-bench-topology",
    summary: "NATS-Bench topology: folder NATS-tss-*-simple, or NATS-tss-*.pickle.pbz2",
    detect: |files| is_named(files, "nats-tss"),
    import: |files| import(files, &TSS),
    facts: FACTS_TOPOLOGY,
};

/// The line of the size space in the registry.
pub const SIZE: ImporterEntry = ImporterEntry {
    name: "nats-bench-size",
    summary: "NATS-Bench size: folder NATS-sss-*-simple, or NATS-sss-*.pickle.pbz2",
    detect: |files| is_named(files, "nats-sss"),
    import: |files| import(files, &SSS),
    facts: FACTS_SIZE,
};

/// Architectures read and added at a time.
const BATCH: usize = 64;

struct Space {
    name: &'static str,
    space: &'static str,
    title: &'static str,
    rename: fn(&str) -> Option<&'static str>,
    seeds: &'static str,
}

const TSS: Space = Space {
    name: "nats-bench-topology",
    space: "nas-bench-201",
    title: "Cells of six edges and five operations on three image data sets, with curves and seeds",
    rename: |hp| ["12", "200"].into_iter().find(|known| *known == hp),
    seeds: "published seeds: 111 and 777 of the 12-epoch schedule, up to three of 777, 888, 999 of the 200-epoch one",
};

const SSS: Space = Space {
    name: "nats-bench-size",
    space: "nats-bench-size",
    title: "Channel counts of five layers on three image data sets, with curves and seeds",
    rename: |hp| match hp {
        "01" => Some("1"),
        "12" => Some("12"),
        "90" => Some("90"),
        _ => None,
    },
    seeds: "published seeds of the schedules of 1, 12 and 90 epochs",
};

fn is_named(files: &Files, start: &str) -> bool {
    let is_pickle = |name: &str| name.ends_with(".pickle.pbz2");
    let in_root = files.root_name().to_lowercase().starts_with(start);
    let in_names = files
        .names()
        .any(|name| name.to_lowercase().starts_with(start));
    (in_root || in_names) && files.names().any(is_pickle)
}

fn import(files: &Files, which: &Space) -> Result<Table, Error> {
    let space = space::open(which.space)?;
    let is_arch =
        |name: &&str| name.ends_with(".pickle.pbz2") && !name.ends_with("meta.pickle.pbz2");
    let names: Vec<&str> = files.names().filter(is_arch).collect();
    let is_monolithic = |name: &str| {
        name.to_lowercase()
            .rsplit('/')
            .next()
            .is_some_and(|n| n.starts_with("nats-"))
    };
    let tasks = match names[..] {
        [] => {
            return Err(Error::new(
                files.root_name(),
                "holds no architecture: no 000000.pickle.pbz2",
            ));
        }
        [one] if is_monolithic(one) => read_one(files, one, which, &space)?,
        _ => read_folder(files, &names, which, &space)?,
    };
    Ok(Table {
        about: about(which),
        sources: vec![source(which.name, files)?],
        tasks: tasks.finish()?,
    })
}

fn read_folder(
    files: &Files,
    names: &[&str],
    which: &Space,
    space: &Arc<dyn SearchSpace>,
) -> Result<Tasks, Error> {
    let mut tasks = None;
    for batch in names.chunks(BATCH) {
        let read: Vec<ArchResults> = (batch.par_iter())
            .map(|name| {
                let bytes = files.read(name)?;
                let failed = |problem: String| Error::new(files.place(name), problem);
                let pickle = pickle::load(&bytes).map_err(|e| failed(e.to_string()))?;
                let results = ArchResults::read(pickle.root(), space.as_ref(), which.rename)
                    .map_err(failed)?;
                match named_index(name) {
                    Some(index) if index != results.index => Err(failed(format!(
                        "is of architecture {}, not {index}",
                        results.index
                    ))),
                    _ => Ok(results),
                }
            })
            .collect::<Result<_, Error>>()?;
        let tasks = start(&mut tasks, space, &read)?;
        for (name, results) in batch.iter().zip(&read) {
            (tasks.add(results)).map_err(|e| Error::new(files.place(name), e))?;
        }
    }
    tasks.ok_or_else(|| Error::new(files.root_name(), "holds no architecture"))
}

/// The index a file's name says.
fn named_index(name: &str) -> Option<u32> {
    let file = name.rsplit('/').next()?;
    file.strip_suffix(".pickle.pbz2")?.parse().ok()
}

fn read_one(
    files: &Files,
    name: &str,
    which: &Space,
    space: &Arc<dyn SearchSpace>,
) -> Result<Tasks, Error> {
    let mut batch = Batch::new(space.clone());
    let mut take = |_: Node<'_>, value: Node<'_>| {
        batch.push(ArchResults::read(value, space.as_ref(), which.rename)?)
    };
    let limits = Limits {
        memory: 12 << 30,
        ..Limits::default()
    };
    pickle::stream_entries(files.reader(name)?, limits, "arch2infos", &mut take)
        .map_err(|e| Error::new(files.place(name), e))?;
    batch.finish().map_err(|e| Error::new(files.place(name), e))
}

fn start<'t>(
    tasks: &'t mut Option<Tasks>,
    space: &Arc<dyn SearchSpace>,
    first: &[ArchResults],
) -> Result<&'t mut Tasks, Error> {
    if tasks.is_none() {
        *tasks = Some(Tasks::new(space.clone(), first)?);
    }
    tasks
        .as_mut()
        .ok_or_else(|| Error::new("import", "nothing to start with"))
}

/// Architectures of a stream, added a batch at a time: the first batch says what there is.
pub(super) struct Batch {
    space: Arc<dyn SearchSpace>,
    waiting: Vec<ArchResults>,
    tasks: Option<Tasks>,
}

impl Batch {
    pub(super) fn new(space: Arc<dyn SearchSpace>) -> Self {
        Self {
            space,
            waiting: Vec::new(),
            tasks: None,
        }
    }

    pub(super) fn push(&mut self, results: ArchResults) -> Result<(), String> {
        self.waiting.push(results);
        match self.waiting.len() < BATCH {
            true => Ok(()),
            false => self.flush(),
        }
    }

    fn flush(&mut self) -> Result<(), String> {
        let tasks =
            start(&mut self.tasks, &self.space, &self.waiting).map_err(|e| e.to_string())?;
        self.waiting
            .drain(..)
            .try_for_each(|results| tasks.add(&results))
    }

    pub(super) fn finish(mut self) -> Result<Tasks, String> {
        self.flush()?;
        self.tasks.ok_or_else(|| "holds no architecture".into())
    }
}

fn about(which: &Space) -> About {
    About {
        name: which.name.into(),
        title: which.title.into(),
        citation: "Dong, Liu, Musial, Gabrys, IEEE TPAMI 2021, arXiv 2009.00437".into(),
        licence: "MIT".into(),
        seeds: which.seeds.into(),
        defects: defects(),
    }
}

/// What is to be known of all of NAS-Bench-201's descendants.
pub(super) fn defects() -> Vec<String> {
    vec![
        "cifar10 is trained on all 50,000 training images and has no validation split: search on cifar10-valid".into(),
        "the short schedules are trainings of their own, not beginnings of the long one".into(),
        "in the 200-epoch schedule, cifar100 and imagenet16-120 have validation and test apart at the last epoch only; \
         before it both together (valid+test)"
            .into(),
        "many architectures lack one of the three seeds of the long schedule".into(),
        "latency is of a batch of 256 on one GPU, the same for all seeds".into(),
        "times of evaluation are left out: the cost is that of training".into(),
    ]
}

/// That the best architecture by the mean over the seeds it has is the one at this index of the benchmark.
pub(super) fn best_is(
    table: &Table,
    task: &str,
    meaning: &Meaning,
    index: usize,
    expected: f64,
) -> Verdict {
    let task = table.task(task).filter(|t| t.archs().len() == 15_625);
    let series = task.and_then(|t| Some((t, t.schedule("200")?.get(meaning)?)));
    let Some((task, series)) = series else {
        return Verdict::Skipped("not all architectures are there".into());
    };
    let last = series.epochs.len() - 1;
    let mean = |row: usize| {
        let seeds =
            (0..series.seeds()).filter_map(|seed| series.at(row, seed, last).ok().flatten());
        let seeds: Vec<f64> = seeds.collect();
        (!seeds.is_empty()).then(|| seeds.iter().sum::<f64>() / seeds.len() as f64)
    };
    let means = (0..task.archs().len()).filter_map(|row| Some((row, mean(row)?)));
    let best = means.reduce(|a, b| if b.1 > a.1 { b } else { a });
    let space = task.space();
    match best {
        Some((row, mean)) if task.archs()[row] == space.index_of(&nb201_order::order()[index]) => {
            Verdict::near(mean, expected, 5e-7)
        }
        Some((row, mean)) => {
            let text = space.display(&space.at_index(task.archs()[row]));
            Verdict::Fails(format!("{mean} of {text}"))
        }
        None => Verdict::Skipped("no results".into()),
    }
}

/// Optima computed from the complete files, and counts.
pub(super) const FACTS_TOPOLOGY: &[Fact] = &[
    Fact {
        name: "#6111 has the best mean validation accuracy of cifar10-valid: 0.916067",
        check: |table| best_is(table, "cifar10-valid", &Meaning::VALID, 6111, 0.916_067),
    },
    Fact {
        name: "#1459 has the best mean test accuracy of cifar10-valid: 0.915233",
        check: |table| best_is(table, "cifar10-valid", &Meaning::TEST, 1459, 0.915_233),
    },
    Fact {
        name: "#9930 has the best mean validation accuracy of cifar100: 0.734933",
        check: |table| best_is(table, "cifar100", &Meaning::VALID, 9930, 0.734_933),
    },
    Fact {
        name: "#10676 has the best mean validation accuracy of imagenet16-120: 0.467333",
        check: |table| best_is(table, "imagenet16-120", &Meaning::VALID, 10676, 0.467_333),
    },
    Fact {
        name: "cifar10 has no validation split",
        check: |table| match table.task("cifar10") {
            Some(task) => Verdict::equal(task.has(&Meaning::VALID), false),
            None => Verdict::Skipped("no cifar10".into()),
        },
    },
    Fact {
        name: "341 cells have no path from input to output",
        check: |table| disconnected(table),
    },
];

const FACTS_SIZE: &[Fact] = &[Fact {
    name: "cifar10 has no validation split",
    check: |table| match table.task("cifar10") {
        Some(task) => Verdict::equal(task.has(&Meaning::VALID), false),
        None => Verdict::Skipped("no cifar10".into()),
    },
}];

/// Cells without a path from input to output, among all of them.
pub(super) fn disconnected(table: &Table) -> Verdict {
    let Some(task) = table.tasks.iter().find(|t| t.archs().len() == 15_625) else {
        return Verdict::Skipped("not all architectures are there".into());
    };
    let space = Nb201::shared();
    let is_cut = |index: &&u64| !space.has_path(&space.at_index(**index));
    Verdict::equal(task.archs().iter().filter(is_cut).count(), 341)
}
