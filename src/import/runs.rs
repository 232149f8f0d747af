//! Trainings as most publications list them: some architectures once, some again. The first training of each is
//! seed 0 of its schedule; further ones form a schedule `…-repeats` of their own, so that the first have no gaps.

use crate::error::Error;
use crate::space::Architecture;
use crate::table::{
    Attribute, AttributeId, Epochs, Meaning, RowId, ScheduleId, SeriesId, Task, TaskBuilder,
};
use std::collections::{BTreeMap, BTreeSet};

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

/// Values of epochs 1, 2, …; a value that is no number is missing.
pub(super) fn from_first(values: impl IntoIterator<Item = Option<f64>>) -> Points {
    let points = (1..).zip(values);
    points
        .filter_map(|(epoch, value)| Some((epoch, value.filter(|v| v.is_finite())?)))
        .collect()
}

/// Seconds per epoch as seconds since the start, up to the first that is missing.
pub(super) fn cumulative(seconds: impl IntoIterator<Item = Option<f64>>) -> Points {
    let mut total = 0.0;
    let known = seconds
        .into_iter()
        .map_while(|s| s.filter(|v| v.is_finite()));
    (1..)
        .zip(known)
        .map(|(epoch, time)| {
            total += time;
            (epoch, total)
        })
        .collect()
}

/// A run's schedule, and its place among the seeds there.
fn place<'r>(
    run: &'r Run,
    row: RowId,
    met: &mut BTreeMap<(&'r str, RowId), usize>,
) -> (String, usize) {
    let count = met.entry((run.schedule.as_str(), row)).or_default();
    *count += 1;
    match *count {
        1 => (run.schedule.clone(), 0),
        n => (format!("{}-repeats", run.schedule), n - 2),
    }
}

/// Gives the runs to a task, and finishes it. Figures are those of an architecture's first run that has them.
///
/// # Errors
/// When a value is out of its range, or an architecture was trained more than 65 times.
pub(super) fn task(mut builder: TaskBuilder, runs: &[Run]) -> Result<Task, Error> {
    let rows: Vec<RowId> = (runs.iter())
        .map(|run| match &run.key {
            Key::Arch(arch) => builder.row(arch),
            Key::Name(name) => builder.named_row(name),
        })
        .collect();
    let mut met = BTreeMap::new();
    let places: Vec<(String, usize)> = (runs.iter().zip(&rows))
        .map(|(run, row)| match run.curves.is_empty() {
            true => (String::new(), 0),
            false => place(run, *row, &mut met),
        })
        .collect();
    let series = declare(&mut builder, runs, &places)?;
    for ((run, row), (schedule, seed)) in runs.iter().zip(&rows).zip(&places) {
        for (meaning, points) in run.curves.iter().filter(|(_, points)| !points.is_empty()) {
            let series = series[&(schedule.clone(), meaning.clone())];
            for (epoch, value) in points {
                builder.set(series, *row, *seed, *epoch, *value);
            }
        }
    }
    put_figures(&mut builder, runs, &rows)?;
    builder.finish()
}

/// Schedules with their seeds, and series with the epochs that occur.
fn declare(
    builder: &mut TaskBuilder,
    runs: &[Run],
    places: &[(String, usize)],
) -> Result<BTreeMap<(String, Meaning), SeriesId>, Error> {
    let mut seeds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut grids: BTreeMap<(&str, &Meaning), BTreeSet<u32>> = BTreeMap::new();
    for (run, (schedule, seed)) in runs.iter().zip(places) {
        for (meaning, points) in run.curves.iter().filter(|(_, points)| !points.is_empty()) {
            let count = seeds.entry(schedule).or_default();
            *count = (*count).max(seed + 1);
            grids
                .entry((schedule, meaning))
                .or_default()
                .extend(points.iter().map(|(e, _)| *e));
        }
    }
    let mut ids: BTreeMap<&str, ScheduleId> = BTreeMap::new();
    for (name, count) in seeds {
        let from = u32::from(name.ends_with("-repeats"));
        let seeds: Vec<u32> = (from..from + count.min(1000) as u32).collect();
        ids.insert(name, builder.schedule(name, &seeds));
    }
    let mut series = BTreeMap::new();
    for ((schedule, meaning), grid) in grids {
        if meaning.to_string().parse::<Meaning>().as_ref() != Ok(meaning) {
            return Err(Error::new(meaning, "is not the name of a series"));
        }
        let grid: Vec<u32> = grid.into_iter().collect();
        let grid = Epochs::new(&grid).map_err(|e| Error::new(meaning, e))?;
        let id = builder.series(ids[schedule], meaning.clone(), grid);
        series.insert((schedule.to_owned(), meaning.clone()), id);
    }
    Ok(series)
}

fn put_figures(builder: &mut TaskBuilder, runs: &[Run], rows: &[RowId]) -> Result<(), Error> {
    let mut attributes: BTreeMap<&Attribute, AttributeId> = BTreeMap::new();
    let mut there: BTreeSet<(&Attribute, RowId)> = BTreeSet::new();
    for (run, row) in runs.iter().zip(rows) {
        for (attribute, value) in run.figures.iter().filter(|(_, value)| value.is_finite()) {
            let id = match attributes.get(attribute) {
                Some(id) => *id,
                None if attribute.to_string().parse::<Attribute>().as_ref() != Ok(attribute) => {
                    return Err(Error::new(attribute, "is not the name of a figure"));
                }
                None => builder.attribute(attribute.clone()),
            };
            attributes.insert(attribute, id);
            if there.insert((attribute, *row)) {
                builder.put(id, *row, *value);
            }
        }
    }
    Ok(())
}
