//! How far a surrogate can be trusted: on architectures it was not fitted to, on those a strategy goes to that it never
//! saw, and in the order it puts strategies in.

use super::card::{Card, CurveScores, LeftOut, NoiseScores, TaskScores};
use super::data::Data;
use super::fit::{chosen, curves, repeated};
use super::model::TaskModel;
use super::noise::Deviation;
use super::ranking;
use super::serve::SurrogateBenchmark;
use crate::bakeoff::ceiling::noise_ceiling;
use crate::bakeoff::{Replicate, Scores, Training, scores};
use crate::benchmark::Benchmark;
use crate::error::Error;
use crate::space::ClassId;
use crate::stats::correlation::{kendall, spearman};
use crate::stats::summary::mean;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Runs of a strategy whose architectures it is left out with.
const RUNS: u32 = 10;

/// The scores of a task's models.
pub(super) fn judge(
    data: &Data<'_>,
    surrogate: &SurrogateBenchmark,
    task: usize,
) -> Result<TaskScores, Error> {
    let model = surrogate.task(task);
    let (rows, full) = (&data.split.test, data.spec().full_fidelity());
    let asked = model.ask(&data.archs(rows))?;
    let truth = data.metric(rows);
    let valid = model.means(&model.valid, &asked)?;
    let test_kendall_tau = match (&model.test, data.column(rows, full, |e| e.test)?) {
        (Some(test), Some(truth)) => kendall(&model.means(test, &asked)?, &truth),
        _ => None,
    };
    let cost_r2 = match (&model.cost_s, data.column(rows, full, |e| e.cost_s)?) {
        (Some(cost), Some(truth)) => scores(&model.means(&cost.full, &asked)?, &truth).r2,
        _ => None,
    };
    let curve = match model.coefficients(&asked)? {
        Some(coefficients) => Some(curve_scores(data, model, &valid, &coefficients)?),
        None => None,
    };
    let found = scores(&valid, &truth);
    let (strategies, ranking) = ranking::rank(data, surrogate, task)?;
    let seed_kendall_tau = between_trainings(data);
    let attainable_kendall_tau = seed_kendall_tau.map(|tau| {
        let (benchmark, position) = (data.benchmark, data.position);
        noise_ceiling(tau, benchmark, position, &data.pool.archs, data.seed)
    });
    let constant = || Error::new(data.name(), "what is held out does not vary");
    Ok(TaskScores {
        task: data.name().to_owned(),
        fitted: data.split.train.len(),
        held_out: rows.len(),
        r2: found.r2.ok_or_else(constant)?,
        kendall_tau: found.kendall_tau.ok_or_else(constant)?,
        sparse_kendall_tau: found.sparse_kendall_tau.ok_or_else(constant)?,
        rmse: found.rmse,
        seed_kendall_tau,
        attainable_kendall_tau,
        test_kendall_tau,
        cost_r2,
        curve,
        noise: noise_scores(data, model, &valid),
        ranking,
        strategies,
        left_out: left_out(data)?,
    })
}

/// R² and Kendall's τ-b of each task on the architectures that were held out, worked out again.
///
/// # Errors
/// When `benchmark` is not the table it was fitted to, or damaged.
pub fn held_out_again(
    card: &Card,
    surrogate: &SurrogateBenchmark,
    benchmark: &dyn Benchmark,
) -> Result<Vec<[Option<f64>; 2]>, Error> {
    let positions = chosen(&card.study, benchmark)?;
    let again = positions.into_iter().enumerate().map(|(task, position)| {
        let data = Data::new(&card.study, benchmark, position)?;
        let model = surrogate.task(task);
        let asked = model.ask(&data.archs(&data.split.test))?;
        let found = model.means(&model.valid, &asked)?;
        let found = scores(&found, &data.metric(&data.split.test));
        Ok([found.r2, found.kendall_tau])
    });
    again.collect()
}

/// Learning curves at all fidelities before the last.
fn curve_scores(
    data: &Data<'_>,
    model: &TaskModel,
    valid: &[f64],
    coefficients: &[Vec<f64>],
) -> Result<CurveScores, Error> {
    let rows = &data.split.test;
    let curves = curves(data, rows)?;
    let (mut errors, mut spreads, mut taus) = (Vec::new(), Vec::new(), Vec::new());
    for at in 0..model.fidelities.len() - 1 {
        let found = valid.iter().zip(coefficients);
        let found: Vec<f64> = found
            .map(|(full, of)| model.bounded(model.valid_at(at, *full, of)))
            .collect();
        let truth: Vec<f64> = curves.iter().map(|curve| curve[at]).collect();
        let centre = mean(&truth).unwrap_or_default();
        errors.extend(found.iter().zip(&truth).map(|(f, t)| (f - t).powi(2)));
        spreads.extend(truth.iter().map(|t| (t - centre).powi(2)));
        taus.extend(kendall(&found, &truth));
    }
    let mean_of = |values: &[f64]| mean(values).unwrap_or_default();
    let (error, spread) = (mean_of(&errors), mean_of(&spreads));
    Ok(CurveScores {
        rmse: error.sqrt(),
        r2: (spread > 0.0).then(|| 1.0 - error / spread),
        kendall_tau: mean(&taus),
    })
}

