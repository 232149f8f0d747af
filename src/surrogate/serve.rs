//! A fitted surrogate as a benchmark.
//!
//! It pretends to have a few training seeds: the metric of a seed is the ensemble's mean and normal noise from a stream
//! named after surrogate, task, architecture and seed, so that draws are the same for every strategy and in every process.

use super::card::Card;
use super::model::TaskModel;
use crate::benchmark::{
    Benchmark, BenchmarkSpec, Evaluation, Optimum, Query, QueryError, SeedPolicy, TaskSpec,
};
use crate::error::Error;
use crate::rng::derive_rng;
use crate::space::{Architecture, SearchSpace};
use crate::strategy::Fidelity;
use rand::RngExt;
use statrs::distribution::{ContinuousCDF, Normal};
use std::sync::{Arc, OnceLock};

/// The largest space of which every architecture is asked about for the optimum.
const SMALL_SPACE: u64 = 1 << 17;
/// In larger ones, so many are drawn,
const DRAWN: usize = 10_000;
/// and the best of them are climbed from.
const CLIMBED: usize = 10;

/// A surrogate, ready to be asked.
pub struct SurrogateBenchmark {
    spec: BenchmarkSpec,
    tasks: Vec<TaskModel>,
    seeds: u32,
    /// Of each task, where the optimum may lie; known once asked for.
    candidates: Vec<OnceLock<Candidates>>,
}

/// Architectures with their means.
struct Candidates {
    archs: Vec<Architecture>,
    valid: Vec<f64>,
    test: Option<Vec<f64>>,
}

impl SurrogateBenchmark {
    pub(super) fn new(card: &Card, tasks: Vec<TaskModel>) -> Self {
        let seeds = card.study.seeds;
        let describe = |task: &TaskModel| TaskSpec {
            name: task.name.clone(),
            metric: task.metric.clone(),
            schedule: task.schedule.clone(),
            fidelities: task.fidelities.iter().map(|f| Fidelity(*f)).collect(),
            seeds,
            has_cost: task.cost_s.is_some(),
            oracle: task.oracle,
            unsearchable: None,
        };
        Self {
            spec: BenchmarkSpec {
                name: card.name.clone(),
                title: card.title.clone(),
                citation: card.citation.clone(),
                sha256: card.model_sha256.clone(),
                tasks: tasks.iter().map(describe).collect(),
            },
            candidates: tasks.iter().map(|_| OnceLock::new()).collect(),
            seeds,
            tasks,
        }
    }

    pub(super) fn task(&self, at: usize) -> &TaskModel {
        &self.tasks[at]
    }

    /// The noise of a training with seed `k`, in standard deviations.
    fn noise(&self, task: &TaskModel, arch: &Architecture, k: u32) -> f64 {
        let (index, k) = (task.space.index_of(arch).to_string(), k.to_string());
        let parts = [
            "surrogate",
            "noise",
            &self.spec.name,
            &task.name,
            &index,
            &k,
        ];
        let share: f64 = derive_rng(0, &parts).random();
        // The open interval: an end would be infinite.
        Normal::standard().inverse_cdf(share.clamp(1e-12, 1.0 - 1e-12))
    }

    /// The seed that answers, if one alone does.
    fn seed(
        &self,
        task: &TaskModel,
        arch: &Architecture,
        policy: SeedPolicy,
    ) -> Result<Option<u32>, QueryError> {
        match policy {
            SeedPolicy::Mean | SeedPolicy::MeanOfPresent => Ok(None),
            SeedPolicy::Index(k) if k < self.seeds => Ok(Some(k)),
            SeedPolicy::Index(k) => {
                let problem = format!(
                    "{}: no seed {k}; the surrogate has {}",
                    task.name, self.seeds
                );
                Err(QueryError(problem))
            }
            SeedPolicy::Draw { key } => {
                let index = task.space.index_of(arch).to_string();
                let mut rng = derive_rng(key, &["draw", &index]);
                Ok(Some(rng.random_range(0..self.seeds)))
            }
        }
    }

    fn answer(&self, query: &Query) -> Result<Evaluation, Error> {
        let task = &self.tasks[query.task];
        let at = task.fidelities.iter().position(|f| *f == query.fidelity.0);
        let Some(at) = at else {
            let known: Vec<String> = task.fidelities.iter().map(u32::to_string).collect();
            let problem = format!("no fidelity {}", query.fidelity.0);
            return Err(
                Error::new(&task.name, problem).mend(format!("it has {}", known.join(", ")))
            );
        };
        let one = |ensemble: &super::model::Ensemble| {
            let archs = std::slice::from_ref(&query.arch);
            Ok::<f64, Error>(ensemble.means(&*task.space, archs)?[0])
        };
        let seed = self.seed(task, &query.arch, query.seed);
        let noise = match seed.map_err(|e| Error::new(&task.name, e))? {
            Some(k) => task.noise * self.noise(task, &query.arch, k),
            None => 0.0,
        };
        let is_full = at + 1 == task.fidelities.len();
        let full = one(&task.valid)?;
        let test = task
            .test
            .as_ref()
            .filter(|_| is_full)
            .map(one)
            .transpose()?;
        let cost = task.cost_s.as_ref().map(|cost| {
            let full = one(&cost.full)?;
            Ok::<f64, Error>((full * cost.shares[at]).max(0.0))
        });
        Ok(Evaluation {
            valid: task.bounded(task.valid_at(&query.arch, at, full)? + noise),
            test: test.map(|test| task.bounded(test + noise)),
            cost_s: cost.transpose()?,
        })
    }

