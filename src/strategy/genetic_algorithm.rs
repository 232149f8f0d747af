//! A genetic algorithm without ageing: the best architectures ever evaluated are the parents of the next
//! generation, half of it by uniform crossover and half by mutation.
//!
//! Guo, Zhang, Mu, Heng, Liu, Wei, Sun: Single Path One-Shot Neural Architecture Search with Uniform Sampling,
//! ECCV 2020, arXiv 1904.00420, Algorithm 1 without its FLOPs constraint, on trained instead of weight-sharing
//! accuracies. As in the authors' code no isomorphism class is proposed twice, breeding gives up after 10
//! attempts per child and random architectures fill the generation; when every class is known the search is
//! done. `mutation_probability` is the knob of exploration. With several simulated workers a generation is
//! bred when all of the last one is told; a failed evaluation is never a parent.

use super::known::FreshDraws;
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
    "crossover and mutation of the best ever evaluated, in generations",
    "Guo et al., ECCV 2020, arXiv 1904.00420",
);

/// Attempts to breed a child that is valid and new, as in the authors' code.
const ATTEMPTS: u32 = 10;

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GeneticAlgorithm {
    /// Architectures per generation.
    pub population: u32,
    /// How many of the best are parents: the fewer, the greedier.
    pub parents: u32,
    /// Share of a generation that is bred by crossover; the rest by mutation.
    pub crossover_share: f64,
    /// Probability that a mutant's decision is drawn anew: the larger, the more it explores.
    pub mutation_probability: f64,
}

impl Default for GeneticAlgorithm {
    fn default() -> Self {
        Self {
            population: 50,
            parents: 10,
            crossover_share: 0.5,
            mutation_probability: 0.1,
        }
    }
}

impl StrategyConfig for GeneticAlgorithm {
    fn check(&self) -> Result<(), String> {
        let Self {
            population,
            parents,
            ..
        } = *self;
        if !(1..=1_000_000).contains(&population) {
            return Err(format!("population = {population}: expected 1 to 1000000"));
        }
        if !(1..=population).contains(&parents) {
            return Err(format!(
                "parents = {parents}: expected 1 to population = {population}"
            ));
        }
        for (name, share) in [
            ("crossover_share", self.crossover_share),
            ("mutation_probability", self.mutation_probability),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return Err(format!("{name} = {share}: expected 0 to 1"));
            }
        }
        Ok(())
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Breeding {
            config: self.clone(),
            options: space
                .decisions()
                .iter()
                .map(|d| d.options.len() as u32)
                .collect(),
            fresh: FreshDraws::new(space),
            parents: Vec::new(),
            next_parents: Vec::new(),
            born: 0,
        })
    }
}

struct Breeding {
    config: GeneticAlgorithm,
    /// Options of each decision.
    options: Vec<u32>,
    fresh: FreshDraws,
    /// The best of the generations before, best first; of equals the earlier first. Empty in the first.
    parents: Vec<(Architecture, f64)>,
    /// The same with what was told of the running generation.
    next_parents: Vec<(Architecture, f64)>,
    /// Architectures of the running generation proposed so far.
    born: u32,
}

impl Breeding {
    fn parent(&self, rng: &mut StreamRng) -> Architecture {
        self.parents[rng.random_range(0..self.parents.len() as u32) as usize].0
    }

    /// Each decision from either of two parents.
    fn crossover(&self, rng: &mut StreamRng) -> Architecture {
        let (mut child, father) = (self.parent(rng), self.parent(rng));
        for (at, &choice) in father.decisions().iter().enumerate() {
            if rng.random::<bool>() {
                child = child.with(at, choice);
            }
        }
        child
    }

    /// A parent with each decision drawn anew with the mutation probability.
    fn mutation(&self, rng: &mut StreamRng) -> Architecture {
        let mut child = self.parent(rng);
        for (at, &options) in self.options.iter().enumerate() {
            if rng.random::<f64>() < self.config.mutation_probability {
                child = child.with(at, rng.random_range(0..options) as u8);
            }
        }
        child
    }

    /// A valid child of a new class, if one is found.
    fn breed(&mut self, ctx: &mut AskContext<'_>) -> Option<Architecture> {
        let crossed = self.config.crossover_share * f64::from(self.config.population);
        let is_crossed = f64::from(self.born) < crossed;
        (0..ATTEMPTS).find_map(|_| {
            let child = match is_crossed {
                true => self.crossover(ctx.rng),
                false => self.mutation(ctx.rng),
            };
            let is_new = ctx.space.is_valid(&child) && self.fresh.claim(ctx.space, &child);
            is_new.then_some(child)
        })
    }
}

impl Strategy for Breeding {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.born >= self.config.population {
            if ctx.running > 0 {
                return Ok(Proposal::Wait);
            }
            self.born = 0;
            self.parents.clone_from(&self.next_parents);
        }
        let child = match self.parents.is_empty() {
            true => None,
            false => self.breed(ctx),
        };
        let Some(arch) = child.or_else(|| self.fresh.draw(ctx)) else {
            return Ok(Proposal::Done);
        };
        self.born += 1;
        Ok(ctx.start(arch))
    }

    fn tell(
        &mut self,
        observation: &Observation,
        _: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        if let Outcome::Evaluated { valid } = observation.outcome {
            let at = (self.next_parents).partition_point(|(_, other)| *other >= valid);
            self.next_parents.insert(at, (observation.arch, valid));
            self.next_parents.truncate(self.config.parents as usize);
        }
        Ok(())
    }
}
