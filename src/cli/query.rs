//! `archbench query`.

use super::Failure;
use crate::benchmark::open_table;
use crate::error::Error;
use crate::space::Architecture;
use crate::table::{Meaning, SeedPolicy, SeriesView, Table, Task};
use clap::Args;
use serde_json::{Map, Value, json};

/// `archbench query`.
#[derive(Debug, Args)]
pub(super) struct Query {
    /// The benchmark.
    benchmark: String,
    /// The architecture, as its paper writes it.
    arch: String,
    /// The task.
    #[arg(long)]
    task: String,
    /// The schedule it was trained under; default: the longest that has what is asked.
    #[arg(long)]
    schedule: Option<String>,
    /// What to ask, such as `valid/metric`, `test/metric`, `train/time_s`; default: everything there is at the epoch.
    #[arg(long)]
    series: Option<String>,
    /// Epochs trained; default: the last of each series.
    #[arg(long, conflicts_with = "curve")]
    epoch: Option<u32>,
    /// `mean`, `mean-of-present` (an imputation: missing seeds are left out), `index:K` or `seed:N` (as published).
    #[arg(long, default_value = "mean")]
    seed: String,
    /// Whole learning curves of one seed.
    #[arg(long)]
    curve: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Query {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let table = open_table(&self.benchmark)?.table;
        let lacks = |e| Error::new(&self.benchmark, e);
        let task = table.find_task(&self.task).map_err(lacks)?;
        let arch = task.space().parse(&self.arch)?;
        let views = self.views(&table, task)?;
        let mut answer = Map::new();
        for view in views {
            let is_named = self.series.is_some() || view.series.meaning == Meaning::VALID;
            let is_measured = self.curve
                || self
                    .epoch
                    .is_none_or(|e| view.series.epochs.position(e).is_some());
            let value = match self.ask(&view, &arch) {
                Ok(value) => value,
                Err(e) if is_named => return Err(e.within(&self.benchmark).into()),
                // Of what was not asked by name, what is not measured there is left out, and what is missing is null.
                Err(_) if !is_measured => continue,
                Err(_) => Value::Null,
            };
            answer.insert(
                format!("{}/{}", view.schedule.name, view.series.meaning),
                value,
            );
        }
        if answer.values().all(Value::is_null) {
            let problem = format!("has nothing of `{}` there", self.arch);
            return Err(Error::new(format!("{}: {}", self.benchmark, task.name()), problem).into());
        }
        self.print(task, &arch, &answer);
        Ok(())
    }

    /// The series to ask: the one named, or all of a schedule.
    fn views<'t>(&self, table: &'t Table, task: &'t Task) -> Result<Vec<SeriesView<'t>>, Error> {
        let lacks = |e| Error::new(&self.benchmark, e);
        let schedule = self.schedule.as_deref();
        if let Some(series) = &self.series {
            let meaning = series.parse().map_err(|e| Error::new("--series", e))?;
            return Ok(vec![
                table
                    .series(task.name(), schedule, &meaning)
                    .map_err(lacks)?,
            ]);
        }
        let longest = task.schedules().iter().max_by_key(|s| s.last_epoch());
        let chosen = match schedule {
            Some(name) => task.schedule(name),
            None => longest,
        };
        let chosen =
            chosen.ok_or_else(
                || match table.series(task.name(), schedule, &Meaning::VALID) {
                    Err(e) => lacks(e),
                    Ok(_) => Error::new(task.name(), "has no schedule"),
                },
            )?;
        let view = |series| SeriesView {
            task,
            schedule: chosen,
            series,
        };
        Ok(chosen.series.iter().map(view).collect())
    }

    fn ask(&self, view: &SeriesView<'_>, arch: &Architecture) -> Result<Value, Error> {
        let policy = seed_policy(&self.seed, &view.schedule.seeds)?;
        if !self.curve {
            let epoch = self.epoch.unwrap_or(view.series.epochs.last());
            let value = view.value(arch, epoch, policy);
            return value
                .map(Value::from)
                .map_err(|e| Error::new(view.task.name(), e.0));
        }
        let seed = match policy {
            SeedPolicy::Index(k) => k as usize,
            _ if view.schedule.seeds.len() == 1 => 0,
            _ => {
                let seeds = view.schedule.seeds.len();
                return Err(
                    Error::new("--curve", format!("the table has {seeds} seeds"))
                        .mend("give --seed index:K or seed:N"),
                );
            }
        };
        let curve = view
            .curve(arch, seed)
            .map_err(|e| Error::new(view.task.name(), e.0))?;
        let values: Vec<Option<f64>> = curve.values.iter().collect();
        if values.iter().all(Option::is_none) {
            return Err(Error::new(
                view.task.name(),
                format!("no values with seed {seed}"),
            ));
        }
        Ok(json!({ "epochs": curve.epochs, "values": values }))
    }

    fn print(&self, task: &Task, arch: &Architecture, answer: &Map<String, Value>) {
        let space = task.space();
        let figure = |attribute| task.figure(attribute, arch, SeedPolicy::MeanOfPresent).ok();
        let of = |meaning: Meaning| {
            let found = answer
                .iter()
                .find(|(key, _)| key.ends_with(&format!("/{meaning}")));
            found.map(|(_, value)| value)
        };
        let attributes: Map<String, Value> = (task.attributes().iter())
            .filter_map(|c| Some((c.attribute.to_string(), Value::from(figure(&c.attribute)?))))
            .collect();
        if self.json {
            let json = json!({
                "benchmark": self.benchmark,
                "task": task.name(),
                "metric": task.metric(),
                "seed": self.seed,
                "arch": space.display(arch),
                "canonical": space.display(&space.canonical(arch)),
                "valid": of(Meaning::VALID),
                "test": of(Meaning::TEST),
                "cost_s": of(Meaning::COST),
                "series": answer,
                "attributes": attributes,
            });
            println!("{json}");
            return;
        }
        println!("arch  {}", space.display(arch));
        for (name, value) in answer.iter().chain(&attributes) {
            match value.get("epochs").and_then(Value::as_array) {
                None => println!("{name}  {value}"),
                Some(epochs) => {
                    println!("{name}");
                    for (at, epoch) in epochs.iter().enumerate() {
                        println!("  {epoch}  {}", value["values"][at]);
                    }
                }
            }
        }
    }
}

/// Reads a seed policy; published seeds are looked up among those of the schedule.
fn seed_policy(text: &str, seeds: &[u32]) -> Result<SeedPolicy, Error> {
    let number = |prefix: &str| {
        text.strip_prefix(prefix)
            .and_then(|k| k.parse::<u32>().ok())
    };
    if let Some(published) = number("seed:") {
        let at = seeds.iter().position(|s| *s == published).ok_or_else(|| {
            Error::new(
                "--seed",
                format!("no seed {published}; the schedule has {seeds:?}"),
            )
        })?;
        return Ok(SeedPolicy::Index(at as u32));
    }
    match (text, number("index:")) {
        ("mean", _) => Ok(SeedPolicy::Mean),
        ("mean-of-present", _) => Ok(SeedPolicy::MeanOfPresent),
        (_, Some(k)) => Ok(SeedPolicy::Index(k)),
        _ => Err(Error::new("--seed", format!("found `{text}`"))
            .mend("give `mean`, `mean-of-present`, `index:K` or `seed:N`")),
    }
}
