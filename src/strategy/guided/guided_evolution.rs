//! Predictor-guided evolution: of many mutants of the best architectures, those that a predictor finds best are trained.
//!
//! White, Zela, Ru, Liu and Hutter, "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021,
//! arXiv 2104.01177, §5: 20 random architectures, then 200 mutants of the five best, of which the best are trained before
//! the next fit. The paper runs it with every predictor.
//!
//! Deviations: of 400 mutants instead of 200 five are trained before the next fit instead of 20. Those are taken that are
//! best by independent Thompson sampling, not by the mean, which explores nothing (`acquisition = "mean"`): with extra trees on
//! ranks, the default here, this is what made the difference to evolution without a predictor (CONTRIBUTING has the figures).

use super::batched::{BatchedSearch, Batches};
use super::check_counts;
use super::surrogate::PredictorChoice;
use crate::acquisition::Acquisition;
use crate::space::SearchSpace;
use crate::strategy::{Strategy, StrategyConfig, StrategyEntry};
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<GuidedEvolution>(
    "predictor-guided-evolution",
    "mutants of the best, those trained that a predictor finds best",
    "White, Zela, Ru, Liu & Hutter, NeurIPS 2021, arXiv 2104.01177",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuidedEvolution {
    /// Random architectures before the first model.
    pub initial: u32,
    /// Architectures trained between two fits.
    pub batch: u32,
    /// Mutants to choose from.
    pub candidates: u32,
    /// The best architectures that are mutated.
    pub parents: u32,
    /// How candidates are ranked; `mean` does not explore.
    pub acquisition: Acquisition,
    predictor: PredictorChoice,
}

impl Default for GuidedEvolution {
    fn default() -> Self {
        Self {
            initial: 20,
            batch: 5,
            candidates: 400,
            parents: 5,
            acquisition: Acquisition::IndependentThompsonSampling,
            predictor: PredictorChoice::quick_forest(),
        }
    }
}

impl StrategyConfig for GuidedEvolution {
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
            tries: self.candidates.div_ceil(self.parents),
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
