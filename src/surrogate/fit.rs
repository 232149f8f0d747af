//! Fits the models of a surrogate.

use super::card::{Card, TaskScores};
use super::curve::CurveBasis;
use super::data::Data;
use super::judge;
use super::model::{self, Cost, Curve, Ensemble, Shrinkage, TaskModel};
use super::noise::{Deviation, Noise};
use super::serve::SurrogateBenchmark;
use super::wire::SurrogateStudy;
use crate::benchmark::{Benchmark, Evaluation};
use crate::error::Error;
use crate::predictor::Fitted;
use crate::table::{is_fraction, sha256_hex};
use rayon::prelude::*;
use std::sync::Arc;

/// Architectures with several training seeds that it takes to learn a noise from.
const LEAST_REPEATED: usize = 30;

/// Fits the surrogate of `study` to `benchmark`: its card, and its model file.
///
/// # Errors
/// When a task is unknown or cannot be searched, the table lacks a seed, or a model cannot be fitted.
pub fn fit(
    study: &SurrogateStudy,
    benchmark: &Arc<dyn Benchmark>,
) -> Result<(Card, Vec<u8>), Error> {
    let spec = benchmark.spec();
    let data = open(study, benchmark.as_ref())?;
    let tasks = data.iter().map(task_model);
    let tasks: Vec<TaskModel> = tasks.collect::<Result<_, Error>>()?;
    let bytes = model::write(&tasks)?;
    let mut card = Card {
        name: study.name.clone(),
        title: format!("Surrogate of {}", spec.title),
        citation: spec.citation.clone(),
        table_sha256: spec.sha256.clone(),
        model_sha256: sha256_hex(&bytes),
        archbench: env!("CARGO_PKG_VERSION").to_owned(),
        seal: String::new(),
        study: study.clone(),
        scores: Vec::new(),
    };
    let surrogate = SurrogateBenchmark::new(&card, tasks);
    let judged = data.iter().enumerate();
    let scores = judged.map(|(at, data)| judge::judge(data, &surrogate, at));
    card.scores = scores.collect::<Result<Vec<TaskScores>, Error>>()?;
    card.seal()?;
    Ok((card, bytes))
}

/// Opens the tasks of a study: finds all mistakes that can be found before anything is fitted.
fn open<'a>(
    study: &'a SurrogateStudy,
    benchmark: &'a dyn Benchmark,
) -> Result<Vec<Data<'a>>, Error> {
    if benchmark.table().is_none() {
        let name = &benchmark.spec().name;
        return Err(Error::new(name, "is a surrogate itself").mend("name a table"));
    }
    let positions = chosen(study, benchmark)?.into_iter();
    positions
        .map(|at| Data::new(study, benchmark, at))
        .collect()
}

/// Checks a study against its benchmark without fitting anything.
///
/// # Errors
/// As [`fit`] fails before it fits.
pub fn check(study: &SurrogateStudy, benchmark: &dyn Benchmark) -> Result<(), Error> {
    open(study, benchmark).map(|_| ())
}

/// The tasks of a study, by position.
pub(super) fn chosen(
    study: &SurrogateStudy,
    benchmark: &dyn Benchmark,
) -> Result<Vec<usize>, Error> {
    let tasks = &benchmark.spec().tasks;
    let searchable = || (0..tasks.len()).filter(|&at| tasks[at].unsearchable.is_none());
    let Some(names) = &study.tasks else {
        let all: Vec<usize> = searchable().collect();
        let why = tasks.iter().find_map(|task| task.unsearchable.as_deref());
        return match all.is_empty() {
            true => Err(Error::new(
                &benchmark.spec().name,
                why.unwrap_or("has no task"),
            )),
            false => Ok(all),
        };
    };
    let find = |name: &String| {
        searchable()
            .find(|&at| tasks[at].name == *name)
            .ok_or_else(|| {
                let known = searchable().map(|at| tasks[at].name.as_str());
                Error::unknown_name("tasks", "task", name, known)
            })
    };
    names.iter().map(find).collect()
}

