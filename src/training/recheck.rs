//! Training again: a random sample of a table's cells, held against what the table says, and against its seed noise.

use super::{Plan, Unit, quality};
use crate::error::Error;
use crate::rng::derive_rng;
use crate::space::Architecture;
use crate::table::{Meaning, Task};
use rand::seq::SliceRandom;
use std::fmt;

/// The final validation and test metrics of one training.
pub type Finals = [f64; 2];

/// How often the deviation expected of two seeds a sample may lie off, as a root mean square.
const TOLERANCE: f64 = 2.0;

/// Cells drawn from those that a task has a first training of, in the banks they are trained again in: others than
/// they were trained in, so that rounding differs, as it does on another device.
pub fn sample(task: &Task, count: usize, draw: u64, (seed, bank): (u32, usize)) -> Vec<Unit> {
    let has = |row: &usize| finals(task, *row).is_some();
    let mut rows: Vec<usize> = (0..task.archs().len()).filter(has).collect();
    rows.shuffle(&mut derive_rng(draw, &["recheck", task.name()]));
    rows.truncate(count);
    let archs: Vec<Architecture> = rows
        .into_iter()
        .map(|row| task.space().at_index(task.archs()[row]))
        .collect();
    let units = archs.chunks(bank).map(|archs| Unit {
        seed,
        archs: archs.to_vec(),
    });
    units.collect()
}

/// Whole units drawn from those that are trained: their curves come out the same to the bit on the same kind of
/// processor.
pub fn replay(
    plan: &Plan,
    trained: impl Iterator<Item = u32>,
    count: usize,
    draw: u64,
) -> Vec<u32> {
    let mut units: Vec<u32> = trained
        .filter(|&unit| (unit as usize) < plan.units.len())
        .collect();
    units.shuffle(&mut derive_rng(draw, &["replay"]));
    units.truncate(count);
    units.sort_unstable();
    units
}

/// What the table says of a cell at the end of its first training.
pub fn tabulated(task: &Task, arch: &Architecture) -> Option<Finals> {
    finals(task, task.row(arch)?)
}

fn finals(task: &Task, row: usize) -> Option<Finals> {
    let schedule = task.schedules().first()?;
    let end = |meaning| {
        let series = schedule.get(meaning)?;
        series.at(row, 0, series.epochs.len() - 1).ok().flatten()
    };
    Some([end(&Meaning::VALID)?, end(&Meaning::TEST)?])
}

/// A sample trained again.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Cells.
    pub cells: usize,
    /// Root mean square of the differences, validation and test.
    pub difference: Finals,
    /// What it would be between two trainings of other seeds: √2 times the table's seed noise.
    pub expected: Finals,
}

impl Comparison {
    /// Of pairs of tabulated and new finals.
    ///
    /// # Errors
    /// When there are none, or the table has no seeds to judge by.
    pub fn of(task: &Task, pairs: &[(Finals, Finals)]) -> Result<Self, Error> {
        let noise = quality::of(task).noise.ok_or_else(|| {
            Error::new(
                task.name(),
                "no cell has two seeds: there is no seed noise to judge by",
            )
        })?;
        if pairs.is_empty() {
            return Err(Error::new(task.name(), "no training to compare"));
        }
        let square = |at: usize| pairs.iter().map(move |(a, b)| (a[at] - b[at]).powi(2));
        let root = |at: usize| (square(at).sum::<f64>() / pairs.len() as f64).sqrt();
        let deviations = [noise.valid_deviation, noise.test_deviation];
        Ok(Self {
            cells: pairs.len(),
            difference: [root(0), root(1)],
            expected: deviations.map(|deviation| deviation * std::f64::consts::SQRT_2),
        })
    }

    /// Whether the differences are those of other seeds, or smaller.
    pub fn holds(&self) -> bool {
        let pairs = self.difference.iter().zip(self.expected);
        pairs
            .into_iter()
            .all(|(found, expected)| *found <= TOLERANCE * expected)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([valid, test], [by_seed_valid, by_seed_test]) = (self.difference, self.expected);
        write!(
            f,
            "{} cells: root mean square difference valid {valid:.4}, test {test:.4}; between two seeds of the table \
             {by_seed_valid:.4}, {by_seed_test:.4}",
            self.cells
        )
    }
}
