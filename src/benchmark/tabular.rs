//! A benchmark that answers from a table: each task bound to one schedule, so that a trial can never be resumed in
//! another training than it was started in.

use super::full::FullTrainings;
use super::{Benchmark, BenchmarkSpec, Evaluation, Optimum, Query, TaskSpec};
use crate::error::Error;
use crate::space::{Architecture, SearchSpace};
use crate::strategy::Fidelity;
use crate::table::{
    Meaning, QueryError, Schedule, SeedPolicy, Series, SeriesView, Table, Task, lacks_row,
};
use std::sync::{Arc, OnceLock};

/// A table, ready to be searched.
pub struct TabularBenchmark {
    table: Arc<Table>,
    spec: BenchmarkSpec,
    tasks: Vec<Option<Searched>>,
}

/// The series a search on a task is answered from.
struct Searched {
    schedule: usize,
    /// Position of the validation metric (in an oracle table, of the test metric) in the schedule.
    valid: usize,
    test: Option<usize>,
    cost: Option<usize>,
    /// For each epoch of the validation metric, the position of the same epoch in the other series.
    at: Vec<Positions>,
    /// What full trainings gave, kept together once [`Benchmark::optimum`] has read them all.
    full: OnceLock<FullTrainings>,
}

#[derive(Clone, Copy)]
struct Positions {
    test: Option<u32>,
    cost: Option<u32>,
}

impl TabularBenchmark {
    /// The benchmark of a table, each task under its longest schedule that can be searched. `sha256` identifies the
    /// table.
    pub fn new(table: Arc<Table>, sha256: &str) -> Self {
        Self::bind(table, sha256, None)
    }

    fn bind(table: Arc<Table>, sha256: &str, schedule: Option<&str>) -> Self {
        let oracle = table.is_oracle();
        let tasks: Vec<Option<Searched>> = (table.tasks.iter())
            .map(|task| Searched::choose(task, schedule, oracle))
            .collect();
        let spec = BenchmarkSpec {
            name: table.about.name.clone(),
            title: table.about.title.clone(),
            citation: table.about.citation.clone(),
            sha256: sha256.to_string(),
            tasks: (table.tasks.iter().zip(&tasks))
                .map(|(task, searched)| describe(&table, task, searched.as_ref(), schedule, oracle))
                .collect(),
        };
        Self { table, spec, tasks }
    }

    fn view<'t>(&'t self, task: usize, searched: &Searched) -> SeriesView<'t> {
        let task = &self.table.tasks[task];
        let schedule = &task.schedules()[searched.schedule];
        SeriesView {
            task,
            schedule,
            series: &schedule.series[searched.valid],
        }
    }

    /// `None` when something is missing; [`Self::lacks`] says what.
    #[inline]
    fn answer(
        &self,
        searched: &Searched,
        task: &Task,
        row: usize,
        fidelity: Fidelity,
        seed: SeedPolicy,
    ) -> Result<Option<Evaluation>, QueryError> {
        let series = &task.schedules()[searched.schedule].series;
        let valid: &Series = &series[searched.valid];
        let Some(at) = valid.epochs.position(fidelity.0) else {
            return Ok(None);
        };
        if at + 1 == searched.at.len()
            && let Some(full) = searched.full.get()
        {
            return Ok(full.under(seed, row, || task.archs()[row]));
        }
        let Some(seeds) = valid.choose(seed, row, at, task.archs()[row])? else {
            return Ok(None);
        };
        let Some(found) = valid.over(seeds, row, at)? else {
            return Ok(None);
        };
        let beside = |which: Option<usize>, at: Option<u32>| match (which, at) {
            (Some(which), Some(at)) => series[which].over(seeds, row, at as usize),
            _ => Ok(None),
        };
        let Positions { test, cost } = searched.at[at];
        Ok(Some(Evaluation {
            valid: found,
            test: beside(searched.test, test)?,
            cost_s: beside(searched.cost, cost)?,
        }))
    }

    /// Reads what every full training gave, and keeps it.
    fn read_full(
        &self,
        searched: &Searched,
        task: &Task,
        full: Fidelity,
    ) -> Result<(), QueryError> {
        if searched.full.get().is_some() {
            return Ok(());
        }
        let seeds = task.schedules()[searched.schedule].seeds.len();
        let mut all = Vec::with_capacity(task.archs().len() * seeds);
        for row in 0..task.archs().len() {
            for seed in 0..seeds as u32 {
                all.push(self.answer(searched, task, row, full, SeedPolicy::Index(seed))?);
            }
        }
        // Another thread that came first read the same.
        let _ = searched.full.set(FullTrainings::pack(seeds, &all));
        Ok(())
    }

    /// Why a query has no answer: what there is instead.
    #[cold]
    fn lacks(&self, query: &Query) -> QueryError {
        let Some(searched) = &self.tasks[query.task] else {
            let spec = &self.spec.tasks[query.task];
            return QueryError(spec.unsearchable.clone().unwrap_or_default());
        };
        let view = self.view(query.task, searched);
        let Some(row) = view.task.row(&query.arch) else {
            return lacks_row(view.task, &query.arch);
        };
        match view.series.epochs.position(query.fidelity.0) {
            None => view.lacks_epoch(query.fidelity.0),
            Some(at) => view.lacks_seed(row, at),
        }
    }
}

