//! How well repeated trainings agree, and what this leaves to a perfect predictor: the noise ceiling.
//!
//! The agreement is measured: Kendall's τ between trainings with two seeds. It is no limit itself, since both of its sides are
//! noisy, and a predictor is not. The ceiling is derived from it under the assumptions of
//! [`attainable_kendall`](crate::stats::attenuation::attainable_kendall): what who knows every architecture's true mean is expected to score
//! against the study's metric, which is one training or the mean of several. By chance, and where the assumptions do not hold, a
//! predictor can come out above it.

use crate::benchmark::{Benchmark, Query, SeedPolicy};
use crate::space::Architecture;
use crate::stats::attenuation::attainable_kendall;
use crate::stats::correlation::kendall;
use crate::stats::summary::mean;

/// Seeds that are compared at most.
const MOST_SEEDS: u32 = 5;

/// Kendall's τ-b between full trainings with two seeds, over the architectures that have both; the mean over pairs of
/// seeds. `None` where there is one seed.
pub(super) fn seed_agreement(
    benchmark: &dyn Benchmark,
    task: usize,
    archs: &[Architecture],
) -> Option<f64> {
    let seeds = benchmark.spec().tasks[task].seeds.min(MOST_SEEDS);
    let of_seed = |k: u32| -> Vec<Option<f64>> {
        let valid = |arch: &Architecture| training(benchmark, task, arch, k);
        archs.iter().map(valid).collect()
    };
    let seeds: Vec<Vec<Option<f64>>> = (0..seeds).map(of_seed).collect();
    let mut taus = Vec::new();
    for (at, a) in seeds.iter().enumerate() {
        for b in &seeds[at + 1..] {
            let both = a.iter().zip(b).filter_map(|(a, b)| Some(((*a)?, (*b)?)));
            let (a, b): (Vec<f64>, Vec<f64>) = both.unzip();
            taus.extend(kendall(&a, &b));
        }
    }
    mean(&taus)
}

/// What a predictor of the true means is expected to score, by the trainings' agreement, where `policy` makes the metric.
pub(crate) fn noise_ceiling(
    agreement: f64,
    benchmark: &dyn Benchmark,
    task: usize,
    archs: &[Architecture],
    policy: SeedPolicy,
) -> f64 {
    attainable_kendall(agreement, trainings(benchmark, task, archs, policy))
}

/// How many trainings the metric of an architecture is the mean of; where this varies, on average.
fn trainings(
    benchmark: &dyn Benchmark,
    task: usize,
    archs: &[Architecture],
    policy: SeedPolicy,
) -> f64 {
    let seeds = benchmark.spec().tasks[task].seeds;
    match policy {
        SeedPolicy::Mean => f64::from(seeds),
        SeedPolicy::Index(_) | SeedPolicy::Draw { .. } => 1.0,
        SeedPolicy::MeanOfPresent => {
            let present = |arch| (0..seeds).filter_map(move |k| training(benchmark, task, arch, k));
            let found = archs.iter().flat_map(present).count();
            (found as f64 / archs.len() as f64).max(1.0)
        }
    }
}

/// The metric after a full training with a seed, if there is one.
fn training(benchmark: &dyn Benchmark, task: usize, arch: &Architecture, k: u32) -> Option<f64> {
    let query = Query {
        task,
        arch: *arch,
        fidelity: benchmark.spec().tasks[task].full_fidelity(),
        seed: SeedPolicy::Index(k),
    };
    benchmark.query(&query).ok().map(|found| found.valid)
}
