//! REINFORCE: a softmax policy per decision, moved by the policy gradient of the reward less a moving
//! average of rewards.
//!
//! Williams: Simple Statistical Gradient-Following Algorithms, Machine Learning 1992; tabular as
//! NATS-Bench benchmarks it (Dong, Liu, Musial, Gabrys, TPAMI 2021, arXiv 2009.00437): Adam with the learning
//! rate 0.01 of the authors' scripts (Kingma & Ba, ICLR 2015, arXiv 1412.6980), rewards in percent, and a
//! baseline that holds the newest reward already. `entropy_bonus` is the knob of exploration.
//!
//! Deviations: logits start at 0 instead of normal draws of deviation 0.001, which would shift no probability by
//! more than some thousandths of itself; an invalid draw is drawn anew. The policy is always asked, so known
//! architectures are proposed again and the search never ends by itself. With several simulated workers the
//! gradient is that of the policy at the time of telling.

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
    /// Adam's step size.
    pub learning_rate: f64,
    /// Weight of the past in the baseline.
    pub baseline_momentum: f64,
    /// Weight of the policy's entropy, in percent per nat: the larger, the longer it explores.
    pub entropy_bonus: f64,
}

impl Default for Reinforce {
    fn default() -> Self {
        Self {
            learning_rate: 0.01,
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
        let decisions = space.decisions().iter();
        Box::new(Policy {
            heads: decisions.map(|d| Head::new(d.options.len())).collect(),
            baseline: MovingAverage::new(self.baseline_momentum),
            adam: Adam::new(self.learning_rate),
            entropy_bonus: self.entropy_bonus,
        })
    }
}

struct Policy {
    /// One per decision.
    heads: Vec<Head>,
    baseline: MovingAverage,
    adam: Adam,
    entropy_bonus: f64,
}

/// The policy of one decision.
struct Head {
    logits: Vec<Parameter>,
    /// The softmax of the logits.
    probabilities: Vec<f64>,
}

impl Head {
    fn new(options: usize) -> Self {
        Self {
            logits: vec![Parameter::default(); options],
            probabilities: vec![1.0 / options as f64; options],
        }
    }

    fn draw(&self, rng: &mut StreamRng) -> u8 {
        let mut left = rng.random::<f64>();
        let last = self.probabilities.len() - 1;
        let hit = self.probabilities.iter().position(|p| {
            left -= p;
            left < 0.0
        });
        hit.unwrap_or(last) as u8
    }

    /// A step up `advantage` · log π(chosen) + `bonus` · entropy of π.
    fn ascend(&mut self, chosen: usize, advantage: f64, bonus: f64, adam: &Adam) {
        let entropy = entropy(&self.probabilities);
        let options = self.logits.iter_mut().zip(&self.probabilities).enumerate();
        for (option, (logit, &p)) in options {
            let of_policy = f64::from(u8::from(option == chosen)) - p;
            let of_entropy = -p * (log(p) + entropy);
            adam.ascend(logit, advantage * of_policy + bonus * of_entropy);
        }
        self.renew();
    }

    /// Makes the probabilities those of the logits.
    fn renew(&mut self) {
        let top = (self.logits.iter()).fold(f64::MIN, |top, logit| top.max(logit.value));
        let mut sum = 0.0;
        for (p, logit) in self.probabilities.iter_mut().zip(&self.logits) {
            *p = (logit.value - top).exp();
            sum += *p;
        }
        self.probabilities.iter_mut().for_each(|p| *p /= sum);
    }
}

/// The logarithm of a probability, finite also where it underflowed to 0.
fn log(p: f64) -> f64 {
    p.max(f64::MIN_POSITIVE).ln()
}

/// The entropy of a distribution, in nats.
fn entropy(probabilities: &[f64]) -> f64 {
    -probabilities.iter().map(|&p| p * log(p)).sum::<f64>()
}

/// An exponential moving average that starts unbiased: of one value it is that value.
struct MovingAverage {
    momentum: f64,
    sum: f64,
    weight: f64,
}

impl MovingAverage {
    fn new(momentum: f64) -> Self {
        Self {
            momentum,
            sum: 0.0,
            weight: 0.0,
        }
    }