impl Searched {
    fn choose(task: &Task, schedule: Option<&str>, oracle: bool) -> Option<Self> {
        let meaning = if oracle {
            Meaning::TEST
        } else {
            Meaning::VALID
        };
        let position =
            |s: &Schedule, meaning: &Meaning| s.series.iter().position(|s| s.meaning == *meaning);
        let (at, chosen, valid) = (task.schedules().iter().enumerate().rev())
            // Reversed: of equally long ones, the first is meant; the others repeat it.
            .filter(|(_, s)| schedule.is_none_or(|name| name == s.name))
            .filter_map(|(at, s)| Some((at, s, position(s, &meaning)?)))
            .max_by_key(|(_, s, valid)| s.series[*valid].epochs.last())?;
        let epochs = chosen.series[valid].epochs.as_slice();
        let test = position(chosen, &Meaning::TEST);
        let in_series = |which: Option<usize>, epoch: u32| {
            let at = chosen.series[which?].epochs.position(epoch)?;
            u32::try_from(at).ok()
        };
        // A training time at some fidelities only would make the clock of a search meaningless.
        let cost = position(chosen, &Meaning::COST)
            .filter(|cost| epochs.iter().all(|&e| in_series(Some(*cost), e).is_some()));
        Some(Self {
            schedule: at,
            valid,
            test,
            cost,
            full: OnceLock::new(),
            at: epochs
                .iter()
                .map(|&epoch| Positions {
                    test: in_series(test, epoch),
                    cost: in_series(cost, epoch),
                })
                .collect(),
        })
    }
}

fn describe(
    table: &Table,
    task: &Task,
    searched: Option<&Searched>,
    schedule: Option<&str>,
    oracle: bool,
) -> TaskSpec {
    let meaning = if oracle {
        Meaning::TEST
    } else {
        Meaning::VALID
    };
    let of = |s: &Searched| {
        let schedule = &task.schedules()[s.schedule];
        let epochs = &schedule.series[s.valid].epochs;
        let fidelities = epochs.as_slice().iter().map(|e| Fidelity(*e)).collect();
        (
            schedule.name.clone(),
            fidelities,
            schedule.seeds.len() as u32,
        )
    };
    let (name, fidelities, seeds) = searched.map(of).unwrap_or_default();
    TaskSpec {
        name: task.name().to_string(),
        metric: task.metric().to_string(),
        schedule: name,
        fidelities,
        seeds,
        has_cost: searched.is_some_and(|s| s.cost.is_some()),
        oracle,
        unsearchable: match searched {
            Some(_) => None,
            None => (table.series(task.name(), schedule, &meaning))
                .err()
                .map(|e| e.0),
        },
    }
}

