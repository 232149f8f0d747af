//! NAS-Bench-Suite-Zero: scores of zero-cost proxies beside accuracies, as one JSON object of
//! `{data set: {architecture: {proxy: {score, time}, val_accuracy}}}`, or as lists of
//! `{idx, arch, proxy: {score, time}, val_accuracy}` in a zip. The object may also stand under its search space's name,
//! as the authors' script writes it; the first release has bare scores there, without times.
//!
//! Krishnakumar, White, Zela, Tu, Safari, Hutter: NAS-Bench-Suite-Zero, NeurIPS 2022 Datasets and Benchmarks, arXiv
//! 2210.03230. A score that is no number, -1e8, or 0 with time -1 was not computed: it is missing. What is called
//! `val_accuracy` of NAS-Bench-201 is the test accuracy of seed 888 (compared with NATS-Bench's files), that of SVHN,
//! NinaPro and spherical CIFAR-100 a test accuracy as well, and both are imported as such.

mod population;
mod scores;

use super::{Files, ImporterEntry, source};
use crate::error::Error;
use crate::table::{
    About, Attribute, AttributeId, Epochs, Fact, Meaning, RowId, Table, Task, TaskBuilder, Verdict,
    facts,
};
use population::{Archs, Population};
use rayon::prelude::*;
pub(super) use scores::is_sentinel;
use scores::{Listing, Score};
use std::collections::BTreeMap;

/// Its line in the registry.
pub const ENTRY: ImporterEntry = ImporterEntry {
    name: "nas-bench-suite-zero",
    summary: "NAS-Bench-Suite-Zero: zc_*.json, or zips of benchmark--SPACE--DATA--*.json",
    detect: |files| {
        files
            .names()
            .any(|name| object_of(name).is_some() || list_of(name).is_some())
    },
    import,
    facts: FACTS,
};

/// `zc_nasbench201.json`: the benchmark.
fn object_of(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next()?;
    file.strip_prefix("zc_")?.strip_suffix(".json")
}

/// `benchmark--nasbench201--cifar10--250.json`: benchmark and data set.
fn list_of(name: &str) -> Option<(&str, &str)> {
    let file = name.rsplit('/').next()?.strip_suffix(".json")?;
    let mut parts = file.strip_prefix("benchmark--")?.split("--");
    Some((parts.next()?, parts.next()?))
}

/// A data set of a population, in order.
type Group = (Population, String);

fn import(files: &Files) -> Result<Table, Error> {
    let names: Vec<&str> = files.names().filter(|n| !n.contains("__MACOSX")).collect();
    let read: Vec<Vec<(Group, Listing)>> = (names.par_iter())
        .map(|name| read(files, name))
        .collect::<Result<_, Error>>()?;
    let mut groups: BTreeMap<Group, Vec<Listing>> = BTreeMap::new();
    for (group, listing) in read.into_iter().flatten() {
        groups.entry(group).or_default().push(listing);
    }
    let names = task_names(groups.keys());
    let mut about = about(groups.keys());
    let mut tasks = Vec::new();
    for ((group, listings), name) in groups.iter().zip(names) {
        let (task, again) =
            task(group, &name, listings).map_err(|e| e.within(files.root_name()))?;
        if again > 0 {
            about.defects.push(format!(
                "{name}: {again} entries are of networks that are there already, with another accuracy; the first counts"
            ));
        }
        tasks.push(task);
    }
    Ok(Table {
        about,
        sources: vec![source(ENTRY.name, files)?],
        tasks,
    })
}

/// The names of the groups' tasks; where two populations have a data set in common, with the space before it.
fn task_names<'g>(groups: impl Iterator<Item = &'g Group> + Clone) -> Vec<String> {
    let name = |(population, data_set): &Group| population.task_name(data_set);
    let plain: Vec<String> = groups.clone().map(name).collect();
    let named = groups.zip(&plain).map(|((population, _), name)| {
        let is_shared = plain.iter().filter(|other| *other == name).count() > 1;
        match is_shared {
            true => format!("{}-{name}", population.space()),
            false => name.clone(),
        }
    });
    named.collect()
}

/// The listings of a file; none of one that is something else.
fn read(files: &Files, name: &str) -> Result<Vec<(Group, Listing)>, Error> {
    let failed = |problem: String| Error::new(files.place(name), problem);
    if let Some((benchmark, data_set)) = list_of(name) {
        let listing = Listing::of_list(files.read(name)?)
            .map_err(|e| failed(format!("not a list of proxies: {e}")))?;
        let population = Population::of(benchmark).map_err(|e| e.within(files.place(name)))?;
        return Ok(vec![((population, data_set.to_owned()), listing)]);
    }
    let Some(benchmark) = object_of(name) else {
        return Ok(Vec::new());
    };
    let listings = Listing::of_object(files.read(name)?).map_err(|e| {
        // Of a benchmark that is not known another form is to be expected.
        let unknown = Population::of(benchmark).err();
        unknown.map_or_else(
            || failed(format!("not an object of proxies: {e}")),
            |unknown| unknown.within(files.place(name)),
        )
    })?;
    if listings.iter().all(|(_, _, listing)| !listing.has_values()) {
        return Err(failed("holds neither scores nor accuracies".into()));
    }
    let grouped = |(space, data_set, listing): (Option<String>, String, Listing)| {
        let population = Population::of(space.as_deref().unwrap_or(benchmark));
        let population = population.map_err(|e| e.within(files.place(name)))?;
        Ok(((population, data_set), listing))
    };
    listings.into_iter().map(grouped).collect()
}

