//! Where training sets come from: drawn uniformly, or what a search strategy would have trained.
//!
//! White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021, arXiv
//! 2104.01177, draw uniformly; a predictor within a search sees what the search went to, which is better than the
//! average and more alike.

use super::pool::{Pool, Replicate};
use crate::benchmark::{Benchmark, SeedPolicy};
use crate::error::Error;
use crate::rng::derive_rng;
use crate::strategy::{STRATEGIES, StrategyConfig};
use crate::study::{Arena, Budget, Revisit, run_cell};
use std::sync::Arc;

/// The name of uniform draws.
const RANDOM: &str = "random";

/// Evaluations a search may spend for each architecture that is wanted: some fail, some are twins.
const PATIENCE: u32 = 4;

/// Where training sets come from.
#[derive(Clone)]
pub enum Training {
    /// Uniform draws.
    Random,
    /// The trajectory of this strategy, with the paper's parameters.
    Trajectory(&'static str, Arc<dyn StrategyConfig>),
}

impl Training {
    /// `random`, or a strategy's name.
    ///
    /// # Errors
    /// When there is no such strategy.
    pub fn named(name: &str) -> Result<Self, Error> {
        if name == RANDOM {
            return Ok(Self::Random);
        }
        let known = [RANDOM]
            .into_iter()
            .chain(STRATEGIES.iter().map(|s| s.name));
        let entry = (STRATEGIES.iter().find(|s| s.name == name))
            .ok_or_else(|| Error::unknown_name("training", "source", name, known))?;
        let config = entry.configure(entry.defaults());
        let config = config.map_err(|e| Error::new(format!("training {name}"), e))?;
        Ok(Self::Trajectory(entry.name, config))
    }

    /// Positions in `pool` in the order in which they come to be trained, at least `count` where there are as many.
    /// `seed` answers the strategy.
    ///
    /// # Errors
    /// When the strategy fails.
    pub fn order(
        &self,
        pool: &Pool,
        (benchmark, task, seed): (&dyn Benchmark, usize, SeedPolicy),
        replicate: Replicate,
        count: usize,
    ) -> Result<Vec<usize>, Error> {
        let Self::Trajectory(name, config) = self else {
            return Ok(pool.shuffled(replicate));
        };
        let spec = &benchmark.spec().tasks[task];
        let arena = Arena {
            benchmark,
            task,
            space: pool.space.as_ref(),
            full_fidelity: spec.full_fidelity(),
            has_cost: spec.has_cost,
            seed,
            budget: Budget::Evaluations(PATIENCE * count as u32),
            revisit: Revisit::Free,
            workers: 1,
        };
        let place = || format!("training {name}");
        (config.suits(arena.space)).map_err(|why| Error::new(place(), why))?;
        let number = replicate.number.to_string();
        let parts = [
            "bakeoff",
            "trajectory",
            &pool.name[0],
            &pool.name[1],
            name,
            &number,
        ];
        let rng = derive_rng(replicate.seed, &parts);
        let run = run_cell(&arena, config.start(arena.space).as_mut(), rng);
        if let Some(problem) = run.error {
            return Err(Error::new(place(), problem));
        }
        let mut order: Vec<usize> = Vec::with_capacity(count);
        let trained = run.rows.iter().filter(|row| row.valid.is_some());
        for at in trained.filter_map(|row| pool.position(&pool.space.at_index(row.arch))) {
            if order.len() == count {
                break;
            }
            if !order.contains(&at) {
                order.push(at);
            }
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::summary::mean;

    /// A search trains better architectures than chance does, and the same ones again in the same replicate.
    #[test]
    fn a_trajectory_is_better_than_chance() {
        let benchmark = crate::benchmark::open("nas-bench-graph").expect("shipped");
        let pool = Pool::open(benchmark.as_ref(), 0, SeedPolicy::Mean).expect("complete");
        let order = |name: &str, number| {
            let training = Training::named(name).expect("known");
            let replicate = Replicate { seed: 3, number };
            let asked = (benchmark.as_ref(), 0, SeedPolicy::Mean);
            let order = training.order(&pool, asked, replicate, 200);
            order.expect("runs")[..200].to_vec()
        };
        let quality = |order: &[usize]| {
            let metric: Vec<f64> = order.iter().map(|&at| pool.metric[at]).collect();
            mean(&metric).expect("some")
        };
        let searched = order("regularized-evolution", 0);
        assert!(quality(&searched) > quality(&order("random", 0)));
        assert_eq!(searched, order("regularized-evolution", 0));
        assert_ne!(searched, order("regularized-evolution", 1));
        let mut distinct = searched;
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 200);
        assert!(Training::named("regularised-evolution").is_err());
    }
}
