//! Benchmarks: ask what training an architecture would have given.

mod full;
mod registry;
mod tabular;

pub use registry::{folder, home, is_shipped, names, open, open_folder, open_table};
pub use tabular::TabularBenchmark;

pub use crate::table::{QueryError, SeedPolicy};

use crate::error::Error;
use crate::space::{Architecture, SearchSpace};
use crate::strategy::Fidelity;
use crate::table::Table;
use std::sync::Arc;

/// A question to a benchmark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Query {
    /// Position of the task in [`BenchmarkSpec::tasks`].
    pub task: usize,
    /// What was trained.
    pub arch: Architecture,
    /// How far.
    pub fidelity: Fidelity,
    /// With which seed.
    pub seed: SeedPolicy,
}

/// What training gave. Only the runner sees it; strategies see an
/// [`Observation`](crate::strategy::Observation).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// Validation metric, higher is better.
    pub valid: f64,
    /// Test metric, where the table has it.
    pub test: Option<f64>,
    /// Training time from scratch to the fidelity, in seconds, where the table has it.
    pub cost_s: Option<f64>,
}

/// What a benchmark holds.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchmarkSpec {
    /// Kebab-case name.
    pub name: String,
    /// One line.
    pub title: String,
    /// Authors, venue, year, arXiv id.
    pub citation: String,
    /// SHA-256 of the table's file, in hex.
    pub sha256: String,
    /// The tasks, in the table's order.
    pub tasks: Vec<TaskSpec>,
}

/// What a benchmark holds for one task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskSpec {
    /// Kebab-case name, usually the data set's.
    pub name: String,
    /// What `valid` and `test` measure, for example `accuracy` or `roc-auc`.
    pub metric: String,
    /// The schedule a search on it is answered from; see [`Benchmark::with_schedule`].
    pub schedule: String,
    /// The fidelities of this schedule in ascending order; the last is a full training. None where the task cannot
    /// be searched.
    pub fidelities: Vec<Fidelity>,
    /// The number of training seeds.
    pub seeds: u32,
    /// Whether the table has training times.
    pub has_cost: bool,
    /// Whether the table has only a test metric, which then stands in for validation.
    pub oracle: bool,
    /// Why the task cannot be searched, where it cannot: it has no validation metric, others of its table do.
    pub unsearchable: Option<String>,
}

impl TaskSpec {
    /// A full training.
    ///
    /// # Panics
    /// When the task is [`unsearchable`](Self::unsearchable).
    pub fn full_fidelity(&self) -> Fidelity {
        *self
            .fidelities
            .last()
            .expect("a task that can be searched has a fidelity")
    }
}

/// The best that can be found, under one seed policy at full fidelity.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimum {
    /// The architecture with the best validation metric, as the paper prints it.
    pub arch: String,
    /// Its validation metric: the zero of simple regret.
    pub valid: f64,
    /// Its test metric: what perfect search on validation would report.
    pub test_of_best_valid: Option<f64>,
    /// The best test metric of any architecture: the zero of test regret.
    pub best_test: Option<f64>,
}

/// A source of evaluations: a table, or a surrogate fitted to one.
pub trait Benchmark: Send + Sync {
    /// What it holds.
    fn spec(&self) -> &BenchmarkSpec;

    /// The search space of a task (a task may allow fewer operations than another).
    fn space(&self, task: usize) -> Arc<dyn SearchSpace>;

    /// The architectures it has results of their own for, in order: of a table that lists one of each isomorphism
    /// class, those; of a table that lists all, all. By default one of each class.
    fn architectures(&self, task: usize) -> Vec<Architecture> {
        let space = self.space(task);
        (0..space.raw_size())
            .map(|index| space.at_index(index))
            .filter(|arch| space.is_valid(arch) && space.canonical(arch) == *arch)
            .collect()
    }

    /// What training gave.
    ///
    /// # Errors
    /// When the table lacks it; the message lists what there is.
    fn query(&self, query: &Query) -> Result<Evaluation, QueryError>;

    /// The best of a task under `seed`; for [`SeedPolicy::Draw`], the best that any draw can give.
    ///
    /// # Errors
    /// When the policy asks for seeds the table lacks.
    fn optimum(&self, task: usize, seed: SeedPolicy) -> Result<Optimum, QueryError>;

    /// The same benchmark with its tasks under the schedule of this name: another way of training. Tasks without it
    /// cannot be searched.
    ///
    /// # Errors
    /// When no task has such a schedule; the message lists those there are.
    fn with_schedule(&self, schedule: &str) -> Result<Arc<dyn Benchmark>, Error> {
        let problem = format!("has no schedule `{schedule}`");
        Err(Error::new(&self.spec().name, problem).mend("leave `schedule` out"))
    }

    /// The table it answers from, if it does: all architectures, whole learning curves, every split and schedule,
    /// sizes, hardware measurements and zero-cost proxies.
    fn table(&self) -> Option<&Table> {
        None
    }
}
