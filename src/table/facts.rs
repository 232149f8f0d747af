//! Known facts: what a table must say if it is what it claims to be.
//!
//! Those that hold for any table are here; those of a publication (counts, optima, hashes) stand beside the importer
//! that reads it, and the card's sources name the importers.

use super::{Meaning, Series, Table, Task};

/// Something that must hold.
pub struct Fact {
    /// What, in a line: `best validation accuracy of cifar100 is 0.734933`.
    pub name: &'static str,
    /// Looks at the table.
    pub check: fn(&Table) -> Verdict,
}

/// What came of checking a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds; what was found.
    Holds(String),
    /// It does not; what was found instead.
    Fails(String),
    /// The table lacks what the fact is about, for example because only a part was imported.
    Skipped(String),
}

impl Verdict {
    /// Holds when `found` is what was expected.
    pub fn equal<T: PartialEq + std::fmt::Display>(found: T, expected: T) -> Self {
        match found == expected {
            true => Self::Holds(found.to_string()),
            false => Self::Fails(format!("found {found}, expected {expected}")),
        }
    }

    /// Holds when `found` is within `tolerance` of `expected`.
    pub fn near(found: f64, expected: f64, tolerance: f64) -> Self {
        match (found - expected).abs() <= tolerance {
            true => Self::Holds(found.to_string()),
            false => Self::Fails(format!("found {found}, expected {expected} ± {tolerance}")),
        }
    }
}

/// The mean over all seeds at the last epoch of a series, for each row that has them all.
fn final_means<'a>(
    table: &'a Table,
    task: &str,
    schedule: &str,
    meaning: &Meaning,
) -> Option<(&'a Task, Vec<(usize, f64)>)> {
    let task = table.task(task)?;
    let series = task.schedule(schedule)?.get(meaning)?;
    let last = series.epochs.len() - 1;
    let seeds = series.seeds();
    let mean = |row: usize| {
        let values = (0..seeds).map(|seed| series.at(row, seed, last).ok().flatten());
        let sum = values.sum::<Option<f64>>()?;
        Some((row, sum / seeds as f64))
    };
    Some((task, (0..task.archs().len()).filter_map(mean).collect()))
}

/// Holds when the best mean over seeds at the last epoch of a series is `expected`, within `tolerance`.
pub fn best(
    table: &Table,
    task: &str,
    schedule: &str,
    meaning: &Meaning,
    expected: f64,
    tolerance: f64,
) -> Verdict {
    match final_means(table, task, schedule, meaning) {
        Some((_, means)) if !means.is_empty() => {
            let best = means.iter().map(|(_, mean)| *mean).fold(f64::MIN, f64::max);
            Verdict::near(best, expected, tolerance)
        }
        _ => Verdict::Skipped(format!("no {meaning} of {task} in schedule {schedule}")),
    }
}

/// Holds when moreover `arch`, as its paper writes it, reaches it (another may as well: the same network, written
/// otherwise).
pub fn best_arch(
    table: &Table,
    task: &str,
    schedule: &str,
    meaning: &Meaning,
    arch: &str,
    expected: f64,
    tolerance: f64,
) -> Verdict {
    let verdict = best(table, task, schedule, meaning, expected, tolerance);
    let (Verdict::Holds(_), Some((task, means))) =
        (&verdict, final_means(table, task, schedule, meaning))
    else {
        return verdict;
    };
    let row = task
        .space()
        .parse(arch)
        .ok()
        .and_then(|arch| task.row(&arch));
    let best = means.iter().map(|(_, mean)| *mean).fold(f64::MIN, f64::max);
    match means.iter().find(|(at, _)| Some(*at) == row) {
        Some((_, mean)) => Verdict::near(*mean, best, 0.0),
        None => Verdict::Skipped(format!("`{arch}` has not every seed")),
    }
}

/// A figure of an architecture, as its paper writes it.
pub fn figure(task: &Task, arch: &str, attribute: &super::Attribute) -> Option<f64> {
    let arch = task.space().parse(arch).ok()?;
    task.figure(attribute, &arch, super::SeedPolicy::Mean).ok()
}

/// What holds for every table.
pub const GENERAL: &[Fact] = &[
    Fact {
        name: "architectures are valid in their space and print as they are read",
        check: architectures,
    },
    Fact {
        name: "every value is a finite number, every fraction in 0 to 1",
        check: ranges,
    },
    Fact {
        name: "training time never falls from epoch to epoch",
        check: monotone_cost,
    },
    Fact {
        name: "where there is a validation metric there is a training time",
        check: cost_beside_valid,
    },
];

