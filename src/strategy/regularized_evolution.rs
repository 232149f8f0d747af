//! Regularized evolution: mutate the best of a random sample of the population, and let the oldest die.
//!
//! Real, Aggarwal, Huang, Le: Regularized Evolution for Image Classifier Architecture Search, AAAI 2019,
//! arXiv 1802.01548, Algorithm 1; the sample is drawn with replacement as there. With several simulated
//! workers children are born from the population known at the time; a failed evaluation never joins it.

use super::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use crate::space::{Architecture, SearchSpace};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<RegularizedEvolution>(
    "regularized-evolution",
    "tournament selection, mutation, and death of the oldest",
    "Real, Aggarwal, Huang & Le, AAAI 2019, arXiv 1802.01548",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegularizedEvolution {
    /// Architectures alive at once.
    pub population: u32,
    /// Architectures drawn to find a parent: the larger, the greedier.
    pub sample: u32,
}

impl Default for RegularizedEvolution {
    fn default() -> Self {
        Self {
            population: 100,
            sample: 25,
        }
    }
}

impl StrategyConfig for RegularizedEvolution {
    fn check(&self) -> Result<(), String> {
        let Self { population, sample } = *self;
        if !(1..=1_000_000).contains(&population) {
            return Err(format!("population = {population}: expected 1 to 1000000"));
        }
        if !(1..=population).contains(&sample) {
            return Err(format!(
                "sample = {sample}: expected 1 to population = {population}"
            ));
        }
        Ok(())
    }

    fn start(&self, _: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Evolution {
            config: self.clone(),
            alive: Vec::with_capacity(self.population as usize),
            oldest: 0,
            founders: 0,
        })
    }
}

struct Evolution {
    config: RegularizedEvolution,
    /// A ring once full: the next to be told replaces the oldest.
    alive: Vec<(Architecture, f64)>,
    oldest: usize,
    /// Random architectures proposed so far.
    founders: u32,
}

impl Strategy for Evolution {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.founders < self.config.population || self.alive.is_empty() {
            self.founders = self.founders.saturating_add(1);
            let arch = ctx.space.sample(ctx.rng);
            return Ok(ctx.start(arch));
        }
        let size = self.alive.len() as u32;
        let mut parent = ctx.rng.random_range(0..size) as usize;
        for _ in 1..self.config.sample {
            let rival = ctx.rng.random_range(0..size) as usize;
            if self.alive[rival].1 > self.alive[parent].1 {
                parent = rival;
            }
        }
        let child = ctx.space.mutate(&self.alive[parent].0, ctx.rng);
        Ok(ctx.start(child))
    }

    fn tell(
        &mut self,
        observation: &Observation,
        _: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        if let Outcome::Evaluated { valid } = observation.outcome {
            let born = (observation.arch, valid);
            if self.alive.len() < self.config.population as usize {
                self.alive.push(born);
            } else {
                self.alive[self.oldest] = born;
                self.oldest = (self.oldest + 1) % self.alive.len();
            }
        }
        Ok(())
    }
}
