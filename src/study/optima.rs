//! The best of a task under the seed policies that a study did not choose: what another reading of the table would call 0.

use super::resolved::SeedOptimum;
use crate::benchmark::{Benchmark, SeedPolicy};

/// The optimum under every policy but `chosen` that the table can answer; nothing where it has one training seed, as all
/// policies agree then.
pub(super) fn seed_optima(
    benchmark: &dyn Benchmark,
    task: usize,
    chosen: SeedPolicy,
) -> Vec<SeedOptimum> {
    let seeds = benchmark.spec().tasks[task].seeds;
    if seeds < 2 {
        return Vec::new();
    }
    let indices = (0..seeds).map(|k| (format!("index:{k}"), SeedPolicy::Index(k)));
    [
        ("mean".to_string(), SeedPolicy::Mean),
        ("draw".to_string(), SeedPolicy::Draw { key: 0 }),
    ]
    .into_iter()
    .chain(indices)
    .filter(|(_, policy)| *policy != chosen)
    .filter_map(|(seed_policy, policy)| {
        // A policy that no architecture has the seeds for has no optimum.
        let optimum = benchmark.optimum(task, policy).ok()?;
        Some(SeedOptimum {
            seed_policy,
            optimum,
        })
    })
    .collect()
}