/// Runs `check` on every task; the first failure is the verdict.
fn each_task(table: &Table, check: impl Fn(&Task) -> Result<u64, String>) -> Verdict {
    let mut looked_at = 0;
    for task in &table.tasks {
        match check(task) {
            Ok(count) => looked_at += count,
            Err(problem) => return Verdict::Fails(format!("{}: {problem}", task.name())),
        }
    }
    match looked_at {
        0 => Verdict::Skipped("nothing to check".into()),
        count => Verdict::Holds(format!("{count} checked")),
    }
}

fn architectures(table: &Table) -> Verdict {
    each_task(table, |task| {
        let space = task.space();
        for &index in task.archs() {
            let arch = space.at_index(index);
            let text = space.display(&arch);
            if !space.is_valid(&arch) {
                return Err(format!("`{text}` is not valid in {}", space.name()));
            }
            if space.parse(&text).as_ref() != Ok(&arch) {
                return Err(format!("`{text}` does not read back"));
            }
        }
        Ok(task.archs().len() as u64)
    })
}

fn ranges(table: &Table) -> Verdict {
    each_task(table, |task| {
        let mut count = 0;
        for series in task.schedules().iter().flat_map(|s| &s.series) {
            let is_fraction = series.is_fraction(task.metric());
            for_each_curve(task, series, |curve| {
                for value in curve.iter().flatten() {
                    count += 1;
                    if !value.is_finite() || is_fraction && !(0.0..=1.0).contains(&value) {
                        return Err(format!("{value} in {}", series.meaning));
                    }
                }
                Ok(())
            })?;
        }
        for column in task.attributes() {
            for row in 0..task.archs().len() {
                let values = column.at(row).map_err(|d| damaged(&d))?;
                for value in values.iter().flatten() {
                    count += 1;
                    if !value.is_finite() {
                        return Err(format!("{value} in {}", column.attribute));
                    }
                }
            }
        }
        Ok(count)
    })
}

fn monotone_cost(table: &Table) -> Verdict {
    each_task(table, |task| {
        let mut count = 0;
        for schedule in task.schedules() {
            let Some(cost) = schedule.get(&Meaning::COST) else {
                continue;
            };
            for_each_curve(task, cost, |curve| {
                let mut before = 0.0;
                for now in curve.iter().flatten() {
                    if now < before {
                        return Err(format!(
                            "{now} s after {before} s in schedule {}",
                            schedule.name
                        ));
                    }
                    before = now;
                }
                count += 1;
                Ok(())
            })?;
        }
        Ok(count)
    })
}

fn cost_beside_valid(table: &Table) -> Verdict {
    each_task(table, |task| {
        let mut count = 0;
        for schedule in task.schedules() {
            let (Some(valid), Some(cost)) =
                (schedule.get(&Meaning::VALID), schedule.get(&Meaning::COST))
            else {
                continue;
            };
            for row in 0..task.archs().len() {
                for seed in 0..valid.seeds() {
                    let metrics = valid.curve(row, seed).map_err(|d| damaged(&d))?;
                    let times = cost.curve(row, seed).map_err(|d| damaged(&d))?;
                    for (at, epoch) in valid.epochs.as_slice().iter().enumerate() {
                        let Some(cost_at) = cost.epochs.position(*epoch) else {
                            continue;
                        };
                        count += 1;
                        if metrics.get(at).is_some() && times.get(cost_at).is_none() {
                            let arch = task.space().at_index(task.archs()[row]);
                            let arch = task.space().display(&arch);
                            return Err(format!("`{arch}` has no training time at epoch {epoch}"));
                        }
                    }
                }
            }
        }
        Ok(count)
    })
}

fn for_each_curve(
    task: &Task,
    series: &Series,
    mut check: impl FnMut(super::Slice<'_>) -> Result<(), String>,
) -> Result<(), String> {
    for row in 0..task.archs().len() {
        for seed in 0..series.seeds() {
            check(series.curve(row, seed).map_err(|d| damaged(&d))?)?;
        }
    }
    Ok(())
}

fn damaged(damaged: &super::Damaged) -> String {
    format!("the file is damaged near byte {}", damaged.offset)
}
