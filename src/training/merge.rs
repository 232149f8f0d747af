//! Finished trainings → a table that all else can use: one row per isomorphism class, which answers for every string.

use super::{Cost, Costs, Curve, Kind, Plan, Recipe, Results, quality};
use crate::error::Error;
use crate::space::Architecture;
use crate::table::{
    About, Attribute, Epochs, HardwareMetric, Meaning, Quantity, RowId, ScheduleId, SeriesId,
    Source, Split, Table, Task, TaskBuilder, sha256_hex,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How much of a plan is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Trainings done, and all.
    pub trainings: (usize, usize),
    /// Isomorphism classes with their first training, and all.
    pub classes: (usize, usize),
    /// Trainings whose loss ceased to be finite.
    pub diverged: usize,
}

impl Coverage {
    /// Of these results.
    pub fn of(plan: &Plan, results: &Results) -> Self {
        let first = |unit: &u32| plan.units[*unit as usize].seed == 0;
        let size = |unit: &u32| plan.units[*unit as usize].archs.len();
        let every: Vec<u32> = (0..plan.units.len() as u32).collect();
        let curves = results.values().flatten();
        Self {
            trainings: (results.values().map(Vec::len).sum(), plan.trainings()),
            classes: (
                results.keys().filter(|u| first(u)).map(size).sum(),
                every.iter().filter(|u| first(u)).map(size).sum(),
            ),
            diverged: curves.filter(|curve| curve.diverged).count(),
        }
    }

    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.trainings.0 == self.trainings.1
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, all) = self.trainings;
        let (classes, of) = self.classes;
        let percent = 100.0 * done as f64 / all as f64;
        write!(
            f,
            "{done} of {all} trainings ({percent:.1} %), {classes} of {of} isomorphism classes"
        )
    }
}

/// The table of finished trainings. A table that lacks some is called `…-partial` and says so.
///
/// # Errors
/// When nothing is trained, or what was trained does not fit the recipe.
pub fn table(
    recipe: &Recipe,
    plan: &Plan,
    results: &Results,
    costs: &[Costs],
) -> Result<Table, Error> {
    let coverage = Coverage::of(plan, results);
    if coverage.classes.0 == 0 {
        return Err(Error::new(&recipe.name, "nothing is trained yet")
            .mend("train with `archbench table build`"));
    }
    let task = task(recipe, plan, results, costs)?;
    let suffix = if coverage.is_complete() {
        ""
    } else {
        "-partial"
    };
    Ok(Table {
        about: about(recipe, &coverage, costs, &task, suffix),
        sources: vec![Source {
            importer: "table-build".into(),
            files: format!("recipe {}", recipe.fingerprint()),
            sha256: checksum(recipe, results),
        }],
        tasks: vec![task],
    })
}

/// Of the recipe and all curves: the same whatever the shards.
fn checksum(recipe: &Recipe, results: &Results) -> String {
    sha256_hex(format!("{}{results:?}", recipe.fingerprint()).as_bytes())
}

fn about(
    recipe: &Recipe,
    coverage: &Coverage,
    costs: &[Costs],
    task: &Task,
    suffix: &str,
) -> About {
    let seeds = recipe.seeds;
    let mut words = match seeds.some > seeds.all {
        true => format!(
            "seeds 0 to {} for every cell; up to {} for every {}th, in a schedule of their own",
            seeds.all - 1,
            seeds.some - 1,
            seeds.stride
        ),
        false => format!("seeds 0 to {} for every cell", seeds.all - 1),
    };
    for line in quality::of(task).lines() {
        words = format!("{words}; {line}");
    }
    let mut defects = Vec::new();
    if !coverage.is_complete() {
        defects.push(format!("not whole: {coverage}"));
    }
    if coverage.diverged > 0 {
        let count = coverage.diverged;
        defects.push(format!(
            "{count} trainings diverged: their curves end there"
        ));
    }
    if costs.is_empty() {
        defects.push("costs are not measured: no training times, sizes and latencies".into());
    }
    defects.push("cells of one isomorphism class share the training of its first member".into());
    About {
        name: format!("{}{suffix}", recipe.name),
        title: recipe.title.clone(),
        citation: format!("trained by archbench; {}", devices(costs)),
        licence: "MIT OR Apache-2.0".into(),
        seeds: words,
        defects,
    }
}

fn devices(costs: &[Costs]) -> String {
    let words: Vec<&str> = costs
        .iter()
        .flat_map(|costs| costs.devices.iter().map(String::as_str))
        .collect();
    match words.is_empty() {
        true => "costs not measured".into(),
        false => format!("costs measured alone on {}", words.join(" and ")),
    }
}

/// Split, and the tally of an epoch.
const SPLITS: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

/// A schedule under construction: its first training seed, and its series.
struct Trained {
    first_seed: u32,
    metric: [SeriesId; 3],
    loss: [SeriesId; 3],
    time: Option<SeriesId>,
}

impl Trained {
    fn declare(
        builder: &mut TaskBuilder,
        name: &str,
        seeds: (u32, u32),
        with_time: bool,
        epochs: &Epochs,
    ) -> Self {
        let list: Vec<u32> = (seeds.0..seeds.1).collect();
        let schedule: ScheduleId = builder.schedule(name, &list);
        let mut series = |split, quantity| {
            builder.series(schedule, Meaning::new(split, quantity), epochs.clone())
        };
        Self {
            first_seed: seeds.0,
            metric: SPLITS.map(|split| series(split, Quantity::Metric)),
            loss: SPLITS.map(|split| series(split, Quantity::Loss)),
            time: with_time.then(|| series(Split::Train, Quantity::TimeS)),
        }
    }
}

