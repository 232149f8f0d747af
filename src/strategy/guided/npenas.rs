//! NPENAS: evolution whose children are mutants of the best architectures, many for each that is trained, chosen by a graph
//! network's prediction.
//!
//! Wei, Niu, Tang, Wang, Hu and Liang, "NPENAS: Neural Predictor Guided Evolution for Neural Architecture Search", IEEE TNNLS
//! 2022 (2020), arXiv 2003.12857: the variant NPENAS-NP, without uncertainty. Numbers and candidates as in the authors' code:
//! a hundred mutants of the ten best (of up to fifty where those have too few new ones), the first ten trained.
//!
//! Deviation: the paper's predictor is a graph isomorphism network (GIN, Xu et al., ICLR 2019), ours the registry's `gcn`, a
//! graph convolutional network (Wen et al., ECCV 2020): with the paper's three layers of 32 and batches of 16, but without its
//! hidden layer after the mean, and a tenth of its 300 epochs at a higher rate: each of thirty fits would otherwise take
//! seconds. It learns normal scores of ranks instead of accuracies: a few architectures that fail would else be most of the
//! error, and those among the best not told apart.

use super::batched::{BatchedSearch, Batches};
use super::check_counts;
use super::surrogate::PredictorChoice;
use crate::acquisition::Acquisition;
use crate::space::SearchSpace;
use crate::strategy::{Strategy, StrategyConfig, StrategyEntry};
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: StrategyEntry = StrategyEntry::of::<Npenas>(
    "npenas",
    "evolution whose mutants are chosen by a graph convolutional network",
    "Wei et al., IEEE TNNLS 2022, arXiv 2003.12857",
);

/// Parents at most, for each that is meant to be one.
const PATIENCE: u32 = 5;

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Npenas {
    /// Random architectures before the first model.
    pub initial: u32,
    /// Architectures trained between two fits.
    pub batch: u32,
    /// Mutants to choose from.
    pub candidates: u32,
    /// The best architectures that are mutated, five times as many where they have too few new mutants.
    pub parents: u32,
    predictor: PredictorChoice,
}

impl Default for Npenas {
    fn default() -> Self {
        Self {
            initial: 10,
            batch: 10,
            candidates: 100,
            parents: 10,
            predictor: PredictorChoice::new(
                "gcn",
                "members = 1\nlayers = 3\nunits = 32\nbatch = 16\nepochs = 30\nmin_steps = 150\ntarget = \"normal-scores\"",
            ),
        }
    }
}

impl StrategyConfig for Npenas {
    fn check(&self) -> Result<(), String> {
        check_counts(&[
            ("initial", self.initial),
            ("batch", self.batch),
            ("candidates", self.candidates),
            ("parents", self.parents),
        ])?;
        self.predictor.check()
    }

    fn suits(&self, space: &dyn SearchSpace) -> Result<(), String> {
        self.predictor.suits(space, Acquisition::Mean)
    }

    fn start(&self, space: &dyn SearchSpace) -> Box<dyn Strategy> {
        let batches = Batches {
            initial: self.initial,
            batch: self.batch,
            candidates: self.candidates,
            parents: self.parents.saturating_mul(PATIENCE),
            tries: self.candidates.div_ceil(self.parents),
        };
        let surrogate = self.predictor.surrogate();
        Box::new(BatchedSearch::new(
            space,
            batches,
            surrogate,
            Acquisition::Mean,
        ))
    }
}