    fn candidates(&self, at: usize) -> Result<&Candidates, QueryError> {
        if let Some(known) = self.candidates[at].get() {
            return Ok(known);
        }
        let found = self.find_candidates(at);
        let found = found.map_err(|e| QueryError(e.to_string()))?;
        Ok(self.candidates[at].get_or_init(|| found))
    }

    /// All architectures of a small space; of a larger one those drawn, and those on the way up from the best of them.
    fn find_candidates(&self, at: usize) -> Result<Candidates, Error> {
        let task = &self.tasks[at];
        let space = &*task.space;
        let mut archs = match space.raw_size() <= SMALL_SPACE {
            true => self.architectures(at),
            false => {
                let parts = ["surrogate", "best", &self.spec.name, &task.name];
                let mut rng = derive_rng(0, &parts);
                (0..DRAWN).map(|_| space.sample(&mut rng)).collect()
            }
        };
        if space.raw_size() > SMALL_SPACE {
            let starts = self.ranked(task, archs.clone())?;
            for start in starts.into_iter().take(CLIMBED) {
                archs.extend(self.climb(task, start)?);
            }
            archs.sort_unstable();
            archs.dedup();
        }
        let test = task.test.as_ref().map(|test| test.means(space, &archs));
        Ok(Candidates {
            valid: task.valid.means(space, &archs)?,
            test: test.transpose()?,
            archs,
        })
    }

    /// In descending order of their mean; of equals, the first architecture first.
    fn ranked(
        &self,
        task: &TaskModel,
        archs: Vec<Architecture>,
    ) -> Result<Vec<Architecture>, Error> {
        let means = task.valid.means(&*task.space, &archs)?;
        let mut order: Vec<usize> = (0..archs.len()).collect();
        order.sort_by(|&a, &b| means[b].total_cmp(&means[a]).then(archs[a].cmp(&archs[b])));
        Ok(order.into_iter().map(|i| archs[i]).collect())
    }

    /// From an architecture to better neighbours until there is none.
    fn climb(&self, task: &TaskModel, start: Architecture) -> Result<Vec<Architecture>, Error> {
        let mut path = vec![start];
        let mut neighbors = Vec::new();
        loop {
            let here = path[path.len() - 1];
            neighbors.clear();
            task.space.neighbors(&here, &mut neighbors);
            neighbors.push(here);
            match self.ranked(task, neighbors.clone())?.first() {
                Some(next) if *next != here => path.push(*next),
                _ => return Ok(path),
            }
        }
    }
}

impl Benchmark for SurrogateBenchmark {
    fn spec(&self) -> &BenchmarkSpec {
        &self.spec
    }

    fn space(&self, task: usize) -> Arc<dyn SearchSpace> {
        self.tasks[task].space.clone()
    }

    fn query(&self, query: &Query) -> Result<Evaluation, QueryError> {
        self.answer(query).map_err(|e| QueryError(e.to_string()))
    }

    /// Exact where the space is small; of a larger one, the best that drawing and climbing find.
    fn optimum(&self, at: usize, seed: SeedPolicy) -> Result<Optimum, QueryError> {
        let task = &self.tasks[at];
        // The seeds that may answer; no noise for the mean.
        let seeds: Vec<Option<u32>> = match seed {
            SeedPolicy::Draw { .. } => (0..self.seeds).map(Some).collect(),
            SeedPolicy::Index(k) => vec![Some(k)],
            SeedPolicy::Mean | SeedPolicy::MeanOfPresent => vec![None],
        };
        let known = self.candidates(at)?;
        let mut best: Option<(usize, f64, f64)> = None;
        let mut best_test: Option<f64> = None;
        for (i, arch) in known.archs.iter().enumerate() {
            for seed in &seeds {
                let noise = seed.map_or(0.0, |k| task.noise * self.noise(task, arch, k));
                let valid = task.bounded(known.valid[i] + noise);
                if best.is_none_or(|(_, most, _)| valid > most) {
                    best = Some((i, valid, noise));
                }
                let test = known
                    .test
                    .as_ref()
                    .map(|test| task.bounded(test[i] + noise));
                if test > best_test {
                    best_test = test;
                }
            }
        }
        let (i, valid, noise) = best.ok_or_else(|| QueryError("has no architecture".into()))?;
        Ok(Optimum {
            arch: task.space.display(&known.archs[i]),
            valid,
            test_of_best_valid: known.test.as_ref().map(|t| task.bounded(t[i] + noise)),
            best_test,
        })
    }

    fn with_schedule(&self, schedule: &str) -> Result<Arc<dyn Benchmark>, Error> {
        let known = self.tasks.iter().map(|t| t.schedule.as_str());
        let problem = Error::unknown_name(&self.spec.name, "schedule", schedule, known);
        match self.tasks.iter().all(|t| t.schedule == schedule) {
            true => super::registry::open(&self.spec.name).map(|same| same as Arc<dyn Benchmark>),
            false => Err(problem),
        }
    }
}
