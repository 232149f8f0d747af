//! From trajectories to the numbers of each task.

use super::curves::{Axis, RegretOf, along, steps};
use super::overall::overall;
use super::tests_of_rank::{pairs, rank_test};
use super::{
    Analysis, CONFIDENCE, Cell, Curves, Exclusion, Interval, RESAMPLES, TaskAnalysis, ZERO,
};
use crate::report::ReportInput;
use crate::rng::derive_rng;
use crate::stats::anytime::{Scale, mean_over};
use crate::stats::bootstrap::{Ends, Statistic, interval};
use crate::stats::summary;
use crate::study::Trajectory;
use rayon::prelude::*;

/// The trajectories of a task that count, by strategy.
pub(super) type Runs<'a> = Vec<Vec<&'a Trajectory>>;

/// Works out every number of a report.
pub(in crate::report) fn analyse(input: &ReportInput) -> Analysis {
    let study = &input.study;
    let (counted, failed): (Vec<&Trajectory>, Vec<&Trajectory>) = input
        .trajectories
        .iter()
        .partition(|t| t.error.is_none() && !t.changes.is_empty());
    let exclusions = failed
        .iter()
        .map(|t| Exclusion {
            task: task_name(input, t.task),
            strategy: study.strategies[t.strategy].label.clone(),
            replicate: t.replicate,
            reason: t
                .error
                .clone()
                .unwrap_or_else(|| "no evaluation succeeded".into()),
        })
        .collect();
    let runs: Vec<Runs<'_>> = (0..study.tasks.len())
        .map(|task| {
            let mut by_strategy: Runs<'_> = vec![Vec::new(); study.strategies.len()];
            counted
                .iter()
                .filter(|t| t.task == task)
                .for_each(|t| by_strategy[t.strategy].push(t));
            by_strategy
        })
        .collect();
    let tasks: Vec<TaskAnalysis> = runs
        .par_iter()
        .enumerate()
        .map(|(task, runs)| analyse_task(input, task, runs))
        .collect();
    Analysis {
        strategies: study.strategies.iter().map(|s| s.label.clone()).collect(),
        overall: overall(input, &tasks, &runs),
        tasks,
        exclusions,
        axis: Axis::of(study.budget).name(),
        failed_evaluations: counted
            .iter()
            .map(|t| u64::from(t.failed_evaluations))
            .sum(),
        runs: counted.len(),
    }
}

fn task_name(input: &ReportInput, task: usize) -> String {
    let task = &input.study.tasks[task];
    format!("{}/{}", task.benchmark, task.task)
}

/// What a value of `metric` is multiplied by, and the unit it is then in.
pub(in crate::report) fn scale_of(metric: &str) -> (f64, &str) {
    match metric {
        "accuracy" | "roc-auc" => (100.0, "pp"),
        other => (1.0, other),
    }
}

fn analyse_task(input: &ReportInput, task: usize, runs: &Runs<'_>) -> TaskAnalysis {
    let resolved = &input.study.tasks[task];
    let (scale, unit) = scale_of(&resolved.metric);
    let regret = RegretOf::new(resolved);
    let span = Axis::of(input.study.budget).common_span(runs);
    let cells: Vec<Cell> = runs
        .par_iter()
        .enumerate()
        .map(|(strategy, runs)| cell(input, task, strategy, runs, span))
        .collect();
    let firsts: Vec<f64> = runs
        .iter()
        .flatten()
        .map(|t| regret.of(t.changes[0].valid))
        .collect();
    let paired = paired(&cells);
    let is_alone = (input.study.tasks.iter()).all(|t| t.benchmark == resolved.benchmark);
    TaskAnalysis {
        name: task_name(input, task),
        short: match is_alone {
            true => resolved.task.clone(),
            false => task_name(input, task),
        },
        metric: resolved.metric.clone(),
        scale,
        unit: unit.to_string(),
        oracle: resolved.oracle,
        optimum: resolved.optimum.clone(),
        by_evaluations: along(input, task, runs, Axis::Evaluations).unwrap_or_else(|| Curves {
            x: Vec::new(),
            series: vec![super::Curve::default(); runs.len()],
        }),
        by_time: resolved
            .has_cost
            .then(|| along(input, task, runs, Axis::SimulatedS))
            .flatten(),
        rank_test: rank_test(&paired),
        pairs: pairs(&paired),
        yardstick: summary::mean(&firsts).unwrap_or(0.0),
        cells,
    }
}

