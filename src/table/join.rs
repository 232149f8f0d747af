//! Joining: what one table has of the same architectures is added to another, keyed by the canonical architecture.

use super::task::{AttributeColumn, Schedule, Series};
use super::values::Values;
use super::{Table, Task};
use crate::error::Error;

/// How much of a task an addition covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The task.
    pub task: String,
    /// What was added, in words.
    pub added: Vec<String>,
    /// What was there already and stayed.
    pub kept: Vec<String>,
    /// Architectures of the table that got something.
    pub covered: usize,
    /// Architectures of the table.
    pub architectures: usize,
    /// Architectures of the addition that the table does not have.
    pub unmatched: usize,
}

/// The name of a task whose figures hold for every task of a table, as latencies do.
pub const ANY_TASK: &str = "any";

/// What to do with what is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// Nothing: it is an error.
    Refuse,
    /// It stays as it is, and the rest is added.
    Keep,
}

/// Adds what `addition` knows of the tasks of `table`: attributes, and schedules or series that are not there yet. A
/// task of the addition goes to the task of the same name; one called [`ANY_TASK`] goes to every task on its space.
///
/// # Errors
/// When nothing fits, or something is there already that is not to be kept.
pub fn join(
    mut table: Table,
    addition: &Table,
    known: Overlap,
) -> Result<(Table, Vec<Coverage>), Error> {
    let place = format!("{} onto {}", addition.about.name, table.about.name);
    let mut coverage = Vec::new();
    for new in &addition.tasks {
        let fits = |task: &Task| {
            let is_named = new.name() == task.name() || new.name() == ANY_TASK;
            is_named && new.space().name() == task.space().name()
        };
        for task in table.tasks.iter_mut().filter(|t| fits(t)) {
            let place = format!("{place}: task {}", task.name());
            coverage
                .push(join_task(task, new, known).map_err(|problem| Error::new(place, problem))?);
        }
    }
    if coverage.is_empty() {
        let list = |table: &Table| {
            let names: Vec<String> = (table.tasks.iter())
                .map(|t| format!("{} on {}", t.name(), t.space().name()))
                .collect();
            names.join(", ")
        };
        let problem = format!(
            "no task in common: {} against {}",
            list(addition),
            list(&table)
        );
        return Err(
            Error::new(place, problem).mend("rename the tasks, or import under another --name")
        );
    }
    table.sources.extend(addition.sources.iter().cloned());
    for defect in &addition.about.defects {
        if !table.about.defects.contains(defect) {
            table.about.defects.push(defect.clone());
        }
    }
    Ok((table, coverage))
}

fn join_task(task: &mut Task, new: &Task, known: Overlap) -> Result<Coverage, String> {
    let rows = matched_rows(task, new);
    let covered = rows.iter().flatten().count();
    let mut used = vec![false; new.archs().len()];
    for row in rows.iter().flatten() {
        used[*row] = true;
    }
    if covered == 0 {
        return Err(format!(
            "none of its {} architectures is in the table",
            new.archs().len()
        ));
    }
    let mut changes = Changes::default();
    let is_there =
        |task: &Task, column: &AttributeColumn| task.attribute(&column.attribute).is_some();
    for column in new.attributes().iter().filter(|c| is_there(task, c)) {
        changes.meet(column.attribute.to_string(), known)?;
    }
    for schedule in new.schedules() {
        add_schedule(task, schedule, &rows, known, &mut changes)?;
    }
    for column in new.attributes() {
        if is_there(task, column) {
            continue;
        }
        let of = column.schedule.map(|at| &new.schedules()[at]);
        let same = |s: &Schedule, of: &Schedule| s.name == of.name && s.seeds == of.seeds;
        let schedule = of.and_then(|of| task.schedules.iter().position(|s| same(s, of)));
        if of.is_some() && schedule.is_none() {
            // Of seeds whose schedule was passed over.
            changes.kept.push(column.attribute.to_string());
            continue;
        }
        changes.added.push(column.attribute.to_string());
        task.attributes.push(AttributeColumn {
            attribute: column.attribute.clone(),
            schedule,
            seeds: column.seeds,
            values: taken(&column.values, column.seeds, &rows)?,
        });
    }
    Ok(Coverage {
        task: task.name().to_string(),
        added: changes.added,
        kept: changes.kept,
        covered,
        architectures: task.archs().len(),
        unmatched: used.iter().filter(|used| !**used).count(),
    })
}

/// What joining did, in words.
#[derive(Default)]
struct Changes {
    added: Vec<String>,
    kept: Vec<String>,
}

impl Changes {
    /// Notes something that is there already.
    fn meet(&mut self, what: String, known: Overlap) -> Result<(), String> {
        match known {
            Overlap::Refuse => Err(format!("{what} is there already")),
            Overlap::Keep => {
                self.kept.push(what);
                Ok(())
            }
        }
    }
}

/// For each row of the table, the row of the addition with the same architecture: the very same, or the same network.
fn matched_rows(task: &Task, new: &Task) -> Vec<Option<usize>> {
    let space = task.space();
    (task.archs().iter())
        .map(|&index| {
            let arch = space.at_index(index);
            match space.name() == crate::space::POOL {
                // A pool's positions mean nothing outside it: its names do.
                true => new
                    .space()
                    .parse(&space.display(&arch))
                    .ok()
                    .and_then(|arch| new.row(&arch)),
                false => new.row(&arch),
            }
        })
        .collect()
}

fn add_schedule(
    task: &mut Task,
    new: &Schedule,
    rows: &[Option<usize>],
    known: Overlap,
    changes: &mut Changes,
) -> Result<(), String> {
    let at = match task.schedules.iter().position(|s| s.name == new.name) {
        Some(at) if task.schedules[at].seeds == new.seeds => at,
        Some(_) if known == Overlap::Keep => {
            changes.kept.push(format!("schedule {}", new.name));
            return Ok(());
        }
        Some(at) => {
            let (name, there) = (&new.name, &task.schedules[at].seeds);
            return Err(format!(
                "schedule {name} has seeds {there:?}, the addition {:?}",
                new.seeds
            ));
        }
        None => {
            task.schedules.push(Schedule {
                name: new.name.clone(),
                seeds: new.seeds.clone(),
                series: Vec::new(),
            });
            task.schedules.len() - 1
        }
    };
    let schedule = &mut task.schedules[at];
    for series in &new.series {
        if schedule.get(&series.meaning).is_some() {
            changes.meet(
                format!("{} of schedule {}", series.meaning, new.name),
                known,
            )?;
            continue;
        }
        let stride = series.seeds * series.epochs.len();
        changes
            .added
            .push(format!("{}/{}", new.name, series.meaning));
        schedule.series.push(Series {
            meaning: series.meaning.clone(),
            epochs: series.epochs.clone(),
            seeds: series.seeds,
            values: taken(&series.values, stride, rows)?,
        });
    }
    Ok(())
}

/// The values of these rows, missing where there is no row.
fn taken(values: &Values, stride: usize, rows: &[Option<usize>]) -> Result<Values, String> {
    let mut numbers = Vec::with_capacity(rows.len() * stride);
    for row in rows {
        match row {
            None => numbers.extend(std::iter::repeat_n(f64::NAN, stride)),
            Some(row) => {
                let slice = values
                    .slice(row * stride..(row + 1) * stride)
                    .map_err(|d| format!("the addition is damaged near byte {}", d.offset))?;
                numbers.extend(slice.iter().map(|v| v.unwrap_or(f64::NAN)));
            }
        }
    }
    Ok(Values::from_nan(numbers))
}
