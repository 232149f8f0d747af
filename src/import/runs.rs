//! Trainings as most publications list them: some architectures once, some again. The first training of each is
//! seed 0 of its schedule; further ones form a schedule `…-repeats` of their own, so that the first have no gaps.

use crate::error::Error;
use crate::space::Architecture;
use crate::table::{Attribute, AttributeId, Epochs, Meaning, RowId, SeriesId, Task, TaskBuilder};
use std::collections::BTreeMap;

/// What was trained.
pub(super) enum Key {
    /// A point of the task's space.
    Arch(Architecture),
    /// A member of the task's pool.
    Name(String),
}

/// Completed epochs and values.
pub(super) type Points = Vec<(u32, f64)>;

/// One training; without curves, an architecture's figures only.
pub(super) struct Run {
    pub(super) key: Key,
    /// The schedule's name.
    pub(super) schedule: String,
    pub(super) curves: Vec<(Meaning, Points)>,
    pub(super) figures: Vec<(Attribute, f64)>,
}

impl Run {
    /// Whether anything was trained: also where no value of it is known, it counts as a training.
    fn has_curves(&self) -> bool {
        !self.curves.is_empty()
    }

    fn known_curves(&self) -> impl Iterator<Item = &(Meaning, Points)> {
        self.curves.iter().filter(|(_, points)| !points.is_empty())
    }
}

/// Values of epochs 1, 2, …; a value that is no number is missing.
pub(super) fn from_first(
    values: impl IntoIterator<Item = Option<f64>, IntoIter: ExactSizeIterator>,
) -> Points {
    let values = values.into_iter();
    let mut points = Vec::with_capacity(values.len());
    for (epoch, value) in (1..).zip(values) {
        points.extend(value.filter(|v| v.is_finite()).map(|value| (epoch, value)));
    }
    points
}

/// Seconds per epoch as seconds since the start, up to the first that is missing.
pub(super) fn cumulative(
    seconds: impl IntoIterator<Item = Option<f64>, IntoIter: ExactSizeIterator>,
) -> Points {
    let seconds = seconds.into_iter();
    let mut points = Vec::with_capacity(seconds.len());
    let mut total = 0.0;
    for (epoch, time) in (1..).zip(seconds) {
        match time {
            Some(time) if time.is_finite() => total += time,
            _ => break,
        }
        points.push((epoch, total));
    }
    points
}

/// Where a training belongs: a schedule and a seed of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Twice the place among the names, and one more for the repeats.
    schedule: usize,
    seed: usize,
}

/// The schedules of the runs, and what was trained in each.
#[derive(Default)]
struct Schedules<'r> {
    names: Vec<&'r str>,
    /// For each name and row, how many trainings there are.
    trained: Vec<Vec<u32>>,
}

impl<'r> Schedules<'r> {
    fn place(&mut self, name: &'r str, row: RowId) -> Place {
        let known = self.names.iter().rposition(|known| *known == name);
        let at = known.unwrap_or_else(|| {
            self.names.push(name);
            self.trained.push(Vec::new());
            self.names.len() - 1
        });
        let trained = &mut self.trained[at];
        if trained.len() <= row.index() {
            trained.resize(row.index() + 1, 0);
        }
        let earlier = trained[row.index()] as usize;
        trained[row.index()] += 1;
        Place {
            schedule: 2 * at + usize::from(earlier > 0),
            seed: earlier.saturating_sub(1),
        }
    }

    fn name(&self, schedule: usize) -> String {
        let repeats = if schedule % 2 == 1 { "-repeats" } else { "" };
        format!("{}{repeats}", self.names[schedule / 2])
    }
}

/// A series under way: what it means, and the epochs that occur.
struct Column<'r> {
    schedule: usize,
    meaning: &'r Meaning,
    epochs: Vec<u32>,
}

impl Column<'_> {
    /// Adds the epochs of a curve. Mostly they are a beginning of those of the others.
    fn extend(&mut self, points: &Points) {
        let known = self.epochs.len().min(points.len());
        let is_beginning = self.epochs.iter().zip(points).all(|(e, (p, _))| e == p);
        match is_beginning && points[known..].is_sorted_by(|a, b| a.0 < b.0) {
            true => self
                .epochs
                .extend(points[known..].iter().map(|(epoch, _)| *epoch)),
            false => {
                self.epochs.extend(points.iter().map(|(epoch, _)| *epoch));
                self.epochs.sort_unstable();
                self.epochs.dedup();
            }
        }
    }
}

