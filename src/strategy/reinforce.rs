//! REINFORCE: a softmax policy per decision, moved by the policy gradient of the reward less a moving
//! average of rewards.
//!
//! Williams: Simple Statistical Gradient-Following Algorithms, Machine Learning 1992; tabular as
//! NATS-Bench benchmarks it (Dong, Liu, Musial, Gabrys, TPAMI 2021, arXiv 2009.00437). Plain gradient
//! ascent instead of Adam, on rewards in percent; `entropy_bonus` is the knob of exploration.

use super::{
    AskContext, Observation, Outcome, Proposal, Strategy, StrategyConfig, StrategyEntry,
    StrategyError,
};
use crate::rng::StreamRng;
use crate::space::{Architecture, MAX_DECISIONS, SearchSpace};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<Reinforce>(
    "reinforce",
    "policy gradient on a tabular softmax policy with a moving-average baseline",
    "Williams, Machine Learning 1992; Dong, Liu, Musial & Gabrys, TPAMI 2021, arXiv 2009.00437",
);

/// The metric is a fraction; rewards are in percent, as in the paper.
const REWARD_SCALE: f64 = 100.0;
/// Draws of an invalid architecture after which a uniform valid one is taken instead.
const MAX_REDRAWS: u32 = 100;

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reinforce {
    /// Step along the gradient.
    pub learning_rate: f64,
    /// Weight of the past in the baseline.
    pub baseline_momentum: f64,
    /// Weight of the policy's entropy in the objective: the larger, the longer it explores.
    pub entropy_bonus: f64,
}

impl Default for Reinforce {
    fn default() -> Self {
        Self {
            learning_rate: 0.05,
            baseline_momentum: 0.9,
            entropy_bonus: 0.0,
        }
    }
}

impl StrategyConfig for Reinforce {
    fn check(&self) -> Result<(), String> {
        if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
            return Err(format!(
                "learning_rate = {}: expected above 0",
                self.learning_rate
            ));
        }
        if !(0.0..1.0).contains(&self.baseline_momentum) {
            return Err(format!(
                "baseline_momentum = {}: expected at least 0 and below 1",
                self.baseline_momentum
            ));
        }
        if !(self.entropy_bonus.is_finite() && self.entropy_bonus >= 0.0) {
            return Err(format!(
                "entropy_bonus = {}: expected at least 0",
                self.entropy_bonus
            ));
        }
        Ok(())
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        let logits = space
            .decisions()
            .iter()
            .map(|d| vec![0.0; d.options.len()])
            .collect();
        Box::new(Policy {
            config: self.clone(),
            logits,
            baseline: None,
        })
    }
}

struct Policy {
    config: Reinforce,
    logits: Vec<Vec<f64>>,
    baseline: Option<f64>,
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f64::MIN, f64::max);
    let weights: Vec<f64> = logits.iter().map(|l| (l - top).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

fn draw(probabilities: &[f64], rng: &mut StreamRng) -> u8 {
    let mut left = rng.random::<f64>();
    for (option, p) in probabilities.iter().enumerate() {
        left -= p;
        if left < 0.0 {
            return option as u8;
        }
    }
    (probabilities.len() - 1) as u8
}

/// Adds the gradient of `advantage` · log π(chosen) + `bonus` · entropy, times `rate`.
fn ascend(logits: &mut [f64], chosen: usize, advantage: f64, bonus: f64, rate: f64) {
    let p = softmax(logits);
    let log = |p: f64| p.max(f64::MIN_POSITIVE).ln();
    let entropy: f64 = -p.iter().map(|p| p * log(*p)).sum::<f64>();
    for (option, logit) in logits.iter_mut().enumerate() {
        let of_policy = f64::from(u8::from(option == chosen)) - p[option];
        let of_entropy = -p[option] * (log(p[option]) + entropy);
        *logit += rate * (advantage * of_policy + bonus * of_entropy);
    }
}

impl Strategy for Policy {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        let policy: Vec<Vec<f64>> = self.logits.iter().map(|l| softmax(l)).collect();
        for _ in 0..MAX_REDRAWS {
            let mut choices = [0; MAX_DECISIONS];
            for (choice, p) in choices.iter_mut().zip(&policy) {
                *choice = draw(p, ctx.rng);
            }
            let arch = Architecture::new(&choices[..policy.len()]);
            if ctx.space.is_valid(&arch) {
                return Ok(ctx.start(arch));
            }
        }
        let arch = ctx.space.sample(ctx.rng);
        Ok(ctx.start(arch))
    }

    fn tell(
        &mut self,
        observation: &Observation,
        _: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        let Outcome::Evaluated { valid } = observation.outcome else {
            return Ok(());
        };
        let reward = valid * REWARD_SCALE;
        let momentum = self.config.baseline_momentum;
        let baseline = self
            .baseline
            .map_or(reward, |b| momentum * b + (1.0 - momentum) * reward);
        self.baseline = Some(baseline);
        let (bonus, rate) = (self.config.entropy_bonus, self.config.learning_rate);
        for (logits, &choice) in self.logits.iter_mut().zip(observation.arch.decisions()) {
            ascend(logits, usize::from(choice), reward - baseline, bonus, rate);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against central differences of the objective itself.
    #[test]
    fn the_step_is_the_gradient() {
        let start = [0.3, -1.2, 0.7, 0.1];
        let (chosen, advantage, bonus) = (2, 1.7, 0.4);
        let objective = |logits: &[f64]| {
            let p = softmax(logits);
            let entropy: f64 = -p.iter().map(|p| p * p.ln()).sum::<f64>();
            advantage * p[chosen].ln() + bonus * entropy
        };
        let mut moved = start;
        ascend(&mut moved, chosen, advantage, bonus, 1.0);
        for option in 0..start.len() {
            let (mut up, mut down) = (start, start);
            up[option] += 1e-6;
            down[option] -= 1e-6;
            let slope = (objective(&up) - objective(&down)) / 2e-6;
            assert!(
                (moved[option] - start[option] - slope).abs() < 1e-7,
                "{option}"
            );
        }
    }
}
