//! Distributions over tasks: the ECDF of final regrets, and the performance profile of Dolan and Moré.
//!
//! A problem of the profile is a task with a target: a share of the mean regret of the task's first incumbents. The cost of
//! a strategy on it is its expected running time in evaluations over the replicates, so a run that stopped short of the
//! target counts with what it spent.

use super::build::Runs;
use super::curves::{Axis, RegretOf, steps};
use super::{Curve, Curves, TARGETS, TaskAnalysis, ZERO};
use crate::report::ReportInput;
use crate::stats::anytime::log_grid;
use crate::stats::profile::{
    expected_running_time, first_hit, performance_profile, performance_ratios, share_reached,
};
use crate::study::Trajectory;

/// Points of a curve.
const POINTS: usize = 121;
/// Ratios beyond this are all the same: hopeless.
const WIDEST_RATIO: f64 = 100.0;

/// Share of runs at or below a normalised final regret.
pub(super) fn ecdf(tasks: &[TaskAnalysis], strategies: usize) -> Curves {
    let x = log_grid(1e-3, 1.0, POINTS);
    let series = (0..strategies)
        .map(|s| {
            let regrets: Vec<Option<f64>> = tasks
                .iter()
                .filter(|t| t.yardstick > ZERO)
                .flat_map(|t| {
                    t.cells[s]
                        .final_regret
                        .iter()
                        .map(|r| Some(r / t.yardstick))
                })
                .collect();
            share_reached(&regrets, &x).map_or_else(Curve::default, exact)
        })
        .collect();
    Curves { x, series }
}

/// Share of problems that each strategy solved within `x` times the best expected running time.
pub(super) fn profile(input: &ReportInput, tasks: &[TaskAnalysis], runs: &[Runs<'_>]) -> Curves {
    let strategies = input.study.strategies.len();
    let costs: Vec<Vec<Option<f64>>> = tasks
        .iter()
        .zip(runs)
        .zip(&input.study.tasks)
        .filter(|((task, _), _)| task.yardstick > ZERO)
        .flat_map(|((task, runs), resolved)| {
            let regret = RegretOf::new(resolved);
            TARGETS.map(|share| costs(runs, regret, (share * task.yardstick).max(ZERO)))
        })
        .collect();
    let widest = performance_ratios(&costs)
        .into_iter()
        .flatten()
        .flatten()
        .flatten()
        .fold(2.0, f64::max);
    let x = log_grid(1.0, widest.min(WIDEST_RATIO), POINTS);
    let has_runs = |s: usize| runs.iter().any(|by_strategy| !by_strategy[s].is_empty());
    let shares = performance_profile(&costs, &x);
    let series = (0..strategies)
        .map(|s| match &shares {
            Some(shares) if has_runs(s) => exact(shares[s].clone()),
            _ => Curve::default(),
        })
        .collect();
    Curves { x, series }
}

/// Expected evaluations of each strategy until the regret is at most `target`.
fn costs(runs: &Runs<'_>, regret: RegretOf, target: f64) -> Vec<Option<f64>> {
    let until = |t: &&Trajectory| {
        let hit = first_hit(&steps(t, Axis::Evaluations, regret), target);
        (hit, f64::from(t.evaluations))
    };
    runs.iter()
        .map(|runs| expected_running_time(&runs.iter().map(until).collect::<Vec<_>>()))
        .collect()
}

/// A curve without a band.
fn exact(mean: Vec<f64>) -> Curve {
    Curve {
        start: 0,
        low: mean.clone(),
        high: mean.clone(),
        mean,
    }
}