    /// The average with `value`.
    fn updated(&mut self, value: f64) -> f64 {
        self.sum = self.momentum * self.sum + (1.0 - self.momentum) * value;
        self.weight = self.momentum * self.weight + (1.0 - self.momentum);
        self.sum / self.weight
    }
}

/// A number that Adam moves, with the moving averages of its gradient and of the gradient's square.
#[derive(Debug, Clone, Copy, Default)]
struct Parameter {
    value: f64,
    mean: f64,
    square: f64,
}

/// Adam (Kingma & Ba, Algorithm 1) with the paper's decay rates.
struct Adam {
    rate: f64,
    /// What the decayed weights of all steps so far lack to 1.
    mean_bias: f64,
    square_bias: f64,
}

impl Adam {
    const MEAN_DECAY: f64 = 0.9;
    const SQUARE_DECAY: f64 = 0.999;
    const EPSILON: f64 = 1e-8;

    fn new(rate: f64) -> Self {
        Self {
            rate,
            mean_bias: 1.0,
            square_bias: 1.0,
        }
    }

    /// Begins a step, which moves every parameter once.
    fn begin_step(&mut self) {
        self.mean_bias *= Self::MEAN_DECAY;
        self.square_bias *= Self::SQUARE_DECAY;
    }

    fn ascend(&self, parameter: &mut Parameter, gradient: f64) {
        let Parameter {
            value,
            mean,
            square,
        } = parameter;
        *mean += (1.0 - Self::MEAN_DECAY) * (gradient - *mean);
        *square += (1.0 - Self::SQUARE_DECAY) * (gradient * gradient - *square);
        let deviation = (*square / (1.0 - self.square_bias)).sqrt() + Self::EPSILON;
        *value += self.rate * *mean / (1.0 - self.mean_bias) / deviation;
    }
}

impl Strategy for Policy {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        for _ in 0..MAX_REDRAWS {
            let mut choices = [0; MAX_DECISIONS];
            for (choice, head) in choices.iter_mut().zip(&self.heads) {
                *choice = head.draw(ctx.rng);
            }
            let arch = Architecture::new(&choices[..self.heads.len()]);
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
        let advantage = reward - self.baseline.updated(reward);
        self.adam.begin_step();
        for (head, &choice) in self.heads.iter_mut().zip(observation.arch.decisions()) {
            head.ascend(
                usize::from(choice),
                advantage,
                self.entropy_bonus,
                &self.adam,
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// def run(bonus):
    ///     p = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    ///     adam = torch.optim.Adam([p], lr=0.01)
    ///     num = den = 0.0
    ///     for action, reward in [((0, 2), 60.0), ((1, 2), 85.0), ((2, 0), 40.0), ((1, 1), 90.0), ((1, 2), 70.5)]:
    ///         num, den = 0.9 * num + (1 - 0.9) * reward, 0.9 * den + (1 - 0.9)
    ///         pi = torch.distributions.Categorical(logits=p)
    ///         loss = -(pi.log_prob(torch.tensor(action)) * (reward - num / den)).sum() - bonus * pi.entropy().sum()
    ///         adam.zero_grad(); loss.backward(); adam.step()
    ///     return p.flatten().tolist()
    /// run(0.0), run(5.0)
    /// ```
    #[test]
    fn steps_are_those_of_pytorch() {
        let expected = [
            (
                0.0,
                [
                    -0.008753080144081054,
                    0.0325485114145523,
                    -0.030340415513418848,
                    -0.030340359198602257,
                    0.006503139726351338,
                    0.021081622067316508,
                ],
            ),
            (
                5.0,
                [
                    -0.008729932295461781,
                    0.03253498561645426,
                    -0.030324707953000032,
                    -0.030324360486565727,
                    0.006508891926893047,
                    0.02102671968467227,
                ],
            ),
        ];
        for (bonus, expected) in expected {
            let mut policy = Policy {
                heads: vec![Head::new(3), Head::new(3)],
                baseline: MovingAverage::new(0.9),
                adam: Adam::new(0.01),
                entropy_bonus: bonus,
            };
            let told = [
                ([0, 2], 60.0),
                ([1, 2], 85.0),
                ([2, 0], 40.0),
                ([1, 1], 90.0),
                ([1, 2], 70.5),
            ];
            for (action, reward) in told {
                let advantage = reward - policy.baseline.updated(reward);
                policy.adam.begin_step();
                for (head, choice) in policy.heads.iter_mut().zip(action) {
                    head.ascend(choice, advantage, bonus, &policy.adam);
                }
            }
            let logits = policy.heads.iter().flat_map(|head| &head.logits);
            for (logit, expected) in logits.zip(expected) {
                assert!(
                    (logit.value - expected).abs() < 1e-9,
                    "{logit:?} {expected}"
                );
            }
        }
    }
}
