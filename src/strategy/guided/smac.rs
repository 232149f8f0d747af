//! SMAC: a random forest is fitted to every result, and the architecture of the most expected improvement is trained next;
//! one in ten is drawn at random.
//!
//! Hutter, Hoos and Leyton-Brown, "Sequential Model-Based Optimization for General Algorithm Configuration", LION 2011;
//! numbers as in SMAC3 (Lindauer et al., JMLR 2022, arXiv 2109.09831) for hyper-parameter optimisation: ten trees without
//! depth limit, the candidates being random architectures and local searches from the best ten known.
//!
//! Deviations: the first 30 are random instead of a Sobol sequence, which categories do not have; 30 is what SMAC3 (2.0, a
//! tenth of the budget) takes for 300 evaluations. There are 1,000 random candidates instead of 10,000: the local searches find
//! the maximum, and the rest costs time. The trees are extra trees on two fifths of the features, the forest sees normal scores of ranks, and
//! one architecture in ten is random instead of one in five: a random forest on log errors, as SMAC3's, was worse than
//! regularized evolution on NAS-Bench-201. The uncertainty is the spread of the trees.

use super::candidates::Candidates;
use super::history::History;
use super::surrogate::{Model, PredictorChoice, Surrogate};
use super::{best_first, check_counts};
use crate::acquisition::Acquisition;
use crate::space::{Architecture, SearchSpace};
use crate::strategy::{
    AskContext, Observation, Proposal, Strategy, StrategyConfig, StrategyEntry, StrategyError,
};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<Smac>(
    "smac",
    "a forest, expected improvement by local search, some random architectures between",
    "Hutter, Hoos & Leyton-Brown, LION 2011; Lindauer et al., JMLR 2022, arXiv 2109.09831",
);

const EI: Acquisition = Acquisition::ExpectedImprovement;

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Smac {
    /// Random architectures before the first model.
    pub initial: u32,
    /// The share of random architectures after that: the larger, the wider the search.
    pub random_share: f64,
    /// Random candidates.
    pub candidates: u32,
    /// Local searches for the largest expected improvement, from as many of the best known.
    pub local_searches: u32,
    predictor: PredictorChoice,
}

impl Default for Smac {
    fn default() -> Self {
        Self {
            initial: 30,
            random_share: 0.1,
            candidates: 1000,
            local_searches: 10,
            predictor: PredictorChoice::quick_forest(),
        }
    }
}

impl StrategyConfig for Smac {
    fn check(&self) -> Result<(), String> {
        check_counts(&[
            ("initial", self.initial),
            ("candidates", self.candidates),
            ("local_searches", self.local_searches),
        ])?;
        if !(0.0..=1.0).contains(&self.random_share) {
            return Err(format!(
                "random_share = {}: expected 0 to 1",
                self.random_share
            ));
        }
        self.predictor.check()
    }

    fn suits(&self, space: &dyn SearchSpace) -> Result<(), String> {
        self.predictor.suits(space, EI)
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Configuration {
            config: self.clone(),
            surrogate: self.predictor.surrogate(),
            history: History::new(space),
        })
    }
}

struct Configuration {
    config: Smac,
    surrogate: Surrogate,
    history: History,
}

impl Configuration {
    /// Where the local search from `start` ends, moving to the best neighbour while it is better.
    fn climb(
        &self,
        ctx: &mut AskContext<'_>,
        model: &Model,
        start: Architecture,
    ) -> Result<Architecture, StrategyError> {
        let mut here = start;
        let mut worth = model.worth(ctx, &[here], EI)?[0];
        let mut neighbors = Vec::new();
        loop {
            neighbors.clear();
            ctx.space.neighbors(&here, &mut neighbors);
            let values = model.worth(ctx, &neighbors, EI)?;
            let best = best_first(&values, &neighbors).first().copied();
            match best {
                Some(at) if values[at] > worth => (here, worth) = (neighbors[at], values[at]),
                _ => return Ok(here),
            }
        }
    }

    /// The new architecture of the most expected improvement; none where all found is known.
    fn choose(&self, ctx: &mut AskContext<'_>) -> Result<Option<Architecture>, StrategyError> {
        let model = self.surrogate.fit(ctx, &self.history)?;
        let mut candidates = Candidates::new();
        candidates.add_random(ctx, &self.history, self.config.candidates as usize);
        for start in self.history.best(self.config.local_searches as usize) {
            let end = self.climb(ctx, &model, start)?;
            candidates.add(ctx, &self.history, end);
            // A search that ends on something known is worth its surroundings.
            let mut around = Vec::new();
            ctx.space.neighbors(&end, &mut around);
            for neighbor in around {
                candidates.add(ctx, &self.history, neighbor);
            }
        }
        let archs = candidates.into_architectures();
        let worth = model.worth(ctx, &archs, EI)?;
        Ok(best_first(&worth, &archs).first().map(|&at| archs[at]))
    }
}

impl Strategy for Configuration {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.history.len() >= self.config.initial as usize
            && ctx.rng.random::<f64>() >= self.config.random_share
            && let Some(arch) = self.choose(ctx)?
        {
            return Ok(self.history.propose(ctx, arch));
        }
        Ok(self.history.propose_random(ctx))
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