fn task_model(data: &Data<'_>) -> Result<TaskModel, Error> {
    let spec = data.spec();
    let (train, full) = (&data.split.train, spec.full_fidelity());
    let valid = Learnt::new(data, "valid", data.metric(train))?;
    let test = data.column(train, full, |e| e.test)?;
    let test = test
        .map(|test| Learnt::new(data, "test", test))
        .transpose()?;
    let curves = Curves::new(data, &valid)?;
    Ok(TaskModel {
        name: spec.name.clone(),
        metric: spec.metric.clone(),
        schedule: spec.schedule.clone(),
        fidelities: spec.fidelities.iter().map(|f| f.0).collect(),
        oracle: spec.oracle,
        space: data.pool.space.clone(),
        is_fraction: is_fraction(&spec.metric),
        noise: match seed_deviations(data, &valid)? {
            found if found.len() >= LEAST_REPEATED => Noise::of(found, true),
            _ => Noise::of(
                residuals(data, &valid, test.as_ref(), curves.as_ref())?,
                false,
            ),
        },
        cost_s: cost(data)?,
        curve: curves.map(|curves| curves.fitted),
        valid: valid.ensemble,
        test: test.map(|test| test.ensemble),
    })
}

/// A quantity of the training architectures, and the ensemble fitted to it.
struct Learnt {
    targets: Vec<f64>,
    ensemble: Ensemble,
    /// What the member that was not fitted to an architecture says of it.
    out_of_fold: Vec<f64>,
}

impl Learnt {
    /// Each member leaves out one fold of the training set.
    fn new(data: &Data<'_>, what: &str, targets: Vec<f64>) -> Result<Self, Error> {
        let (members, train, folds) = (data.study.members, &data.split.train, &data.folds);
        let (scale, scaled) = data.scale(&targets);
        let member = |m: usize| {
            let what = format!("{what} {m}");
            let model = data.fit(&what, train, &scaled, |at| !folds.has(m, at))?;
            let (left, _) = folds.split(m);
            let rows: Vec<usize> = left.iter().map(|&at| train[at]).collect();
            let found = model.predict_mean(&*data.pool.space, &data.archs(&rows), None)?;
            Ok((model, left.into_iter().zip(found).collect()))
        };
        let fitted = (0..members).into_par_iter().map(member);
        let (members, found): (Vec<Fitted>, Vec<Vec<(usize, f64)>>) = fitted
            .collect::<Result<Vec<_>, Error>>()?
            .into_iter()
            .unzip();
        let mut out_of_fold = vec![0.0; targets.len()];
        for (at, found) in found.into_iter().flatten() {
            out_of_fold[at] = scale.value(found);
        }
        Ok(Self {
            out_of_fold,
            ensemble: Ensemble { members, scale },
            targets,
        })
    }
}

/// How trainings of an architecture deviate from their mean, where the table has several.
fn seed_deviations(data: &Data<'_>, valid: &Learnt) -> Result<Vec<Deviation>, Error> {
    let train = data.split.train.iter().zip(&valid.out_of_fold);
    let of_row = |(&row, &level): (&usize, &f64)| repeated(data, row, level);
    Ok(train.flat_map(of_row).collect())
}

/// The deviations of the trainings at a row; none where there is one.
pub(super) fn repeated(data: &Data<'_>, row: usize, level: f64) -> Vec<Deviation> {
    let trainings = data.trainings(row, &data.spec().fidelities);
    if trainings.len() < 2 {
        return Vec::new();
    }
    let (n, last) = (trainings.len() as f64, trainings[0].len() - 1);
    // A mean of n is nearer to each of them than the mean of all trainings is.
    let factor = (n / (n - 1.0)).sqrt();
    let mean = |of: &dyn Fn(&[Evaluation]) -> f64| trainings.iter().map(|t| of(t) / n).sum::<f64>();
    let valid: Vec<f64> = (0..=last).map(|at| mean(&|t| t[at].valid)).collect();
    let has_test = trainings.iter().all(|t| t[last].test.is_some());
    let test = mean(&|t| t[last].test.unwrap_or(0.0));
    let of = |own: &Vec<Evaluation>| Deviation {
        level,
        valid: factor * (own[last].valid - valid[last]),
        test: (own[last].test)
            .filter(|_| has_test)
            .map(|own| factor * (own - test)),
        epochs: (0..last)
            .map(|at| factor * (own[at].valid - valid[at]))
            .collect(),
    };
    trainings.iter().map(of).collect()
}

