//! Random search: train architectures drawn uniformly from the space and keep the best.
//!
//! Li & Talwalkar: Random Search and Reproducibility for Neural Architecture Search, UAI 2019, arXiv
//! 1902.07638. Without replacement it draws isomorphism classes it has not drawn before; once half of
//! them are known it walks the rest in a random rotation of the raw order instead of drawing on.

use super::{
    AskContext, Observation, Proposal, Strategy, StrategyConfig, StrategyEntry, StrategyError,
};
use crate::space::{ClassId, SearchSpace};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
            false => Box::new(WithoutReplacement {
                drawn: BTreeSet::new(),
                classes: space.class_count(),
                walk: None,
            }),
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

struct WithoutReplacement {
    drawn: BTreeSet<ClassId>,
    classes: u64,
    /// The next raw index of the final walk.
    walk: Option<u64>,
}

impl Strategy for WithoutReplacement {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        let drawn = self.drawn.len() as u64;
        if drawn >= self.classes {
            return Ok(Proposal::Done);
        }
        loop {
            let arch = if 2 * drawn < self.classes {
                ctx.space.sample(ctx.rng)
            } else {
                let size = ctx.space.raw_size();
                let at = *self
                    .walk
                    .get_or_insert_with(|| ctx.rng.random_range(0..size));
                self.walk = Some((at + 1) % size);
                ctx.space.at_index(at)
            };
            if ctx.space.is_valid(&arch) && self.drawn.insert(ctx.space.class(&arch)) {
                return Ok(ctx.start(arch));
            }
        }
    }

    fn tell(&mut self, _: &Observation, _: &mut AskContext<'_>) -> Result<(), StrategyError> {
        Ok(())
    }
}
