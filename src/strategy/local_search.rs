//! Local search: evaluate the neighbours of the current architecture, move to one that improves, restart
//! at random from a local optimum.
//!
//! White, Nolen, Savani: Exploring the Loss Landscape in Neural Architecture Search, UAI 2021, arXiv
//! 2005.02960. The defaults are the paper's hill climbing (the whole neighbourhood, then the best of it) as
//! NASLib runs it: the first climb starts from the best of 10 random architectures, each later one from a
//! single one, and a neighbour that is known already is proposed again like any other.
//!
//! The authors' own code (naszilla) differs in three points, each a parameter: `restart = 10`, `improvement
//! = "first"`, `repeats = false`. With `repeats = false` a known isomorphism class counts as no neighbour,
//! and the search is done when every class is known; with `repeats = true` it never ends by itself.
//! Neighbours come in random order, so that a budget that ends within a neighbourhood favours none.

use super::known::FreshDraws;
use super::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use crate::space::{Architecture, SearchSpace};
use rand::RngExt;
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
    /// Random architectures before the first climb, which starts from their best.
    pub initial: u32,
    /// Random architectures before each later climb: the more, the wider and slower the search.
    pub restart: u32,
    /// When to move.
    pub improvement: Improvement,
    /// Whether known isomorphism classes are proposed again.
    pub repeats: bool,
}

/// When local search moves to a better neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Improvement {
    /// After all neighbours are evaluated, to the best.
    Best,
    /// As soon as one is better.
    First,
}

impl Default for LocalSearch {
    fn default() -> Self {
        Self {
            initial: 10,
            restart: 1,
            improvement: Improvement::Best,
            repeats: true,
        }
    }
}

impl StrategyConfig for LocalSearch {
    fn check(&self) -> Result<(), String> {
        for (name, value) in [("initial", self.initial), ("restart", self.restart)] {
            if !(1..=1_000_000).contains(&value) {
                return Err(format!("{name} = {value}: expected 1 to 1000000"));
            }
        }
        Ok(())
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Climb {
            improvement: self.improvement,
            restart: self.restart,
            fresh: (!self.repeats).then(|| FreshDraws::new(space)),
            random_left: self.initial,
            current: None,
            best: None,
            neighbors: Vec::new(),
        })
    }
}

struct Climb {
    improvement: Improvement,
    restart: u32,
    /// What was proposed, where that counts.
    fresh: Option<FreshDraws>,
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
    /// Moves to `to`, and lists its neighbours.
    fn advance(&mut self, to: (Architecture, f64), ctx: &mut AskContext<'_>) {
        self.current = Some(to);
        self.best = None;
        self.neighbors.clear();
        ctx.space.neighbors(&to.0, &mut self.neighbors);
    }

    /// Moves to the best told if that is better than where the climb stands, else gives the climb up.
    fn advance_or_restart(&mut self, ctx: &mut AskContext<'_>) {
        match self.best.filter(|best| self.is_improvement(best.1)) {
            Some(better) => self.advance(better, ctx),
            None => {
                self.current = None;
                self.best = None;
                self.random_left = self.restart;
            }
        }
    }

    fn is_improvement(&self, valid: f64) -> bool {
        self.current.is_none_or(|(_, now)| valid > now)
    }

    /// Takes a random neighbour off the list, past those that may not be proposed.
    fn next_neighbor(&mut self, ctx: &mut AskContext<'_>) -> Option<Architecture> {
        while !self.neighbors.is_empty() {
            let at = ctx.rng.random_range(0..self.neighbors.len() as u32) as usize;
            let neighbor = self.neighbors.swap_remove(at);
            let fresh = self.fresh.as_mut();
            if fresh.is_none_or(|fresh| fresh.claim(ctx.space, &neighbor)) {
                return Some(neighbor);
            }
        }
        None
    }
}

impl Strategy for Climb {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        loop {
            if self.random_left > 0 {
                self.random_left -= 1;
                let drawn = match &mut self.fresh {
                    Some(fresh) => fresh.draw(ctx),
                    None => Some(ctx.space.sample(ctx.rng)),
                };
                return Ok(drawn.map_or(Proposal::Done, |arch| ctx.start(arch)));
            }
            if let Some(neighbor) = self.next_neighbor(ctx) {
                return Ok(ctx.start(neighbor));
            }
            if ctx.running > 0 {
                return Ok(Proposal::Wait);
            }
            self.advance_or_restart(ctx);
        }
    }

    fn tell(
        &mut self,
        observation: &Observation,
        ctx: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        let Outcome::Evaluated { valid } = observation.outcome else {
            return Ok(());
        };
        let told = (observation.arch, valid);
        if self.best.is_none_or(|(_, best)| valid > best) {
            self.best = Some(told);
        }
        let moves_at_once = self.improvement == Improvement::First && self.current.is_some();
        if moves_at_once && self.is_improvement(valid) {
            self.advance(told, ctx);
        }
        Ok(())
    }
}