fn task(recipe: &Recipe, plan: &Plan, results: &Results, costs: &[Costs]) -> Result<Task, Error> {
    let mut builder = TaskBuilder::new(&recipe.data.name, &recipe.space, "accuracy")?;
    let mut trained: Vec<(u32, &Architecture, &Curve)> = results
        .iter()
        .flat_map(|(unit, curves)| {
            let unit = &plan.units[*unit as usize];
            let archs = unit.archs.iter().zip(curves);
            archs.map(|(arch, curve)| (unit.seed, arch, curve))
        })
        .collect();
    // In a table that is not whole, repeats may be there without the first training.
    let first = trained.iter().filter(|(seed, ..)| *seed == 0);
    let first: BTreeSet<Architecture> = first.map(|(_, arch, _)| **arch).collect();
    trained.retain(|(_, arch, _)| first.contains(*arch));
    // A search needs the times of all or of none.
    let raw = |arch| plan.space.index_of(arch) as u32;
    let knows_all = |costs: &&Costs| {
        trained
            .iter()
            .all(|(_, arch, _)| costs.of.contains_key(&raw(arch)))
    };
    let times = costs.iter().rev().find(knows_all);
    let epochs: Vec<u32> = (1..=recipe.training.epochs).collect();
    let epochs = Epochs::new(&epochs).map_err(|e| Error::new("training.epochs", e))?;
    let (name, seeds) = (recipe.training.epochs.to_string(), recipe.seeds);
    let mut schedules = vec![Trained::declare(
        &mut builder,
        &name,
        (0, seeds.all),
        times.is_some(),
        &epochs,
    )];
    if trained.iter().any(|(seed, ..)| *seed >= seeds.all) {
        let name = format!("{name}-repeats");
        let seeds = (seeds.all, seeds.some);
        schedules.push(Trained::declare(
            &mut builder,
            &name,
            seeds,
            times.is_some(),
            &epochs,
        ));
    }
    let mut rows: BTreeMap<u32, RowId> = BTreeMap::new();
    for (seed, arch, curve) in trained {
        let row = builder.row(arch);
        rows.insert(raw(arch), row);
        let schedule = &schedules[usize::from(seed >= seeds.all)];
        let time = times.and_then(|costs| Some(epoch_s(recipe, costs.of.get(&raw(arch))?)));
        put_curve(&mut builder, schedule, (row, seed), curve, (recipe, time));
    }
    for costs in costs {
        put_costs(&mut builder, costs, &rows);
    }
    builder.finish()
}

/// Seconds of one epoch of training alone, the pass over the validation images included.
fn epoch_s(recipe: &Recipe, cost: &Cost) -> f64 {
    let steps = recipe.data.train.div_ceil(recipe.training.batch) as u64;
    let passes = recipe.data.valid.div_ceil(64) as u64;
    let us = steps * u64::from(cost.step_us) + passes * u64::from(cost.batch_64_us);
    us as f64 / 1e6
}

fn put_curve(
    builder: &mut TaskBuilder,
    schedule: &Trained,
    (row, seed): (RowId, u32),
    curve: &Curve,
    (recipe, epoch_s): (&Recipe, Option<f64>),
) {
    let seed = (seed - schedule.first_seed) as usize;
    let images = [recipe.data.train, recipe.data.valid, recipe.data.test];
    for (number, epoch) in (1..).zip(&curve.epochs) {
        for (at, tally) in [epoch.train, epoch.valid, epoch.test].iter().enumerate() {
            let accuracy = f64::from(tally.correct) / images[at] as f64;
            builder.set(schedule.metric[at], row, seed, number, accuracy);
            if let Some(loss) = tally.loss_e4 {
                let loss = f64::from(loss) / super::curve::LOSS_STEPS;
                builder.set(schedule.loss[at], row, seed, number, loss);
            }
        }
        if let (Some(series), Some(epoch_s)) = (schedule.time, epoch_s) {
            // Rounded to a millisecond: the same text after any sum.
            let time = (epoch_s * f64::from(number) * 1e3).round() / 1e3;
            builder.set(series, row, seed, number, time);
        }
    }
}

fn put_costs(builder: &mut TaskBuilder, costs: &Costs, rows: &BTreeMap<u32, RowId>) {
    let name = costs.kind.name();
    let latency = |device: String| Attribute::Hardware(HardwareMetric::LatencyMs, device);
    let one = builder.attribute(latency(name.into()));
    let batch_64 = builder.attribute(latency(format!("{name}-batch64")));
    let sizes = (costs.kind == Kind::Cpu)
        .then(|| [Attribute::Params, Attribute::Flops].map(|a| builder.attribute(a)));
    for (arch, row) in rows {
        let Some(cost) = costs.of.get(arch) else {
            continue;
        };
        builder.put(one, *row, f64::from(cost.one_us) / 1e3);
        builder.put(batch_64, *row, f64::from(cost.batch_64_us) / 1e3);
        if let Some([params, flops]) = sizes {
            builder.put(params, *row, cost.params as f64);
            builder.put(flops, *row, cost.macs as f64);
        }
    }
}
