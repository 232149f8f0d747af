//! A fitted surrogate as a benchmark.
//!
//! It pretends to have a few training seeds: the metric of a seed is the ensemble's mean and normal noise from a stream
//! named after surrogate, task, architecture and seed, so that draws are the same for every strategy and in every process.
//! It answers for networks: isomorphic architectures get the same answers.

use super::card::Card;
use super::model::{Ensemble, TaskModel};
use super::noise::{Noise, Of};
use crate::benchmark::{
    Benchmark, BenchmarkSpec, Evaluation, Optimum, Query, QueryError, SeedPolicy, TaskSpec,
};
use crate::error::Error;
use crate::rng::{StreamRng, derive_rng};
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
/// Architectures asked about at a time.
const BLOCK: usize = 4096;

/// A surrogate, ready to be asked.
pub struct SurrogateBenchmark {
    spec: BenchmarkSpec,
    tasks: Vec<TaskModel>,
    seeds: u32,
    /// Of each task, where the optimum may lie; known once asked for.
    candidates: Vec<OnceLock<Candidates>>,
}

/// What chance does to one training.
struct Training {
    /// To all its metrics.
    shared: f64,
    /// Behind the first draw.
    rng: StreamRng,
}

impl Training {
    /// The noise of a metric, where the final mean is `level`.
    fn noise(&self, noise: &Noise, of: Of, level: f64) -> f64 {
        // The training's own draw comes first, then one for each of its other metrics in a fixed order.
        let mut rng = self.rng.clone();
        let own = match of {
            Of::Valid => 0.0,
            Of::Test => normal(&mut rng),
            Of::Epoch(at) => (0..at + 2).fold(0.0, |_, _| normal(&mut rng)),
        };
        noise.drawn(of, level, self.shared, own)
    }
}

/// From the open interval: an end would be infinitely unlikely.
fn uniform(rng: &mut StreamRng) -> f64 {
    rng.random::<f64>().clamp(1e-12, 1.0 - 1e-12)
}

fn normal(rng: &mut StreamRng) -> f64 {
    Normal::standard().inverse_cdf(uniform(rng))
}

/// A metric of a training, or its mean where it is of none; `level` is the final mean.
fn noisy(task: &TaskModel, training: Option<&Training>, of: Of, mean: f64, level: f64) -> f64 {
    let noise = training.map_or(0.0, |training| training.noise(&task.noise, of, level));
    task.bounded(mean + noise)
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

    /// The training of a canonical architecture with seed `k`.
    fn training(&self, task: &TaskModel, arch: &Architecture, k: u32) -> Training {
        let (index, k) = (task.space.index_of(arch).to_string(), k.to_string());
        let parts = [
            "surrogate",
            "noise",
            &self.spec.name,
            &task.name,
            &index,
            &k,
        ];
        let mut rng = derive_rng(0, &parts);
        let shared = normal(&mut rng);
        Training { shared, rng }
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
        if !task.space.is_valid(&query.arch) {
            let arch = task.space.display(&query.arch);
            return Err(Error::new(&task.name, format!("`{arch}` is no network")));
        }
        let asked = task.ask(std::slice::from_ref(&query.arch))?;
        let arch = asked.archs()[0];
        let one = |ensemble: &Ensemble| Ok::<f64, Error>(task.means(ensemble, &asked)?[0]);
        let seed = self.seed(task, &arch, query.seed);
        let seed = seed.map_err(|e| Error::new(&task.name, e))?;
        let training = seed.map(|k| self.training(task, &arch, k));
        let is_full = at + 1 == task.fidelities.len();
        let full = one(&task.valid)?;
        let noisy = |mean, of| noisy(task, training.as_ref(), of, mean, full);
        let valid = match is_full {
            true => noisy(full, Of::Valid),
            false => {
                let coefficients = task.coefficients(&asked)?.unwrap_or_default();
                let of = coefficients.first().map_or(&[][..], Vec::as_slice);
                noisy(task.valid_at(at, full, of), Of::Epoch(at))
            }
        };
        let test = task.test.as_ref().filter(|_| is_full).map(one);
        let cost = task.cost_s.as_ref().map(|cost| {
            let full = one(&cost.full)?;
            Ok::<f64, Error>((full * cost.shares[at]).max(0.0))
        });
        Ok(Evaluation {
            valid,
            test: test.transpose()?.map(|test| noisy(test, Of::Test)),
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
        let (mut valid, mut test) = (Vec::new(), task.test.as_ref().map(|_| Vec::new()));
        for block in archs.chunks(BLOCK) {
            let asked = task.ask(block)?;
            valid.extend(task.means(&task.valid, &asked)?);
            if let (Some(model), Some(test)) = (&task.test, &mut test) {
                test.extend(task.means(model, &asked)?);
            }
        }
        Ok(Candidates { archs, valid, test })
    }

    /// In descending order of their mean; of equals, the first architecture first.
    fn ranked(
        &self,
        task: &TaskModel,
        archs: Vec<Architecture>,
    ) -> Result<Vec<Architecture>, Error> {
        let means = task.means(&task.valid, &task.ask(&archs)?)?;
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
        let mut best: Option<(usize, f64, Option<f64>)> = None;
        let mut best_test: Option<f64> = None;
        for (i, arch) in known.archs.iter().enumerate() {
            for seed in &seeds {
                let training = seed.map(|k| self.training(task, arch, k));
                let noisy = |mean, of| noisy(task, training.as_ref(), of, mean, known.valid[i]);
                let valid = noisy(known.valid[i], Of::Valid);
                let test = known.test.as_ref().map(|test| noisy(test[i], Of::Test));
                if best.is_none_or(|(_, most, _)| valid > most) {
                    best = Some((i, valid, test));
                }
                if test > best_test {
                    best_test = test;
                }
            }
        }
        let (i, valid, test_of_best_valid) =
            best.ok_or_else(|| QueryError("has no architecture".into()))?;
        Ok(Optimum {
            arch: task.space.display(&known.archs[i]),
            valid,
            test_of_best_valid,
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
