//! Comparisons across all tasks.

use super::build::{Runs, grids};
use super::curves::evaluation_grid;
use super::tests_of_rank::{pairs, rank_test};
use super::{ALPHA, Blocks, Curve, Curves, Overall, TaskAnalysis};
use crate::report::ReportInput;
use crate::stats::anytime::{log_grid, rank_over_time};
use crate::stats::rank::average_ranks;
use crate::stats::summary::mean;

/// Fewer tasks than this say nothing by themselves; replicates are the blocks then.
const MIN_TASK_BLOCKS: usize = 3;

/// Works out the comparisons across tasks.
pub(super) fn overall(input: &ReportInput, tasks: &[TaskAnalysis], runs: &[Runs<'_>]) -> Overall {
    let strategies = input.study.strategies.len();
    let means = mean_regrets(tasks, strategies);
    let (blocks, values) = match tasks.len() >= MIN_TASK_BLOCKS {
        true => (Blocks::Tasks, means.clone()),
        false => (Blocks::Replicates, all_replicates(tasks, strategies)),
    };
    Overall {
        blocks,
        rank_test: rank_test(&values),
        pairs: pairs(&values),
        rank_curves: rank_curves(input, runs),
        ecdf: ecdf(tasks, strategies),
        mean_rank: mean_rank(&means),
        won_lost: won_lost(tasks, strategies),
    }
}

/// Mean final regret by strategy and task; empty for a strategy without runs on every task.
fn mean_regrets(tasks: &[TaskAnalysis], strategies: usize) -> Vec<Vec<f64>> {
    (0..strategies)
        .map(|s| {
            let means = tasks.iter().map(|t| mean(&t.cells[s].final_regret));
            means.collect::<Option<Vec<f64>>>().unwrap_or_default()
        })
        .collect()
}

/// Final regrets of every replicate of every task; none at all when replicates are missing.
fn all_replicates(tasks: &[TaskAnalysis], strategies: usize) -> Vec<Vec<f64>> {
    let whole = tasks
        .iter()
        .all(|t| t.cells.iter().all(|c| c.runs == t.cells[0].runs));
    (0..strategies)
        .map(|s| match whole {
            true => tasks
                .iter()
                .flat_map(|t| t.cells[s].final_regret.clone())
                .collect(),
            false => Vec::new(),
        })
        .collect()
}

fn mean_rank(means: &[Vec<f64>]) -> Vec<Option<f64>> {
    let known: Vec<usize> = (0..means.len()).filter(|s| !means[*s].is_empty()).collect();
    let mut ranks = vec![None; means.len()];
    let Some(&first) = known.first() else {
        return ranks;
    };
    let tasks = means[first].len();
    let by_task: Vec<Vec<f64>> = (0..tasks)
        .filter_map(|t| average_ranks(&known.iter().map(|s| means[*s][t]).collect::<Vec<_>>()))
        .collect();
    for (at, &strategy) in known.iter().enumerate() {
        ranks[strategy] = mean(&by_task.iter().map(|r| r[at]).collect::<Vec<_>>());
    }
    ranks
}

fn won_lost(tasks: &[TaskAnalysis], strategies: usize) -> Vec<Vec<(usize, usize)>> {
    let mut counts = vec![vec![(0, 0); strategies]; strategies];
    for pair in tasks.iter().flat_map(|t| &t.pairs) {
        if pair.p.is_some_and(|p| p < ALPHA) && pair.share != 0.5 {
            let (winner, loser) = if pair.share > 0.5 {
                (pair.a, pair.b)
            } else {
                (pair.b, pair.a)
            };
            counts[winner][loser].0 += 1;
            counts[loser][winner].1 += 1;
        }
    }
    counts
}

/// Mean rank over evaluations, averaged over tasks.
fn rank_curves(input: &ReportInput, runs: &[Runs<'_>]) -> Curves {
    let strategies = input.study.strategies.len();
    let last = runs
        .iter()
        .flatten()
        .flatten()
        .map(|t| t.evaluations)
        .max()
        .unwrap_or(1);
    let x = evaluation_grid(last);
    let mut sums = vec![vec![0.0; strategies]; x.len()];
    let mut counts = vec![0_usize; x.len()];
    for (task, runs) in runs.iter().enumerate() {
        let curves = grids(input, task, runs, &x);
        for (point, ranks) in rank_over_time(&curves).into_iter().flatten().enumerate() {
            if let Some(ranks) = ranks {
                counts[point] += 1;
                sums[point]
                    .iter_mut()
                    .zip(ranks)
                    .for_each(|(sum, rank)| *sum += rank);
            }
        }
    }
    let start = counts
        .iter()
        .position(|c| *c == runs.len())
        .unwrap_or(x.len());
    let series = (0..strategies)
        .map(|s| {
            let mean: Vec<f64> = (start..x.len())
                .map(|p| sums[p][s] / counts[p] as f64)
                .collect();
            Curve {
                start,
                low: mean.clone(),
                high: mean.clone(),
                mean,
            }
        })
        .collect();
    Curves { x, series }
}

/// Share of runs at or below a normalised final regret.
fn ecdf(tasks: &[TaskAnalysis], strategies: usize) -> Curves {
    let x = log_grid(1e-3, 1.0, 121);
    let series = (0..strategies)
        .map(|s| {
            let regrets: Vec<f64> = tasks
                .iter()
                .filter(|t| t.yardstick > 0.0)
                .flat_map(|t| t.cells[s].final_regret.iter().map(|r| r / t.yardstick))
                .collect();
            if regrets.is_empty() {
                return Curve::default();
            }
            let share = |x: &f64| {
                regrets.iter().filter(|r| **r <= *x).count() as f64 / regrets.len() as f64
            };
            let mean: Vec<f64> = x.iter().map(share).collect();
            Curve {
                start: 0,
                low: mean.clone(),
                high: mean.clone(),
                mean,
            }
        })
        .collect();
    Curves { x, series }
}
