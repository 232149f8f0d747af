//! Asking a table: every question names task, schedule, meaning, epoch and seed policy, and what the table lacks is an
//! error that lists what it has.

use super::{Attribute, Damaged, Meaning, Schedule, SeedPolicy, Series, Slice, Table, Task};
use crate::space::Architecture;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(pub String);

impl From<Damaged> for QueryError {
    fn from(damaged: Damaged) -> Self {
        let at = damaged.offset;
        Self(format!(
            "the table's file is damaged near byte {at}; import it again"
        ))
    }
}

/// A series of a task's schedule, ready to be asked about architectures.
#[derive(Clone, Copy)]
pub struct SeriesView<'t> {
    /// The task.
    pub task: &'t Task,
    /// The schedule.
    pub schedule: &'t Schedule,
    /// The series.
    pub series: &'t Series,
}

/// A training's values, borrowed, at the epochs of its series.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'t> {
    /// The epochs.
    pub epochs: &'t [u32],
    /// The value at each, where there is one.
    pub values: Slice<'t>,
}

impl Table {
    /// The task of this name.
    ///
    /// # Errors
    /// When there is none; the message lists those there are.
    pub fn find_task(&self, name: &str) -> Result<&Task, QueryError> {
        self.task(name).ok_or_else(|| {
            let known: Vec<&str> = self.tasks.iter().map(Task::name).collect();
            QueryError(format!(
                "no task `{name}`; the table has {}",
                known.join(", ")
            ))
        })
    }

    /// A series of a task. Without the name of a schedule, the longest that has it is meant.
    ///
    /// # Errors
    /// When the task, the schedule or the series is not there; the message lists what is.
    pub fn series(
        &self,
        task: &str,
        schedule: Option<&str>,
        meaning: &Meaning,
    ) -> Result<SeriesView<'_>, QueryError> {
        let task = self.find_task(task)?;
        if let Some(name) = schedule
            && task.schedule(name).is_none()
        {
            return Err(QueryError(format!(
                "{}: no schedule `{name}`; the table has {}",
                task.name(),
                schedule_names(task)
            )));
        }
        let found = task
            .schedules()
            .iter()
            // Of schedules that are equally long, the first is meant: the others repeat it.
            .rev()
            .filter(|s| schedule.is_none_or(|name| name == s.name))
            .filter_map(|schedule| {
                let series = schedule.get(meaning)?;
                Some(SeriesView {
                    task,
                    schedule,
                    series,
                })
            })
            .max_by_key(|view| view.series.epochs.last());
        found.ok_or_else(|| self.lacks_series(task, schedule, meaning))
    }

    fn lacks_series(&self, task: &Task, schedule: Option<&str>, meaning: &Meaning) -> QueryError {
        let has: Vec<String> = task.schedules().iter().map(describe).collect();
        let place = schedule.map_or(String::new(), |s| format!(" in schedule {s}"));
        let has = match has.is_empty() {
            true => "figures of architectures only".into(),
            false => has.join("; "),
        };
        let mut text = format!("{}: no {meaning}{place}; the task has {has}", task.name());
        let others: Vec<&str> = (self.tasks.iter())
            .filter(|t| t.name() != task.name() && t.has(meaning))
            .map(Task::name)
            .collect();
        // What is named alike comes first: `cifar10` leads to `cifar10-valid`.
        let alike = others.iter().find(|name| name.starts_with(task.name()));
        match alike {
            Some(name) => text += &format!("; use task {name}"),
            None if !others.is_empty() => {
                text += &format!("; tasks with it: {}", others.join(", "))
            }
            None => {}
        }
        QueryError(text)
    }
}

fn schedule_names(task: &Task) -> String {
    let names: Vec<&str> = task.schedules().iter().map(|s| s.name.as_str()).collect();
    match names.is_empty() {
        true => "none".into(),
        false => names.join(", "),
    }
}

/// A schedule in words: its series and their epochs.
fn describe(schedule: &Schedule) -> String {
    let series: Vec<String> = schedule
        .series
        .iter()
        .map(|s| format!("{} at {}", s.meaning, s.epochs))
        .collect();
    format!("schedule {}: {}", schedule.name, series.join(", "))
}

impl<'t> SeriesView<'t> {
    /// The value for an architecture at an epoch.
    ///
    /// # Errors
    /// When it is not there; the message lists what is.
    pub fn value(
        &self,
        arch: &Architecture,
        epoch: u32,
        seed: SeedPolicy,
    ) -> Result<f64, QueryError> {
        let row = self.row(arch)?;
        let Some(at) = self.series.epochs.position(epoch) else {
            return Err(self.lacks_epoch(epoch));
        };
        let raw = self.task.archs()[row];
        let found = match self.series.choose(seed, row, at, raw)? {
            Some(seeds) => self.series.over(seeds, row, at)?,
            None => None,
        };
        found.ok_or_else(|| self.lacks_seed(row, at))
    }

