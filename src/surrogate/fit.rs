//! Fits the models of a surrogate.

use super::card::{Card, TaskScores};
use super::curve::CurveBasis;
use super::judge::{self, Judged};
use super::model::{self, Cost, Curve, Ensemble, TaskModel};
use super::serve::SurrogateBenchmark;
use super::wire::SurrogateStudy;
use crate::bakeoff::{Pool, Replicate, Split, Twins};
use crate::benchmark::{Benchmark, Query, SeedPolicy};
use crate::error::Error;
use crate::predictor::{Fitted, Predictor};
use crate::rng::derive_rng;
use crate::space::Architecture;
use crate::stats::summary::{mean, standard_deviation};
use crate::study::tasks::parse_seed_policy;
use crate::table::{is_fraction, sha256_hex};
use rayon::prelude::*;
use std::sync::Arc;

/// A task while it is fitted.
pub(super) struct Data<'a> {
    pub(super) study: &'a SurrogateStudy,
    pub(super) benchmark: &'a dyn Benchmark,
    pub(super) position: usize,
    pub(super) seed: SeedPolicy,
    pub(super) pool: Pool,
    pub(super) split: Split,
    pub(super) predictor: Predictor,
}

/// A quantity of the architectures at these rows of the pool; `None` where the table lacks it.
pub(super) type Column = Option<Vec<f64>>;

/// Fits the surrogate of `study` to `benchmark`: its card, and its model file.
///
/// # Errors
/// When a task is unknown or cannot be searched, the table lacks a seed, or a model cannot be fitted.
pub fn fit(
    study: &SurrogateStudy,
    benchmark: &Arc<dyn Benchmark>,
) -> Result<(Card, Vec<u8>), Error> {
    let mut tasks: Vec<TaskModel> = Vec::new();
    let mut data: Vec<Data<'_>> = Vec::new();
    for position in chosen(study, benchmark.as_ref())? {
        let task = Data::new(study, benchmark.as_ref(), position)?;
        tasks.push(task.model()?);
        data.push(task);
    }
    let bytes = model::write(&tasks)?;
    let model_sha256 = sha256_hex(&bytes);
    let spec = benchmark.spec();
    let mut card = Card {
        name: study.name.clone(),
        title: format!("Surrogate of {}", spec.title),
        citation: spec.citation.clone(),
        table_sha256: spec.sha256.clone(),
        model_sha256,
        archbench: env!("CARGO_PKG_VERSION").to_owned(),
        study: study.clone(),
        scores: Vec::new(),
    };
    let surrogate = SurrogateBenchmark::new(&card, tasks);
    let judged = data.iter().enumerate();
    card.scores = judged
        .map(|(at, data)| data.scores(&surrogate, at))
        .collect::<Result<_, _>>()?;
    Ok((card, bytes))
}

