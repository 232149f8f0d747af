//! PNAS, progressive search: train the smallest networks, fit a predictor, let the most promising grow by a block, and again.
//!
//! Liu, Zoph, Neumann, Shlens, Hua, Li, Fei-Fei, Yuille, Huang and Murphy, "Progressive Neural Architecture Search", ECCV
//! 2018, arXiv 1712.00559. `growth` says how the spaces at hand are seen as growing; where a space does not grow the study is
//! refused. Of each size the `beam` networks that are predicted best are kept; of the smallest, `beam` at random.
//!
//! Deviations. The beam is 16, not 256, which is for the paper's budget of 1,160 trainings. A network of the beam that is another
//! one with an idle part costs nothing: it grows on without being trained. And where the paper ends, with the largest size,
//! the search goes on: with the predictor that has seen all sizes the way up is gone again without training, `survey`
//! networks of each size growing on; of all new ones that were met two are trained that are predicted best and three by
//! independent Thompson sampling (BANANAS), again and again. The predictor is extra trees on ranks, as in `smac`: perceptrons
//! found less and took twenty times as long.

use super::growth::Growth;
use super::history::History;
use super::surrogate::{PredictorChoice, Surrogate};
use super::{best_first, check_counts};
use crate::acquisition::Acquisition;
use crate::space::{Architecture, SearchSpace};
use crate::strategy::{
    AskContext, Observation, Proposal, Strategy, StrategyConfig, StrategyEntry, StrategyError,
};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<Pnas>(
    "pnas",
    "networks that grow by blocks, the most promising of each size",
    "Liu et al., ECCV 2018, arXiv 1712.00559",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pnas {
    /// Networks kept of each size, and trained between two fits: the more, the wider the search.
    pub beam: u32,
    /// Networks kept of each size after the largest was reached, when they are not trained on the way.
    pub survey: u32,
    /// Networks trained then between two fits.
    pub batch: u32,
    /// As many of them are those predicted best.
    pub greedy: u32,
    /// How the others are chosen; `mean` does not explore.
    pub acquisition: Acquisition,
    predictor: PredictorChoice,
}

impl Default for Pnas {
    fn default() -> Self {
        Self {
            beam: 16,
            survey: 1000,
            batch: 5,
            greedy: 2,
            acquisition: Acquisition::IndependentThompsonSampling,
            predictor: PredictorChoice::quick_forest(),
        }
    }
}

impl StrategyConfig for Pnas {
    fn check(&self) -> Result<(), String> {
        check_counts(&[
            ("beam", self.beam),
            ("survey", self.survey),
            ("batch", self.batch),
        ])?;
        if self.greedy > self.batch {
            let (greedy, batch) = (self.greedy, self.batch);
            return Err(format!(
                "greedy = {greedy}: expected at most batch = {batch}"
            ));
        }
        self.predictor.check_ranked_by(self.acquisition)
    }

    fn suits(&self, space: &dyn SearchSpace) -> Result<(), String> {
        Growth::of(space)?;
        self.predictor.suits(space, self.acquisition)
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Progressive {
            beam: self.beam as usize,
            survey: self.survey as usize,
            batch: self.batch as usize,
            greedy: self.greedy as usize,
            acquisition: self.acquisition,
            surrogate: self.predictor.surrogate(),
            growth: Growth::of(space),
            history: History::new(space),
            kept: Vec::new(),
            is_grown: false,
            queue: Vec::new(),
        })
    }
}

struct Progressive {
    beam: usize,
    survey: usize,
    batch: usize,
    greedy: usize,
    acquisition: Acquisition,
    surrogate: Surrogate,
    /// Why the space does not grow, where it does not.
    growth: Result<Growth, String>,
    history: History,
    /// The networks kept of the size chosen last; none before the first.
    kept: Vec<Architecture>,
    /// Whether the largest size was chosen.
    is_grown: bool,
    /// What is left to train of what was chosen last, the next last.
    queue: Vec<Architecture>,
}

impl Progressive {
    /// Chooses what is trained next; false when nothing new is left.
    fn advance(&mut self, ctx: &mut AskContext<'_>) -> Result<bool, StrategyError> {
        let growth = self.growth.as_ref();
        let growth = growth.map_err(|why| StrategyError(why.clone()))?;
        if !self.is_grown {
            let archs = match self.kept.is_empty() {
                true => growth.smallest().to_vec(),
                false => growth.grown(ctx.space, &self.kept),
            };
            self.is_grown = archs.is_empty();
            if !self.is_grown {
                self.kept = self.keep(ctx, archs)?;
                self.queue = self.kept.iter().rev().copied().collect();
                return Ok(true);
            }
        }
        self.queue = self.survey(ctx, growth)?;
        Ok(!self.queue.is_empty())
    }

    /// The beam of a size: those predicted best; at random before anything is known.
    fn keep(
        &self,
        ctx: &mut AskContext<'_>,
        mut archs: Vec<Architecture>,
    ) -> Result<Vec<Architecture>, StrategyError> {
        if self.history.len() == 0 {
            archs.shuffle(ctx.rng);
        } else {
            let model = self.surrogate.fit(ctx, &self.history)?;
            let worth = model.worth(ctx, &archs, Acquisition::Mean)?;
            let order = best_first(&worth, &archs);
            archs = order.into_iter().map(|at| archs[at]).collect();
        }
        archs.truncate(self.beam);
        Ok(archs)
    }

    /// Of what a wider beam meets on the way up, a batch of new networks: those predicted best, and others that are worth most.
    fn survey(
        &self,
        ctx: &mut AskContext<'_>,
        growth: &Growth,
    ) -> Result<Vec<Architecture>, StrategyError> {
        if self.history.len() == 0 {
            return Ok(Vec::new());
        }
        let model = self.surrogate.fit(ctx, &self.history)?;
        let (mut met, mut promises) = (Vec::new(), Vec::new());
        let mut level = growth.smallest().to_vec();
        while !level.is_empty() {
            let mut promise = model.worth(ctx, &level, Acquisition::Mean)?;
            let best = best_first(&promise, &level).into_iter();
            let kept: Vec<Architecture> = best.take(self.survey).map(|at| level[at]).collect();
            met.append(&mut level);
            promises.append(&mut promise);
            level = growth.grown(ctx.space, &kept);
        }
        let best = best_first(&promises, &met).into_iter().map(|at| met[at]);
        let new = best.filter(|arch| !self.history.is_known(ctx.space, arch));
        // Of several forms of a network one: otherwise it had as many draws.
        let mut classes = BTreeSet::new();
        let distinct = new.filter(|arch| classes.insert(ctx.space.class(arch)));
        let archs: Vec<Architecture> = distinct.collect();
        if archs.is_empty() {
            return Ok(archs);
        }
        let worth = model.worth(ctx, &archs, self.acquisition)?;
        let others = best_first(&worth, &archs).into_iter().map(|at| archs[at]);
        let greedy = archs.iter().take(self.greedy).copied();
        Ok(others
            .take(self.batch - self.greedy)
            .chain(greedy)
            .collect())
    }
}

impl Strategy for Progressive {
    fn ask(&mut self, ctx: &mut AskContext<'_>) -> Result<Proposal, StrategyError> {
        loop {
            while let Some(arch) = self.queue.pop() {
                // Two of the beam may be the same network.
                if !self.history.is_known(ctx.space, &arch) {
                    return Ok(self.history.propose(ctx, arch));
                }
            }
            if !self.advance(ctx)? {
                return Ok(self.history.propose_random(ctx));
            }
        }
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
