//! BANANAS: Bayesian optimisation with an ensemble of perceptrons on the path encoding; ten mutants of the best, chosen by
//! independent Thompson sampling, are trained between two fits.
//!
//! White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture Search",
//! AAAI 2021, arXiv 1910.11858; numbers and candidates as in the authors' code (naszilla): mutants of the best
//! architecture, a hundred tries, and of the next best, up to five, until there are a hundred.
//!
//! Deviations: the networks are the registry's `mlp-ensemble`, which trains on squared instead of absolute error, with
//! decoupled weight decay and a falling rate; five of them, as in the paper, but of two hidden layers of 32 instead of ten of
//! 20, and trained for 60 passes (at least 200 steps) instead of 150: thirty fits then take a second, and CONTRIBUTING has
//! what this finds. The paper weighs errors near the best architecture more, by the percentage error of the distance to a
//! bound on the metric; here the target is the logarithm of that distance (`log-error`), for which a percentage is a
//! difference.

use super::batched::{BatchedSearch, Batches};
use super::check_counts;
use super::surrogate::PredictorChoice;
use crate::acquisition::Acquisition;
use crate::space::SearchSpace;
use crate::strategy::{Strategy, StrategyConfig, StrategyEntry};
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<Bananas>(
    "bananas",
    "an ensemble of perceptrons on paths, independent Thompson sampling over mutants of the best",
    "White, Neiswanger & Savani, AAAI 2021, arXiv 1910.11858",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bananas {
    /// Random architectures before the first model.
    pub initial: u32,
    /// Architectures trained between two fits.
    pub batch: u32,
    /// Mutants to choose from.
    pub candidates: u32,
    /// The best architectures that are mutated at most.
    pub parents: u32,
    /// How candidates are ranked; `mean` does not explore.
    pub acquisition: Acquisition,
    predictor: PredictorChoice,
}

impl Default for Bananas {
    fn default() -> Self {
        Self {
            initial: 10,
            batch: 10,
            candidates: 100,
            parents: 5,
            acquisition: Acquisition::IndependentThompsonSampling,
            predictor: PredictorChoice::new(
                "mlp-ensemble",
                "encoding = \"path\"\ntarget = \"log-error\"\nhidden = [32, 32]\nepochs = 60\nmin_steps = 200",
            ),
        }
    }
}

impl StrategyConfig for Bananas {
    fn check(&self) -> Result<(), String> {
        check_counts(&[
            ("initial", self.initial),
            ("batch", self.batch),
            ("candidates", self.candidates),
            ("parents", self.parents),
        ])?;
        self.predictor.check_ranked_by(self.acquisition)
    }

    fn suits(&self, space: &dyn SearchSpace) -> Result<(), String> {
        self.predictor.suits(space, self.acquisition)
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        let batches = Batches {
            initial: self.initial,
            batch: self.batch,
            candidates: self.candidates,
            parents: self.parents,
            tries: self.candidates,
        };
        let surrogate = self.predictor.surrogate();
        Box::new(BatchedSearch::new(
            space,
            batches,
            surrogate,
            self.acquisition,
        ))
    }
}
