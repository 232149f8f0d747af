//! All architectures of a task with their metric, and their splits.

use crate::benchmark::{Benchmark, Query, SeedPolicy};
use crate::error::Error;
use crate::rng::derive_rng;
use crate::space::{Architecture, ClassId, SearchSpace};
use rand::seq::SliceRandom;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The architectures of a task, in order, with their validation metric at full fidelity, the mean over seeds.
pub struct Pool {
    /// Benchmark and task, for the names of random streams.
    pub name: [String; 2],
    /// Their space.
    pub space: Arc<dyn SearchSpace>,
    /// The architectures, ascending.
    pub archs: Vec<Architecture>,
    /// The metric of each; higher is better.
    pub metric: Vec<f64>,
    classes: Vec<ClassId>,
}

/// Whether architectures that are the same network as one in the training set are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twins {
    /// No: the answer is known.
    LeftOut,
    /// Yes, as many published comparisons do.
    Kept,
}

/// Positions in a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// What a predictor is fitted to.
    pub train: Vec<usize>,
    /// What it is asked about: all the rest, without training architectures' twins if so wished, ascending.
    pub test: Vec<usize>,
}

impl Pool {
    /// Every architecture the benchmark has a result of its own for.
    ///
    /// # Errors
    /// When it lacks a seed of one.
    pub fn open(benchmark: &dyn Benchmark, task: usize) -> Result<Self, Error> {
        let spec = benchmark.spec();
        let fidelity = spec.tasks[task].full_fidelity();
        let archs = benchmark.architectures(task);
        let metric = archs
            .iter()
            .map(|&arch| {
                let query = Query {
                    task,
                    arch,
                    fidelity,
                    seed: SeedPolicy::Mean,
                };
                benchmark.query(&query).map(|found| found.valid)
            })
            .collect::<Result<_, _>>()
            .map_err(|e| Error::new(&spec.name, e))?;
        let name = [spec.name.clone(), spec.tasks[task].name.clone()];
        Ok(Self::new(name, benchmark.space(task), archs, metric))
    }

    /// These architectures with their metric, put in order.
    pub fn new(
        name: [String; 2],
        space: Arc<dyn SearchSpace>,
        archs: Vec<Architecture>,
        metric: Vec<f64>,
    ) -> Self {
        let mut both: Vec<(Architecture, f64)> = archs.into_iter().zip(metric).collect();
        both.sort_unstable_by_key(|both| both.0);
        let classes = both.iter().map(|(arch, _)| space.class(arch)).collect();
        let (archs, metric) = both.into_iter().unzip();
        Self {
            name,
            space,
            archs,
            metric,
            classes,
        }
    }

    /// The split of one replicate: `train_size` architectures drawn uniformly. Smaller training sets of a replicate
    /// are the beginning of larger ones, so that sizes are paired too.
    ///
    /// # Errors
    /// When nothing would be left to ask about.
    pub fn split(
        &self,
        (seed, replicate): (u64, u32),
        train_size: usize,
        twins: Twins,
    ) -> Result<Split, Error> {
        let replicate = replicate.to_string();
        let parts = ["bakeoff", "split", &self.name[0], &self.name[1], &replicate];
        let mut order: Vec<usize> = (0..self.archs.len()).collect();
        order.shuffle(&mut derive_rng(seed, &parts));
        let train: Vec<usize> = order.into_iter().take(train_size).collect();
        let test: Vec<usize> = match twins {
            Twins::LeftOut => {
                let seen: BTreeSet<ClassId> = train.iter().map(|&at| self.classes[at]).collect();
                (0..self.archs.len())
                    .filter(|&at| !seen.contains(&self.classes[at]))
                    .collect()
            }
            Twins::Kept => {
                let seen: BTreeSet<usize> = train.iter().copied().collect();
                (0..self.archs.len())
                    .filter(|at| !seen.contains(at))
                    .collect()
            }
        };
        if test.is_empty() || train.len() < train_size {
            let problem = format!("a training size of {train_size} leaves nothing to predict");
            return Err(Error::new(self.name.join(": "), problem)
                .mend(format!("it has {} architectures", self.archs.len())));
        }
        Ok(Split { train, test })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Nb201;

    fn pool() -> Pool {
        let space = Nb201::shared();
        let archs: Vec<Architecture> = (0..space.raw_size()).map(|at| space.at_index(at)).collect();
        let metric = vec![0.5; archs.len()];
        Pool::new(
            ["nas-bench-201".into(), "none".into()],
            space,
            archs,
            metric,
        )
    }

    #[test]
    fn twins_are_never_on_both_sides_and_sizes_are_nested() {
        let pool = pool();
        let small = pool.split((1, 0), 50, Twins::LeftOut).expect("enough");
        let large = pool.split((1, 0), 400, Twins::LeftOut).expect("enough");
        assert_eq!(small.train, large.train[..50]);
        assert_ne!(
            small,
            pool.split((1, 1), 50, Twins::LeftOut).expect("enough")
        );
        let class = |at: &usize| pool.space.class(&pool.archs[*at]);
        let seen: BTreeSet<ClassId> = large.train.iter().map(class).collect();
        assert!(large.test.iter().all(|at| !seen.contains(&class(at))));
        let twins = (0..pool.archs.len())
            .filter(|at| seen.contains(&class(at)))
            .count();
        assert_eq!(large.test.len() + twins, pool.archs.len());
        assert!(twins > 400);
    }

    #[test]
    fn a_training_set_that_leaves_nothing_is_refused() {
        let pool = pool();
        assert!(
            pool.split((1, 0), pool.archs.len(), Twins::LeftOut)
                .is_err()
        );
    }
}
