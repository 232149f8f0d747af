//! Gaussian process over the decisions of an architecture: an exponential kernel of weighted Hamming distances, its
//! parameters fitted to the marginal likelihood.
//!
//! Rasmussen and Williams, "Gaussian Processes for Machine Learning", MIT Press 2006; relevance determination over
//! categories as in Hutter, Hoos and Leyton-Brown, "Sequential Model-Based Optimization for General Algorithm
//! Configuration", LION 2011. Deviations: parameters have weak log-normal priors (without them, few points are
//! overfitted). With more than `fit_points` points they are fitted to a random subset and all points condition on them;
//! the `shared-operations` kernel also learns how much each operation matters, once for all decisions with the
//! same options.

mod growing;
mod kernel;
mod likelihood;
mod points;
mod posterior;

pub(crate) use growing::GrowingProcess;
pub use posterior::Posterior;

use super::{PredictorConfig, PredictorEntry, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use kernel::{Kernel, Structure};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<GaussianProcess>(
    "gaussian-process",
    "exponential kernel of weighted Hamming distances, marginal likelihood",
    "Rasmussen & Williams, MIT Press 2006",
);

/// What distances between architectures the kernel has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum KernelName {
    /// The number of decisions that differ.
    Hamming,
    /// A weight for each decision.
    #[default]
    ArdHamming,
    /// A weight for each decision and one for each operation, shared by decisions with the same options.
    SharedOperations,
    /// As `shared-operations`, plus a kernel over the paths of the network's graph, where the space has graphs.
    OperationsAndPaths,
    /// As `operations-and-paths`, plus a kernel over how often the architecture has each operation, wherever it is.
    OperationsCountsAndPaths,
}

/// Fewer points than this are fitted to at once.
const FEWEST: usize = 100;

/// With this many points, the kernel's few parameters are what they would be with some more.
const SETTLED: usize = 150;

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GaussianProcess {
    /// The kernel.
    pub kernel: KernelName,
    /// The most points the kernel's parameters are fitted to.
    pub fit_points: usize,
    /// The most evaluations of the marginal likelihood.
    pub evaluations: usize,
    /// With more points than this, the posterior is the sparse one of `inducing` points.
    pub max_points: usize,
    /// Points of the sparse posterior.
    pub inducing: usize,
}

impl Default for GaussianProcess {
    fn default() -> Self {
        Self {
            kernel: KernelName::ArdHamming,
            fit_points: 500,
            evaluations: 30,
            max_points: 2000,
            inducing: 512,
        }
    }
}

impl PredictorConfig for GaussianProcess {
    type Fitted = Posterior;

    fn check(&self) -> Result<(), String> {
        for (name, value, least, most) in [
            ("fit_points", self.fit_points, 2, 5000),
            ("evaluations", self.evaluations, 1, 10_000),
            ("max_points", self.max_points, 1, 20_000),
            ("inducing", self.inducing, 1, 5000),
        ] {
            if !(least..=most).contains(&value) {
                return Err(format!("{name} = {value}: expected {least} to {most}"));
            }
        }
        Ok(())
    }

    fn sees_instead(&self) -> Option<&'static str> {
        Some("it compares the decisions themselves; `feature-gaussian-process` reads encodings")
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Posterior, Error> {
        let space = data.inputs.space;
        let has_graphs = space.graph(&data.inputs.archs[0]).is_some();
        let structure = Structure::new(space.decisions(), has_graphs, self.kernel);
        let n = data.len();
        let mut order: Vec<usize> = (0..n).collect();
        if n > self.fit_points {
            order.shuffle(rng);
            order.truncate(self.fit_points);
        }
        let mut kernel = Kernel::prior(structure);
        // Most of the way on a third of the points costs a ninth or less of it on all.
        let few = order.len() / 3;
        for count in [few, order.len()] {
            if count >= FEWEST || count == order.len() {
                let (points, targets) = kernel.points(data, &order[..count])?;
                kernel = likelihood::fit(kernel, &points, &targets, self.evaluations);
            }
        }
        self.condition(kernel, data, rng)
    }

    fn fit_part(
        &self,
        whole: &Posterior,
        part: &TrainingSet<'_>,
        rng: &mut StreamRng,
    ) -> Result<Posterior, Error> {
        match part.len() < SETTLED {
            true => self.fit(part, rng),
            false => self.condition(whole.kernel().clone(), part, rng),
        }
    }
}

impl GaussianProcess {
    fn condition(
        &self,
        kernel: Kernel,
        data: &TrainingSet<'_>,
        rng: &mut StreamRng,
    ) -> Result<Posterior, Error> {
        match data.len() > self.max_points {
            true => Posterior::sparse(kernel, data, self.inducing, rng),
            false => Posterior::exact(kernel, data),
        }
    }
}
