//! `auto`: the predictor to take when one does not want to choose.
//!
//! A stack of four models that err differently, each on the normal scores of the targets' ranks: a Gaussian process
//! over decisions, paths and counts of operations that learns what each operation is worth, an ensemble of perceptrons, boosted
//! small trees and a support-vector machine. Before any data the process has most of the weight; out-of-fold errors move it
//! to the others as the training set grows. Parts and parameters are fixed here, the same for every benchmark and size.
//! That the process counts operations and has this weight was decided on the eleven sets of
//! `examples/reference_bakeoff.rs --others`, none of which is among those `auto` is judged on: there, with 25 architectures, the
//! process has a τ of .432 with counts and .416 without; the stack .425, and .413 if the process starts with half of the
//! weight.

use super::stacking::{Stack, Stacking};
use super::{PredictorConfig, PredictorEntry, TargetTransform, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<Auto>(
    "auto",
    "the default: Gaussian process, perceptrons, boosted trees and support vectors, stacked",
    "Breiman, Machine Learning 1996",
);

/// The members and their parameters.
const MEMBERS: [&str; 4] = [
    r#"name = "gaussian-process"
       kernel = "operations-counts-and-paths"
       weight = 0.85"#,
    r#"name = "mlp-ensemble"
       weight = 0.05"#,
    r#"name = "gradient-boosting"
       weight = 0.05
       rounds = 300
       learning_rate = 0.05
       max_leaves = 8
       subsample = 0.8
       colsample = 0.6"#,
    r#"name = "svr"
       weight = 0.05
       c = 3.0"#,
];

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auto {
    /// Parts the training set is cut into to weigh the members; 0: the weights they start with.
    pub folds: usize,
}

impl Default for Auto {
    fn default() -> Self {
        Self { folds: 5 }
    }
}

impl Auto {
    fn stacking(&self) -> Stacking {
        let members = MEMBERS.map(|text| text.parse().expect("a table"));
        Stacking {
            members: members.to_vec(),
            folds: self.folds,
            prior_points: 100.0,
        }
    }
}

impl PredictorConfig for Auto {
    type Fitted = Stack;
    const TARGET: TargetTransform = TargetTransform::NormalScores;

    fn check(&self) -> Result<(), String> {
        self.stacking().check()
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Stack, Error> {
        self.stacking().fit(data, rng)
    }
}