/// Kendall's τ-b between the first and the second training of the architectures that have both.
fn between_trainings(data: &Data<'_>) -> Option<f64> {
    let full = [data.spec().full_fidelity()];
    let rows = 0..data.pool.archs.len();
    let both = rows.filter_map(|row| match data.trainings(row, &full)[..] {
        [ref first, ref second, ..] => Some((first[0].valid, second[0].valid)),
        _ => None,
    });
    let (first, second): (Vec<f64>, Vec<f64>) = both.unzip();
    kendall(&first, &second)
}

/// What trainings of held-out architectures deviate by, and what the noise says that they do.
fn noise_scores(data: &Data<'_>, model: &TaskModel, valid: &[f64]) -> NoiseScores {
    let rows = data.split.test.iter().zip(valid);
    let from_seeds = model.noise.from_seeds;
    let of_seeds = |(&row, &level)| repeated(data, row, level);
    let found: Vec<(f64, f64)> = match from_seeds {
        true => (rows.flat_map(of_seeds))
            .map(|d: Deviation| (d.level, d.valid))
            .collect(),
        false => rows
            .map(|(&row, &level)| (level, data.pool.metric[row] - level))
            .collect(),
    };
    let stated: Vec<f64> = found.iter().map(|f| model.noise.deviation(f.0)).collect();
    let sizes: Vec<f64> = found.iter().map(|f| f.1.abs()).collect();
    let root = |values: &[f64]| {
        let squares: Vec<f64> = values.iter().map(|v| v * v).collect();
        mean(&squares).unwrap_or_default().sqrt()
    };
    let within = |deviations: f64| {
        let is_within = |&&(level, found): &&(f64, f64)| {
            let [low, high] = model.noise.interval(level, deviations);
            (low..=high).contains(&found)
        };
        found.iter().filter(is_within).count() as f64 / found.len().max(1) as f64
    };
    NoiseScores {
        from: if from_seeds {
            "training seeds"
        } else {
            "residuals"
        }
        .to_owned(),
        stated: root(&stated),
        measured: root(&sizes),
        spearman: spearman(&stated, &sizes),
        within_half: within(0.674_489_750_196_082),
        within_95: within(1.959_963_984_540_054),
    }
}

/// Each strategy left out once.
fn left_out(data: &Data<'_>) -> Result<Vec<LeftOut>, Error> {
    let names = &data.study.strategies;
    if names.len() < 2 {
        return Ok(Vec::new());
    }
    let trained = names.par_iter().map(|name| trained_by(data, name));
    let trained = trained.collect::<Result<Vec<BTreeSet<usize>>, Error>>()?;
    let left_out = (0..names.len())
        .into_par_iter()
        .map(|at| without(data, &trained, at));
    left_out.collect()
}

/// Positions in the pool of what a strategy trains in all its runs.
fn trained_by(data: &Data<'_>, strategy: &str) -> Result<BTreeSet<usize>, Error> {
    let training = Training::named(strategy)?;
    let mut all = BTreeSet::new();
    for number in 0..data.study.replicates.min(RUNS) {
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

/// One model, fitted to what the other strategies train, on the networks that this one trains and they do not.
fn without(
    data: &Data<'_>,
    trained: &[BTreeSet<usize>],
    strategy: usize,
) -> Result<LeftOut, Error> {
    let class = |row: usize| data.pool.space.class(&data.pool.archs[row]);
    let others = trained.iter().enumerate().filter(|(at, _)| *at != strategy);
    let known: BTreeSet<usize> = others.flat_map(|(_, rows)| rows.iter().copied()).collect();
    let classes: BTreeSet<ClassId> = known.iter().map(|&row| class(row)).collect();
    let rows = trained[strategy].iter().copied();
    let asked: Vec<usize> = rows.filter(|&row| !classes.contains(&class(row))).collect();
    let name = &data.study.strategies[strategy];
    let found = match known.is_empty() || asked.len() < 2 {
        true => None,
        false => Some(score_without(data, name, known, &asked)?),
    };
    Ok(LeftOut {
        strategy: name.clone(),
        asked: asked.len(),
        r2: found.and_then(|s| s.r2),
        kendall_tau: found.and_then(|s| s.kendall_tau),
    })
}

fn score_without(
    data: &Data<'_>,
    name: &str,
    known: BTreeSet<usize>,
    asked: &[usize],
) -> Result<Scores, Error> {
    let known: Vec<usize> = known.into_iter().collect();
    let (scale, scaled) = data.scale(&data.metric(&known));
    let fitted = data.fit(&format!("without {name}"), &known, &scaled, |_| true)?;
    let found = fitted.predict_mean(&*data.pool.space, &data.archs(asked), None)?;
    let found: Vec<f64> = found.into_iter().map(|z| scale.value(z)).collect();
    Ok(scores(&found, &data.metric(asked)))
}
