//! How well predictions order and meet the truth.

use super::picks::Picks;
use crate::stats::correlation::{kendall, pearson, spearman};
use serde::{Deserialize, Serialize};

/// How many of the predicted best are looked at.
pub const PICKS: [usize; 3] = [10, 20, 50];

/// Scores of one set of predictions. Correlations are signed, and `None` where a side is constant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Kendall's τ-b.
    pub kendall_tau: Option<f64>,
    /// Kendall's τ-b with the truth rounded to 0.1 percentage points, so that near ties count as ties.
    pub sparse_kendall_tau: Option<f64>,
    /// The same, rounded to 0.01 percentage points.
    pub fine_kendall_tau: Option<f64>,
    /// Spearman's ρ.
    pub spearman: Option<f64>,
    /// Pearson's r.
    pub pearson: Option<f64>,
    /// Coefficient of determination; `None` where the truth is constant.
    pub r2: Option<f64>,
    /// Mean absolute error, in the metric's unit.
    pub mae: f64,
    /// Root mean squared error, in the metric's unit.
    pub rmse: f64,
    /// The share of the predicted best k that are among the true best k, for each of [`PICKS`]; `None` where there are
    /// no more than k. This and what follows are expectations over ties broken at random (`picks.rs`).
    pub precision: [Option<f64>; PICKS.len()],
    /// The true rank of the best among the predicted best k, 1 being the best of all, likewise; equals share the better
    /// rank.
    pub best_rank: [Option<f64>; PICKS.len()],
    /// How far the predicted best is below the true best, in the metric's unit.
    pub regret: f64,
}

/// Scores `predicted` against `truth`, of the same length, at least one, all finite; higher is better.
pub fn scores(predicted: &[f64], truth: &[f64]) -> Scores {
    let n = truth.len() as f64;
    let errors = || predicted.iter().zip(truth).map(|(p, t)| p - t);
    let squares: f64 = errors().map(|e| e * e).sum();
    let mean = truth.iter().sum::<f64>() / n;
    let spread: f64 = truth.iter().map(|t| (t - mean).powi(2)).sum();
    let rounded = |steps: f64| -> Vec<f64> { truth.iter().map(|t| (t * steps).round()).collect() };
    let picks = Picks::new(predicted, truth);
    let has_more = |k: usize| truth.len() > k;
    Scores {
        kendall_tau: kendall(predicted, truth),
        sparse_kendall_tau: kendall(predicted, &rounded(1e3)),
        fine_kendall_tau: kendall(predicted, &rounded(1e4)),
        spearman: spearman(predicted, truth),
        pearson: pearson(predicted, truth),
        r2: (spread > 0.0).then(|| 1.0 - squares / spread),
        mae: errors().map(f64::abs).sum::<f64>() / n,
        rmse: (squares / n).sqrt(),
        precision: PICKS.map(|k| has_more(k).then(|| picks.precision(k))),
        best_rank: PICKS.map(|k| has_more(k).then(|| picks.best_rank(k))),
        regret: picks.regret(),
    }
}

/// The predictions and truth of the architectures whose truth is among the best share: at least one, and all that equal the
/// last of them.
pub fn top(share: f64, predicted: &[f64], truth: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let count = (truth.len() as f64 * share).ceil() as usize;
    let mut best = best_first(truth);
    let border = truth[best[count.max(1) - 1]];
    best.truncate(best.partition_point(|&at| truth[at] >= border));
    let of = |values: &[f64]| best.iter().map(|&at| values[at]).collect();
    (of(predicted), of(truth))
}

/// Positions in descending order of value; of equals, the earlier first.
pub(super) fn best_first(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sklearn.metrics.r2_score, mean_absolute_error, root_mean_squared_error` and `scipy.stats` of
    /// truth=[.1,.4,.35,.8], predicted=[.2,.3,.5,.7]
    #[test]
    fn scores_agree_with_scikit_learn() {
        let truth = [0.1, 0.4, 0.35, 0.8];
        let found = scores(&[0.2, 0.3, 0.5, 0.7], &truth);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        close(found.r2.expect("varied"), 0.7915632754342431);
        close(found.mae, 0.11250000000000004);
        close(found.rmse, 0.11456439237389604);
        close(found.kendall_tau.expect("varied"), 0.6666666666666669);
        close(found.spearman.expect("varied"), 0.7999999999999999);
        close(found.pearson.expect("varied"), 0.9014388502127689);
        close(found.regret, 0.0);
    }

    /// The best 10 of 40 by hand: predictions are the truth but for two pairs that swapped places.
    #[test]
    fn picks_are_counted() {
        let truth: Vec<f64> = (0..40).map(f64::from).collect();
        let mut predicted = truth.clone();
        predicted.swap(39, 5);
        predicted.swap(38, 20);
        let found = scores(&predicted, &truth);
        assert_eq!(found.precision, [Some(0.8), Some(0.95), None]);
        assert_eq!(found.best_rank, [Some(3.0), Some(2.0), None]);
        assert_eq!(found.regret, 34.0);
        let (_, best) = top(0.05, &predicted, &truth);
        assert_eq!(best, [39.0, 38.0]);
        assert_eq!(top(0.01, &predicted, &truth), (vec![5.0], vec![39.0]));
        // One of four would do, but two are the best.
        let tied = top(0.25, &[1.0, 2.0, 3.0, 4.0], &[0.5, 0.9, 0.9, 0.1]);
        assert_eq!(tied, (vec![2.0, 3.0], vec![0.9, 0.9]));
    }

    /// `scipy.stats.kendalltau([.1,.2,.3,.4,.5], numpy.round([.9001,.9004,.9003,.912,.911], 3))` and with 4 decimals
    #[test]
    fn sparse_kendall_agrees_with_scipy() {
        let truth = [0.9001, 0.9004, 0.9003, 0.912, 0.911];
        let found = scores(&[0.1, 0.2, 0.3, 0.4, 0.5], &truth);
        let close = |a: Option<f64>, b: f64| assert!((a.expect("varied") - b).abs() < 1e-12);
        close(found.sparse_kendall_tau, 0.5976143046671968);
        close(found.fine_kendall_tau, 0.6);
    }
}
