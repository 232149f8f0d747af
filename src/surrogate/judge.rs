//! How far a surrogate can be trusted: on architectures it was not fitted to, on those a strategy goes to that it never
//! saw, and in the order it puts strategies in.

use super::card::RankedStrategy;
use super::fit::Data;
use super::serve::SurrogateBenchmark;
use crate::bakeoff::{Replicate, Scores, Training, scores};
use crate::benchmark::{Benchmark, SeedPolicy};
use crate::error::Error;
use crate::rng::derive_rng;
use crate::stats::correlation::kendall;
use crate::stats::summary::mean;
use crate::strategy::{STRATEGIES, StrategyEntry};
use crate::study::{Arena, Budget, Revisit, run_cell};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What is known of a task's models.
pub(super) struct Judged {
    pub(super) held_out: HeldOut,
    pub(super) strategies: Vec<RankedStrategy>,
    pub(super) ranking_kendall_tau: Option<f64>,
}

/// On held-out architectures.
pub(super) struct HeldOut {
    pub(super) valid: Scores,
    pub(super) test_kendall_tau: Option<f64>,
    pub(super) cost_r2: Option<f64>,
    pub(super) curve_rmse: Option<f64>,
}

pub(super) fn judge(
    data: &Data<'_>,
    surrogate: &SurrogateBenchmark,
    task: usize,
) -> Result<Judged, Error> {
    let names = data.study.strategies.iter();
    let entries: Vec<&StrategyEntry> = names
        .filter_map(|name| STRATEGIES.iter().find(|s| s.name == name))
        .collect();
    let trained = entries.iter().map(|entry| trained_by(data, entry.name));
    let trained = trained.collect::<Result<Vec<BTreeSet<usize>>, Error>>()?;
    let judged = entries.par_iter().enumerate().map(|(at, entry)| {
        let left_out = left_out(data, &trained, at)?;
        Ok::<_, Error>(RankedStrategy {
            name: entry.name.to_owned(),
            left_out_r2: left_out.and_then(|s| s.r2),
            left_out_kendall_tau: left_out.and_then(|s| s.kendall_tau),
            on_table: final_metric(data, data.benchmark, data.position, entry)?,
            on_surrogate: final_metric(data, surrogate, task, entry)?,
        })
    });
    let strategies: Vec<RankedStrategy> = judged.collect::<Result<_, Error>>()?;
    let on_table: Vec<f64> = strategies.iter().map(|s| s.on_table).collect();
    let on_surrogate: Vec<f64> = strategies.iter().map(|s| s.on_surrogate).collect();
    Ok(Judged {
        held_out: held_out(data, surrogate, task)?,
        ranking_kendall_tau: kendall(&on_table, &on_surrogate),
        strategies,
    })
}

fn held_out(
    data: &Data<'_>,
    surrogate: &SurrogateBenchmark,
    task: usize,
) -> Result<HeldOut, Error> {
    let model = surrogate.task(task);
    let spec = &data.benchmark.spec().tasks[data.position];
    let (rows, full) = (&data.split.test, spec.full_fidelity());
    let archs = data.archs(rows);
    let truth: Vec<f64> = rows.iter().map(|&row| data.pool.metric[row]).collect();
    let valid = model.valid.means(&*model.space, &archs)?;
    let test_kendall_tau = match (&model.test, data.column(rows, full, |e| e.test)?) {
        (Some(test), Some(truth)) => kendall(&test.means(&*model.space, &archs)?, &truth),
        _ => None,
    };
    let cost_r2 = match (&model.cost_s, data.column(rows, full, |e| e.cost_s)?) {
        (Some(cost), Some(truth)) => scores(&cost.full.means(&*model.space, &archs)?, &truth).r2,
        _ => None,
    };
    let mut squares = Vec::new();
    if model.curve.is_some() {
        let curves = data.curves(rows, &truth)?;
        for ((arch, full), (curve, last)) in archs.iter().zip(&valid).zip(curves.iter().zip(&truth))
        {
            for (at, value) in curve[..curve.len() - 1].iter().enumerate() {
                squares.push((model.valid_at(arch, at, *full)? - value - last).powi(2));
            }
        }
    }
    Ok(HeldOut {
        valid: scores(&valid, &truth),
        test_kendall_tau,
        cost_r2,
        curve_rmse: mean(&squares).map(f64::sqrt),
    })
}

/// Positions in the pool of what a strategy trains in all its runs.
fn trained_by(data: &Data<'_>, strategy: &str) -> Result<BTreeSet<usize>, Error> {
    let training = Training::named(strategy)?;
    let mut all = BTreeSet::new();
    for number in 0..data.study.replicates {
        let replicate = Replicate {
            seed: data.study.seed,
            number,
        };
        let asked = (data.benchmark, data.position, data.seed);
        let count = data.study.evaluations as usize;
        all.extend(training.order(&data.pool, asked, replicate, count)?);
    }
    Ok(all)
}

/// One member, fitted to what the other strategies train, on what this one trains and they do not.
fn left_out(
    data: &Data<'_>,
    trained: &[BTreeSet<usize>],
    strategy: usize,
) -> Result<Option<Scores>, Error> {
    let others = trained.iter().enumerate().filter(|(at, _)| *at != strategy);
    let known: BTreeSet<usize> = others.flat_map(|(_, rows)| rows.iter().copied()).collect();
    let asked: Vec<usize> = trained[strategy].difference(&known).copied().collect();
    if known.is_empty() || asked.len() < 2 {
        return Ok(None);
    }
    let known: Vec<usize> = known.into_iter().collect();
    let metric =
        |rows: &[usize]| -> Vec<f64> { rows.iter().map(|&row| data.pool.metric[row]).collect() };
    let what = format!("without {}", data.study.strategies[strategy]);
    let fitted = data.fit(&what, &known, &metric(&known), |_| true)?;
    let found = fitted.predict_mean(&*data.pool.space, &data.archs(&asked), None)?;
    Ok(Some(scores(&found, &metric(&asked))))
}

/// The mean validation metric of a strategy's final incumbents.
fn final_metric(
    data: &Data<'_>,
    benchmark: &dyn Benchmark,
    task: usize,
    strategy: &StrategyEntry,
) -> Result<f64, Error> {
    let spec = &benchmark.spec().tasks[task];
    let space = benchmark.space(task);
    let place = || format!("strategy {}", strategy.name);
    let config = strategy.configure(strategy.defaults());
    let config = config.map_err(|e| Error::new(place(), e))?;
    (config.suits(space.as_ref())).map_err(|why| Error::new(place(), why))?;
    let arena = Arena {
        benchmark,
        task,
        space: space.as_ref(),
        full_fidelity: spec.full_fidelity(),
        has_cost: spec.has_cost,
        seed: SeedPolicy::MeanOfPresent,
        budget: Budget::Evaluations(data.study.evaluations),
        revisit: Revisit::Charge,
        workers: 1,
    };
    let mut finals = Vec::new();
    for number in 0..data.study.replicates {
        let number = number.to_string();
        let parts = ["surrogate", "rank", &spec.name, strategy.name, &number];
        let rng = derive_rng(data.study.seed, &parts);
        let run = run_cell(&arena, config.start(arena.space).as_mut(), rng);
        if let Some(problem) = run.error {
            return Err(Error::new(place(), problem));
        }
        let valid = run.rows.iter().filter_map(|row| row.valid);
        finals.push(valid.fold(f64::MIN, f64::max));
    }
    mean(&finals).ok_or_else(|| Error::new(place(), "had no evaluation"))
}