/// The numbers of one strategy on one task; `span` is what the area under its curves covers.
fn cell(
    input: &ReportInput,
    task: usize,
    strategy: usize,
    runs: &[&Trajectory],
    span: Option<(f64, f64)>,
) -> Cell {
    let resolved = &input.study.tasks[task];
    let (scale, _) = scale_of(&resolved.metric);
    let regret = RegretOf::new(resolved);
    let axis = Axis::of(input.study.budget);
    let label = &input.study.strategies[strategy].label;
    let of = |what: &str, values: &[f64]| {
        let stream = ["report", what, &resolved.benchmark, &resolved.task, label].map(String::from);
        mean_interval(values, input.study.seed, &stream)
    };
    let lasts = || runs.iter().map(|t| t.changes[t.changes.len() - 1]);
    let final_regret: Vec<f64> = lasts().map(|c| regret.of(c.valid)).collect();
    let test: Option<Vec<f64>> = lasts().map(|c| c.test.map(|test| test * scale)).collect();
    let areas: Option<Vec<f64>> = span.and_then(|(from, to)| {
        runs.iter()
            .map(|t| mean_over(&steps(t, axis, regret), from, to, Scale::Linear))
            .collect()
    });
    let evaluations: Vec<f64> = runs.iter().map(|t| f64::from(t.evaluations)).collect();
    let quantile = |p| summary::quantile(&final_regret, p);
    Cell {
        runs: runs.len(),
        replicates: runs.iter().map(|t| t.replicate).collect(),
        regret: of("regret", &final_regret),
        test: test.and_then(|test| of("test", &test)),
        area: areas.and_then(|areas| of("area", &areas)),
        quantiles: [0.05, 0.25, 0.5, 0.75, 0.95]
            .map(quantile)
            .into_iter()
            .collect::<Option<Vec<f64>>>()
            .and_then(|q| q.try_into().ok()),
        solved: final_regret.iter().filter(|r| **r <= ZERO).count(),
        mean_evaluations: summary::mean(&evaluations),
        final_regret,
    }
}

/// Final regrets by strategy, over the replicates every strategy with runs has.
fn paired(cells: &[Cell]) -> Vec<Vec<f64>> {
    let with_runs = || cells.iter().filter(|c| c.runs > 0);
    let common = |replicate: &u32| with_runs().all(|c| c.replicates.contains(replicate));
    let Some(first) = with_runs().next() else {
        return vec![Vec::new(); cells.len()];
    };
    let keep: Vec<u32> = first.replicates.iter().copied().filter(common).collect();
    cells
        .iter()
        .map(|cell| {
            keep.iter()
                .filter_map(|r| cell.replicates.iter().position(|c| c == r))
                .map(|at| cell.final_regret[at])
                .collect()
        })
        .collect()
}

fn mean_interval(values: &[f64], seed: u64, stream: &[String; 5]) -> Option<Interval> {
    let stream: Vec<&str> = stream.iter().map(String::as_str).collect();
    let mut rng = derive_rng(seed, &stream);
    let ends = Ends::BiasCorrected;
    let found = interval(
        values,
        Statistic::Mean,
        ends,
        CONFIDENCE,
        RESAMPLES,
        &mut rng,
    )?;
    Some(Interval {
        mean: found.estimate,
        low: found.low,
        high: found.high,
    })
}