/// What members get wrong on the folds they were not fitted to: where a table has one training of each network, this is
/// as near as one can come to its noise, and has the models' own error in it.
fn residuals(
    data: &Data<'_>,
    valid: &Learnt,
    test: Option<&Learnt>,
    curves: Option<&Curves>,
) -> Result<Vec<Deviation>, Error> {
    // Of curves there is one model, which has left out the first fold.
    let rows: Vec<usize> = match curves {
        Some(_) => data.folds.split(0).0,
        None => (0..data.split.train.len()).collect(),
    };
    let mut found = Vec::new();
    for (of_rows, at) in rows.into_iter().enumerate() {
        if !data.folds.counts(at) {
            continue;
        }
        let deviation = valid.targets[at] - valid.out_of_fold[at];
        let epochs = curves.map(|curves| curves.missed[of_rows].clone());
        found.push(Deviation {
            level: valid.out_of_fold[at],
            valid: deviation,
            test: test.map(|test| test.targets[at] - test.out_of_fold[at]),
            epochs: epochs.unwrap_or_default(),
        });
    }
    Ok(found)
}

fn cost(data: &Data<'_>) -> Result<Option<Cost>, Error> {
    let (spec, train) = (data.spec(), &data.split.train);
    let Some(full) = data.column(train, spec.full_fidelity(), |e| e.cost_s)? else {
        return Ok(None);
    };
    let total: f64 = full.iter().sum();
    let mut shares = Vec::with_capacity(spec.fidelities.len());
    for &fidelity in &spec.fidelities {
        let at = data.column(train, fidelity, |e| e.cost_s)?;
        let sum = at.unwrap_or_default().iter().sum::<f64>();
        shares.push(if total > 0.0 { sum / total } else { 0.0 });
    }
    Ok(Some(Cost {
        full: Learnt::new(data, "cost", full)?.ensemble,
        shares,
    }))
}

/// Learning curves and what their models get wrong.
struct Curves {
    fitted: Curve,
    /// For each architecture of the first fold, which the models have left out, the error at each epoch but the last.
    missed: Vec<Vec<f64>>,
}

impl Curves {
    fn new(data: &Data<'_>, valid: &Learnt) -> Result<Option<Self>, Error> {
        let epochs = data.spec().fidelities.len();
        if epochs < 2 {
            return Ok(None);
        }
        let train = &data.split.train;
        let curves = curves(data, train)?;
        let basis = CurveBasis::new(&curves, data.study.rank.min(epochs - 1))?;
        let all: Vec<Vec<f64>> = curves.iter().map(|c| basis.coefficients(c)).collect();
        let (left, _) = data.folds.split(0);
        let archs = data.archs(&left.iter().map(|&at| train[at]).collect::<Vec<_>>());
        let model = |k: usize| {
            let targets: Vec<f64> = all.iter().map(|c| c[k]).collect();
            let (scale, scaled) = data.scale(&targets);
            let model = data.fit(&format!("curve {k}"), train, &scaled, |at| {
                !data.folds.has(0, at)
            })?;
            let found = model.predict_mean(&*data.pool.space, &archs, None)?;
            let found: Vec<f64> = found.into_iter().map(|z| scale.value(z)).collect();
            let truth: Vec<f64> = left.iter().map(|&at| targets[at]).collect();
            let shrinkage = Shrinkage::of(&found, &truth);
            let found = found.into_iter().map(|c| shrinkage.value(c)).collect();
            let members = vec![model];
            Ok((Ensemble { members, scale }, (shrinkage, found)))
        };
        let fitted = (0..basis.rank()).into_par_iter().map(model);
        let fitted = fitted.collect::<Result<Vec<_>, Error>>()?;
        let (coefficients, rest): (Vec<Ensemble>, Vec<_>) = fitted.into_iter().unzip();
        let (shrinkage, found): (Vec<Shrinkage>, Vec<Vec<f64>>) = rest.into_iter().unzip();
        let missed = left.iter().enumerate().map(|(i, &at)| {
            let predicted: Vec<f64> = found.iter().map(|column| column[i]).collect();
            let last = valid.out_of_fold[at];
            let of = |epoch| curves[at][epoch] - basis.at(&predicted, epoch, last);
            (0..epochs - 1).map(of).collect()
        });
        Ok(Some(Self {
            missed: missed.collect(),
            fitted: Curve {
                coefficients,
                basis,
                shrinkage,
            },
        }))
    }
}

/// The learning curves at these rows.
pub(super) fn curves(data: &Data<'_>, rows: &[usize]) -> Result<Vec<Vec<f64>>, Error> {
    let spec = data.spec();
    let mut curves = vec![Vec::with_capacity(spec.fidelities.len()); rows.len()];
    for &fidelity in &spec.fidelities {
        let at = data.column(rows, fidelity, |e| Some(e.valid))?;
        let at = at.unwrap_or_default();
        curves
            .iter_mut()
            .zip(at)
            .for_each(|(curve, value)| curve.push(value));
    }
    Ok(curves)
}
