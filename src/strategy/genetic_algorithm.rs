//! A genetic algorithm without ageing: the better of the population mate, children replace the worst.
//!
//! Goldberg: Genetic Algorithms in Search, Optimization, and Machine Learning, 1989: steady state,
//! tournament selection, uniform crossover. A child joins only if it is better than the worst.

use super::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use crate::rng::StreamRng;
use crate::space::{Architecture, SearchSpace};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<GeneticAlgorithm>(
    "genetic-algorithm",
    "tournaments, uniform crossover and mutation; the worst are replaced",
    "Goldberg, Genetic Algorithms in Search, Optimization, and Machine Learning, 1989",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GeneticAlgorithm {
    /// Architectures kept.
    pub population: u32,
    /// Architectures drawn to find a parent: the larger, the greedier.
    pub tournament: u32,
    /// Probability that a child has two parents.
    pub crossover_probability: f64,
    /// Probability that a child is mutated; one of a single parent always is.
    pub mutation_probability: f64,
}

impl Default for GeneticAlgorithm {
    fn default() -> Self {
        Self {
            population: 50,
            tournament: 5,
            crossover_probability: 0.5,
            mutation_probability: 0.5,
        }
    }
}

impl StrategyConfig for GeneticAlgorithm {
    fn check(&self) -> Result<(), String> {
        if !(2..=1_000_000).contains(&self.population) {
            return Err(format!(
                "population = {}: expected 2 to 1000000",
                self.population
            ));
        }
        if !(1..=self.population).contains(&self.tournament) {
            return Err(format!(
                "tournament = {}: expected 1 to population = {}",
                self.tournament, self.population
            ));
        }
        for (name, p) in [
            ("crossover_probability", self.crossover_probability),
            ("mutation_probability", self.mutation_probability),
        ] {
            if !(0.0..=1.0).contains(&p) {
                return Err(format!("{name} = {p}: expected 0 to 1"));
            }
        }
        Ok(())
    }

    fn start(&self, _: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Breeding {
            config: self.clone(),
            kept: Vec::with_capacity(self.population as usize),
            founders: 0,
        })
    }
}

struct Breeding {
    config: GeneticAlgorithm,
    kept: Vec<(Architecture, f64)>,
    /// Random architectures proposed so far.
    founders: u32,
}

impl Breeding {
    fn parent(&self, rng: &mut StreamRng) -> Architecture {
        let size = self.kept.len() as u32;
        let mut best = rng.random_range(0..size) as usize;
        for _ in 1..self.config.tournament {
            let rival = rng.random_range(0..size) as usize;
            if self.kept[rival].1 > self.kept[best].1 {
                best = rival;
            }
        }
        self.kept[best].0
    }

    fn child(&self, ctx: &mut AskContext<'_>) -> Architecture {
        let mother = self.parent(ctx.rng);
        if ctx.rng.random::<f64>() >= self.config.crossover_probability {
            return ctx.space.mutate(&mother, ctx.rng);
        }
        let father = self.parent(ctx.rng);
        let mut child = mother;
        for (at, &gene) in father.decisions().iter().enumerate() {
            if ctx.rng.random::<bool>() {
                child = child.with(at, gene);
            }
        }
        if !ctx.space.is_valid(&child) {
            child = mother;
        }
        if child == mother || ctx.rng.random::<f64>() < self.config.mutation_probability {
            child = ctx.space.mutate(&child, ctx.rng);
        }
        child
    }
}

impl Strategy for Breeding {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.founders < self.config.population || self.kept.is_empty() {
            self.founders = self.founders.saturating_add(1);
            let arch = ctx.space.sample(ctx.rng);
            return Ok(ctx.start(arch));
        }
        let child = self.child(ctx);
        Ok(ctx.start(child))
    }

    fn tell(
        &mut self,
        observation: &Observation,
        _: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        let Outcome::Evaluated { valid } = observation.outcome else {
            return Ok(());
        };
        if self.kept.len() < self.config.population as usize {
            self.kept.push((observation.arch, valid));
            return Ok(());
        }
        let worst = (0..self.kept.len()).min_by(|a, b| self.kept[*a].1.total_cmp(&self.kept[*b].1));
        if let Some(worst) = worst
            && valid > self.kept[worst].1
        {
            self.kept[worst] = (observation.arch, valid);
        }
        Ok(())
    }
}
