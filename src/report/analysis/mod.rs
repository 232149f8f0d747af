//! The numbers of a report, worked out once; every format shows these and computes none.

mod build;
mod curves;
mod overall;
mod profiles;
mod tests_of_rank;

pub(super) use build::{analyse, scale_of};

use crate::benchmark::Optimum;

/// Two-sided confidence of every interval and band.
pub(super) const CONFIDENCE: f64 = 0.95;
/// Significance level of every test.
pub(super) const ALPHA: f64 = 0.05;
/// Bootstrap resamples of every interval and band.
pub(super) const RESAMPLES: usize = 1000;

/// Targets of the performance profile, as shares of the first incumbents' mean regret; 0 is the optimum itself.
pub(super) const TARGETS: [f64; 7] = [0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.0];
/// Below this a regret is rounding, not regret.
pub(super) const ZERO: f64 = 1e-9;

/// A mean with its bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// A strategy's mean over its runs along an axis, from the first position at which every run has an incumbent.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Curve {
    /// Position in [`Curves::x`] of the first value.
    pub start: usize,
    pub mean: Vec<f64>,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
}

/// The curves of a task's strategies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curves {
    pub x: Vec<f64>,
    /// By strategy; empty for one without runs.
    pub series: Vec<Curve>,
}

impl Curves {
    /// The first position in [`Curves::x`] at which there is anything to draw.
    pub(super) fn first(&self) -> usize {
        let drawn = self.series.iter().filter(|curve| !curve.mean.is_empty());
        drawn.map(|curve| curve.start).min().unwrap_or(0)
    }
}

/// Quantiles 5, 25, 50, 75 and 95 %.
pub(super) type Quantiles = [f64; 5];

/// The runs of a strategy on a task.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    /// Runs that count.
    pub runs: usize,
    /// Simple regret of each run that counts at its end, in the task's unit, in order of replicates.
    pub final_regret: Vec<f64>,
    /// Replicates of the same.
    pub replicates: Vec<u32>,
    pub regret: Option<Interval>,
    /// Test metric of the incumbent chosen on validation, in the task's unit.
    pub test: Option<Interval>,
    /// Area under the regret curve over its length: the mean regret along the budget, from the first point at which
    /// every run of the task has an incumbent.
    pub area: Option<Interval>,
    pub quantiles: Option<Quantiles>,
    /// Runs that ended at the optimum.
    pub solved: usize,
    pub mean_evaluations: Option<f64>,
}

/// A comparison of two strategies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    pub a: usize,
    pub b: usize,
    /// Blocks in which both have a value.
    pub blocks: usize,
    /// Share of blocks in which `a` has the lower regret, ties counted half.
    pub share: f64,
    /// Holm-corrected p-value of the Wilcoxon signed-rank test; none with fewer than two blocks.
    pub p: Option<f64>,
    /// Cliff's delta, above 0 when `a` tends to the lower regret.
    pub delta: f64,
}

/// Friedman's test with Nemenyi's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RankTest {
    /// Strategies compared.
    pub strategies: Vec<usize>,
    /// Mean rank of each of them, 1 is best.
    pub mean_ranks: Vec<f64>,
    pub blocks: usize,
    pub statistic: f64,
    pub p: f64,
    /// Nemenyi's critical difference of mean ranks.
    pub critical_difference: f64,
    /// Groups, as positions in `strategies`, in which no two differ significantly.
    pub cliques: Vec<Vec<usize>>,
}

/// What is known of a task.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TaskAnalysis {
    /// `benchmark/task`.
    pub name: String,
    /// The task alone where the study has one benchmark, else as `name`.
    pub short: String,
    pub metric: String,
    /// What a value of the metric is multiplied by to be in `unit`.
    pub scale: f64,
    /// Unit of regrets: `pp`, or the metric's own.
    pub unit: String,
    pub oracle: bool,
    pub optimum: Optimum,
    /// By strategy.
    pub cells: Vec<Cell>,
    pub by_evaluations: Curves,
    pub by_time: Option<Curves>,
    /// Blocks are replicates.
    pub rank_test: Option<RankTest>,
    /// Blocks are replicates.
    pub pairs: Vec<Pair>,
    /// Mean regret of the first incumbents of all runs: 1 on the scale of normalised regret.
    pub yardstick: f64,
}

/// What the blocks of the tests across tasks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocks {
    Tasks,
    Replicates,
}

/// Comparisons across all tasks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Overall {
    pub blocks: Blocks,
    pub rank_test: Option<RankTest>,
    pub pairs: Vec<Pair>,
    /// By strategy, then by another: how often it has the lower final regret in the same replicate, ties counted half,
    /// averaged over tasks; none where they share no replicate.
    pub superiority: Vec<Vec<Option<f64>>>,
    /// Mean rank along the budget, averaged over tasks.
    pub rank_curves: Curves,
    /// Share of runs with a normalised regret of at most `x`.
    pub ecdf: Curves,
    /// Share of (task, target) problems solved within `x` times the best strategy's expected evaluations.
    pub profile: Curves,
    /// What the mean rank is over: the blocks of the tests, or tasks where replicates are missing.
    pub rank_blocks: Blocks,
    /// Mean rank of the final regret, by strategy; none without runs on every task.
    pub mean_rank: Vec<Option<f64>>,
    /// By strategy: tasks on which it is significantly better and worse than another, in Holm-corrected tests.
    pub won_lost: Vec<Vec<(usize, usize)>>,
}

/// Runs that do not count, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exclusion {
    pub task: String,
    pub strategy: String,
    pub replicate: u32,
    pub reason: String,
}

/// Everything a report says in numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Analysis {
    /// Labels, by strategy.
    pub strategies: Vec<String>,
    pub tasks: Vec<TaskAnalysis>,
    pub overall: Overall,
    pub exclusions: Vec<Exclusion>,
    /// What is spent along the budget's axis: `evaluations` or `simulated seconds`.
    pub axis: &'static str,
    /// Evaluations that failed, in runs that count.
    pub failed_evaluations: u64,
    /// Runs that count.
    pub runs: usize,
}