impl Benchmark for TabularBenchmark {
    fn spec(&self) -> &BenchmarkSpec {
        &self.spec
    }

    fn space(&self, task: usize) -> Arc<dyn SearchSpace> {
        self.table.tasks[task].space().clone()
    }

    fn architectures(&self, task: usize) -> Vec<Architecture> {
        let (data, spec) = (&self.table.tasks[task], &self.spec.tasks[task]);
        let Some(searched) = &self.tasks[task] else {
            return Vec::new();
        };
        let has_result = |row: &usize| {
            let full = spec.full_fidelity();
            let found = self.answer(searched, data, *row, full, SeedPolicy::MeanOfPresent);
            // What is damaged is an error when it is asked for.
            !matches!(found, Ok(None))
        };
        let rows = (0..data.archs().len()).filter(has_result);
        let mut archs: Vec<Architecture> = rows
            .map(|row| data.space().at_index(data.archs()[row]))
            .collect();
        archs.sort_unstable();
        archs
    }

    #[inline]
    fn query(&self, query: &Query) -> Result<Evaluation, QueryError> {
        let task = &self.table.tasks[query.task];
        if let Some(searched) = &self.tasks[query.task]
            && let Some(row) = task.row(&query.arch)
            && let Some(found) = self.answer(searched, task, row, query.fidelity, query.seed)?
        {
            if searched.cost.is_some() && found.cost_s.is_none() {
                let name = task.name();
                return Err(QueryError(format!(
                    "{name}: the training time of this training is missing"
                )));
            }
            return Ok(found);
        }
        Err(self.lacks(query))
    }

    fn optimum(&self, task: usize, seed: SeedPolicy) -> Result<Optimum, QueryError> {
        let data = &self.table.tasks[task];
        let spec = &self.spec.tasks[task];
        let Some(searched) = &self.tasks[task] else {
            return Err(QueryError(spec.unsearchable.clone().unwrap_or_default()));
        };
        self.read_full(searched, data, spec.full_fidelity())?;
        let policies: Vec<SeedPolicy> = match seed {
            SeedPolicy::Draw { .. } => (0..spec.seeds).map(SeedPolicy::Index).collect(),
            fixed => vec![fixed],
        };
        let mut best: Option<(usize, Evaluation)> = None;
        let mut best_test: Option<f64> = None;
        for row in 0..data.archs().len() {
            for &seed in &policies {
                let Some(found) = self.answer(searched, data, row, spec.full_fidelity(), seed)?
                else {
                    continue;
                };
                if best.is_none_or(|(_, b)| found.valid > b.valid) {
                    best = Some((row, found));
                }
                if found.test > best_test {
                    best_test = found.test;
                }
            }
        }
        let (row, found) = best.ok_or_else(|| {
            let name = data.name();
            QueryError(format!(
                "{name}: no architecture has every seed the policy needs"
            ))
        })?;
        let space = data.space();
        Ok(Optimum {
            arch: space.display(&space.at_index(data.archs()[row])),
            valid: found.valid,
            test_of_best_valid: found.test,
            best_test,
        })
    }

    fn with_schedule(&self, schedule: &str) -> Result<Arc<dyn Benchmark>, Error> {
        let names =
            (self.table.tasks.iter()).flat_map(|t| t.schedules().iter().map(|s| s.name.as_str()));
        let mut known: Vec<&str> = Vec::new();
        for name in names {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        if !known.contains(&schedule) {
            return Err(Error::unknown_name(
                &self.spec.name,
                "schedule",
                schedule,
                known,
            ));
        }
        Ok(Arc::new(Self::bind(
            self.table.clone(),
            &self.spec.sha256,
            Some(schedule),
        )))
    }

    fn table(&self) -> Option<&Table> {
        Some(&self.table)
    }
}
