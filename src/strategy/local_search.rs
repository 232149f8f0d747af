//! Local search: evaluate the neighbours of the current architecture, move to one that improves, restart
//! at random from a local optimum.
//!
//! White, Nolen, Savani: Exploring the Loss Landscape in Neural Architecture Search, UAI 2021, arXiv
//! 2005.02960. The first climb starts from the best of `initial` random architectures, later ones from
//! one. Revisits across climbs are made, and charged unless the study says otherwise; how the
//! authors' own code treats them was not checked.

use super::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use crate::space::{Architecture, SearchSpace};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<LocalSearch>(
    "local-search",
    "hill climbing over neighbours, restarted at local optima",
    "White, Nolen & Savani, UAI 2021, arXiv 2005.02960",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocalSearch {
    /// Random architectures before the first climb.
    pub initial: u32,
    /// When to move.
    pub improvement: Improvement,
}

/// When local search moves to a better neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Improvement {
    /// After all neighbours are evaluated, to the best.
    Best,
    /// As soon as one is better; neighbours come in random order.
    First,
}

impl Default for LocalSearch {
    fn default() -> Self {
        Self {
            initial: 10,
            improvement: Improvement::Best,
        }
    }
}

impl StrategyConfig for LocalSearch {
    fn check(&self) -> Result<(), String> {
        match self.initial {
            1..=1_000_000 => Ok(()),
            initial => Err(format!("initial = {initial}: expected 1 to 1000000")),
        }
    }

    fn start(&self, _: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Climb {
            improvement: self.improvement,
            random_left: self.initial,
            current: None,
            best: None,
            neighbors: Vec::new(),
        })
    }
}

struct Climb {
    improvement: Improvement,
    /// Random architectures still to propose before the climb begins.
    random_left: u32,
    /// Where the climb stands, and its value.
    current: Option<(Architecture, f64)>,
    /// The best told since the climb last moved.
    best: Option<(Architecture, f64)>,
    /// Neighbours of `current` still to propose.
    neighbors: Vec<Architecture>,
}

impl Climb {
    /// Moves to the best told, and lists its neighbours.
    fn advance(&mut self, to: (Architecture, f64), ctx: &mut AskContext<'_>) {
        self.current = Some(to);
        self.best = None;
        self.neighbors.clear();
        ctx.space.neighbors(&to.0, &mut self.neighbors);
        self.neighbors.shuffle(ctx.rng);
    }

    fn is_better(&self, candidate: Option<(Architecture, f64)>) -> Option<(Architecture, f64)> {
        candidate.filter(|(_, valid)| self.current.is_none_or(|(_, now)| *valid > now))
    }
}

impl Strategy for Climb {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.random_left == 0 && self.neighbors.is_empty() {
            if ctx.running > 0 {
                return Ok(Proposal::Wait);
            }
            match self.is_better(self.best) {
                Some(better) => self.advance(better, ctx),
                None => {
                    self.current = None;
                    self.best = None;
                    self.random_left = 1;
                }
            }
        }
        if self.random_left > 0 {
            self.random_left -= 1;
            let arch = ctx.space.sample(ctx.rng);
            return Ok(ctx.start(arch));
        }
        match self.neighbors.pop() {
            Some(neighbor) => Ok(ctx.start(neighbor)),
            None => {
                let arch = ctx.space.sample(ctx.rng);
                Ok(ctx.start(arch))
            }
        }
    }

    fn tell(
        &mut self,
        observation: &Observation,
        ctx: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        if let Outcome::Evaluated { valid } = observation.outcome {
            let told = Some((observation.arch, valid));
            if self.best.is_none_or(|(_, best)| valid > best) {
                self.best = told;
            }
            if self.improvement == Improvement::First
                && self.current.is_some()
                && let Some(better) = self.is_better(told)
            {
                self.advance(better, ctx);
            }
        }
        Ok(())
    }
}
