//! Gradient boosting of regression trees: second-order squared loss, penalised leaves, sampled rows and columns, early
//! stopping.
//!
//! Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016, arXiv 1603.02754; growing by leaves as in Ke
//! et al., "LightGBM", NeurIPS 2017, when `max_leaves` is set. Own code: encodings are bits, for which sparse
//! histograms need one addition per decision and row.

use super::tree::{Binned, Bins, Ensemble, Grower, Growth, Tree};
use super::{FittedPredictor, Inputs, Predictions, PredictorConfig, PredictorEntry, TrainingSet};
use crate::error::Error;
use crate::rng::StreamRng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Its line in the registry.
pub const ENTRY: PredictorEntry = PredictorEntry::of::<Boosting>(
    "gradient-boosting",
    "trees fitted to what the earlier ones leave, with penalised leaves",
    "Chen & Guestrin, KDD 2016, arXiv 1603.02754",
);

/// Parameters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Boosting {
    /// Trees.
    pub rounds: usize,
    /// Share of each tree that is added.
    pub learning_rate: f64,
    /// Most splits from root to leaf.
    pub max_depth: u32,
    /// Most leaves of a tree, the best split first; 0: no limit.
    pub max_leaves: usize,
    /// Least number of architectures in a leaf.
    pub min_child_weight: f64,
    /// L2 penalty of leaf values.
    pub lambda: f64,
    /// L1 penalty of leaf values.
    pub alpha: f64,
    /// Least gain of a split: twice the published loss reduction, as xgboost has it.
    pub gamma: f64,
    /// Share of architectures each tree sees.
    pub subsample: f64,
    /// Share of features each tree sees.
    pub colsample: f64,
    /// Stop when this many rounds have not bettered the error on a held-out share; 0: never.
    pub early_stopping_rounds: usize,
    /// The held-out share for early stopping.
    pub validation_share: f64,
}

impl Default for Boosting {
    fn default() -> Self {
        Self {
            rounds: 100,
            learning_rate: 0.3,
            max_depth: 6,
            max_leaves: 0,
            min_child_weight: 1.0,
            lambda: 1.0,
            alpha: 0.0,
            gamma: 0.0,
            subsample: 1.0,
            colsample: 1.0,
            early_stopping_rounds: 0,
            validation_share: 0.1,
        }
    }
}

impl Boosting {
    pub(super) fn growth(&self, columns: usize) -> Growth {
        Growth {
            max_depth: self.max_depth,
            max_leaves: (self.max_leaves > 0).then_some(self.max_leaves),
            min_leaf: self.min_child_weight,
            lambda: self.lambda,
            alpha: self.alpha,
            min_gain: self.gamma,
            columns,
            random_cut: false,
        }
    }
}

impl PredictorConfig for Boosting {
    type Fitted = Boosted;

    fn check(&self) -> Result<(), String> {
        if !(1..=100_000).contains(&self.rounds) {
            return Err(format!("rounds = {}: expected 1 to 100000", self.rounds));
        }
        if !(1..=64).contains(&self.max_depth) {
            return Err(format!("max_depth = {}: expected 1 to 64", self.max_depth));
        }
        for (name, value) in [
            ("learning_rate", self.learning_rate),
            ("subsample", self.subsample),
            ("colsample", self.colsample),
        ] {
            if !(value > 0.0 && value <= 1.0) {
                return Err(format!("{name} = {value}: expected above 0, at most 1"));
            }
        }
        for (name, value) in [
            ("min_child_weight", self.min_child_weight),
            ("lambda", self.lambda),
            ("alpha", self.alpha),
            ("gamma", self.gamma),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(format!("{name} = {value}: expected 0 or more"));
            }
        }
        if !(self.validation_share > 0.0 && self.validation_share < 1.0) {
            let share = self.validation_share;
            return Err(format!(
                "validation_share = {share}: expected between 0 and 1"
            ));
        }
        Ok(())
    }

    fn fit(&self, data: &TrainingSet<'_>, rng: &mut StreamRng) -> Result<Boosted, Error> {
        let bins = Bins::of(data.inputs.features);
        let binned = bins.apply(data.inputs.features)?;
        let (rows, held_out) = self.hold_out(data.len(), rng);
        let of_rows = rows.iter().map(|&row| data.targets[row as usize]);
        let base = of_rows.sum::<f64>() / rows.len() as f64;
        let trees = self.boost(&bins, &binned, data.targets, base, (&rows, &held_out), rng);
        Ok(Boosted {
            base,
            trees: Ensemble::new(bins, trees, &data.inputs),
        })
    }
}

impl Boosting {
    /// Rows to grow on and rows to stop by.
    fn hold_out(&self, n: usize, rng: &mut StreamRng) -> (Vec<u32>, Vec<u32>) {
        let mut rows: Vec<u32> = (0..n as u32).collect();
        let held_out = (n as f64 * self.validation_share).round() as usize;
        if self.early_stopping_rounds == 0 || held_out == 0 || held_out == n {
            return (rows, Vec::new());
        }
        rows.shuffle(rng);
        let held_out = rows.split_off(n - held_out);
        rows.sort_unstable();
        (rows, held_out)
    }

    fn boost(
        &self,
        bins: &Bins,
        binned: &Binned,
        targets: &[f64],
        base: f64,
        (rows, held_out): (&[u32], &[u32]),
        rng: &mut StreamRng,
    ) -> Vec<Tree> {
        let grower = Grower::new(bins, binned);
        let mut residuals: Vec<f64> = targets.iter().map(|t| t - base).collect();
        let mut best = (f64::INFINITY, 0);
        let mut trees: Vec<Tree> = Vec::with_capacity(self.rounds);
        for round in 0..self.rounds {
            let sample = draw(rows, self.subsample, rng);
            let columns: Vec<usize> = (0..bins.columns()).collect();
            let columns = draw(&columns, self.colsample, rng);
            let growth = self.growth(columns.len());
            let mut tree = grower.grow(sample, columns, &residuals, None, &growth, rng);
            tree.scale(self.learning_rate);
            for (row, residual) in residuals.iter_mut().enumerate() {
                *residual -= tree.at(binned.row(row));
            }
            trees.push(tree);
            if !held_out.is_empty() {
                let error: f64 = held_out
                    .iter()
                    .map(|&row| residuals[row as usize].powi(2))
                    .sum();
                if error < best.0 {
                    best = (error, round + 1);
                } else if round + 1 - best.1 >= self.early_stopping_rounds {
                    break;
                }
            }
        }
        if !held_out.is_empty() {
            trees.truncate(best.1);
        }
        trees
    }
}

/// A share of `all`, at least one, in their order.
pub(super) fn draw<T: Copy + Ord>(all: &[T], share: f64, rng: &mut StreamRng) -> Vec<T> {
    let mut drawn = all.to_vec();
    if share < 1.0 {
        let count = ((all.len() as f64 * share).round() as usize).clamp(1, all.len().max(1));
        drawn.shuffle(rng);
        drawn.truncate(count);
        drawn.sort_unstable();
    }
    drawn
}

/// Boosted trees.
#[derive(Debug, Serialize, Deserialize)]
pub struct Boosted {
    base: f64,
    trees: Ensemble,
}

impl FittedPredictor for Boosted {
    fn predict(&self, inputs: &Inputs<'_>) -> Result<Predictions, Error> {
        let sums = self.trees.sums(inputs)?;
        Ok(Predictions {
            mean: sums.into_iter().map(|s| self.base + s).collect(),
            std: None,
        })
    }
}
