//! `archbench query`.

use super::Failure;
use super::query_surrogate::Question;
use crate::benchmark::open_table;
use crate::error::Error;
use crate::space::Architecture;
use crate::surrogate;
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
        if surrogate::names().contains(&self.benchmark) {
            let question = Question {
                benchmark: &self.benchmark,
                arch: &self.arch,
                task: &self.task,
                epoch: self.epoch,
                seed: &self.seed,
                curve: self.curve,
                json: self.json,
            };
            return question.execute();
        }
        let table = open_table(&self.benchmark)?.table;
        let lacks = |e| Error::new(&self.benchmark, e);
        let task = table.find_task(&self.task).map_err(lacks)?;
        let arch = task.space().parse(&self.arch)?;
        let views = match self.has_only_figures(task) {
            true => Vec::new(),
            false => self.views(&table, task)?,
        };
        let mut answer = Map::new();
        let mut problem = None;
        for view in views {
            let is_named = self.series.is_some() || view.series.meaning == Meaning::VALID;
            let is_measured = self.curve
                || self
                    .epoch
                    .is_none_or(|e| view.series.epochs.position(e).is_some());
            let policy = seed_policy(&self.seed, &view.schedule.seeds)?;
            let asked = match self.curve {
                false => self.value(&view, &arch, policy),
                true => self.whole_curve(&view, &arch, one_seed(policy, &view.schedule.seeds)?),
            };
            let value = match asked {
                Ok(value) => value,
                Err(e) if is_named => return Err(e.into()),
                // Of what was not asked by name, what is not measured there is left out, and what is missing is null.
                Err(e) => {
                    problem.get_or_insert(e);
                    match is_measured {
                        true => Value::Null,
                        false => continue,
                    }
                }
            };
            answer.insert(
                format!("{}/{}", view.schedule.name, view.series.meaning),
                value,
            );
        }
        if let Some(problem) = problem.filter(|_| answer.values().all(Value::is_null)) {
            return Err(problem.into());
        }
        if answer.is_empty() && task.row(&arch).is_none() {
            let problem = format!("{}: no `{}` in the table", task.name(), self.arch);
            return Err(Error::new(&self.benchmark, problem).into());
        }
        self.print(task, &arch, &answer);
        self.hint(task);
        Ok(())
    }

    /// Whether there are no trainings to ask for, and none was asked for: a table of latencies or proxies.
    fn has_only_figures(&self, task: &Task) -> bool {
        let is_open = self.series.is_none() && self.schedule.is_none() && self.epoch.is_none();
        is_open && !self.curve && task.schedules().is_empty()
    }

    /// Says which other schedules there are, where one was chosen for the user.
    fn hint(&self, task: &Task) {
        let is_chosen = self.schedule.is_none() && self.series.is_none() && !self.json;
        let names: Vec<&str> = task.schedules().iter().map(|s| s.name.as_str()).collect();
        if is_chosen && names.len() > 1 {
            eprintln!(
                "schedules: {}; ask for one with --schedule",
                names.join(", ")
            );
        }
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
        // Of equally long ones the first: the others repeat it.
        let longest = task.schedules().iter().rev().max_by_key(|s| s.last_epoch());
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

    fn value(
        &self,
        view: &SeriesView<'_>,
        arch: &Architecture,
        seed: SeedPolicy,
    ) -> Result<Value, Error> {
        let epoch = self.epoch.unwrap_or(view.series.epochs.last());
        let value = view.value(arch, epoch, seed);
        value
            .map(Value::from)
            .map_err(|e| Error::new(&self.benchmark, e))
    }

    fn whole_curve(
        &self,
        view: &SeriesView<'_>,
        arch: &Architecture,
        seed: usize,
    ) -> Result<Value, Error> {
        let curve = view
            .curve(arch, seed)
            .map_err(|e| Error::new(&self.benchmark, e))?;
        let values: Vec<Option<f64>> = curve.values.iter().collect();
        if values.iter().all(Option::is_none) {
            let published = view.schedule.seeds[seed];
            let problem = format!("no {} with seed {published}", view.series.meaning);
            return Err(Error::new(
                format!("{}: {}", self.benchmark, view.task.name()),
                problem,
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

/// The position of the one seed a curve is of.
fn one_seed(policy: SeedPolicy, seeds: &[u32]) -> Result<usize, Error> {
    match policy {
        SeedPolicy::Index(k) => Ok(k as usize),
        _ if seeds.len() == 1 => Ok(0),
        _ => Err(
            Error::new("--curve", format!("the schedule has seeds {seeds:?}"))
                .mend("give --seed index:K or --seed seed:N"),
        ),
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
