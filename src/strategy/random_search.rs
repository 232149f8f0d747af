//! Random search: train architectures drawn uniformly from the space and keep the best.
//!
//! Li & Talwalkar: Random Search and Reproducibility for Neural Architecture Search, UAI 2019, arXiv
//! 1902.07638. Draws are uniform over the valid raw architectures, so that an isomorphism class is as likely
//! as it is large. With `replacement = false` a class is drawn once; when all are known the search is done.

use super::known::FreshDraws;
use super::{
    AskContext, Observation, Proposal, Strategy, StrategyConfig, StrategyEntry, StrategyError,
};
use crate::space::SearchSpace;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<RandomSearch>(
    "random-search",
    "uniform draws from the space, with or without replacement",
    "Li & Talwalkar, UAI 2019, arXiv 1902.07638",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomSearch {
    /// Whether an isomorphism class may be drawn again.
    pub replacement: bool,
}

impl Default for RandomSearch {
    fn default() -> Self {
        Self { replacement: true }
    }
}

impl StrategyConfig for RandomSearch {
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        match self.replacement {
            true => Box::new(WithReplacement),
            false => Box::new(WithoutReplacement(FreshDraws::new(space))),
        }
    }
}

struct WithReplacement;

impl Strategy for WithReplacement {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        let arch = ctx.space.sample(ctx.rng);
        Ok(ctx.start(arch))
    }

    fn tell(&mut self, _: &Observation, _: &mut AskContext<'_>) -> Result<(), StrategyError> {
        Ok(())
    }
}

struct WithoutReplacement(FreshDraws);

impl Strategy for WithoutReplacement {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        let drawn = self.0.draw(ctx);
        Ok(drawn.map_or(Proposal::Done, |arch| ctx.start(arch)))
    }

    fn tell(&mut self, _: &Observation, _: &mut AskContext<'_>) -> Result<(), StrategyError> {
        Ok(())
    }
}
