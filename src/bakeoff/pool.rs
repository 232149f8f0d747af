//! All architectures of a task with their metric, and their splits.

use crate::benchmark::{Benchmark, Query, SeedPolicy};
use crate::error::Error;
use crate::rng::derive_rng;
use crate::space::{Architecture, ClassId, SearchSpace};
use rand::seq::SliceRandom;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The architectures of a task, in order, with what a full training of each gave.
pub struct Pool {
    /// Benchmark and task, for the names of random streams.
    pub name: [String; 2],
    /// Their space.
    pub space: Arc<dyn SearchSpace>,
    /// The architectures, ascending.
    pub archs: Vec<Architecture>,
    /// The validation metric of each; higher is better.
    pub metric: Vec<f64>,
    /// Seconds of training of each, where the benchmark has them.
    pub cost_s: Option<Vec<f64>>,
    classes: Vec<ClassId>,
    /// The first of each class.
    first: BTreeMap<ClassId, usize>,
}

/// Whether architectures that are the same network as one in the training set are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twins {
    /// No: the answer is known.
    LeftOut,
    /// Yes, as many published comparisons do.
    Kept,
}

/// Which replicate of which study: all that random streams of a split are named after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replicate {
    /// Root of the study's streams.
    pub seed: u64,
    /// The replicate.
    pub number: u32,
}

/// Positions in a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// What a predictor is fitted to.
    pub train: Vec<usize>,
    /// What it is asked about, ascending: the rest, without training architectures' twins if so wished.
    pub test: Vec<usize>,
}

impl Pool {
    /// Every architecture the benchmark has a result of its own for.
    ///
    /// # Errors
    /// When it lacks a seed of one.
    pub fn open(benchmark: &dyn Benchmark, task: usize, seed: SeedPolicy) -> Result<Self, Error> {
        let spec = benchmark.spec();
        let fidelity = spec.tasks[task].full_fidelity();
        let mut archs = benchmark.architectures(task);
        archs.sort_unstable();
        let (mut metric, mut cost_s) = (Vec::new(), Vec::new());
        for &arch in &archs {
            let query = Query {
                task,
                arch,
                fidelity,
                seed,
            };
            let found = (benchmark.query(&query)).map_err(|e| Error::new(&spec.name, e))?;
            metric.push(found.valid);
            cost_s.extend(found.cost_s);
        }
        let name = [spec.name.clone(), spec.tasks[task].name.clone()];
        let has_cost = cost_s.len() == archs.len();
        Ok(Self {
            cost_s: has_cost.then_some(cost_s),
            ..Self::new(name, benchmark.space(task), archs, metric)
        })
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
        let classes: Vec<ClassId> = both.iter().map(|(arch, _)| space.class(arch)).collect();
        let mut first = BTreeMap::new();
        for (at, class) in classes.iter().enumerate() {
            first.entry(*class).or_insert(at);
        }
        let (archs, metric) = both.into_iter().unzip();
        Self {
            name,
            space,
            archs,
            metric,
            cost_s: None,
            classes,
            first,
        }
    }

    /// The number of different networks.
    pub fn class_count(&self) -> usize {
        self.first.len()
    }

    /// Where an architecture stands, or the first that is the same network.
    pub fn position(&self, arch: &Architecture) -> Option<usize> {
        let exact = self.archs.binary_search(arch).ok();
        exact.or_else(|| self.first.get(&self.space.class(arch)).copied())
    }

    /// All positions in the order in which a replicate draws them for training.
    pub fn shuffled(&self, replicate: Replicate) -> Vec<usize> {
        self.drawn("split", replicate)
    }

    /// The split of one replicate: the first `train_size` of `order` to fit to, so that sizes are nested and paired;
    /// the rest, or `test_size` of them drawn for the replicate, to ask about.
    ///
    /// # Errors
    /// When `order` is too short or nothing would be left to ask about.
    pub fn split(
        &self,
        order: &[usize],
        train_size: usize,
        twins: Twins,
        asked: Option<(usize, Replicate)>,
    ) -> Result<Split, Error> {
        let place = || self.name.join(": ");
        let Some(train) = order.get(..train_size) else {
            let problem = format!("a training size of {train_size}, {} to be had", order.len());
            return Err(Error::new(place(), problem));
        };
        let positions: BTreeSet<usize> = train.iter().copied().collect();
        let classes: BTreeSet<ClassId> = train.iter().map(|&at| self.classes[at]).collect();
        let is_left = |at: &usize| match twins {
            Twins::LeftOut => !classes.contains(&self.classes[*at]),
            Twins::Kept => !positions.contains(at),
        };
        let test: Vec<usize> = match asked {
            None => (0..self.archs.len()).filter(is_left).collect(),
            Some((count, replicate)) => {
                let order = self.drawn("test", replicate);
                let mut test: Vec<usize> = order.into_iter().filter(is_left).take(count).collect();
                test.sort_unstable();
                test
            }
        };
        if test.is_empty() {
            let problem = format!("a training size of {train_size} leaves nothing to predict");
            let count = self.archs.len();
            return Err(Error::new(place(), problem).mend(format!("it has {count} architectures")));
        }
        Ok(Split {
            train: train.to_vec(),
            test,
        })
    }

    fn drawn(&self, what: &str, replicate: Replicate) -> Vec<usize> {
        let Replicate { seed, number } = replicate;
        let number = number.to_string();
        let parts = ["bakeoff", what, &self.name[0], &self.name[1], &number];
        let mut order: Vec<usize> = (0..self.archs.len()).collect();
        order.shuffle(&mut derive_rng(seed, &parts));
        order
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
        let split = |number, size, asked| {
            let order = pool.shuffled(Replicate { seed: 1, number });
            pool.split(&order, size, Twins::LeftOut, asked)
                .expect("enough")
        };
        let (small, large) = (split(0, 50, None), split(0, 400, None));
        assert_eq!(small.train, large.train[..50]);
        assert_ne!(small, split(1, 50, None));
        let class = |at: &usize| pool.space.class(&pool.archs[*at]);
        let seen: BTreeSet<ClassId> = large.train.iter().map(class).collect();
        assert!(large.test.iter().all(|at| !seen.contains(&class(at))));
        let twins = (0..pool.archs.len())
            .filter(|at| seen.contains(&class(at)))
            .count();
        assert_eq!(large.test.len() + twins, pool.archs.len());
        assert!(twins > 400);
        let replicate = Replicate { seed: 1, number: 0 };
        let asked = |size| split(0, size, Some((200, replicate))).test;
        let all: BTreeSet<usize> = large.test.iter().copied().collect();
        assert!(asked(400).len() == 200 && asked(400).iter().all(|at| all.contains(at)));
        // Sizes are asked about the same, but for what the larger training set knows.
        let mut kept = asked(50).into_iter().filter(|at| all.contains(at));
        assert!(kept.all(|at| asked(400).contains(&at)));
    }

    #[test]
    fn a_training_set_that_leaves_nothing_is_refused() {
        let pool = pool();
        let all: Vec<usize> = (0..pool.archs.len()).collect();
        for size in [all.len(), all.len() + 1] {
            assert!(pool.split(&all, size, Twins::LeftOut, None).is_err());
        }
    }
}
