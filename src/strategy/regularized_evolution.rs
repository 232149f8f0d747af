//! Regularized evolution: mutate the best of a random sample of the population, and let the oldest die.
//!
//! Real, Aggarwal, Huang, Le: Regularized Evolution for Image Classifier Architecture Search, AAAI 2019,
//! arXiv 1802.01548, Algorithm 1. As in the authors' published code the sample is drawn with replacement and
//! of equals the first drawn is the parent. Known architectures are proposed again as they come, so the
//! search never ends by itself. With several simulated workers children are born from the population known
//! at the time; a failed evaluation never joins it.

use super::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use crate::rng::StreamRng;
use crate::space::{Architecture, SearchSpace};
use rand::Rng;
use serde::{Deserialize, Serialize};
use std::hint::select_unpredictable;

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
        let population = self.population as usize;
        Box::new(Evolution {
            population,
            sample: self.sample,
            alive: Vec::with_capacity(population),
            valid: Vec::with_capacity(population),
            oldest: 0,
            founders: 0,
            draws: Draws::below(u64::from(self.population)),
        })
    }
}

struct Evolution {
    population: usize,
    sample: u32,
    /// A ring once full: the next to be told replaces the oldest.
    alive: Vec<Architecture>,
    /// The validation metric of each of `alive`.
    valid: Vec<f64>,
    oldest: usize,
    /// Random architectures proposed so far.
    founders: usize,
    /// Draws among those alive.
    draws: Draws,
}

impl Evolution {
    /// The best of a random sample of those alive, of whom there must be one.
    fn parent(&mut self, rng: &mut StreamRng) -> Architecture {
        if self.draws.bound != self.valid.len() as u64 {
            self.draws = Draws::below(self.valid.len() as u64);
        }
        let mut batch = [0; MAX_BATCH];
        let (mut parent, mut best) = (0, f64::NEG_INFINITY);
        let mut left = self.sample as usize;
        while left > 0 {
            let drawn = self.draws.fill(&mut batch, rng).min(left);
            for &rival in &batch[..drawn] {
                let valid = self.valid[rival as usize];
                // Who is better is as good as random, so a branch would be mispredicted.
                parent = select_unpredictable(valid > best, rival, parent);
                best = select_unpredictable(valid > best, valid, best);
            }
            left -= drawn;
        }
        self.alive[parent as usize]
    }
}

impl Strategy for Evolution {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.founders < self.population || self.alive.is_empty() {
            self.founders = self.founders.saturating_add(1);
            let arch = ctx.space.sample(ctx.rng);
            return Ok(ctx.start(arch));
        }
        let parent = self.parent(ctx.rng);
        let child = ctx.space.mutate(&parent, ctx.rng);
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
        if self.alive.len() < self.population {
            self.alive.push(observation.arch);
            self.valid.push(valid);
            return Ok(());
        }
        self.alive[self.oldest] = observation.arch;
        self.valid[self.oldest] = valid;
        self.oldest += 1;
        if self.oldest == self.population {
            self.oldest = 0;
        }
        Ok(())
    }
}

/// The most draws taken from one random word.
const MAX_BATCH: usize = 32;

/// Independent uniform draws below a bound, several from one random word: a multiplication by the bound
/// leaves a draw in its upper half and the word of the next in its lower.
///
/// Brackett-Rozinsky & Lemire: Batched Ranged Random Integer Generation, 2024, arXiv 2408.06213. Exact: a
/// word that would favour some outcomes is drawn anew.
struct Draws {
    bound: u64,
    batch: usize,
    /// `bound` to the power of `batch`, at most 2^58, so that at most one word in 64 is drawn anew.
    outcomes: u64,
}

impl Draws {
    /// Draws below `bound`, at least 1.
    fn below(bound: u64) -> Self {
        let (mut batch, mut outcomes) = (1, bound);
        while bound > 1 && batch < MAX_BATCH && outcomes <= (1 << 58) / bound {
            outcomes *= bound;
            batch += 1;
        }
        Self {
            bound,
            batch,
            outcomes,
        }
    }

    /// Fills the head of `out`; how many were drawn.
    fn fill(&self, out: &mut [u32; MAX_BATCH], rng: &mut StreamRng) -> usize {
        loop {
            let mut word = rng.next_u64();
            for draw in &mut out[..self.batch] {
                let wide = u128::from(word) * u128::from(self.bound);
                *draw = (wide >> 64) as u32;
                word = wide as u64;
            }
            // The exact threshold is below the number of outcomes, so the division is rarely made.
            if word >= self.outcomes || word >= self.outcomes.wrapping_neg() % self.outcomes {
                return self.batch;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::derive_rng;
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    /// Pearson's chi-squared test over all pairs of neighbouring draws. The streams are fixed, so it cannot
    /// fail by chance later.
    #[test]
    fn batched_draws_are_uniform_and_independent() {
        for bound in [2_u64, 3, 50, 100] {
            let draws = Draws::below(bound);
            let mut rng = derive_rng(5, &["draws", &bound.to_string()]);
            let side = bound as usize;
            let mut counts = vec![0_u64; side * side];
            let mut pairs = 0_u64;
            while pairs < 400_000 {
                let mut out = [0; MAX_BATCH];
                let drawn = draws.fill(&mut out, &mut rng);
                for pair in out[..drawn].chunks_exact(2) {
                    counts[pair[0] as usize * side + pair[1] as usize] += 1;
                    pairs += 1;
                }
            }
            let expected = pairs as f64 / (side * side) as f64;
            let terms = counts
                .iter()
                .map(|&n| (n as f64 - expected).powi(2) / expected);
            let statistic: f64 = terms.sum();
            let reference = ChiSquared::new((side * side) as f64 - 1.0).expect("two cells or more");
            assert!(reference.sf(statistic) > 1e-4, "{bound}: {statistic}");
        }
    }

    /// `(50**10, 100**8, 2**32)`; a factor more would exceed `2**58` or the most draws.
    #[test]
    fn batches_are_as_large_as_the_word_allows() {
        let of = |bound| (Draws::below(bound).batch, Draws::below(bound).outcomes);
        assert_eq!(of(50), (10, 97_656_250_000_000_000));
        assert_eq!(of(100), (8, 10_000_000_000_000_000));
        assert_eq!(of(2), (32, 1 << 32));
        assert_eq!(of(1), (1, 1));
        assert_eq!(of(1_000_000), (2, 1_000_000_000_000));
    }
}
