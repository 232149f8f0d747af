//! Finished trainings → a table that all else can use: one row per isomorphism class, which answers for every string.

use super::curve::LOSS_STEPS;
use super::{Cost, Costs, Curve, Plan, Recipe, Results, quality};
use crate::error::Error;
use crate::space::Architecture;
use crate::table::{
    About, Attribute, Epochs, HardwareMetric, Meaning, Quantity, RowId, SeriesId, Source, Split,
    Table, Task, TaskBuilder, sha256_hex,
};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// How much of a plan is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Trainings done, and all.
    pub trainings: (usize, usize),
    /// Isomorphism classes with their first training, and all.
    pub classes: (usize, usize),
    /// Isomorphism classes whose costs are measured, on the kind of device that measured most.
    pub measured: usize,
    /// Trainings whose loss ceased to be finite.
    pub diverged: usize,
}

impl Coverage {
    /// Of these results and measurements.
    pub fn of(plan: &Plan, results: &Results, costs: &[Costs]) -> Self {
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
            measured: costs.iter().map(|costs| costs.of.len()).max().unwrap_or(0),
            diverged: curves.filter(|curve| curve.diverged).count(),
        }
    }

    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.trainings.0 == self.trainings.1 && self.measured == self.classes.1
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, all) = self.trainings;
        let (classes, of) = self.classes;
        let percent = 100.0 * done as f64 / all as f64;
        write!(
            f,
            "{done} of {all} trainings ({percent:.1} %), {classes} of {of} isomorphism classes, costs of {}",
            self.measured
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
    let coverage = Coverage::of(plan, results, costs);
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
    let mut words = seeds(recipe);
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

fn seeds(recipe: &Recipe) -> String {
    let seeds = recipe.seeds;
    let list = |from: u32, to: u32| {
        let seeds: Vec<String> = (from..to).map(|seed| seed.to_string()).collect();
        seeds.join(", ")
    };
    let all = format!("training seed {} for every cell", list(0, seeds.all));
    match seeds.some > seeds.all {
        true => format!(
            "{all}, {} for one cell in {}, in a schedule of their own",
            list(seeds.all, seeds.some),
            seeds.stride
        ),
        false => all,
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

/// One training: its seed, its architecture, and what it gave.
struct Trained<'a> {
    seed: u32,
    arch: &'a Architecture,
    raw: u32,
    curve: &'a Curve,
}

fn task(recipe: &Recipe, plan: &Plan, results: &Results, costs: &[Costs]) -> Result<Task, Error> {
    let trained = results.iter().flat_map(|(unit, curves)| {
        let unit = &plan.units[*unit as usize];
        let archs = unit.archs.iter().zip(curves);
        archs.map(|(arch, curve)| Trained {
            seed: unit.seed,
            arch,
            raw: plan.space.index_of(arch) as u32,
            curve,
        })
    });
    let seeds = recipe.seeds;
    let (first, repeats): (Vec<Trained>, Vec<Trained>) =
        trained.partition(|trained| trained.seed < seeds.all);
    let mut builder = TaskBuilder::new(&recipe.data.name, &recipe.space, "accuracy")?;
    let name = recipe.training.epochs.to_string();
    let mut rows = BTreeMap::new();
    for (name, seeds, trained) in [
        (name.clone(), 0..seeds.all, first),
        (format!("{name}-repeats"), seeds.all..seeds.some, repeats),
    ] {
        if !trained.is_empty() {
            let times = times(&trained, costs);
            let schedule =
                Schedule::declare(&mut builder, recipe, (&name, seeds), times.is_some())?;
            for trained in &trained {
                let row = builder.row(trained.arch);
                rows.insert(trained.raw, row);
                schedule.put(&mut builder, recipe, (row, trained), times);
            }
        }
    }
    put_costs(&mut builder, costs, &rows);
    builder.finish()
}

/// Costs that all of these trainings have, of a GPU before those of a processor: a search needs the times of all, or of
/// none.
fn times<'c>(trained: &[Trained<'_>], costs: &'c [Costs]) -> Option<&'c Costs> {
    let knows_all = |costs: &&Costs| trained.iter().all(|t| costs.of.contains_key(&t.raw));
    costs.iter().rev().find(knows_all)
}

/// In the order of an epoch's tallies.
const SPLITS: [Split; 3] = [Split::Train, Split::Valid, Split::Test];

/// A schedule under construction.
struct Schedule {
    first_seed: u32,
    metric: [SeriesId; 3],
    loss: [SeriesId; 3],
    time: Option<SeriesId>,
}

impl Schedule {
    fn declare(
        builder: &mut TaskBuilder,
        recipe: &Recipe,
        (name, seeds): (&str, Range<u32>),
        with_time: bool,
    ) -> Result<Self, Error> {
        let epochs: Vec<u32> = (1..=recipe.training.epochs).collect();
        let epochs = Epochs::new(&epochs).map_err(|e| Error::new("training.epochs", e))?;
        let first_seed = seeds.start;
        let schedule = builder.schedule(name, &seeds.collect::<Vec<u32>>());
        let mut series = |split, quantity| {
            builder.series(schedule, Meaning::new(split, quantity), epochs.clone())
        };
        Ok(Self {
            first_seed,
            metric: SPLITS.map(|split| series(split, Quantity::Metric)),
            loss: SPLITS.map(|split| series(split, Quantity::Loss)),
            time: with_time.then(|| series(Split::Train, Quantity::TimeS)),
        })
    }

    fn put(
        &self,
        builder: &mut TaskBuilder,
        recipe: &Recipe,
        (row, trained): (RowId, &Trained<'_>),
        times: Option<&Costs>,
    ) {
        let seed = (trained.seed - self.first_seed) as usize;
        let images = [recipe.data.train, recipe.data.valid, recipe.data.test];
        let epoch_s = times.map(|costs| epoch_s(recipe, &costs.of[&trained.raw]));
        for (number, epoch) in (1..).zip(&trained.curve.epochs) {
            for (at, tally) in [epoch.train, epoch.valid, epoch.test].iter().enumerate() {
                let accuracy = f64::from(tally.correct) / images[at] as f64;
                builder.set(self.metric[at], row, seed, number, accuracy);
                if let Some(loss) = tally.loss_e4 {
                    let loss = f64::from(loss) / LOSS_STEPS;
                    builder.set(self.loss[at], row, seed, number, loss);
                }
            }
            if let (Some(series), Some(epoch_s)) = (self.time, epoch_s) {
                // Whole milliseconds, as the losses are whole steps: few distinct numbers make a small file.
                let time = (epoch_s * f64::from(number) * 1e3).round() / 1e3;
                builder.set(series, row, seed, number, time);
            }
        }
    }
}

/// Seconds of one epoch of training alone, the pass over the validation images included.
fn epoch_s(recipe: &Recipe, cost: &Cost) -> f64 {
    let steps = recipe.data.train.div_ceil(recipe.training.batch) as u64;
    let passes = recipe.data.valid.div_ceil(64) as u64;
    let us = steps * u64::from(cost.step_us) + passes * u64::from(cost.batch_64_us);
    us as f64 / 1e6
}

fn put_costs(builder: &mut TaskBuilder, all: &[Costs], rows: &BTreeMap<u32, RowId>) {
    if all.is_empty() {
        return;
    }
    let [params, flops] = [Attribute::Params, Attribute::Flops].map(|a| builder.attribute(a));
    for costs in all {
        let name = costs.kind.name();
        let latency = |device: String| Attribute::Hardware(HardwareMetric::LatencyMs, device);
        let one = builder.attribute(latency(name.into()));
        let batch_64 = builder.attribute(latency(format!("{name}-batch64")));
        for (arch, row) in rows {
            let Some(cost) = costs.of.get(arch) else {
                continue;
            };
            builder.put(one, *row, f64::from(cost.one_us) / 1e3);
            builder.put(batch_64, *row, f64::from(cost.batch_64_us) / 1e3);
            builder.put(params, *row, cost.params as f64);
            builder.put(flops, *row, cost.macs as f64);
        }
    }
}
