//! Predictor-guided local search: hill climbing that trains the neighbours of the current architecture in the order a
//! predictor gives them, a few between two fits, and moves on as soon as one of these is better.
//!
//! The search is that of White, Nolen and Savani, "Exploring the Loss Landscape in Neural Architecture Search", UAI 2021,
//! arXiv 2005.02960 (ten random architectures, then neighbours, then a restart); the use of predictors to order what is
//! trained is that of White, Zela, Ru, Liu and Hutter, NeurIPS 2021, arXiv 2104.01177. The combination is ours: from a local
//! optimum the search starts again at the architecture predicted best among `restart` random ones.

use super::candidates::Candidates;
use super::history::History;
use super::surrogate::{PredictorChoice, Surrogate};
use super::{best_first, check_counts};
use crate::acquisition::Acquisition;
use crate::space::{Architecture, SearchSpace};
use crate::strategy::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<GuidedLocalSearch>(
    "predictor-guided-local-search",
    "hill climbing that trains neighbours in the order of their prediction",
    "White, Nolen & Savani, UAI 2021, arXiv 2005.02960; White et al., NeurIPS 2021, arXiv 2104.01177",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuidedLocalSearch {
    /// Random architectures before the first climb, which starts from their best.
    pub initial: u32,
    /// Neighbours trained between two fits.
    pub batch: u32,
    /// Random architectures whose best predicted starts a later climb.
    pub restart: u32,
    predictor: PredictorChoice,
}

impl Default for GuidedLocalSearch {
    fn default() -> Self {
        Self {
            initial: 10,
            batch: 5,
            restart: 100,
            predictor: PredictorChoice::new("gradient-boosting", "target = \"normal-scores\""),
        }
    }
}

impl StrategyConfig for GuidedLocalSearch {
    fn check(&self) -> Result<(), String> {
        check_counts(&[
            ("initial", self.initial),
            ("batch", self.batch),
            ("restart", self.restart),
        ])?;
        self.predictor.check()
    }

    fn suits(&self, space: &dyn SearchSpace) -> Result<(), String> {
        self.predictor.suits(space, Acquisition::Mean)
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Climb {
            config: self.clone(),
            surrogate: self.predictor.surrogate(),
            history: History::new(space),
            here: None,
            batch: Vec::new(),
        })
    }
}

struct Climb {
    config: GuidedLocalSearch,
    surrogate: Surrogate,
    history: History,
    /// The best of this climb and its metric; none at a restart until something is told.
    here: Option<(Architecture, f64)>,
    /// What is left of the batch, the next last.
    batch: Vec<Architecture>,
}

impl Climb {
    /// The next batch: the neighbours predicted best, or one architecture to start again from.
    fn fill(&mut self, ctx: &mut AskContext<'_>) -> Result<(), StrategyError> {
        let mut candidates = Candidates::new();
        if let Some((here, _)) = self.here {
            let mut neighbors = Vec::new();
            ctx.space.neighbors(&here, &mut neighbors);
            for neighbor in neighbors {
                candidates.add(ctx, &self.history, neighbor);
            }
        }
        let mut wanted = self.config.batch as usize;
        if candidates.is_empty() {
            self.here = None;
            wanted = 1;
            candidates.add_random(ctx, &self.history, self.config.restart as usize);
        }
        let archs = candidates.into_architectures();
        let model = self.surrogate.fit(ctx, &self.history)?;
        let worth = model.worth(ctx, &archs, Acquisition::Mean)?;
        let order = best_first(&worth, &archs);
        self.batch = order
            .iter()
            .take(wanted)
            .rev()
            .map(|&at| archs[at])
            .collect();
        Ok(())
    }
}

impl Strategy for Climb {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.batch.is_empty() && self.history.len() >= self.config.initial as usize {
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
        if let Outcome::Evaluated { valid } = observation.outcome
            && self.here.is_none_or(|(_, best)| valid > best)
        {
            // The rest of the batch are neighbours of where the climb no longer is.
            self.batch.clear();
            self.here = Some((observation.arch, valid));
        }
        Ok(())
    }
}