    /// A whole training, borrowed; the seed by its position.
    ///
    /// # Errors
    /// When the architecture or the seed is not there.
    pub fn curve(&self, arch: &Architecture, seed: usize) -> Result<Curve<'t>, QueryError> {
        let row = self.row(arch)?;
        if seed >= self.series.seeds() {
            return Err(self.lacks_seed(row, self.series.epochs.len() - 1));
        }
        Ok(Curve {
            epochs: self.series.epochs.as_slice(),
            values: self.series.curve(row, seed)?,
        })
    }

    /// The row of an architecture.
    ///
    /// # Errors
    /// When it has none.
    #[inline]
    pub fn row(&self, arch: &Architecture) -> Result<usize, QueryError> {
        self.task
            .row(arch)
            .ok_or_else(|| lacks_row(self.task, arch))
    }

    /// The error for an epoch off the grid.
    #[cold]
    pub(crate) fn lacks_epoch(&self, epoch: u32) -> QueryError {
        QueryError(format!(
            "{}: no {} at epoch {epoch} in schedule {}; the table has {}",
            self.task.name(),
            self.series.meaning,
            self.schedule.name,
            self.series.epochs
        ))
    }

    /// The error for a missing seed at an epoch's position.
    #[cold]
    pub(crate) fn lacks_seed(&self, row: usize, epoch: usize) -> QueryError {
        let there: Vec<String> = (self.schedule.seeds.iter().enumerate())
            .filter(|(seed, _)| matches!(self.series.at(row, *seed, epoch), Ok(Some(_))))
            .map(|(at, seed)| match at as u32 == *seed {
                true => at.to_string(),
                false => format!("{at} (published as {seed})"),
            })
            .collect();
        let there = match there.is_empty() {
            true => "none".to_string(),
            false => there.join(", "),
        };
        let arch = self.task.space().at_index(self.task.archs()[row]);
        QueryError(format!(
            "{}: a seed of `{}` is missing for {} at epoch {} in schedule {}; the table has seeds {there} of {}",
            self.task.name(),
            self.task.space().display(&arch),
            self.series.meaning,
            self.series.epochs.as_slice()[epoch],
            self.schedule.name,
            self.schedule.seeds.len()
        ))
    }
}

/// The error for an architecture without a row.
#[cold]
pub(crate) fn lacks_row(task: &Task, arch: &Architecture) -> QueryError {
    QueryError(format!(
        "{}: no row for `{}` among {} architectures",
        task.name(),
        task.space().display(arch),
        task.archs().len()
    ))
}

impl Task {
    /// A figure of an architecture, the mean over seeds where they differ and `seed` says so.
    ///
    /// # Errors
    /// When it is not there; the message lists what is.
    pub fn figure(
        &self,
        attribute: &Attribute,
        arch: &Architecture,
        seed: SeedPolicy,
    ) -> Result<f64, QueryError> {
        let Some(column) = self.attribute(attribute) else {
            let known: Vec<String> = (self.attributes().iter())
                .map(|c| c.attribute.to_string())
                .collect();
            let known = match known.is_empty() {
                true => "none".to_string(),
                false => known.join(", "),
            };
            let name = self.name();
            return Err(QueryError(format!(
                "{name}: no {attribute}; the table has {known}"
            )));
        };
        let row = self.row(arch).ok_or_else(|| lacks_row(self, arch))?;
        let values = column.at(row)?;
        let present: Vec<f64> = values.iter().flatten().collect();
        let mean = || present.iter().sum::<f64>() / present.len() as f64;
        let found = match seed {
            _ if values.len() == 1 => values.get(0),
            SeedPolicy::Index(k) if (k as usize) < values.len() => values.get(k as usize),
            SeedPolicy::Mean => (present.len() == values.len()).then(mean),
            SeedPolicy::MeanOfPresent => (!present.is_empty()).then(mean),
            SeedPolicy::Index(_) | SeedPolicy::Draw { .. } => None,
        };
        found.ok_or_else(|| {
            let arch = self.space().display(arch);
            let (there, all) = (present.len(), values.len());
            let name = self.name();
            QueryError(format!(
                "{name}: {attribute} of `{arch}` is missing; {there} of {all} seeds have it"
            ))
        })
    }
}
