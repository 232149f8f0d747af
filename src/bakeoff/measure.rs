//! What is measured of a fit: the columns of `scores.parquet`, and what a report shows.

use super::Calibration;
use super::calibration::LEVELS;
use super::cell::{FitScores, TOP_SHARES};
use super::scores::{PICKS, Scores};

/// A score of predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// Kendall's τ-b.
    KendallTau,
    /// Kendall's τ-b with the truth rounded to 0.1 percentage points.
    SparseKendallTau,
    /// Kendall's τ-b with the truth rounded to 0.01 percentage points.
    FineKendallTau,
    /// Spearman's ρ.
    Spearman,
    /// Pearson's r.
    Pearson,
    /// Coefficient of determination.
    R2,
    /// Mean absolute error.
    Mae,
    /// Root mean squared error.
    Rmse,
    /// Share of the predicted best that are among the true best, ties broken at random; position in [`PICKS`].
    Precision(usize),
    /// True rank of the best of the predicted best, likewise; position in [`PICKS`].
    BestRank(usize),
    /// How far the predicted best is below the true best, likewise.
    Regret,
}

/// A score of predicted deviations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Mean negative log density; missing where a deviation is 0.
    Nll,
    /// Mean continuous ranked probability score.
    Crps,
    /// Share of the truth within a central interval; position in [`LEVELS`].
    Coverage(usize),
}

/// Whether deviations are as the predictor states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// They are.
    Stated,
    /// They are scaled by what the training set says of them.
    Recalibrated,
}

/// What is measured of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A score over all (0), or over the best by [`TOP_SHARES`] (1 and 2).
    Score(Score, usize),
    /// A score of predicted deviations.
    Calibration(Spread, Stage),
    /// Simulated seconds that the training set took.
    TrainCostS,
    /// Simulated seconds that measuring one architecture asked about took.
    QueryCostS,
}

impl Score {
    /// All of them, in order.
    pub const ALL: [Self; 15] = [
        Self::KendallTau,
        Self::SparseKendallTau,
        Self::FineKendallTau,
        Self::Spearman,
        Self::Pearson,
        Self::R2,
        Self::Mae,
        Self::Rmse,
        Self::Precision(0),
        Self::Precision(1),
        Self::Precision(2),
        Self::BestRank(0),
        Self::BestRank(1),
        Self::BestRank(2),
        Self::Regret,
    ];

    /// Its column's name.
    pub fn name(self) -> String {
        let plain = match self {
            Self::KendallTau => "kendall_tau",
            Self::SparseKendallTau => "sparse_kendall_tau",
            Self::FineKendallTau => "fine_kendall_tau",
            Self::Spearman => "spearman",
            Self::Pearson => "pearson",
            Self::R2 => "r2",
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::Precision(at) => return format!("precision_at_{}", PICKS[at]),
            Self::BestRank(at) => return format!("best_rank_at_{}", PICKS[at]),
            Self::Regret => "regret",
        };
        plain.to_owned()
    }

    fn of(self, scores: &Scores) -> Option<f64> {
        match self {
            Self::KendallTau => scores.kendall_tau,
            Self::SparseKendallTau => scores.sparse_kendall_tau,
            Self::FineKendallTau => scores.fine_kendall_tau,
            Self::Spearman => scores.spearman,
            Self::Pearson => scores.pearson,
            Self::R2 => scores.r2,
            Self::Mae => Some(scores.mae),
            Self::Rmse => Some(scores.rmse),
            Self::Precision(at) => scores.precision[at],
            Self::BestRank(at) => scores.best_rank[at],
            Self::Regret => Some(scores.regret),
        }
    }
}

impl Spread {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::Nll,
        Self::Crps,
        Self::Coverage(0),
        Self::Coverage(1),
        Self::Coverage(2),
    ];

    fn name(self) -> String {
        match self {
            Self::Nll => "nll".to_owned(),
            Self::Crps => "crps".to_owned(),
            Self::Coverage(at) => format!("coverage_{:.0}", 100.0 * LEVELS[at]),
        }
    }

    fn of(self, calibration: &Calibration) -> Option<f64> {
        match self {
            Self::Nll => calibration.nll,
            Self::Crps => Some(calibration.crps),
            Self::Coverage(at) => Some(calibration.coverage[at]),
        }
    }
}

impl Measure {
    /// All of them, in the order of the columns.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for subset in 0..=TOP_SHARES.len() {
            all.extend(Score::ALL.map(|score| Self::Score(score, subset)));
        }
        for stage in [Stage::Stated, Stage::Recalibrated] {
            all.extend(Spread::ALL.map(|spread| Self::Calibration(spread, stage)));
        }
        all.extend([Self::TrainCostS, Self::QueryCostS]);
        all
    }

    /// Its column's name.
    pub fn name(self) -> String {
        match self {
            Self::Score(score, 0) => score.name(),
            Self::Score(score, subset) => {
                let percent = 100.0 * TOP_SHARES[subset - 1];
                format!("{}_top_{percent:.0}_percent", score.name())
            }
            Self::Calibration(spread, Stage::Stated) => spread.name(),
            Self::Calibration(spread, Stage::Recalibrated) => {
                format!("recalibrated_{}", spread.name())
            }
            Self::TrainCostS => "train_cost_s".to_owned(),
            Self::QueryCostS => "query_cost_s".to_owned(),
        }
    }

    /// What a fit has of it.
    pub fn of(self, fit: &FitScores) -> Option<f64> {
        match self {
            Self::Score(score, subset) => score.of(&fit.scores[subset]),
            Self::Calibration(spread, stage) => {
                spread.of(fit.calibration[stage as usize].as_ref()?)
            }
            Self::TrainCostS => fit.train_cost_s,
            Self::QueryCostS => Some(fit.query_cost_s),
        }
    }
}
