//! Tree-structured Parzen estimator on categorical decisions: model the good and the other architectures
//! separately, draw candidates from the good, and train the one with the largest density ratio.
//!
//! Bergstra, Bardenet, Bengio, Kégl: Algorithms for Hyper-Parameter Optimization, NeurIPS 2011. Decisions
//! are modelled independently, as in the paper; the good are the best `gamma` share, at most
//! `max_good`, and kernels are smoothed; both are our choices, modelled on
//! common implementations and not compared with one.

use super::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use crate::rng::StreamRng;
use crate::space::{Architecture, MAX_DECISIONS, SearchSpace};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<Tpe>(
    "tpe",
    "categorical Parzen estimators of good and other architectures",
    "Bergstra, Bardenet, Bengio & Kégl, NeurIPS 2011",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tpe {
    /// Random architectures before the first model.
    pub startup: u32,
    /// Share of the told that count as good.
    pub gamma: f64,
    /// The most that count as good.
    pub max_good: u32,
    /// Candidates drawn per proposal: the larger, the greedier.
    pub candidates: u32,
    /// Weight of the uniform prior, in observations: the larger, the more it explores.
    pub prior_weight: f64,
}

impl Default for Tpe {
    fn default() -> Self {
        Self {
            startup: 10,
            gamma: 0.1,
            max_good: 25,
            candidates: 24,
            prior_weight: 1.0,
        }
    }
}

impl StrategyConfig for Tpe {
    fn check(&self) -> Result<(), String> {
        if !(self.gamma > 0.0 && self.gamma < 1.0) {
            return Err(format!("gamma = {}: expected between 0 and 1", self.gamma));
        }
        for (name, value) in [
            ("startup", self.startup),
            ("max_good", self.max_good),
            ("candidates", self.candidates),
        ] {
            if !(1..=1_000_000).contains(&value) {
                return Err(format!("{name} = {value}: expected 1 to 1000000"));
            }
        }
        if !(self.prior_weight.is_finite() && self.prior_weight > 0.0) {
            return Err(format!(
                "prior_weight = {}: expected above 0",
                self.prior_weight
            ));
        }
        Ok(())
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Parzen {
            config: self.clone(),
            options: space.decisions().iter().map(|d| d.options.len()).collect(),
            told: Vec::new(),
            proposed: 0,
        })
    }
}

struct Parzen {
    config: Tpe,
    /// Options of each decision.
    options: Vec<usize>,
    /// Everything told, best first; of equals, the earlier first.
    told: Vec<(Architecture, f64)>,
    proposed: u32,
}

/// Probabilities of a decision's options: a mixture of one kernel per architecture and the uniform prior.
/// A kernel spreads `prior` / (kernels) over every option beside its own, so that few observations keep
/// the estimate wide.
fn estimate(archs: &[(Architecture, f64)], at: usize, options: usize, prior: f64) -> Vec<f64> {
    let mut counts = vec![0.0; options];
    for (arch, _) in archs {
        counts[usize::from(arch.decisions()[at])] += 1.0;
    }
    let n = archs.len() as f64;
    let spread = prior / (n + 1.0);
    let kernel_sum = 1.0 + options as f64 * spread;
    let mixed = |count: &f64| (count + n * spread) / kernel_sum + prior / options as f64;
    counts
        .iter()
        .map(|count| mixed(count) / (n + prior))
        .collect()
}

impl Parzen {
    fn good(&self) -> usize {
        let share = (self.config.gamma * self.told.len() as f64).ceil() as usize;
        share.min(self.config.max_good as usize).max(1)
    }

    fn best_candidate(&self, ctx: &mut AskContext<'_>) -> Architecture {
        let (good, other) = self.told.split_at(self.good());
        let prior = self.config.prior_weight;
        let model = |archs: &[(Architecture, f64)]| -> Vec<Vec<f64>> {
            let each = self.options.iter().enumerate();
            each.map(|(at, n)| estimate(archs, at, *n, prior)).collect()
        };
        let (good, other) = (model(good), model(other));
        let mut best: Option<(f64, Architecture)> = None;
        for _ in 0..self.config.candidates {
            let mut choices = [0; MAX_DECISIONS];
            let mut ratio = 0.0;
            for (at, p) in good.iter().enumerate() {
                let choice = draw(p, ctx.rng);
                choices[at] = choice;
                ratio += (p[usize::from(choice)] / other[at][usize::from(choice)]).ln();
            }
            let arch = Architecture::new(&choices[..good.len()]);
            let is_better = best.is_none_or(|(r, a)| ratio > r || (ratio == r && arch < a));
            if is_better && ctx.space.is_valid(&arch) {
                best = Some((ratio, arch));
            }
        }
        best.map_or_else(|| ctx.space.sample(ctx.rng), |(_, arch)| arch)
    }
}

fn draw(probabilities: &[f64], rng: &mut StreamRng) -> u8 {
    let mut left = rng.random::<f64>();
    let last = probabilities.len() - 1;
    let hit = probabilities.iter().position(|p| {
        left -= p;
        left < 0.0
    });
    hit.unwrap_or(last) as u8
}

impl Strategy for Parzen {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        self.proposed = self.proposed.saturating_add(1);
        let arch = if self.proposed <= self.config.startup || self.told.is_empty() {
            ctx.space.sample(ctx.rng)
        } else {
            self.best_candidate(ctx)
        };
        Ok(ctx.start(arch))
    }

    fn tell(
        &mut self,
        observation: &Observation,
        _: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        if let Outcome::Evaluated { valid } = observation.outcome {
            let at = self.told.partition_point(|(_, other)| *other >= valid);
            self.told.insert(at, (observation.arch, valid));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three architectures taking options 0, 0, 2 of four with prior 1, by hand: the kernels spread 1/4 and
    /// sum to 2, so an option seen c times has ((c + 3/4) / 2 + 1/4) / 4.
    #[test]
    fn estimates_are_counts_with_a_prior() {
        let archs = [0, 0, 2].map(|c| (Architecture::new(&[c]), 0.5));
        assert_eq!(
            estimate(&archs, 0, 4, 1.0),
            [0.40625, 0.15625, 0.28125, 0.15625]
        );
    }
}
