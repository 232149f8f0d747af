//! Search in batches: fit a model, rank mutants of the best architectures by it, train the first of them, again.
//!
//! The loop of BANANAS, NPENAS and predictor-guided evolution, which differ in the model, the ranking and the numbers.

use super::best_first;
use super::candidates::Candidates;
use super::history::History;
use super::surrogate::Surrogate;
use crate::acquisition::Acquisition;
use crate::space::{Architecture, SearchSpace};
use crate::strategy::{AskContext, Observation, Proposal, Strategy, StrategyError};

/// The numbers of the loop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batches {
    /// Random architectures before the first model.
    pub(super) initial: u32,
    /// Architectures trained between two fits.
    pub(super) batch: u32,
    /// Mutants wanted.
    pub(super) candidates: u32,
    /// The best architectures, which are mutated in turn until there are enough mutants.
    pub(super) parents: u32,
    /// Mutants tried of each parent.
    pub(super) tries: u32,
}

/// One run.
pub(super) struct BatchedSearch {
    batches: Batches,
    surrogate: Surrogate,
    acquisition: Acquisition,
    history: History,
    /// What is left of the batch, the next last.
    batch: Vec<Architecture>,
}

impl BatchedSearch {
    pub(super) fn new(
        space: &dyn SearchSpace,
        batches: Batches,
        surrogate: Surrogate,
        acquisition: Acquisition,
    ) -> Self {
        Self {
            batches,
            surrogate,
            acquisition,
            history: History::new(space),
            batch: Vec::new(),
        }
    }

    fn candidates(&self, ctx: &mut AskContext<'_>) -> Vec<Architecture> {
        let wanted = self.batches.candidates as usize;
        let mut candidates = Candidates::new();
        for parent in self.history.best(self.batches.parents as usize) {
            if candidates.len() >= wanted {
                break;
            }
            candidates.add_mutants(ctx, &self.history, &parent, 1, self.batches.tries);
        }
        if candidates.is_empty() {
            candidates.add_random(ctx, &self.history, wanted);
        }
        candidates.into_architectures()
    }

    fn fill(&mut self, ctx: &mut AskContext<'_>) -> Result<(), StrategyError> {
        let model = self.surrogate.fit(ctx, &self.history)?;
        let archs = self.candidates(ctx);
        let worth = model.worth(ctx, &archs, self.acquisition)?;
        let order = best_first(&worth, &archs);
        let chosen = order.iter().take(self.batches.batch as usize);
        self.batch = chosen.rev().map(|&at| archs[at]).collect();
        Ok(())
    }
}

impl Strategy for BatchedSearch {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.batch.is_empty() && self.history.len() >= self.batches.initial as usize {
            self.fill(ctx)?;
        }
        Ok(match self.batch.pop() {
            Some(arch) => self.history.propose(ctx, arch),
            None => self.history.propose_random(ctx),
        })
    }

    fn tell(
        &mut self,
        observation: &Observation,
        _: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        self.history.tell(observation);
        Ok(())
    }
}
