//! Anytime curves: mean regret with a bootstrap band.

use super::build::Runs;
use super::{CONFIDENCE, Curve, Curves, RESAMPLES};
use crate::report::ReportInput;
use crate::rng::derive_rng;
use crate::stats::anytime::{Step, log_grid, on_grid};
use crate::stats::bootstrap::{Statistic, band};
use crate::study::Trajectory;
use rayon::prelude::*;

/// Points of a curve.
const POINTS: usize = 56;

/// A run's regret along evaluations.
pub(super) fn steps(run: &Trajectory, optimum: f64, scale: f64) -> Vec<Step> {
    let step = |c: &crate::study::Change| Step {
        x: f64::from(c.evaluations),
        y: (optimum - c.valid) * scale,
    };
    run.changes.iter().map(step).collect()
}

/// Each run's regret on a grid of evaluations.
pub(super) fn on_grids(
    runs: &[&Trajectory],
    optimum: f64,
    scale: f64,
    grid: &[f64],
) -> Vec<Vec<Option<f64>>> {
    runs.iter()
        .map(|run| on_grid(&steps(run, optimum, scale), grid))
        .collect()
}

/// Whole numbers from 1 to `last`, evenly spaced on a logarithmic axis.
pub(super) fn evaluation_grid(last: u32) -> Vec<f64> {
    let mut grid: Vec<f64> = log_grid(1.0, f64::from(last.max(1)), POINTS)
        .into_iter()
        .map(f64::round)
        .collect();
    grid.dedup();
    grid
}

/// Regret against evaluations.
pub(super) fn by_evaluations(
    input: &ReportInput,
    task: usize,
    runs: &Runs<'_>,
    scale: f64,
    last: u32,
) -> Curves {
    let x = evaluation_grid(last);
    let optimum = input.study.tasks[task].optimum.valid;
    let series = series(input, task, "evaluations", runs, |runs| {
        on_grids(runs, optimum, scale, &x)
    });
    Curves { x, series }
}

/// Regret against simulated seconds; none where no run has times.
pub(super) fn by_time(
    input: &ReportInput,
    task: usize,
    runs: &Runs<'_>,
    scale: f64,
) -> Option<Curves> {
    let times = runs
        .iter()
        .flatten()
        .flat_map(|t| t.changes.iter().filter_map(|c| c.end_s));
    let first = times.fold(f64::MAX, f64::min);
    let last = runs
        .iter()
        .flatten()
        .filter_map(|t| t.end_s)
        .fold(0.0, f64::max);
    if first <= 0.0 || last <= first {
        return None;
    }
    let x = log_grid(first, last, POINTS);
    let optimum = input.study.tasks[task].optimum.valid;
    let timed = |run: &&Trajectory| {
        let step = |c: &crate::study::Change| {
            Some(Step {
                x: c.end_s?,
                y: (optimum - c.valid) * scale,
            })
        };
        let steps: Vec<Step> = run.changes.iter().filter_map(step).collect();
        on_grid(&steps, &x)
    };
    let series = series(input, task, "time", runs, |runs| {
        runs.iter().map(timed).collect()
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