/// A group's listings as a task, and the number of entries whose network is there already with another accuracy: of an
/// isomorphic architecture, which counts as the same. Lists of several proxies repeat an accuracy. The first counts.
fn task(group: &Group, name: &str, listings: &[Listing]) -> Result<(Task, usize), Error> {
    let (population, data_set) = group;
    let metric = population::metric(data_set).0;
    let mut builder = TaskBuilder::new(name, population.space(), metric)?;
    let archs = Archs::of(*population)?;
    let (schedule, meaning, epoch) = population.meaning(data_set);
    let entries = listings.iter().flat_map(|listing| &listing.entries);
    let mut accuracies = entries.filter_map(|e| e.accuracy.filter(|a| a.is_finite()));
    let scale = population::scale(data_set, accuracies.clone());
    let series = accuracies.next().map(|_| {
        let schedule = builder.schedule(schedule, &[0]);
        builder.series(schedule, meaning, Epochs::one(epoch))
    });
    let mut known: Vec<Option<f64>> = Vec::new();
    let mut again = 0;
    let mut columns = Columns::default();
    for listing in listings {
        let places = columns.places(&listing.proxies);
        for entry in &listing.entries {
            let row = builder.row(&archs.arch(&entry.arch)?);
            if known.len() <= row.index() {
                known.resize(row.index() + 1, None);
            }
            let accuracy = entry.accuracy.filter(|a| a.is_finite());
            match (series, accuracy, known[row.index()]) {
                (Some(series), Some(accuracy), None) => {
                    builder.set(series, row, 0, epoch, accuracy / scale);
                    known[row.index()] = Some(accuracy);
                }
                (_, Some(accuracy), Some(first)) if accuracy != first => again += 1,
                _ => {}
            }
            for (proxy, score) in &entry.scores {
                columns.put(&mut builder, places[*proxy], row, *score);
            }
        }
    }
    Ok((builder.finish()?, again))
}

/// The figures of a task: a proxy's are declared when the first of them is met.
#[derive(Default)]
struct Columns {
    proxies: Vec<(String, [Option<AttributeId>; 2])>,
}

impl Columns {
    /// The place of each proxy of a listing.
    fn places(&mut self, proxies: &[String]) -> Vec<usize> {
        let place = |proxy: &String| {
            let name = proxy.to_lowercase();
            let known = self.proxies.iter().position(|(known, _)| *known == name);
            known.unwrap_or_else(|| {
                self.proxies.push((name, [None; 2]));
                self.proxies.len() - 1
            })
        };
        proxies.iter().map(place).collect()
    }

    /// Adds a score and its time, where they are there.
    fn put(&mut self, builder: &mut TaskBuilder, proxy: usize, row: RowId, score: Score) {
        let (name, ids) = &mut self.proxies[proxy];
        let values = [score.score(), score.time_s()];
        let meanings = [Attribute::ProxyScore, Attribute::ProxyTimeS];
        for ((id, value), meaning) in ids.iter_mut().zip(values).zip(meanings) {
            let Some(value) = value else { continue };
            let id = *id.get_or_insert_with(|| builder.attribute(meaning(name.clone())));
            builder.put_first(id, row, value);
        }
    }
}

fn about<'g>(groups: impl Iterator<Item = &'g Group> + Clone) -> About {
    let populations: Vec<Population> = groups.clone().map(|(population, _)| *population).collect();
    let mut defects =
        vec!["a proxy's missing scores (not a number, or -1e8) are missing here too".to_string()];
    let any = |is_it: &dyn Fn(&Group) -> bool| groups.clone().any(is_it);
    let all = |is_it: &dyn Fn(&Group) -> bool| groups.clone().all(is_it);
    let is_of_seed_888 = |(population, data_set): &Group| population.is_of_seed_888(data_set);
    if any(&|(_, data_set)| population::is_trained_anew(data_set)) {
        defects.push(
            "what the files call val_accuracy of SVHN, NinaPro and spherical CIFAR-100 is a test accuracy (oracle)".into(),
        );
    }
    if any(&is_of_seed_888) {
        defects.push(
            "what the files call val_accuracy is the test accuracy of seed 888 after 200 epochs: there is no \
             validation accuracy (oracle)"
                .into(),
        );
    }
    if populations.contains(&Population::Nb101) {
        defects
            .push("NAS-Bench-101's accuracies are of one of three repeats, drawn by chance".into());
    }
    if any(&|(population, data_set)| population.is_predicted(data_set)) {
        defects.push(
            "NAS-Bench-301's accuracies on CIFAR-10 are predictions of its surrogate, not trainings"
                .into(),
        );
    }
    if !all(&|(population, data_set)| population.meaning(data_set).2 > 1) {
        defects.push(
            "epoch 1 stands for the full training, whose epochs the files do not state".into(),
        );
    }
    let name = match populations.first() {
        Some(Population::Nb201) => "suite-zero-nas-bench-201",
        Some(Population::Nb101) => "suite-zero-nas-bench-101",
        Some(Population::Nb301) => "suite-zero-nas-bench-301",
        Some(Population::TransnasMicro) => "suite-zero-transnas-bench-101-micro",
        Some(Population::TransnasMacro) => "suite-zero-transnas-bench-101-macro",
        _ => "suite-zero",
    };
    About {
        name: name.into(),
        title: "Zero-cost proxies beside accuracies".into(),
        citation: "Krishnakumar, White, Zela, Tu, Safari, Hutter, NeurIPS 2022, arXiv 2210.03230"
            .into(),
        licence: "Apache-2.0".into(),
        seeds: match all(&is_of_seed_888) {
            true => "one training: seed 888",
            false => "one training, as published",
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
                        Ok(values) if !values.iter().flatten().any(is_sentinel) => {}
                        _ => return Verdict::Fails(format!("{} of row {row}", column.attribute)),
                    }
                }
            }
            Verdict::Holds("none".into())
        },
    },
];
