//! Anytime curves: mean regret with a bootstrap band.

use super::build::{Runs, scale_of};
use super::{CONFIDENCE, Curve, Curves, RESAMPLES};
use crate::report::ReportInput;
use crate::rng::derive_rng;
use crate::stats::anytime::{Step, log_grid, on_grid};
use crate::stats::bootstrap::{Statistic, band};
use crate::study::{Budget, Change, ResolvedTask, Trajectory};
use rayon::prelude::*;

/// Points of a curve.
const POINTS: usize = 56;

/// What a curve runs along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Evaluations,
    SimulatedS,
}

impl Axis {
    /// The axis that the budget limits.
    pub(super) fn of(budget: Budget) -> Self {
        match budget {
            Budget::Evaluations(_) => Self::Evaluations,
            Budget::SimulatedS(_) => Self::SimulatedS,
        }
    }

    /// In a sentence and under a figure.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Evaluations => "evaluations",
            Self::SimulatedS => "simulated seconds",
        }
    }

    /// Where a change of incumbent stands; none without training times.
    fn position(self, change: &Change) -> Option<f64> {
        match self {
            Self::Evaluations => Some(f64::from(change.evaluations)),
            Self::SimulatedS => change.end_s,
        }
    }

    /// Where a run ended.
    fn end(self, run: &Trajectory) -> Option<f64> {
        match self {
            Self::Evaluations => Some(f64::from(run.evaluations)),
            Self::SimulatedS => run.end_s,
        }
    }

    /// From the first incumbent of any run to the last end, evenly spaced on a logarithmic axis; whole numbers of
    /// evaluations. Empty where there is nothing to span.
    pub(super) fn grid<'a>(self, runs: impl Iterator<Item = &'a Trajectory> + Clone) -> Vec<f64> {
        let firsts = runs
            .clone()
            .filter_map(|t| self.position(t.changes.first()?));
        let first = firsts.fold(f64::MAX, f64::min);
        let last = runs.filter_map(|t| self.end(t)).fold(0.0, f64::max);
        match self {
            Self::Evaluations => {
                let mut grid: Vec<f64> = log_grid(1.0, last, POINTS)
                    .into_iter()
                    .map(f64::round)
                    .collect();
                grid.dedup();
                if grid.is_empty() && last >= 1.0 {
                    grid.push(1.0);
                }
                grid
            }
            Self::SimulatedS => log_grid(first, last, POINTS),
        }
    }

    /// From the first point at which all runs have an incumbent to the last end of any.
    pub(super) fn common_span(self, runs: &Runs<'_>) -> Option<(f64, f64)> {
        let all = || runs.iter().flatten();
        let firsts: Option<Vec<f64>> = all().map(|t| self.position(t.changes.first()?)).collect();
        let ends: Option<Vec<f64>> = all().map(|t| self.end(t)).collect();
        Some((
            firsts?.into_iter().fold(0.0, f64::max),
            ends?.into_iter().fold(0.0, f64::max),
        ))
    }
}

/// Turns a validation metric of a task into regret, in the task's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RegretOf {
    optimum: f64,
    scale: f64,
}

impl RegretOf {
    pub(super) fn new(task: &ResolvedTask) -> Self {
        Self {
            optimum: task.optimum.valid,
            scale: scale_of(&task.metric).0,
        }
    }

    pub(super) fn of(self, valid: f64) -> f64 {
        (self.optimum - valid) * self.scale
    }
}

/// A run's regret along an axis.
pub(super) fn steps(run: &Trajectory, axis: Axis, regret: RegretOf) -> Vec<Step> {
    let step = |c: &Change| {
        Some(Step {
            x: axis.position(c)?,
            y: regret.of(c.valid),
        })
    };
    run.changes.iter().filter_map(step).collect()
}

/// Each run's regret on a grid.
pub(super) fn on_grids(
    runs: &[&Trajectory],
    axis: Axis,
    regret: RegretOf,
    grid: &[f64],
) -> Vec<Vec<Option<f64>>> {
    runs.iter()
        .map(|run| on_grid(&steps(run, axis, regret), grid))
        .collect()
}

/// Mean regret along an axis; none where no run spans any of it.
pub(super) fn along(
    input: &ReportInput,
    task: usize,
    runs: &Runs<'_>,
    axis: Axis,
) -> Option<Curves> {
    let x = axis.grid(runs.iter().flatten().copied());
    if x.is_empty() {
        return None;
    }
    let regret = RegretOf::new(&input.study.tasks[task]);
    let stream = match axis {
        Axis::Evaluations => "evaluations",
        Axis::SimulatedS => "time",
    };
    let series = series(input, task, stream, runs, |runs| {
        on_grids(runs, axis, regret, &x)
    });
    Some(Curves { x, series })
}

fn series<'a>(
    input: &ReportInput,
    task: usize,
    axis: &str,
    runs: &Runs<'a>,
    on: impl Fn(&[&'a Trajectory]) -> Vec<Vec<Option<f64>>> + Sync,
) -> Vec<Curve> {
    let resolved = &input.study.tasks[task];
    runs.par_iter()
        .enumerate()
        .map(|(strategy, runs)| {
            let label = &input.study.strategies[strategy].label;
            let stream = ["report", axis, &resolved.benchmark, &resolved.task, label];
            let mut rng = derive_rng(input.study.seed, &stream);
            let band = band(&on(runs), Statistic::Mean, CONFIDENCE, RESAMPLES, &mut rng);
            let Some(band) = band else {
                return Curve::default();
            };
            let start = band.iter().position(Option::is_some).unwrap_or(band.len());
            let points: Vec<_> = band[start..].iter().map_while(|p| *p).collect();
            Curve {
                start,
                mean: points.iter().map(|p| p.estimate).collect(),
                low: points.iter().map(|p| p.low).collect(),
                high: points.iter().map(|p| p.high).collect(),
            }
        })
        .collect()
}
