//! PNAS, progressive search: train the smallest networks, fit a predictor, let the most promising grow by a block, and again.
//!
//! Liu, Zoph, Neumann, Shlens, Hua, Li, Fei-Fei, Yuille, Huang and Murphy, "Progressive Neural Architecture Search", ECCV
//! 2018, arXiv 1712.00559. `growth` says how the spaces at hand are seen as growing; where a space does not grow the study is
//! refused. Of each size the `beam` networks that are predicted best are kept; of the smallest, `beam` at random.
//!
//! Deviations: the beam is 64, not 256, which is for the paper's budget of 1,160 trainings (a fifth of it, as 64 is of 300). A
//! network of the beam that is another one with an idle part costs nothing: it grows on without being trained. And where
//! the paper ends, with the largest size, the search goes round again over what was not trained yet, with the predictor
//! that has seen all sizes. The predictor is an ensemble of perceptrons, as in the paper's ablation, on the decisions.

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
    /// Networks kept of each size: the more, the wider the search.
    pub beam: u32,
    predictor: PredictorChoice,
}

impl Default for Pnas {
    fn default() -> Self {
        Self {
            beam: 64,
            predictor: PredictorChoice::new("mlp-ensemble", "target = \"normal-scores\""),
        }
    }
}

impl StrategyConfig for Pnas {
    fn check(&self) -> Result<(), String> {
        check_counts(&[("beam", self.beam)])?;
        self.predictor.check()
    }

    fn suits(&self, space: &dyn SearchSpace) -> Result<(), String> {
        Growth::of(space)?;
        self.predictor.suits(space, Acquisition::Mean)
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        Box::new(Progressive {
            beam: self.beam as usize,
            surrogate: self.predictor.surrogate(),
            growth: Growth::of(space),
            history: History::new(space),
            kept: Vec::new(),
            size: 0,
            queue: Vec::new(),
            is_barren: false,
        })
    }
}

struct Progressive {
    beam: usize,
    surrogate: Surrogate,
    /// Why the space does not grow, where it does not.
    growth: Result<Growth, String>,
    history: History,
    /// Of each size, the networks kept so far.
    kept: Vec<Vec<Architecture>>,
    /// The size to be chosen next.
    size: usize,
    /// What is left to train of the size chosen last, the next last.
    queue: Vec<Architecture>,
    /// Whether this round has chosen nothing to train yet.
    is_barren: bool,
}

impl Progressive {
    /// Goes to the next size and chooses what is kept of it; false after a whole round without anything to train.
    fn advance(&mut self, ctx: &mut AskContext<'_>) -> Result<bool, StrategyError> {
        let growth = self.growth.as_ref();
        let growth = growth.map_err(|why| StrategyError(why.clone()))?;
        let mut archs = match self.size.checked_sub(1) {
            None => growth.smallest().to_vec(),
            Some(smaller) => growth.grown(ctx.space, &self.kept[smaller]),
        };
        if self.kept.len() == self.size {
            self.kept.push(Vec::new());
        }
        let kept = &mut self.kept[self.size];
        archs.retain(|arch| !kept.contains(arch));
        if archs.is_empty() && kept.is_empty() {
            // Nothing is as large: round again.
            self.kept.pop();
            let is_over = self.is_barren || self.size == 0;
            (self.size, self.is_barren) = (0, true);
            return Ok(!is_over);
        }
        let order = match self.history.len() {
            0 => {
                archs.shuffle(ctx.rng);
                (0..archs.len()).collect()
            }
            _ if archs.is_empty() => Vec::new(),
            _ => {
                let model = self.surrogate.fit(ctx, &self.history)?;
                let worth = model.worth(ctx, &archs, Acquisition::Mean)?;
                best_first(&worth, &archs)
            }
        };
        let chosen: Vec<Architecture> = order.iter().take(self.beam).map(|&at| archs[at]).collect();
        kept.extend(&chosen);
        self.queue = chosen.into_iter().rev().collect();
        self.queue
            .retain(|arch| !self.history.is_known(ctx.space, arch));
        self.is_barren &= self.queue.is_empty();
        self.size += 1;
        Ok(true)
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
