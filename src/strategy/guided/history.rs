//! What a run has proposed and what it was told: all that a model may learn from.

use crate::space::{Architecture, SearchSpace};
use crate::strategy::known::FreshDraws;
use crate::strategy::{AskContext, Observation, Outcome, Proposal};

/// The architectures of a run.
pub(super) struct History {
    fresh: FreshDraws,
    /// Those with a metric, in the order they were told.
    archs: Vec<Architecture>,
    values: Vec<f64>,
    /// Proposed and not yet told.
    running: Vec<Architecture>,
}

impl History {
    pub(super) fn new(space: &dyn SearchSpace) -> Self {
        Self {
            fresh: FreshDraws::new(space),
            archs: Vec::new(),
            values: Vec::new(),
            running: Vec::new(),
        }
    }

    /// The architectures with a metric, in the order they were told.
    pub(super) fn archs(&self) -> &[Architecture] {
        &self.archs
    }

    /// The metric of each.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The number of architectures with a metric.
    pub(super) fn len(&self) -> usize {
        self.archs.len()
    }

    /// Those proposed and not yet told.
    pub(super) fn running(&self) -> &[Architecture] {
        &self.running
    }

    /// Whether the isomorphism class of `arch` was proposed.
    pub(super) fn is_known(&self, space: &dyn SearchSpace, arch: &Architecture) -> bool {
        self.fresh.is_known(space, arch)
    }

    /// The `count` best, best first; of equals, the earlier first.
    pub(super) fn best(&self, count: usize) -> Vec<Architecture> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&a, &b| self.values[b].total_cmp(&self.values[a]));
        order.truncate(count);
        order.into_iter().map(|at| self.archs[at]).collect()
    }

    /// Proposes `arch`, whose class was not proposed before.
    pub(super) fn propose(&mut self, ctx: &AskContext<'_>, arch: Architecture) -> Proposal {
        self.fresh.claim(ctx.space, &arch);
        self.running.push(arch);
        ctx.start(arch)
    }

    /// Proposes a random architecture of a new class; there is none when every class was proposed.
    pub(super) fn propose_random(&mut self, ctx: &mut AskContext<'_>) -> Proposal {
        match self.fresh.draw(ctx) {
            Some(arch) => self.propose(ctx, arch),
            None => Proposal::Done,
        }
    }

    /// Notes how a trial ended.
    pub(super) fn tell(&mut self, observation: &Observation) {
        let told = observation.arch;
        if let Some(at) = self.running.iter().position(|arch| *arch == told) {
            self.running.remove(at);
        }
        if let Outcome::Evaluated { valid } = observation.outcome {
            self.archs.push(told);
            self.values.push(valid);
        }
    }
}
