//! How well a training with one seed tells what another would have given: no predictor of single trainings can do
//! better, and none of their mean much better.

use crate::benchmark::{Benchmark, Query, SeedPolicy};
use crate::space::Architecture;
use crate::stats::correlation::kendall;
use crate::stats::summary::mean;

/// Seeds that are compared at most.
const MOST_SEEDS: u32 = 5;

/// Kendall's τ-b between full trainings with two seeds, over the architectures that have both; the mean over pairs of
/// seeds. `None` where there is one seed.
pub(super) fn noise_ceiling(
    benchmark: &dyn Benchmark,
    task: usize,
    archs: &[Architecture],
) -> Option<f64> {
    let spec = &benchmark.spec().tasks[task];
    let of_seed = |k: u32| -> Vec<Option<f64>> {
        let valid = |&arch: &Architecture| {
            let query = Query {
                task,
                arch,
                fidelity: spec.full_fidelity(),
                seed: SeedPolicy::Index(k),
            };
            benchmark.query(&query).ok().map(|found| found.valid)
        };
        archs.iter().map(valid).collect()
    };
    let seeds: Vec<Vec<Option<f64>>> = (0..spec.seeds.min(MOST_SEEDS)).map(of_seed).collect();
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
