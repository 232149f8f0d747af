//! Comparisons across all tasks.

use super::build::Runs;
use super::curves::{Axis, RegretOf, on_grids};
use super::profiles::{ecdf, profile};
use super::tests_of_rank::{pairs, rank_test};
use super::{ALPHA, Blocks, Curve, Curves, Overall, Pair, TaskAnalysis};
use crate::report::ReportInput;
use crate::stats::anytime::rank_over_time;
use crate::stats::rank::average_ranks;
use crate::stats::summary::mean;
use crate::study::Trajectory;

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
    // Where replicates are missing there are only the tasks to rank by.
    let (rank_blocks, ranked) = match values.iter().all(Vec::is_empty) {
        true => (Blocks::Tasks, &means),
        false => (blocks, &values),
    };
    Overall {
        blocks,
        rank_blocks,
        mean_rank: mean_rank(ranked),
        rank_test: rank_test(&values),
        pairs: pairs(&values),
        superiority: superiority(tasks, strategies),
        rank_curves: rank_curves(input, runs),
        ecdf: ecdf(tasks, strategies),
        profile: profile(input, tasks, runs),
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

/// Mean ranks of the strategies that have values; `values[strategy][block]`.
fn mean_rank(values: &[Vec<f64>]) -> Vec<Option<f64>> {
    let known: Vec<usize> = (0..values.len())
        .filter(|s| !values[*s].is_empty())
        .collect();
    let mut ranks = vec![None; values.len()];
    let Some(&first) = known.first() else {
        return ranks;
    };
    let by_block: Vec<Vec<f64>> = (0..values[first].len())
        .filter_map(|b| average_ranks(&known.iter().map(|s| values[*s][b]).collect::<Vec<_>>()))
        .collect();
    for (at, &strategy) in known.iter().enumerate() {
        ranks[strategy] = mean(&by_block.iter().map(|r| r[at]).collect::<Vec<_>>());
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

/// The shares of won replicates, averaged over the tasks on which both strategies have some.
fn superiority(tasks: &[TaskAnalysis], strategies: usize) -> Vec<Vec<Option<f64>>> {
    let share = |row: usize, column: usize| {
        let of = |t: &TaskAnalysis| {
            let same = |a, b| move |p: &&Pair| (p.a, p.b) == (a, b);
            let forward = t.pairs.iter().find(same(row, column)).map(|p| p.share);
            forward.or_else(|| Some(1.0 - t.pairs.iter().find(same(column, row))?.share))
        };
        mean(&tasks.iter().filter_map(of).collect::<Vec<_>>())
    };
    (0..strategies)
        .map(|row| (0..strategies).map(|column| share(row, column)).collect())
        .collect()
}

/// Mean rank along the budget, averaged over tasks, of the strategies with runs on every task; replicates that one of
/// them lacks are left out.
fn rank_curves(input: &ReportInput, runs: &[Runs<'_>]) -> Curves {
    let axis = Axis::of(input.study.budget);
    let x = axis.grid(runs.iter().flatten().flatten().copied());
    let mut series = vec![Curve::default(); input.study.strategies.len()];
    let known: Vec<usize> = (0..series.len())
        .filter(|&s| runs.iter().all(|by_strategy| !by_strategy[s].is_empty()))
        .collect();
    let by_task: Option<Vec<Vec<Option<Vec<f64>>>>> = runs
        .iter()
        .zip(&input.study.tasks)
        .map(|(runs, task)| {
            let regret = RegretOf::new(task);
            let curves: Vec<_> = common_replicates(runs, &known, input.study.replicates)
                .iter()
                .map(|runs| on_grids(runs, axis, regret, &x))
                .collect();
            rank_over_time(&curves)
        })
        .collect();
    let Some(by_task) = by_task else {
        return Curves { x, series };
    };
    let all_known = |point: &usize| by_task.iter().all(|ranks| ranks[*point].is_some());
    let start = (0..x.len()).find(all_known).unwrap_or(x.len());
    for (at, &strategy) in known.iter().enumerate() {
        let rank = |point: usize| {
            let of = |ranks: &Vec<Option<Vec<f64>>>| ranks[point].as_ref().map(|r| r[at]);
            mean(&by_task.iter().filter_map(of).collect::<Vec<_>>())
        };
        let ranks: Vec<f64> = (start..x.len()).map_while(rank).collect();
        series[strategy] = Curve {
            start,
            low: ranks.clone(),
            high: ranks.clone(),
            mean: ranks,
        };
    }
    Curves { x, series }
}

/// The runs of the `known` strategies in the replicates that all of them have.
fn common_replicates<'a>(runs: &Runs<'a>, known: &[usize], replicates: u32) -> Runs<'a> {
    let has = |s: usize, replicate| runs[s].iter().any(|t| t.replicate == replicate);
    let whole = known.iter().all(|&s| runs[s].len() == replicates as usize);
    let is_common = |t: &&&Trajectory| whole || known.iter().all(|&s| has(s, t.replicate));
    known
        .iter()
        .map(|&s| runs[s].iter().filter(is_common).copied().collect())
        .collect()
}
