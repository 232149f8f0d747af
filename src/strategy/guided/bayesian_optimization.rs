//! Bayesian optimisation with a Gaussian process over decisions: after every result, the mutant of the best architectures
//! with the largest acquisition is trained.
//!
//! Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", NeurIPS 2012, arXiv
//! 1206.2944; a kernel on weighted Hamming distances as in Hutter, Hoos and Leyton-Brown, LION 2011. Candidates are those of
//! the Gaussian process baseline of BANANAS (naszilla): of each of the five best, five mutants of 1, 2, …, 19 edits.
//!
//! Three choices of ours. The process sees normal scores of the ranks, the transform that helps every predictor most, so the
//! noise and scale of a metric do not matter. Its covariance is factored once and grows by a row for each result, exactly; the
//! kernel's parameters are fitted again when there are `refit_growth` times as many. Trials on other simulated workers lower
//! the uncertainty around them. With more than `max_points` results the better half is kept.

use super::candidates::Candidates;
use super::history::History;
use super::{best_first, check_counts};
use crate::acquisition::Acquisition;
use crate::predictor::{GaussianProcess, GrowingProcess, KernelName, TargetTransform};
use crate::space::{Architecture, SearchSpace};
use crate::strategy::{
    AskContext, Observation, Proposal, Strategy, StrategyConfig, StrategyEntry, StrategyError,
};
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<BayesianOptimization>(
    "bayesian-optimization",
    "a Gaussian process over decisions; expected improvement, confidence bound or Thompson sampling",
    "Snoek, Larochelle & Adams, NeurIPS 2012, arXiv 1206.2944",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BayesianOptimization {
    /// Random architectures before the first model.
    pub initial: u32,
    /// How candidates are ranked; `mean` does not explore.
    pub acquisition: Acquisition,
    /// Standard deviations of the upper confidence bound: the more, the wider the search.
    pub confidence: f64,
    /// The kernel of the process.
    pub kernel: KernelName,
    /// `normal-scores`, `standardised`, `log-error` or `plain`.
    pub target: String,
    /// The best architectures that are mutated.
    pub parents: u32,
    /// The most edits of a mutant.
    pub edits: u32,
    /// Mutants tried of each parent and number of edits.
    pub repeats: u32,
    /// How many times as many results there are when the kernel is fitted again.
    pub refit_growth: f64,
    /// Results the process is conditioned on at most.
    pub max_points: u32,
}

impl Default for BayesianOptimization {
    fn default() -> Self {
        Self {
            initial: 10,
            acquisition: Acquisition::ExpectedImprovement,
            confidence: 0.5,
            kernel: KernelName::ArdHamming,
            target: TargetTransform::NormalScores.name().to_owned(),
            parents: 5,
            edits: 19,
            repeats: 5,
            refit_growth: 1.2,
            max_points: 1000,
        }
    }
}

impl StrategyConfig for BayesianOptimization {
    fn check(&self) -> Result<(), String> {
        check_counts(&[
            ("initial", self.initial),
            ("parents", self.parents),
            ("edits", self.edits),
            ("repeats", self.repeats),
        ])?;
        if !(2..=5000).contains(&self.max_points) {
            let given = self.max_points;
            return Err(format!("max_points = {given}: expected 2 to 5000"));
        }
        for (name, value, least) in [
            ("confidence", self.confidence, 0.0),
            ("refit_growth", self.refit_growth, 1.0),
        ] {
            if !(value >= least && value.is_finite()) {
                return Err(format!("{name} = {value}: expected {least} or more"));
            }
        }
        let target = TargetTransform::named(&self.target);
        target.map(|_| ()).map_err(|e| e.to_string())
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        let settings = GaussianProcess {
            kernel: self.kernel,
            ..GaussianProcess::default()
        };
        Box::new(Optimization {
            config: self.clone(),
            target: TargetTransform::named(&self.target).expect("checked"),
            history: History::new(space),
            process: GrowingProcess::new(&settings, space),
            values: Vec::new(),
            seen: 0,
            refit_at: 0,
        })
    }
}

struct Optimization {
    config: BayesianOptimization,
    target: TargetTransform,
    history: History,
    process: GrowingProcess,
    /// The metric of each point of the process.
    values: Vec<f64>,
    /// How much of the history the process has taken in.
    seen: usize,
    /// The number of results at which the kernel is fitted next.
    refit_at: usize,
}

impl Optimization {
    /// Takes in what was told since the last step; the transformed metric of each point.
    fn learn(&mut self, ctx: &mut AskContext<'_>) -> Result<Vec<f64>, StrategyError> {
        let failed = |e: crate::error::Error| StrategyError(e.to_string());
        for at in self.seen..self.history.len() {
            if self.values.len() >= self.config.max_points as usize {
                self.forget(ctx.space)?;
            }
            let arch = self.history.archs()[at];
            self.process.push(ctx.space, arch).map_err(failed)?;
            self.values.push(self.history.values()[at]);
        }
        self.seen = self.history.len();
        let targets = self.target.apply(&self.values);
        if self.seen >= self.refit_at {
            let refitted = self.process.refit(ctx.space, &targets, ctx.rng);
            refitted.map_err(failed)?;
            let next = (self.seen as f64 * self.config.refit_growth).ceil();
            self.refit_at = (next as usize).max(self.seen + 1);
        }
        Ok(targets)
    }

    /// Keeps the better half of the history so far.
    fn forget(&mut self, space: &dyn SearchSpace) -> Result<(), StrategyError> {
        let kept = self.config.max_points as usize / 2;
        let archs = self.process.archs().to_vec();
        let order = best_first(&self.values, &archs);
        let archs = order[..kept].iter().map(|&at| archs[at]).collect();
        self.values = order[..kept].iter().map(|&at| self.values[at]).collect();
        let reset = self.process.reset(space, archs);
        reset.map_err(|e| StrategyError(e.to_string()))
    }

    fn candidates(&self, ctx: &mut AskContext<'_>) -> Vec<Architecture> {
        let mut candidates = Candidates::new();
        for parent in self.history.best(self.config.parents as usize) {
            for edits in 1..=self.config.edits {
                let repeats = self.config.repeats;
                candidates.add_mutants(ctx, &self.history, &parent, edits, repeats);
            }
        }
        if candidates.is_empty() {
            let count = self.config.parents * self.config.repeats;
            candidates.add_random(ctx, &self.history, count as usize);
        }
        candidates.into_architectures()
    }

    /// The candidate of the largest acquisition; none where all is known.
    fn choose(&mut self, ctx: &mut AskContext<'_>) -> Result<Option<Architecture>, StrategyError> {
        let targets = self.learn(ctx)?;
        let archs = self.candidates(ctx);
        if archs.is_empty() {
            return Ok(None);
        }
        let acquisition = self.config.acquisition;
        let running = self.history.running();
        let belief = self
            .process
            .belief(
                ctx.space,
                &targets,
                running,
                &archs,
                acquisition.needs_covariance(),
            )
            .map_err(|e| StrategyError(e.to_string()))?;
        let worth = acquisition.worth(&belief, self.config.confidence, ctx.rng);
        let order = best_first(&worth.map_err(StrategyError)?, &archs);
        Ok(order.first().map(|&at| archs[at]))
    }
}

impl Strategy for Optimization {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        if self.history.len() >= self.config.initial as usize
            && let Some(arch) = self.choose(ctx)?
        {
            return Ok(self.history.propose(ctx, arch));
        }
        Ok(self.history.propose_random(ctx))
    }

    fn tell(
        &mut self,
        observation: &Observation,
        _: &mut AskContext<'_>,
    ) -> Result<(), StrategyError> {
        self.history.tell(observation);
        Ok(())
    }
}