fn chosen(study: &SurrogateStudy, benchmark: &dyn Benchmark) -> Result<Vec<usize>, Error> {
    let tasks = &benchmark.spec().tasks;
    let searchable = || (0..tasks.len()).filter(|&at| tasks[at].unsearchable.is_none());
    let Some(names) = &study.tasks else {
        return Ok(searchable().collect());
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

impl<'a> Data<'a> {
    fn new(
        study: &'a SurrogateStudy,
        benchmark: &'a dyn Benchmark,
        position: usize,
    ) -> Result<Self, Error> {
        let seed = parse_seed_policy(&study.seed_policy)?;
        let pool = Pool::open(benchmark, position, seed)?;
        let size = (study.train_share * pool.archs.len() as f64) as usize;
        let replicate = Replicate {
            seed: study.seed,
            number: 0,
        };
        let order = pool.shuffled(replicate);
        let split = pool.split(&order, size, Twins::LeftOut, None)?;
        Ok(Self {
            predictor: study.predictor()?,
            study,
            benchmark,
            position,
            seed,
            pool,
            split,
        })
    }

    fn name(&self) -> &str {
        &self.benchmark.spec().tasks[self.position].name
    }

    /// A quantity at a fidelity, for rows of the pool.
    pub(super) fn column(
        &self,
        rows: &[usize],
        fidelity: crate::strategy::Fidelity,
        quantity: fn(&crate::benchmark::Evaluation) -> Option<f64>,
    ) -> Result<Column, Error> {
        let mut values = Vec::with_capacity(rows.len());
        for &row in rows {
            let query = Query {
                task: self.position,
                arch: self.pool.archs[row],
                fidelity,
                seed: self.seed,
            };
            let found = self.benchmark.query(&query);
            values.push(quantity(&found.map_err(|e| Error::new(self.name(), e))?));
        }
        Ok(values.into_iter().collect())
    }

    pub(super) fn archs(&self, rows: &[usize]) -> Vec<Architecture> {
        rows.iter().map(|&row| self.pool.archs[row]).collect()
    }

    /// A model of `targets`, given for the training rows, fitted to those that `keep` names.
    pub(super) fn fit(
        &self,
        what: &str,
        rows: &[usize],
        targets: &[f64],
        keep: impl Fn(usize) -> bool,
    ) -> Result<Fitted, Error> {
        let kept: Vec<usize> = (0..rows.len()).filter(|&at| keep(at)).collect();
        let archs: Vec<Architecture> = kept.iter().map(|&at| self.pool.archs[rows[at]]).collect();
        let targets: Vec<f64> = kept.iter().map(|&at| targets[at]).collect();
        let mut rng = derive_rng(
            self.study.seed,
            &["surrogate", &self.study.name, self.name(), what],
        );
        let space = &*self.pool.space;
        self.predictor.fit(space, &archs, None, &targets, &mut rng)
    }

    /// Each member leaves out one part of the training set.
    fn ensemble(&self, what: &str, targets: &[f64]) -> Result<Ensemble, Error> {
        let members = self.study.members;
        let member = |m: usize| {
            let what = format!("{what} {m}");
            self.fit(&what, &self.split.train, targets, |at| at % members != m)
        };
        let fitted = (0..members).into_par_iter().map(member);
        Ok(Ensemble(fitted.collect::<Result<_, Error>>()?))
    }

    fn model(&self) -> Result<TaskModel, Error> {
        let spec = &self.benchmark.spec().tasks[self.position];
        let (train, full) = (&self.split.train, spec.full_fidelity());
        let valid: Vec<f64> = train.iter().map(|&row| self.pool.metric[row]).collect();
        let test = self.column(train, full, |e| e.test)?;
        let ensemble = self.ensemble("valid", &valid)?;
        let noise = match self.seed_deviation()? {
            Some(noise) => noise,
            None => self.residual_deviation(&ensemble, &valid)?,
        };
        Ok(TaskModel {
            name: spec.name.clone(),
            metric: spec.metric.clone(),
            schedule: spec.schedule.clone(),
            fidelities: spec.fidelities.iter().map(|f| f.0).collect(),
            oracle: spec.oracle,
            space: self.pool.space.clone(),
            noise,
            is_fraction: is_fraction(&spec.metric),
            valid: ensemble,
            test: test.map(|test| self.ensemble("test", &test)).transpose()?,
            cost_s: self.cost()?,
            curve: self.curve(&valid)?,
        })
    }

    /// The standard deviation between training seeds of an architecture, where the table has several.
    fn seed_deviation(&self) -> Result<Option<f64>, Error> {
        let spec = &self.benchmark.spec().tasks[self.position];
        if spec.seeds < 2 {
            return Ok(None);
        }
        let mut variances = Vec::new();
        for arch in self.archs(&self.split.train) {
            let of_seed = |k: u32| {
                let query = Query {
                    task: self.position,
                    arch,
                    fidelity: spec.full_fidelity(),
                    seed: SeedPolicy::Index(k),
                };
                self.benchmark.query(&query).ok().map(|e| e.valid)
            };
            let seeds: Vec<f64> = (0..spec.seeds).filter_map(of_seed).collect();
            variances.extend(standard_deviation(&seeds).map(|sd| sd * sd));
        }
        Ok(mean(&variances).map(f64::sqrt))
    }

    /// The standard deviation of what members get wrong on the parts they were not fitted to.
    fn residual_deviation(&self, ensemble: &Ensemble, targets: &[f64]) -> Result<f64, Error> {
        let members = self.study.members;
        let mut squares = Vec::with_capacity(targets.len());
        for (m, model) in ensemble.0.iter().enumerate() {
            let held: Vec<usize> = (0..targets.len()).filter(|at| at % members == m).collect();
            let rows: Vec<usize> = held.iter().map(|&at| self.split.train[at]).collect();
            let found = model.predict_mean(&*self.pool.space, &self.archs(&rows), None)?;
            squares.extend(
                held.iter()
                    .zip(found)
                    .map(|(&at, f)| (f - targets[at]).powi(2)),
            );
        }
        Ok(mean(&squares).unwrap_or(0.0).sqrt())
    }

    fn cost(&self) -> Result<Option<Cost>, Error> {
        let spec = &self.benchmark.spec().tasks[self.position];
        let train = &self.split.train;
        let Some(full) = self.column(train, spec.full_fidelity(), |e| e.cost_s)? else {
            return Ok(None);
        };
        let total: f64 = full.iter().sum();
        let mut shares = Vec::with_capacity(spec.fidelities.len());
        for &fidelity in &spec.fidelities {
            let at = self
                .column(train, fidelity, |e| e.cost_s)?
                .unwrap_or_default();
            shares.push(at.iter().sum::<f64>() / total);
        }
        Ok(Some(Cost {
            full: self.ensemble("cost", &full)?,
            shares,
        }))
    }

    /// Curves of these rows less their last value, which `last` has.
    pub(super) fn curves(&self, rows: &[usize], last: &[f64]) -> Result<Vec<Vec<f64>>, Error> {
        let spec = &self.benchmark.spec().tasks[self.position];
        let mut curves = vec![Vec::with_capacity(spec.fidelities.len()); rows.len()];
        for &fidelity in &spec.fidelities {
            let at = self
                .column(rows, fidelity, |e| Some(e.valid))?
                .unwrap_or_default();
            for ((curve, value), last) in curves.iter_mut().zip(at).zip(last) {
                curve.push(value - last);
            }
        }
        Ok(curves)
    }

    fn curve(&self, last: &[f64]) -> Result<Option<Curve>, Error> {
        let epochs = self.benchmark.spec().tasks[self.position].fidelities.len();
        if epochs < 2 {
            return Ok(None);
        }
        let train = &self.split.train;
        let curves = self.curves(train, last)?;
        let basis = CurveBasis::new(&curves, self.study.rank.min(epochs - 1))?;
        let all: Vec<Vec<f64>> = curves.iter().map(|c| basis.coefficients(c)).collect();
        let model = |k: usize| {
            let targets: Vec<f64> = all.iter().map(|c| c[k]).collect();
            self.fit(&format!("curve {k}"), train, &targets, |_| true)
        };
        let coefficients = (0..basis.rank()).into_par_iter().map(model);
        Ok(Some(Curve {
            coefficients: coefficients.collect::<Result<_, Error>>()?,
            basis,
        }))
    }

    fn scores(&self, surrogate: &SurrogateBenchmark, task: usize) -> Result<TaskScores, Error> {
        let Judged {
            held_out,
            strategies,
            ranking_kendall_tau,
        } = judge::judge(self, surrogate, task)?;
        let seeds = self.benchmark.spec().tasks[self.position].seeds;
        let missing = || Error::new(self.name(), "what is held out does not vary");
        let model = surrogate.task(task);
        Ok(TaskScores {
            task: self.name().to_owned(),
            fitted: self.split.train.len(),
            held_out: self.split.test.len(),
            r2: held_out.valid.r2.ok_or_else(missing)?,
            kendall_tau: held_out.valid.kendall_tau.ok_or_else(missing)?,
            sparse_kendall_tau: held_out.valid.sparse_kendall_tau.ok_or_else(missing)?,
            rmse: held_out.valid.rmse,
            test_kendall_tau: held_out.test_kendall_tau,
            cost_r2: held_out.cost_r2,
            curve_rmse: held_out.curve_rmse,
            noise: model.noise,
            noise_from: if seeds > 1 {
                "training seeds"
            } else {
                "residuals"
            }
            .to_owned(),
            ranking_kendall_tau,
            strategies,
        })
    }
}