/// Gives the runs to a task, and finishes it. Figures are those of an architecture's first run that has them.
///
/// # Errors
/// When a value is out of its range, or an architecture was trained more than 65 times.
pub(super) fn task(mut builder: TaskBuilder, runs: &[Run]) -> Result<Task, Error> {
    fill(&mut builder, runs)?;
    builder.finish()
}

/// Gives the runs to a task; returns the row of each.
///
/// # Errors
/// When a series cannot be.
pub(super) fn fill(builder: &mut TaskBuilder, runs: &[Run]) -> Result<Vec<RowId>, Error> {
    let rows: Vec<RowId> = (runs.iter())
        .map(|run| match &run.key {
            Key::Arch(arch) => builder.row(arch),
            Key::Name(name) => builder.named_row(name),
        })
        .collect();
    let mut schedules = Schedules::default();
    let mut columns: Vec<Column<'_>> = Vec::new();
    // What belongs where: a curve's column, and its seed.
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (run, row) in runs.iter().zip(&rows).filter(|(run, _)| run.has_curves()) {
        let Place { schedule, seed } = schedules.place(&run.schedule, *row);
        for (meaning, points) in run.known_curves() {
            let is_it = |c: &Column<'_>| c.schedule == schedule && c.meaning == meaning;
            let known = columns.iter().position(is_it);
            let at = known.unwrap_or_else(|| {
                columns.push(Column {
                    schedule,
                    meaning,
                    epochs: Vec::new(),
                });
                columns.len() - 1
            });
            columns[at].extend(points);
            places.push((at, seed));
        }
    }
    let series = declare(builder, &schedules, &columns, &places)?;
    let mut places = places.into_iter();
    for (run, row) in runs.iter().zip(&rows).filter(|(run, _)| run.has_curves()) {
        for ((_, points), (column, seed)) in run.known_curves().zip(&mut places) {
            builder.set_points(series[column], *row, seed, points);
        }
    }
    put_figures(builder, runs, &rows);
    Ok(rows)
}

/// Declares schedules with their seeds, and series with their epochs, both in order of their names; returns the series
/// of each column.
fn declare(
    builder: &mut TaskBuilder,
    schedules: &Schedules<'_>,
    columns: &[Column<'_>],
    places: &[(usize, usize)],
) -> Result<Vec<SeriesId>, Error> {
    let mut seeds: BTreeMap<usize, usize> = BTreeMap::new();
    for (column, seed) in places {
        let count = seeds.entry(columns[*column].schedule).or_default();
        *count = (*count).max(seed + 1);
    }
    let mut named: Vec<(String, usize, usize)> = (seeds.into_iter())
        .map(|(schedule, count)| (schedules.name(schedule), schedule, count))
        .collect();
    named.sort();
    let mut series: Vec<Option<SeriesId>> = vec![None; columns.len()];
    for (name, schedule, count) in &named {
        let from = (schedule % 2) as u32;
        let seeds: Vec<u32> = (from..from + (*count).min(1000) as u32).collect();
        let id = builder.schedule(name, &seeds);
        let mut own: Vec<usize> = (0..columns.len())
            .filter(|at| columns[*at].schedule == *schedule)
            .collect();
        own.sort_by_key(|at| columns[*at].meaning);
        for at in own {
            let Column {
                meaning, epochs, ..
            } = &columns[at];
            let epochs = Epochs::new(epochs).map_err(|e| Error::new(meaning, e))?;
            series[at] = Some(builder.series(id, (*meaning).clone(), epochs));
        }
    }
    Ok(series.into_iter().flatten().collect())
}

fn put_figures(builder: &mut TaskBuilder, runs: &[Run], rows: &[RowId]) {
    let mut columns: Vec<(&Attribute, AttributeId)> = Vec::new();
    for (run, row) in runs.iter().zip(rows) {
        // Runs mostly list the same figures in the same order.
        let mut next = 0;
        for (attribute, value) in run.figures.iter().filter(|(_, value)| value.is_finite()) {
            let guessed = columns
                .get(next)
                .is_some_and(|(known, _)| *known == attribute);
            let known = match guessed {
                true => Some(next),
                false => columns.iter().position(|(known, _)| *known == attribute),
            };
            let at = known.unwrap_or_else(|| {
                columns.push((attribute, builder.attribute(attribute.clone())));
                columns.len() - 1
            });
            next = at + 1;
            builder.put_first(columns[at].1, *row, *value);
        }
    }
}
